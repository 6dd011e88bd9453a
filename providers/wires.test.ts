import { isChatCompletionBody, LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHttpFetch } from './http/http-fetch.ts';
import type { Provider, ProviderCall, ProviderKind } from './provider.ts';
import { makeProvider } from './registry/registry.ts';
import { ask, collect } from './testing/calls.ts';
import { type RecordedRequest, recordingFetch } from './testing/recording-fetch.ts';

interface Wire {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly model: string;
  readonly path: RegExp;
  /** Where the credential goes. */
  readonly auth: readonly [header: string, value: string];
  /** The form in which the id `call_1` of a tool call is sent. */
  readonly sentId?: RegExp;
  /** The mock's streams of this wire carry no usage. */
  readonly streamsWithoutUsage?: boolean;
}

const secret = 'sk-test-0123456789';
const bearer = ['authorization', `Bearer ${secret}`] as const;

const wires: readonly Wire[] = [
  { name: 'OpenAI chat', kind: 'OPENAI', model: 'gpt-4o', path: /^\/v1\/chat\/completions$/, auth: bearer },
  { name: 'OpenAI responses', kind: 'OPENAI', model: 'gpt-5-mini', path: /^\/v1\/responses$/, auth: bearer },
  {
    name: 'Anthropic',
    kind: 'ANTHROPIC',
    model: 'claude-sonnet-4-5',
    path: /^\/v1\/messages$/,
    auth: ['x-api-key', secret],
  },
  {
    name: 'Gemini',
    kind: 'GOOGLE',
    model: 'gemini-2.5-flash',
    path: /^\/v1beta\/models\/gemini-2\.5-flash:(?:generateContent|streamGenerateContent)$/,
    auth: ['x-goog-api-key', secret],
  },
  {
    name: 'Azure',
    kind: 'AZURE_OPENAI',
    model: 'my-deployment',
    path: /^\/openai\/v1\/chat\/completions$/,
    auth: ['api-key', secret],
  },
  {
    name: 'Bedrock',
    kind: 'BEDROCK',
    model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    path: /^\/model\/anthropic\.claude-sonnet-4-5-20250929-v1%3A0\/converse(?:-stream)?$/,
    auth: bearer,
  },
  {
    name: 'Mistral',
    kind: 'MISTRAL',
    model: 'mistral-large-latest',
    path: /^\/v1\/chat\/completions$/,
    auth: bearer,
    sentId: /"[a-zA-Z0-9]{9}"/,
    streamsWithoutUsage: true,
  },
];

const sentence = 'The quick brown fox jumps over the lazy dog.';
const usage = {
  prompt_tokens: 11,
  completion_tokens: 7,
  input_tokens: 11,
  output_tokens: 7,
  promptTokenCount: 11,
  candidatesTokenCount: 7,
};
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ name: 'get_weather', description: 'Tells the weather.', parameters }];
const schema = { ...parameters, additionalProperties: false };
const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const http = createHttpFetch();
const mock = new LLMock({ port: 0 });
beforeAll(() => mock.start());
beforeEach(() => void mock.reset());
afterAll(async () => {
  await http.close();
  await mock.stop();
});

/** The last request as the mock understood it, in the words of chat completions. */
function received() {
  const body = mock.getLastRequest()?.body;
  if (!isChatCompletionBody(body)) throw new Error('No chat request came.');
  return body;
}

async function open(wire: Wire): Promise<{ provider: Provider; sent: RecordedRequest[] }> {
  const { fetch, sent } = recordingFetch(http.fetch);
  const options = { kind: wire.kind, baseUrl: mock.url, region: 'eu-central-1', secret, fetch };
  return { provider: await makeProvider(options), sent };
}

/** What generate and stream each threw. */
async function collectFailures(provider: Provider, call: ProviderCall): Promise<readonly unknown[]> {
  const thrown = await provider.generate(call).then(
    () => null,
    (error: unknown) => error,
  );
  return [thrown, (await collect(provider, call)).error];
}

