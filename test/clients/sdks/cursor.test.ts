import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { admin } from '#test/e2e/scenarios/setup.ts';
import {
  type AnswerChat,
  type ChatUpstream,
  openChatUpstream,
  sendChatCall,
  sendChatText,
} from '#test/support/chat-upstream.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';

let answer: AnswerChat;
let upstream: ChatUpstream;
let mesh: TestMesh;
beforeAll(async () => {
  upstream = await openChatUpstream((...sent) => answer(...sent));
  mesh = await startOneProcess({
    OPENAI_COMPATIBLE_BASE_URL: upstream.url,
    OPENAI_COMPATIBLE_API_KEY: 'upstream-key-0123456789',
  });
  await admin(() => mesh).data('mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }', {
    input: { providerId: 'openai-compatible', name: 'any' },
  });
});
afterAll(async () => {
  await mesh[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});
beforeEach(() => {
  answer = (body, response) => sendChatText(body, response, 'Hello');
});

const patchGrammar = { type: 'grammar', syntax: 'lark', definition: 'start: "*** Begin Patch"' };

/** What Cursor's agent sends to chat completions: a body of responses, with flat tools. */
const agentBody = {
  model: 'openai-compatible/any',
  input: [
    { role: 'system', content: 'You are an agent in an editor.' },
    { role: 'user', content: [{ type: 'input_text', text: 'Rename the file.' }] },
  ],
  tools: [
    {
      type: 'function',
      name: 'Shell',
      description: 'Runs it.',
      parameters: { type: 'object' },
      strict: false,
    },
    { type: 'custom', name: 'ApplyPatch', description: 'Applies a patch.', format: patchGrammar },
  ],
  tool_choice: 'auto',
  reasoning: { effort: 'medium', summary: 'auto' },
  text: { verbosity: 'low' },
  include: ['reasoning.encrypted_content'],
  store: false,
  user: 'cursor-user',
  max_output_tokens: 900,
};

async function send(body: object): Promise<Response> {
  return fetch(`${mesh.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${mesh.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

interface Chunk {
  readonly object: string;
  readonly choices: readonly {
    readonly delta: { readonly content?: string; readonly tool_calls?: readonly object[] };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: object | null;
}

/** The chunks of a stream that ends as it must. */
async function readChunks(response: Response): Promise<readonly Chunk[]> {
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: '));
  expect(lines.pop()).toBe('data: [DONE]');
  return lines.map((line) => JSON.parse(line.slice(6)));
}

describe('Cursor’s body of responses at chat/completions', () => {
  it('is answered by a chat completion, with its system text, tools and bounds sent to the provider', async () => {
    const response = await send(agentBody);
    expect(await response.json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
    });
    expect(upstream.bodies.at(-1)).toMatchObject({
      messages: [
        { role: 'system', content: 'You are an agent in an editor.' },
        { role: 'user', content: 'Rename the file.' },
      ],
      tools: [
        { type: 'function', function: { name: 'Shell', parameters: { type: 'object' }, strict: false } },
        { type: 'function', function: { name: 'ApplyPatch', description: expect.stringContaining('lark') } },
      ],
      tool_choice: 'auto',
      reasoning_effort: 'medium',
    });
  });

  it('is streamed in chunks, with the usage last where it is requested', async () => {
    const chunks = await readChunks(
      await send({ ...agentBody, stream: true, stream_options: { include_usage: true } }),
    );
    expect(new Set(chunks.map(({ object }) => object))).toEqual(new Set(['chat.completion.chunk']));
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hello');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 12 } });
  });

  it('streams the call of a custom tool, and takes its result in the next turn', async () => {
    const given = '{"input":"*** Begin Patch"}';
    answer = (body, response) => sendChatCall(body, response, 'call_1', 'ApplyPatch', given);
    const chunks = await readChunks(await send({ ...agentBody, stream: true }));
    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(deltas[0]).toMatchObject({
      index: 0,
      id: 'call_1',
      type: 'function',
      function: { name: 'ApplyPatch' },
    });
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');

    answer = (body, response) => sendChatText(body, response, 'Done');
    const items = [
      { type: 'custom_tool_call', call_id: 'call_1', name: 'ApplyPatch', input: '*** Begin Patch' },
      { type: 'custom_tool_call_output', call_id: 'call_1', output: 'applied' },
    ];
    const second = await send({ ...agentBody, input: [...agentBody.input, ...items] });
    expect(await second.json()).toMatchObject({ choices: [{ message: { content: 'Done' } }] });
    expect(upstream.bodies.at(-1)?.messages.slice(2)).toMatchObject([
      { role: 'assistant', tool_calls: [{ id: 'call_1', function: { name: 'ApplyPatch' } }] },
      { role: 'tool', tool_call_id: 'call_1', content: 'applied' },
    ]);
  });

  it('may have messages of chat completions among its items', async () => {
    const called = { name: 'Shell', arguments: '{"command":"ls"}' };
    const items = [
      {
        role: 'assistant',
        content: 'I list.',
        tool_calls: [{ id: 'c1', type: 'function', function: called }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'a.txt' },
    ];
    const response = await send({ ...agentBody, input: [...agentBody.input, ...items] });
    expect(response.status).toBe(200);
    expect(upstream.bodies.at(-1)?.messages.slice(2)).toMatchObject([
      { role: 'assistant', content: 'I list.', tool_calls: [{ id: 'c1', function: called }] },
      { role: 'tool', tool_call_id: 'c1', content: 'a.txt' },
    ]);
  });

  it('may mix nested and flat tools, and names those that a vendor would run', async () => {
    const nested = { type: 'function', function: { name: 'Read', parameters: { type: 'object' } } };
    for (const stream of [false, true]) {
      const response = await send({
        ...agentBody,
        stream,
        tools: [nested, ...agentBody.tools, { type: 'web_search' }],
      });
      expect(response.headers.get('x-heddle-dropped')).toContain('tools[3] (web_search)');
      await response.body?.cancel();
      const tools = upstream.bodies.at(-1)?.tools as { function: { name: string } }[];
      expect(tools.map(({ function: { name } }) => name)).toEqual(['Read', 'Shell', 'ApplyPatch']);
    }
  });

  it('may be a text alone', async () => {
    const response = await send({ model: 'demo/echo', input: 'Hello' });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Hello' } }] });
  });

  it.each([
    [{ model: 'demo/echo' }, 'messages'],
    [{ model: 'demo/echo', messages: [], input: 'Hello' }, 'messages'],
    [{ model: 'demo/echo', input: [] }, 'input'],
    [{ model: 'demo/echo', input: 7 }, 'input'],
    [{ model: 'demo/echo', input: [{ role: 'tool', content: 'x' }] }, 'input[0].call_id'],
    [{ model: 'demo/echo', input: 'Hello', tools: [{ type: 'function' }] }, 'tools[0].name'],
  ])('is refused with the field that is wrong: %j', async (body, param) => {
    const response = await send(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', param } });
  });
});
