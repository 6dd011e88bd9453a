import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWireServer } from '#providers/testing/wire-server.ts';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { addModel } from './vendors.ts';

const stack = new AsyncDisposableStack();
const mesh = findSharedMesh();
let key: string;
beforeAll(async () => {
  key = (await newTenant(() => mesh)).client.key;
});
afterAll(() => stack.disposeAsync());

async function create(body: object) {
  const response = await fetch(`${mesh.url}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  expect(answer.error).toBeNull();
  return answer as { readonly id: string; readonly output: readonly Record<string, unknown>[] };
}

const call = { name: 'shell', arguments: '{"command":"ls"}' };
const tools = [{ type: 'function', name: 'shell', parameters: { type: 'object', properties: {} } }];

/** An answer with signed reasoning and a tool call, and what of it must come back in the next request, unchanged. */
const wires = [
  {
    kind: 'OPENAI',
    name: 'gpt-5-mini',
    answer: {
      id: 'resp_up',
      object: 'response',
      status: 'completed',
      output: [
        {
          type: 'reasoning',
          id: 'rs_up',
          summary: [{ type: 'summary_text', text: 'Look.' }],
          encrypted_content: 'gAAAAB-sealed',
        },
        { type: 'function_call', id: 'fc_up', call_id: 'call_1', status: 'completed', ...call },
      ],
      usage: { input_tokens: 5, output_tokens: 5, total_tokens: 10 },
    },
    sent: [
      {
        type: 'reasoning',
        id: 'rs_up',
        summary: [{ type: 'summary_text', text: 'Look.' }],
        encrypted_content: 'gAAAAB-sealed',
      },
    ],
    readSent: (body: { readonly input: readonly { readonly type: string }[] }) =>
      body.input.filter(({ type }) => type === 'reasoning'),
  },
  {
    kind: 'ANTHROPIC',
    name: 'claude-sonnet-4-5',
    answer: {
      id: 'msg_up',
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Look.', signature: 'sig-1' },
        { type: 'redacted_thinking', data: 'sealed-1' },
        { type: 'tool_use', id: 'toolu_1', name: 'shell', input: { command: 'ls' } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 5, output_tokens: 5 },
    },
    sent: [
      { type: 'thinking', thinking: 'Look.', signature: 'sig-1' },
      { type: 'redacted_thinking', data: 'sealed-1' },
    ],
    readSent: (body: {
      readonly messages: readonly { readonly content: readonly { readonly type: string }[] | string }[];
    }) =>
      body.messages
        .flatMap(({ content }) => (typeof content === 'string' ? [] : content))
        .filter(({ type }) => type.endsWith('thinking')),
  },
];

describe.each(wires)('reasoning of $kind', ({ kind, name, answer, sent, readSent }) => {
  it('comes back unchanged in a tool loop: by its items, and by previous_response_id', async () => {
    const upstream = stack.use(
      await startWireServer((response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
      }),
    );
    const model = await addModel(() => mesh, kind, upstream.url, name);
    const ask = { model, tools, reasoning: { effort: 'medium' } };
    const input = [{ role: 'user', content: 'List.' }];
    const first = await create({ ...ask, input });
    const called = first.output.find(({ type }) => type === 'function_call');
    const result = { type: 'function_call_output', call_id: called?.call_id, output: 'README.md' };
    for (const more of [
      { store: false, input: [...input, ...first.output, result] },
      { previous_response_id: first.id, input: [result] },
    ]) {
      await create({ ...ask, ...more });
      const body = JSON.parse(upstream.requests.at(-1)?.body ?? '{}');
      expect(readSent(body)).toEqual(sent);
    }
  });
});
