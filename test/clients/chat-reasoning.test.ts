import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWireServer } from '#providers/testing/wire-server.ts';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import type { TestClient } from '#test/support/client.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { addModel } from './vendors.ts';

const stack = new AsyncDisposableStack();
const mesh = findSharedMesh();
let client: TestClient;
beforeAll(async () => {
  ({ client } = await newTenant(() => mesh));
});
afterAll(() => stack.disposeAsync());

interface Message {
  readonly role: string;
  readonly content?: unknown;
  readonly tool_calls?: readonly { readonly id: string }[];
  readonly reasoning_details?: readonly Record<string, unknown>[];
  readonly [field: string]: unknown;
}

async function post(body: object): Promise<Response> {
  const response = await fetch(`${mesh.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${client.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return response;
}

/** The message of an answer, whole or put together of its deltas. */
async function ask(body: object, stream: boolean): Promise<Message> {
  const response = await post({ ...body, stream });
  if (!stream)
    return ((await response.json()) as { choices: { message: Message }[] }).choices[0]?.message as Message;
  const message: Record<string, unknown> & { role: string } = { role: 'assistant' };
  for (const line of (await response.text()).split('\n')) {
    if (!line.startsWith('data: {')) continue;
    const { choices } = JSON.parse(line.slice(6)) as { choices: { delta: Record<string, unknown> }[] };
    for (const [field, value] of Object.entries(choices[0]?.delta ?? {})) {
      if (typeof value === 'string' && field !== 'role') message[field] = `${message[field] ?? ''}${value}`;
      else if (field === 'reasoning_details')
        message[field] = [...((message[field] as []) ?? []), ...(value as [])];
      else if (field === 'tool_calls') message[field] ??= value;
    }
  }
  return message;
}

const tools = [
  { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
];
const called = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } };
const usage = { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 };
const user = { role: 'user', content: 'Look.' };

const signed = {
  type: 'reasoning.text',
  text: 'Hm, so.',
  signature: 'sig-1',
  format: 'anthropic-claude-v1',
  index: 0,
};
const sealed = {
  type: 'reasoning.encrypted',
  data: 'gAAA',
  id: 'rs_1',
  format: 'openai-responses-v1',
  index: 1,
};
const summed = { type: 'reasoning.summary', summary: 'In short.', format: 'openai-responses-v1', index: 2 };
const open = { type: 'reasoning.text', text: 'In the open.' };

/** What a server puts beside a call of a tool: whole, and in the deltas of a stream. */
const cases = [
  {
    name: 'OpenRouter: details that are signed, encrypted and summed up',
    kind: 'OPENROUTER',
    model: 'anthropic/claude-sonnet-4.5',
    whole: { reasoning: 'Hm, so.', reasoning_details: [signed, sealed, summed] },
    deltas: [
      { reasoning: 'Hm, ', reasoning_details: [{ ...signed, text: 'Hm, ', signature: null }] },
      { reasoning: 'so.', reasoning_details: [{ ...signed, text: 'so.', signature: null }] },
      {
        reasoning_details: [{ type: 'reasoning.text', signature: 'sig-1', format: signed.format, index: 0 }],
      },
      { reasoning_details: [sealed] },
      { reasoning_details: [{ ...summed, summary: 'In ' }] },
      { reasoning_details: [{ ...summed, summary: 'short.' }] },
    ],
    sent: { reasoning_details: [signed, sealed, summed] },
  },
  {
    name: 'OpenRouter: details in the open',
    kind: 'OPENROUTER',
    model: 'some/model',
    whole: { reasoning_details: [open] },
    deltas: [
      { reasoning_details: [{ ...open, text: 'In the ' }] },
      { reasoning_details: [{ ...open, text: 'open.' }] },
    ],
    sent: { reasoning_details: [open] },
  },
  {
    name: 'DeepSeek: reasoning_content',
    kind: 'DEEPSEEK',
    model: 'deepseek-reasoner',
    whole: { reasoning_content: 'Hm, so.' },
    deltas: [{ reasoning_content: 'Hm, ' }, { reasoning_content: 'so.' }],
    sent: { reasoning_content: 'Hm, so.' },
  },
  {
    name: 'Kimi behind vLLM: reasoning',
    kind: 'VLLM',
    model: 'moonshotai/Kimi-K2-Thinking',
    whole: { reasoning: 'Hm, so.' },
    deltas: [{ reasoning: 'Hm, ' }, { reasoning: 'so.' }],
    sent: { reasoning_content: 'Hm, so.' },
  },
] as const;

describe.each(cases)('$name', ({ kind, model: name, whole, deltas, sent }) => {
  it.each([false, true])('goes through a loop of tools, unchanged (streamed: %s)', async (stream) => {
    await using upstream = await startWireServer((response, { body }) => {
      const message = { role: 'assistant', content: null, ...whole, tool_calls: [called] };
      if (JSON.parse(body).stream !== true) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }], usage }),
        );
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const send = (delta: object, finish: string | null = null) =>
        response.write(
          `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }], usage })}\n\n`,
        );
      for (const delta of deltas) send(delta);
      send({ tool_calls: [{ index: 0, ...called }] });
      send({}, 'tool_calls');
      response.end('data: [DONE]\n\n');
    });
    const model = await addModel(() => mesh, kind, `${upstream.url}/v1`, name);
    const message = await ask({ model, messages: [user], tools }, stream);
    const text =
      'reasoning' in whole ? whole.reasoning : (whole as { reasoning_content?: string }).reasoning_content;
    if (text !== undefined) expect(message.reasoning_content).toContain(text);
    const result = { role: 'tool', tool_call_id: message.tool_calls?.[0]?.id, content: 'A loom.' };
    await ask({ model, messages: [user, message, result], tools }, stream);
    const { messages } = JSON.parse(upstream.requests.at(-1)?.body ?? '{}') as {
      messages: readonly Message[];
    };
    expect(messages[1]).toMatchObject({ role: 'assistant', tool_calls: [called], ...sent });
  });
});

it('sends the details of one kind of provider to no other, and names them as dropped', async () => {
  const details = [{ ...signed, provider: 'OPENROUTER' }];
  const messages = [user, { role: 'assistant', content: 'Hm.', reasoning_details: details }, user];
  const response = await post({ model: 'demo/echo', messages });
  expect(response.headers.get('x-heddle-dropped')).toBe('messages.reasoning');
});

it('returns the same blocks by the graph, and refuses details that are none or too long', async () => {
  await using upstream = await startWireServer((response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const message = { role: 'assistant', content: 'Yes.', reasoning_details: [signed, sealed] };
    response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }], usage }));
  });
  const model = await addModel(() => mesh, 'OPENROUTER', `${upstream.url}/v1`, 'some/model');
  const complete = `mutation ($input: CompletionInput!) {
    complete(input: $input) { reasoningBlocks { text signature redacted details provider } }
  }`;
  const { text, signature, ...first } = signed;
  const { data, ...second } = sealed;
  const blocks = [
    { text, signature, redacted: null, details: first, provider: 'OPENROUTER' },
    { text: null, signature: null, redacted: data, details: second, provider: 'OPENROUTER' },
  ];
  const turn = (reasoning: readonly object[]) => ({
    input: {
      model,
      messages: [
        { role: 'USER', content: 'Look.' },
        { role: 'ASSISTANT', content: 'Yes.', reasoning },
        { role: 'USER', content: 'Sure?' },
      ],
    },
  });
  expect(await client.data(complete, turn(blocks))).toEqual({ complete: { reasoningBlocks: blocks } });
  const { messages } = JSON.parse(upstream.requests.at(-1)?.body ?? '{}') as { messages: readonly Message[] };
  expect(messages[1]?.reasoning_details).toEqual([signed, sealed]);
  for (const details of ['text', ['list'], { long: 'x'.repeat(5_000) }]) {
    expect(await client.code(complete, turn([{ ...blocks[0], details }]))).toBe('BAD_USER_INPUT');
  }
});
