import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { type LanguageProvider, type ProviderCall, ProviderFailure, type ProviderKind } from './provider.ts';
import { makeProvider } from './registry/registry.ts';
import { ask, collect, toPlainAnswer } from './testing/calls.ts';
import { embeddingKinds, presetKinds } from './testing/preset-kinds.ts';
import { presetWires } from './testing/preset-wires.ts';
import { recordPreset } from './testing/record-preset.ts';
import { cut, replay, withWitness } from './testing/replay.ts';
import { chunk, sse } from './testing/wire-server.ts';

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ name: 'get_weather', parameters }];

const exchanges = presetKinds.flatMap((kind) =>
  Object.entries(recordPreset(presetWires[kind])).map(([name, bodies]) => ({ kind, name, ...bodies })),
);

/** Kinds whose usage the package does not find: Moonshot has it in the choice, and its cached input beside the other counts. */
const ownUsage: Partial<Record<ProviderKind, object>> = {
  MOONSHOT: {
    inputTokens: 31,
    outputTokens: 17,
    cachedInputTokens: 10,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
  },
};

async function readStream(provider: LanguageProvider, call: ProviderCall) {
  const { text, reasoning, toolCalls, finish, error } = await collect(provider, call);
  return { text, reasoning, toolCalls, finish, error };
}

describe.each(exchanges)('$kind: $name', ({ kind, name, stream, whole }) => {
  const call = ask(presetWires[kind].model, 'What is the weather?', { tools });

  it('is read from a stream as the AI SDK reads it, however the bytes are cut', async () => {
    let pieces = cut(stream, []);
    const { ours, sdk } = await withWitness(
      kind,
      replay(() => pieces),
    );
    const read = await readStream(sdk, call);
    const usage = ownUsage[kind] ?? read.finish?.usage;
    // The package passes no fingerprint on.
    const fingerprint = presetWires[kind].beside?.system_fingerprint;
    const made = fingerprint ? { fingerprint } : {};
    const witness = { ...read, finish: { ...read.finish, usage, ...made } };
    expect(witness.error).toBeNull();
    const length = pieces[0]?.byteLength ?? 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(length), { maxLength: 30 }), async (places) => {
        pieces = cut(stream, places);
        expect(await readStream(ours, call)).toEqual(witness);
      }),
      { numRuns: 5 },
    );
  });

  it('is read whole as the AI SDK reads it', async () => {
    const { ours, sdk } = await withWitness(
      kind,
      replay(() => cut(whole, [10])),
    );
    const answer = toPlainAnswer(await ours.generate(call));
    const read = await sdk.generate(call);
    expect(answer).toEqual({ ...read, usage: ownUsage[kind] ?? read.usage });
    expect(answer.usage).toMatchObject({ inputTokens: 31, outputTokens: 17 });
    expect(answer.finishReason).toBe(
      { 'a call of a tool': 'TOOL_CALLS', 'a text cut at the limit': 'LENGTH' }[name] ?? 'STOP',
    );
  });
});

describe.each(embeddingKinds)('%s has no chat', (kind) => {
  it('refuses a call before anything is sent', async () => {
    const fetch = () => Promise.reject(new Error('A request was sent.'));
    const options = { kind, baseUrl: null, region: null, secret: 'sk-test-0123456789', fetch };
    const provider = await makeProvider(options);
    const refused = { code: 'BAD_USER_INPUT', message: 'This provider has embeddings and no chat.' };
    await expect(provider.generate(ask('m', 'Hello'))).rejects.toMatchObject(refused);
    expect(await collect(provider, ask('m', 'Hello'))).toMatchObject({ parts: [], error: refused });
  });
});

describe('MINIMAX', () => {
  const open = (body: string) =>
    makeProvider({
      kind: 'MINIMAX',
      baseUrl: 'http://upstream.test',
      region: null,
      secret: 'sk-test-0123456789',
      fetch: async () => new Response(body),
    });
  const details = (text: string) => ({ reasoning_details: [{ type: 'reasoning.text', index: 0, text }] });

  it('has its reasoning read from its details, whole and streamed', async () => {
    const message = { role: 'assistant', content: 'Yes.', ...details('Hm. Well.') };
    const whole = {
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      base_resp: { status_code: 0, status_msg: '' },
    };
    const answer = await (await open(JSON.stringify(whole))).generate(ask('MiniMax-M2.7', 'Hello'));
    expect(answer).toMatchObject({ text: 'Yes.', reasoning: 'Hm. Well.' });
    const stream = sse(
      chunk(details('Hm. ')),
      chunk(details('Well.')),
      chunk({ content: 'Yes.' }),
      chunk({}, 'stop'),
      '[DONE]',
    );
    expect(await collect(await open(stream), ask('MiniMax-M2.7', 'Hello'))).toMatchObject({
      text: 'Yes.',
      reasoning: 'Hm. Well.',
      error: null,
    });
  });

  it.each([
    [1008, 'insufficient balance', 'PROVIDER_RATE_LIMITED'],
    [1004, 'login fail', 'PROVIDER_AUTH'],
    [1002, 'rate limit triggered', 'PROVIDER_RATE_LIMITED'],
  ])('fails for its status %i (%s) in an answer of HTTP 200', async (status_code, status_msg, code) => {
    const body = JSON.stringify({ id: 'x', choices: null, base_resp: { status_code, status_msg } });
    const provider = await open(body);
    await expect(provider.generate(ask('MiniMax-M2.7', 'Hello'))).rejects.toMatchObject({ code });
    expect((await collect(provider, ask('MiniMax-M2.7', 'Hello'))).error).toMatchObject({ code });
  });
});

