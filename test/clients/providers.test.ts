import type { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { admin, echo, newTenant, unique } from '#test/e2e/scenarios/setup.ts';
import { overWebSocket, type TestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { addModel, startVendors } from './vendors.ts';

const stack = new AsyncDisposableStack();
let mesh: TestMesh;
let vendors: LLMock;
let client: TestClient;
beforeAll(async () => {
  vendors = await startVendors(stack);
  mesh = stack.use(
    await startOneProcess({ OPENAI_API_KEY: 'sk-environment-1234', OPENAI_BASE_URL: `${vendors.url}/v1` }),
  );
  ({ client } = await newTenant(() => mesh));
});
beforeEach(() => void vendors.reset());
afterAll(() => stack.disposeAsync());

const complete = `mutation ($input: CompletionInput!) {
  complete(input: $input) {
    id status text json reasoning finishReason cost cache
    toolCalls { id name arguments }
    usage { inputTokens outputTokens totalTokens cachedInputTokens reasoningTokens }
    attempts { outcome error cost usage { inputTokens } model { id } }
    model { id }
    invocation { status cost errorCode usage { inputTokens cachedInputTokens reasoningTokens } }
  }
}`;
interface Answer {
  readonly complete: {
    readonly text: string;
    readonly cost: string;
    readonly toolCalls: readonly { id: string; name: string; arguments: unknown }[];
    readonly usage: Record<string, number>;
  };
}
const ask = (model: string, content: string, more: Record<string, unknown> = {}) =>
  client.data<Answer>(complete, echo(content, { model, ...more }));
const refusal = async (model: string, content: string, more: Record<string, unknown> = {}) =>
  (await client.send(complete, echo(content, { model, ...more }))).errors?.[0];

const usage = {
  prompt_tokens: 1_000,
  completion_tokens: 200,
  input_tokens: 1_000,
  output_tokens: 200,
  promptTokenCount: 1_000,
  candidatesTokenCount: 200,
};
const city = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

describe.each([
  { kind: 'OPENAI_COMPATIBLE', name: 'some-model', path: '/v1' },
  { kind: 'ANTHROPIC', name: 'claude-sonnet-4-5', path: '/v1' },
  { kind: 'GOOGLE', name: 'gemini-2.5-flash', path: '/v1beta' },
])('a provider of kind $kind, added by its URL', ({ kind, name, path }) => {
  let model: string;
  beforeAll(async () => {
    model = await addModel(() => mesh, kind, `${vendors.url}${path}`, name);
  });

  it('answers, and costs what its tokens cost', async () => {
    vendors.onMessage('hello', { content: 'Hello, loom.', usage });
    expect(await ask(model, 'hello')).toMatchObject({
      complete: {
        text: 'Hello, loom.',
        finishReason: 'STOP',
        model: { id: model },
        usage: { inputTokens: 1_000, outputTokens: 200, totalTokens: 1_200 },
        // 1000 × $1/M + 200 × $10/M
        cost: '0.003000000',
        invocation: { status: 'SUCCEEDED', cost: '0.003000000' },
      },
    });
  });

  it('answers in JSON of the given shape, parsed', async () => {
    vendors.onMessage('where', { content: '{"city":"Paris"}', usage });
    expect(await ask(model, 'where', { responseSchema: city })).toMatchObject({
      complete: { json: { city: 'Paris' }, finishReason: 'STOP' },
    });
  });

  it('is not trusted when its JSON has another shape: it is called again, then the call has failed', async () => {
    vendors.onMessage('where', { content: '{"town":7}', usage });
    const error = await refusal(model, 'where', { responseSchema: city });
    expect(error).toMatchObject({
      message: expect.stringContaining('city'),
      extensions: { code: 'PROVIDER_ERROR', completionId: expect.any(String) },
    });
  });

  it('calls tools, and takes their results', async () => {
    const tools = [{ name: 'get_weather', description: 'Tells the weather.', parameters: city }];
    vendors.onMessage('weather', {
      toolCalls: [{ name: 'get_weather', arguments: '{"city":"Paris"}' }],
      usage,
    });
    const { complete: first } = await ask(model, 'weather?', { tools, toolChoice: 'required' });
    expect(first).toMatchObject({
      finishReason: 'TOOL_CALLS',
      toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }],
    });
    vendors.reset();
    vendors.on({ predicate: () => true }, { content: 'Sunny.', usage });
    const answer = await client.data<Answer>(complete, {
      input: {
        model,
        tools,
        messages: [
          { role: 'SYSTEM', content: 'Be brief.' },
          { role: 'USER', content: 'weather?' },
          { role: 'ASSISTANT', toolCalls: first.toolCalls },
          { role: 'TOOL', toolCallId: first.toolCalls[0]?.id, content: 'sun all day' },
        ],
      },
    });
    expect(answer.complete.text).toBe('Sunny.');
    expect(JSON.stringify(vendors.getLastRequest()?.body)).toContain('sun all day');
  });

  it('states when it is over its own limits, and for how long', async () => {
    vendors.onMessage('hello', {
      error: { message: 'slow down', type: 'rate_limit_error' },
      status: 429,
      retryAfter: 9,
    });
    const limited = await addModel(() => mesh, kind, `${vendors.url}${path}`, name);
    expect(await refusal(limited, 'hello')).toMatchObject({
      extensions: { code: 'PROVIDER_RATE_LIMITED', retryAfterMs: 9_000, completionId: expect.any(String) },
    });
  });

  it('never has its key in an answer', async () => {
    vendors.onMessage('hello', { error: { message: 'bad key sk-customers-secret-1234' }, status: 401 });
    const error = await refusal(model, 'hello');
    expect(error?.extensions.code).toBe('PROVIDER_AUTH');
    expect(JSON.stringify(error)).not.toContain('customers-secret');
  });
});

