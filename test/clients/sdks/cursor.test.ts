import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addProvider, unique } from '#test/e2e/scenarios/setup.ts';
import {
  type AnswerChat,
  type ChatUpstream,
  openChatUpstream,
  sendChatCall,
  sendChatText,
} from '#test/support/chat-upstream.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';

let answer: AnswerChat;
let upstream: ChatUpstream;
const mesh = findSharedMesh();
const providerId = unique('upstream');
beforeAll(async () => {
  upstream = await openChatUpstream((...sent) => answer(...sent));
  const provider = { id: providerId, kind: 'OPENAI_COMPATIBLE', baseUrl: upstream.url };
  await addProvider(() => mesh, provider, { name: 'any' });
});
afterAll(() => upstream[Symbol.asyncDispose]());
beforeEach(() => {
  answer = (body, response) => sendChatText(body, response, 'Hello');
});

const patchGrammar = { type: 'grammar', syntax: 'lark', definition: 'start: "*** Begin Patch"' };

/** What Cursor's agent sends to chat completions: a body of responses, with flat tools. */
const agentBody = {
  model: `${providerId}/any`,
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

interface Answer {
  readonly choices: readonly { readonly message: { readonly tool_calls?: readonly object[] } }[];
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

  it('gets calls of a custom tool as calls of a function whose arguments are the text, and sends them back', async () => {
    const given = '{"input":"*** Begin Patch\\n"}';
    answer = (body, response) => sendChatCall(body, response, 'call_1', 'ApplyPatch', given);
    const called = { name: 'ApplyPatch', arguments: '*** Begin Patch\n' };
    const call = { id: 'call_1', type: 'function', function: called };
    const chunks = await readChunks(await send({ ...agentBody, stream: true }));
    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(deltas).toEqual([{ index: 0, ...call }]);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
    const whole = (await (await send(agentBody)).json()) as Answer;
    expect(whole.choices[0]?.message.tool_calls).toEqual([call]);

    answer = (body, response) => sendChatText(body, response, 'Done');
    const history: readonly (readonly object[])[] = [
      [
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_1', content: 'applied' },
      ],
      [
        { type: 'custom_tool_call', call_id: 'call_1', name: 'ApplyPatch', input: called.arguments },
        { type: 'custom_tool_call_output', call_id: 'call_1', output: 'applied' },
      ],
      [
        { type: 'function_call', call_id: 'call_1', ...called },
        { type: 'function_call_output', call_id: 'call_1', output: 'applied' },
      ],
    ];
    for (const items of history) {
      const second = await send({ ...agentBody, input: [...agentBody.input, ...items] });
      expect(await second.json()).toMatchObject({ choices: [{ message: { content: 'Done' } }] });
      expect(upstream.bodies.at(-1)?.messages.slice(2)).toMatchObject([
        {
          role: 'assistant',
          tool_calls: [{ id: 'call_1', function: { name: 'ApplyPatch', arguments: given } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'applied' },
      ]);
    }
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
      expect(response.headers.get('x-heddle-dropped')).toContain('tools.web_search');
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

describe.each([
  ['openai 7', OpenAI],
  ['openai 6', OpenAI6 as unknown as typeof OpenAI],
] as const)('%s: custom tools of chat completions', (_name, Client) => {
  const grammar = { syntax: 'lark', definition: 'start: "a"+' } as const;
  const tool = {
    type: 'custom',
    custom: { name: 'patch', description: 'Applies it.', format: { type: 'grammar', grammar } },
  } as const;
  const body = {
    model: `${providerId}/any`,
    messages: [{ role: 'user' as const, content: 'Go' }],
    tools: [tool],
  };

  it('are called by their own type with a text, whole and streamed, and take results back', async () => {
    const client = new Client({ baseURL: `${mesh.url}/v1`, apiKey: mesh.adminKey, maxRetries: 0 });
    answer = (sent, response) => sendChatCall(sent, response, 'call_1', 'patch', '{"input":"aaa"}');
    const call = { id: 'call_1', type: 'custom' as const, custom: { name: 'patch', input: 'aaa' } };
    const { choices } = await client.chat.completions.create(body);
    expect(choices[0]?.message.tool_calls).toEqual([call]);
    const chunks = await Array.fromAsync(await client.chat.completions.create({ ...body, stream: true }));
    expect(chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])).toEqual([
      { index: 0, ...call },
    ]);
    expect(upstream.bodies.at(-1)?.tools).toMatchObject([
      { type: 'function', function: { name: 'patch', description: expect.stringContaining('start: "a"+') } },
    ]);

    answer = (sent, response) => sendChatText(sent, response, 'Done');
    const next = await client.chat.completions.create({
      ...body,
      messages: [
        ...body.messages,
        { role: 'assistant', tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_1', content: 'applied' },
      ],
    });
    expect(next.choices[0]?.message.content).toBe('Done');
    expect(upstream.bodies.at(-1)?.messages[1]).toMatchObject({
      tool_calls: [{ id: 'call_1', function: { name: 'patch', arguments: '{"input":"aaa"}' } }],
    });
  });
});