describe('DATABRICKS', () => {
  it('has the reasoning of Claude read from the parts of the content, whole and streamed', async () => {
    const thinking = (said: string) => [
      { type: 'reasoning', summary: [{ type: 'summary_text', text: said, signature: 'EqQB' }] },
    ];
    const content = [...thinking('Hm. Well.'), { type: 'text', text: 'Yes.' }];
    let body = JSON.stringify({
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    });
    const provider = await makeProvider({
      kind: 'DATABRICKS',
      baseUrl: 'http://upstream.test',
      region: null,
      secret: 'sk-test-0123456789',
      fetch: async () => new Response(body),
    });
    const call = ask('databricks-claude-sonnet-4-5', 'Hello');
    expect(await provider.generate(call)).toMatchObject({ text: 'Yes.', reasoning: 'Hm. Well.' });
    body = sse(
      chunk({ content: thinking('Hm. ') }),
      chunk({ content: thinking('Well.') }),
      chunk({ content: 'Yes.' }),
      chunk({}, 'stop'),
      '[DONE]',
    );
    expect(await collect(provider, call)).toMatchObject({
      text: 'Yes.',
      reasoning: 'Hm. Well.',
      error: null,
    });
  });
});

describe('an address at the hosts of a vendor', () => {
  const account = 'https://api.cloudflare.com/client/v4/accounts';
  it.each([
    ['CLOUDFLARE', 'https://api.cloudflare.com', false],
    ['CLOUDFLARE', `${account}/${'a'.repeat(31)}/ai/v1`, false],
    ['CLOUDFLARE', `${account}/${'a'.repeat(32)}/ai/run`, false],
    ['CLOUDFLARE', `${account}/${'a'.repeat(32)}/ai/v1`, true],
    ['CLOUDFLARE', 'https://gateway.example.com/cf', true],
    ['DATABRICKS', 'https://acme.cloud.databricks.com', true],
    ['DATABRICKS', 'https://adb-1.2.azuredatabricks.net/serving-endpoints/', true],
    ['DATABRICKS', 'https://acme.cloud.databricks.com/ai-gateway/mlflow/v1', true],
    ['DATABRICKS', 'https://acme.cloud.databricks.com/api/2.0', false],
    ['SNOWFLAKE', 'https://org-one.snowflakecomputing.com', true],
    ['SNOWFLAKE', 'https://org-one.snowflakecomputing.com/api/v2', false],
    ['OPENAI', 'https://api.cloudflare.com/other', true],
  ] as const)('of kind %s, %s, is taken: %s', async (kind, baseUrl, isTaken) => {
    const fetch = () => Promise.reject(new Error('No request is expected.'));
    const made = makeProvider({ kind, baseUrl, region: null, secret: 'sk-test-0123456789', fetch });
    if (isTaken) await expect(made).resolves.toHaveProperty('generate');
    else
      await expect(made).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        message: expect.stringContaining(' has the form https://'),
      });
  });
});

describe.each(presetKinds)('%s: an error', (kind) => {
  const [status, body, code, words] = presetWires[kind].error;

  it('has our code and the words of the vendor', async () => {
    const provider = await makeProvider({
      kind,
      baseUrl: 'http://upstream.test',
      region: null,
      secret: 'sk-test-0123456789',
      fetch: async () => Response.json(body, { status }),
    });
    const call = ask(presetWires[kind].model, 'Hello');
    const failure = await provider.generate(call).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ProviderFailure);
    expect(failure).toMatchObject({
      code,
      status,
      message: expect.stringContaining(words ?? `(HTTP ${status})`),
    });
    expect((await collect(provider, call)).error).toMatchObject({ code, status });
  });
});