describe('prices', () => {
  it('knows the models of a provider that the environment names, with prices and sizes', async () => {
    const { models } = await admin(() => mesh).data<{
      models: { edges: { node: { id: string; contextTokens: number; price: { input: string } } }[] };
    }>(
      '{ models(filter: { providerId: "openai" }, first: 200) { edges { node { id contextTokens maxOutputTokens capabilities price { input output cachedInput } } } } }',
    );
    const listed = models.edges.map(({ node }) => node);
    expect(listed.length).toBeGreaterThan(10);
    expect(listed.find(({ id }) => id === 'openai/gpt-4o-mini')).toMatchObject({
      contextTokens: 128_000,
      price: { input: '0.150000000', output: '0.600000000', cachedInput: '0.075000000' },
    });
    vendors.onMessage('hello', { content: 'From the environment.', usage });
    expect(await ask('openai/gpt-4o-mini', 'hello')).toMatchObject({
      // 1000 × $0.15/M + 200 × $0.6/M
      complete: { text: 'From the environment.', cost: '0.000270000' },
    });
  });
});

describe('routes', () => {
  const save = (targets: readonly string[], more: Record<string, unknown> = {}) => {
    const alias = unique('route');
    return admin(() => mesh)
      .data('mutation ($input: RouteInput!) { saveRoute(input: $input) { alias } }', {
        input: { alias, strategy: 'PRIORITY', targets: targets.map((model) => ({ model })), ...more },
      })
      .then(() => alias);
  };

  it('call the first model once more, then the second, and show every attempt', async () => {
    const first = await addModel(() => mesh, 'OPENAI_COMPATIBLE', `${vendors.url}/v1`, 'first');
    const second = await addModel(() => mesh, 'ANTHROPIC', `${vendors.url}/v1`, 'claude-sonnet-4-5');
    vendors.on({ model: 'first', userMessage: 'hello' }, { error: { message: 'broken' }, status: 500 });
    vendors.on({ model: 'claude-sonnet-4-5', userMessage: 'hello' }, { content: 'Second here.', usage });
    expect(await ask(await save([first, second]), 'hello')).toMatchObject({
      complete: {
        text: 'Second here.',
        model: { id: second },
        attempts: [
          { outcome: 'FAILED', error: expect.stringContaining('PROVIDER_ERROR'), model: { id: first } },
          { outcome: 'FAILED', error: expect.stringContaining('PROVIDER_ERROR'), model: { id: first } },
          { outcome: 'SUCCEEDED', error: null, model: { id: second } },
        ],
      },
    });
  });

  it('try demo/flaky again until it answers', async () => {
    const answer = await ask('demo/flaky', unique('again'));
    expect(answer).toMatchObject({ complete: { status: 'SUCCEEDED' } });
  });

  it('give up on a model that is too slow, and report it', async () => {
    const alias = await save(['demo/slow'], { timeouts: { totalMs: 200 }, maxAttempts: 1 });
    expect(await refusal(alias, 'word '.repeat(60))).toMatchObject({
      extensions: { code: 'PROVIDER_TIMEOUT' },
    });
    await expect(async () => {
      let last = '';
      const query =
        'subscription ($input: CompletionInput!) { completionStream(input: $input) { __typename ... on CompletionFailed { code } } }';
      for await (const event of overWebSocket<{ code?: string }>(
        client,
        query,
        echo('word '.repeat(60), { model: alias }),
      )) {
        last = event.code ?? '';
      }
      throw new Error(last);
    }).rejects.toThrow('PROVIDER_TIMEOUT');
  });
});

describe('prompts and embeddings', () => {
  it('answers a prompt that has an output schema with JSON of that shape', async () => {
    const model = await addModel(() => mesh, 'OPENAI_COMPATIBLE', `${vendors.url}/v1`, 'typed');
    const name = unique('typed');
    await client.data('mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }', {
      input: { name, version: { model, template: 'Capital of {{country}}?', outputSchema: city } },
    });
    vendors.onMessage('Capital of France?', { content: '{"city":"Paris"}', usage });
    vendors.onMessage('Capital of Nowhere?', { content: '{"city":null}', usage });
    const run = (country: string) =>
      client.send<{ runPrompt: unknown }>(
        'mutation ($input: RunPromptInput!) { runPrompt(input: $input) { json } }',
        {
          input: { name, variables: { country } },
        },
      );
    expect(await run('France')).toEqual({ data: { runPrompt: { json: { city: 'Paris' } } } });
    expect((await run('Nowhere')).errors?.[0]).toMatchObject({ extensions: { code: 'PROVIDER_ERROR' } });
  });

  it('embeds through a provider, in the order of the texts, at its price', async () => {
    const model = await addModel(() => mesh, 'OPENAI_COMPATIBLE', `${vendors.url}/v1`, 'embedder', {
      capabilities: ['EMBEDDINGS'],
    });
    vendors.onEmbedding('warp', { embedding: [0.25, 0.5] });
    const { embed } = await client.data<{ embed: { vectors: number[][]; cost: string } }>(
      'mutation ($input: EmbedInput!) { embed(input: $input) { vectors cost usage { inputTokens } model { id } invocation { kind cost } } }',
      { input: { model, values: ['warp'] } },
    );
    expect(embed).toMatchObject({
      vectors: [[0.25, 0.5]],
      model: { id: model },
      invocation: { kind: 'embedding' },
    });
  });
});
