import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  chatModel,
  type FrameworkMesh,
  reasoningAliases,
  startFrameworkMesh,
} from './frameworks/framework-mesh.ts';

let upstreams: FrameworkMesh;
beforeAll(async () => {
  upstreams = await startFrameworkMesh();
});
afterAll(() => upstreams[Symbol.asyncDispose]());

/** Sends the request of a client that has no package here; its programs are of other languages or in an editor. */
function send(path: string, body?: object, headers: Readonly<Record<string, string>> = {}) {
  return fetch(`${upstreams.mesh.url}/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${upstreams.client.key}`,
      'content-type': 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

interface Chunk {
  readonly choices: readonly {
    readonly delta: Readonly<Record<string, unknown>>;
    readonly finish_reason: string | null;
  }[];
  readonly usage?: Readonly<Record<string, number>> | null;
}

/** The chunks of a stream as clients read them: line by line, each with an object, and `[DONE]` at the end. */
function readChunks(text: string): readonly Chunk[] {
  const lines = text.split('\n').filter((line) => line.startsWith('data: '));
  expect(lines.at(-1)).toBe('data: [DONE]');
  return lines.slice(0, -1).map((line) => JSON.parse(line.slice(6)) as Chunk);
}

const joinText = (chunks: readonly Chunk[]) =>
  chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
const image =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const weather = {
  name: 'weather',
  description: 'The weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

describe('Open WebUI', () => {
  const headers = {
    'x-openwebui-user-name': 'Ada%20Lovelace',
    'x-openwebui-user-email': 'ada@example.com',
    'x-openwebui-user-role': 'user',
  };

  it('lists the AI models before anything else', async () => {
    const list = (await (await send('/models', undefined, headers)).json()) as { data: { id: string }[] };
    expect(list).toMatchObject({ object: 'list' });
    expect(list.data.map(({ id }) => id)).toContain(chatModel);
  });

  it('streams a chat with an image, and finds the usage in the last chunk', async () => {
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } },
    ];
    const response = await send(
      '/chat/completions',
      {
        stream: true,
        model: chatModel,
        messages: [
          { role: 'system', content: 'Be short.' },
          { role: 'user', content },
        ],
        stream_options: { include_usage: true },
        params: {},
        features: { web_search: false },
      },
      headers,
    );
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const chunks = readChunks(await response.text());
    expect(joinText(chunks)).toBe('Hello you');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 12 } });
    expect(JSON.stringify(upstreams.chat.bodies.at(-1))).toContain(image);
  });

  it('has a title written in one piece', async () => {
    const response = await send('/chat/completions', {
      model: chatModel,
      messages: [{ role: 'user', content: 'Write a title of 3 to 5 words.' }],
      stream: false,
      max_completion_tokens: 1000,
    });
    expect(await response.json()).toMatchObject({
      choices: [{ message: { role: 'assistant', content: 'Hello you' } }],
    });
  });
});