describe.each(wires)('$name', (wire) => {
  const { model } = wire;

  it('answers whole, with the usage the provider counts', async () => {
    mock.onMessage('hello', { content: sentence, usage });
    const { provider, sent } = await open(wire);
    const answer = await provider.generate(ask(model, 'hello', { maxOutputTokens: 300 }));
    expect(answer).toMatchObject({ text: sentence, reasoning: null, toolCalls: [], finishReason: 'STOP' });
    expect(answer.usage).toEqual({
      inputTokens: 11,
      outputTokens: 7,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]?.url.pathname).toMatch(wire.path);
    expect(sent[0]?.headers.get(wire.auth[0])).toBe(wire.auth[1]);
    expect(received()).toMatchObject({ max_tokens: 300, messages: [{ role: 'user' }] });
    expect(decodeURIComponent(received().model)).toBe(model);
    expect(JSON.stringify(received().messages)).toContain('"hello"');
  });

  it('streams the same answer in pieces, and ends with finish and usage', async () => {
    mock.onMessage('hello', { content: sentence, usage }, { chunkSize: 4 });
    const { provider, sent } = await open(wire);
    const { text, parts, finish, error } = await collect(provider, ask(model, 'hello'));
    expect(error).toBeNull();
    expect(text).toBe(sentence);
    expect(parts.filter((part) => part.type === 'text').length).toBeGreaterThan(5);
    expect(finish?.reason).toBe('STOP');
    if (wire.streamsWithoutUsage) expect(finish?.usage).toMatchObject({ outputTokens: 11, estimated: true });
    else expect(finish?.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 });
    expect(sent[0]?.url.pathname).toMatch(wire.path);
  });

  it('offers tools and returns the calls, whole and streamed', async () => {
    const toolCalls = [
      { name: 'get_weather', arguments: '{"city":"Paris"}' },
      { name: 'get_weather', arguments: '{"city":"Rome"}' },
    ];
    mock.onMessage('weather', { toolCalls, usage }, { chunkSize: 3 });
    const { provider } = await open(wire);
    const call = ask(model, 'weather?', { tools, toolChoice: 'required' });
    const answer = await provider.generate(call);
    expect(answer.finishReason).toBe('TOOL_CALLS');
    expect(answer.toolCalls.map(({ name, arguments: given }) => [name, given])).toEqual([
      ['get_weather', { city: 'Paris' }],
      ['get_weather', { city: 'Rome' }],
    ]);
    const streamed = await collect(provider, call);
    expect(streamed.error).toBeNull();
    expect(streamed.finish?.reason).toBe('TOOL_CALLS');
    expect(streamed.toolCalls.map((toolCall) => [toolCall.name, JSON.parse(toolCall.arguments)])).toEqual([
      ['get_weather', { city: 'Paris' }],
      ['get_weather', { city: 'Rome' }],
    ]);
    expect(new Set(streamed.toolCalls.map(({ id }) => id)).size).toBe(2);
    expect(received()).toMatchObject({
      tools: [{ type: 'function', function: { name: 'get_weather', description: 'Tells the weather.' } }],
    });
  });

  it('sends system text, images, earlier tool calls and their results', async () => {
    mock.on({ predicate: () => true }, { content: 'Sunny.', usage });
    const { provider, sent } = await open(wire);
    await provider.generate({
      model,
      tools,
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          parts: [
            { type: 'text', text: 'What is here?' },
            { type: 'file', mediaType: 'image/png', data: png },
          ],
        },
        {
          role: 'assistant',
          text: '',
          toolCalls: [{ id: 'call_1', name: 'get_weather', arguments: { city: 'Paris' } }],
        },
        { role: 'tool', toolCallId: 'call_1', toolName: 'get_weather', content: 'It is sunny' },
      ],
    });
    const body = JSON.stringify(sent[0]?.body);
    for (const piece of ['Be brief.', 'What is here?', png, 'image', 'png', 'It is sunny']) {
      expect(body).toContain(piece);
    }
    expect(body).toMatch(wire.sentId ?? /"call_1"/);
    expect(received().messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool']);
  });

  it('requests structured output by the schema, whole and streamed', async () => {
    mock.onMessage('city', { content: '{"city":"Paris"}', usage }, { chunkSize: 4 });
    const { provider, sent } = await open(wire);
    const call = ask(model, 'a city as JSON', { responseSchema: schema });
    expect(JSON.parse((await provider.generate(call)).text)).toEqual({ city: 'Paris' });
    expect(JSON.parse((await collect(provider, call)).text)).toEqual({ city: 'Paris' });
    for (const { body } of sent) expect(JSON.stringify(body)).toMatch(/"city":\{"type":"string"\}/i);
  });

  it('calls a 429 a rate limit, with the time to wait', async () => {
    mock.onMessage('hello', {
      error: { message: 'slow down', type: 'rate_limit_error' },
      status: 429,
      retryAfter: 7,
    });
    const { provider } = await open(wire);
    for (const error of await collectFailures(provider, ask(model, 'hello'))) {
      expect(error).toMatchObject({
        code: 'PROVIDER_RATE_LIMITED',
        retryable: true,
        status: 429,
        retryAfterMs: 7000,
      });
    }
  });

  it('calls a 500 an error that may pass, and states no secret', async () => {
    mock.onMessage('hello', {
      error: { message: `broken for ${secret}`, type: 'server_error' },
      status: 500,
    });
    const { provider } = await open(wire);
    for (const error of await collectFailures(provider, ask(model, 'hello'))) {
      expect(error).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true, status: 500 });
      expect(String(error)).not.toContain(secret);
    }
  });

  it('calls a 401 a refused credential', async () => {
    mock.onMessage('hello', { error: { message: `bad key ${secret}` }, status: 401 });
    const { provider } = await open(wire);
    for (const error of await collectFailures(provider, ask(model, 'hello'))) {
      expect(error).toMatchObject({ code: 'PROVIDER_AUTH', retryable: false });
      expect(String(error)).not.toContain(secret);
    }
  });

  it('never takes a malformed 200 for an answer', async () => {
    mock.onMessage('hello', { content: sentence, usage }, { chaos: { malformedRate: 1 } });
    const { provider } = await open(wire);
    for (const error of await collectFailures(provider, ask(model, 'hello'))) {
      expect(error).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
    }
  });

  it('never takes a truncated stream for an answer', async () => {
    mock.onMessage(
      'hello',
      { content: sentence, usage },
      { chunkSize: 4, latency: 5, truncateAfterChunks: 8 },
    );
    const { provider } = await open(wire);
    const { text, finish, error } = await collect(provider, ask(model, 'hello'));
    expect(sentence.startsWith(text)).toBe(true);
    expect(text.length).toBeGreaterThan(0);
    expect(text.length).toBeLessThan(sentence.length);
    expect(finish).toBeNull();
    expect(error).toMatchObject({ code: 'PROVIDER_ERROR', retryable: true });
  });
});

describe('Anthropic, beside the rest', () => {
  const wire = wires.find(({ kind }) => kind === 'ANTHROPIC')!;

  it('reports the input before the first token, so that a cut stream can be billed', async () => {
    mock.onMessage(
      'hello',
      { content: sentence, usage },
      { chunkSize: 4, latency: 5, truncateAfterChunks: 8 },
    );
    const { provider } = await open(wire);
    const { parts, error } = await collect(provider, ask(wire.model, 'hello'));
    expect(parts[0]).toMatchObject({ type: 'usage', usage: { inputTokens: 11 } });
    expect(error).toMatchObject({ code: 'PROVIDER_ERROR' });
  });

  it('keeps thinking within maxOutputTokens, and sets a bound for a Claude it does not know', async () => {
    mock.onMessage('hello', { content: sentence, reasoning: 'Hm.', usage });
    const { provider, sent } = await open(wire);
    const answer = await provider.generate(
      ask(wire.model, 'hello', { maxOutputTokens: 4000, reasoningEffort: 'high' }),
    );
    expect(answer.reasoning).toBe('Hm.');
    expect(sent[0]?.body).toMatchObject({
      max_tokens: 4000,
      thinking: { type: 'enabled', budget_tokens: 2400 },
    });
    await provider.generate(ask(wire.model, 'hello', { maxOutputTokens: 500, reasoningEffort: 'high' }));
    expect(sent[1]?.body).toMatchObject({ max_tokens: 500 });
    expect(sent[1]?.body).not.toHaveProperty('thinking');
    await provider.generate(ask('claude-next-9', 'hello'));
    expect(sent[2]?.body).toMatchObject({ max_tokens: 32_000 });
    expect(sent[2]?.body).not.toHaveProperty('thinking');
  });

  it('does not request thinking after a tool result, whose earlier thinking is not kept', async () => {
    mock.on({ predicate: () => true }, { content: sentence, usage });
    const { provider, sent } = await open(wire);
    const toolCalls = [{ id: 'call_1', name: 'get_weather', arguments: { city: 'Paris' } }];
    await provider.generate({
      ...ask(wire.model, 'weather?', { tools, reasoningEffort: 'high' }),
      messages: [
        { role: 'user', parts: [{ type: 'text', text: 'weather?' }] },
        { role: 'assistant', text: '', toolCalls },
        { role: 'tool', toolCallId: 'call_1', toolName: 'get_weather', content: 'sunny' },
      ],
    });
    expect(sent[0]?.body).not.toHaveProperty('thinking');
  });
});

describe('OpenAI, beside the rest', () => {
  const [chat, responses] = wires as [Wire, Wire];

  it('keeps nothing at OpenAI and requests reasoning summaries where a model reasons', async () => {
    mock.onMessage('hello', { content: sentence, reasoning: 'Hm.', usage });
    const { provider, sent } = await open(responses);
    const call = ask(responses.model, 'hello', { reasoningEffort: 'low' });
    expect((await provider.generate(call)).reasoning).toBe('Hm.');
    expect((await collect(provider, call)).reasoning).toBe('Hm.');
    expect(sent[0]?.body).toMatchObject({ store: false, reasoning: { effort: 'low', summary: 'auto' } });
  });

  it('embeds', async () => {
    mock.onEmbedding('first', { embedding: [0.1, 0.2] });
    mock.onEmbedding('second', { embedding: [0.3, 0.4] });
    const { provider, sent } = await open(chat);
    const answer = await provider.embed({
      model: 'text-embedding-3-small',
      values: ['first'],
      dimensions: 2,
    });
    expect(answer.vectors).toEqual([[0.1, 0.2]]);
    expect(sent[0]?.body).toMatchObject({ model: 'text-embedding-3-small', input: ['first'], dimensions: 2 });
  });
});