describe('Continue', () => {
  const tools = [{ type: 'function', function: weather }];

  it('streams a chat, and the tool call in pieces that it joins by index', async () => {
    const response = await send('/chat/completions', {
      model: chatModel,
      messages: [
        { role: 'system', content: 'You are in an editor.' },
        { role: 'user', content: [{ type: 'text', text: 'Weather?' }] },
      ],
      max_tokens: 4096,
      stream: true,
      stream_options: { include_usage: true },
      tools,
      parallel_tool_calls: false,
    });
    const chunks = readChunks(await response.text());
    const calls = chunks.flatMap(({ choices }) => (choices[0]?.delta.tool_calls ?? []) as object[]);
    expect(calls[0]).toMatchObject({
      index: 0,
      id: 'call_0',
      type: 'function',
      function: { name: 'weather' },
    });
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason ?? null)).toContain('tool_calls');
  });

  it('sends back its turn with the result of the tool', async () => {
    const response = await send('/chat/completions', {
      model: chatModel,
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: ' ',
          tool_calls: [
            { id: 'call_0', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } },
          ],
        },
        { role: 'tool', content: 'Bern is sunny.', tool_call_id: 'call_0' },
        {
          role: 'assistant',
          content: '',
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Basel"}' } },
          ],
        },
        { role: 'tool', content: 'Basel is sunny.', tool_call_id: 'call_1' },
      ],
      stream: true,
      tools,
    });
    expect(joinText(readChunks(await response.text()))).toBe('Weather: Bern is sunny. Basel is sunny.');
  });

  it('calls responses for a name that it takes for one of OpenAI’s reasoning models', async () => {
    const response = await send('/responses', {
      model: reasoningAliases[chatModel],
      instructions: 'You are in an editor.',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Weather?' }] }],
      tools: [{ type: 'function', ...weather, strict: null }],
      tool_choice: 'auto',
      reasoning: { effort: 'medium', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      stream: true,
    });
    const text = await response.text();
    expect(text).toContain('event: response.function_call_arguments.done');
    expect(text).toMatch(/event: response\.completed\ndata: .*"call_id":"call_0"/);
  });

  it('completes code by the older API, up to its stop texts', async () => {
    const response = await send('/completions', {
      model: 'demo/echo',
      prompt: 'def greet():\n\n/src/main.py',
      max_tokens: 150,
      temperature: 0.01,
      stream: true,
      stop: ['/src/', '#- coding: utf-8', '```', '\t\n'],
    });
    const chunks = readChunks(await response.text()) as unknown as { choices: { text: string }[] }[];
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe('def greet():\n\n');
  });
});

describe('LlamaIndex', () => {
  it('sends fields that it has no value for as null, and its turns with empty lists', async () => {
    const response = await send('/chat/completions', {
      model: chatModel,
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'Hi', name: null },
        { role: 'assistant', content: 'Hello.', tool_calls: [], refusal: null, function_call: null },
        { role: 'user', content: 'And now?' },
      ],
      stream: false,
      temperature: 0.1,
      max_tokens: null,
      stop: null,
      tools: null,
      tool_choice: null,
      response_format: null,
      logprobs: null,
      user: null,
    });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Hello you' } }] });
    const body = upstreams.chat.bodies.at(-1);
    expect(Object.values(body ?? {})).not.toContain(null);
  });

  it.each(['base64', 'float', null])('embeds texts with the encoding %s', async (encoding_format) => {
    const response = await send('/embeddings', {
      model: 'demo/embed',
      input: ['one', 'two'],
      encoding_format,
      dimensions: null,
      user: null,
    });
    const { data } = (await response.json()) as { data: { embedding: unknown }[] };
    expect(data).toHaveLength(2);
    expect(typeof data[0]?.embedding).toBe(encoding_format === 'base64' ? 'string' : 'object');
  });
});

describe('clients that send null for every field without a value', () => {
  it.each([
    [
      '/chat/completions',
      { model: chatModel, messages: [{ role: 'user', content: 'Hi' }] },
      'stream stream_options temperature top_p n stop seed max_tokens max_completion_tokens presence_penalty frequency_penalty logprobs top_logprobs tools tool_choice functions function_call parallel_tool_calls response_format reasoning_effort user safety_identifier metadata store service_tier logit_bias prediction modalities audio verbosity',
    ],
    [
      '/responses',
      { model: chatModel, input: 'Hi' },
      'stream temperature top_p tools tool_choice instructions previous_response_id store background metadata text reasoning include max_output_tokens parallel_tool_calls truncation user safety_identifier service_tier max_tool_calls top_logprobs conversation prompt stream_options',
    ],
    [
      '/messages',
      { model: chatModel, max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] },
      'stream temperature top_p top_k tools tool_choice system stop_sequences metadata thinking service_tier container mcp_servers output_config context_management',
    ],
    ['/embeddings', { model: 'demo/embed', input: 'Hi' }, 'encoding_format dimensions user'],
    [
      '/completions',
      { model: chatModel, prompt: 'Hi' },
      'suffix max_tokens temperature top_p n stream stream_options logprobs echo stop presence_penalty frequency_penalty best_of logit_bias user seed',
    ],
  ])('are answered by %s as if they sent none of them', async (path, body, names) => {
    const nulls = Object.fromEntries(names.split(' ').map((name) => [name, null]));
    const response = await send(path, { ...body, ...nulls });
    expect([response.status, response.headers.get('x-heddle-dropped')]).toEqual([200, null]);
  });
});
