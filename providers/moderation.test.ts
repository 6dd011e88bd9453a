import { LLMock } from '@copilotkit/aimock';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpFetch } from './http/http-fetch.ts';
import type { Provider, ProviderKind, ProviderOptions } from './provider.ts';
import { makeProvider } from './registry/registry.ts';
import { recordingFetch } from './testing/recording-fetch.ts';
import { serveProvider, startWireServer } from './testing/wire-server.ts';

const http = createHttpFetch();
const mock = new LLMock({ port: 0 });
const secret = 'sk-test-0123456789';
beforeAll(() => mock.start());
afterAll(async () => {
  await http.close();
  await mock.stop();
});

function options(kind: ProviderKind, baseUrl: string, more: Partial<ProviderOptions> = {}): ProviderOptions {
  return { kind, baseUrl, region: null, secret, fetch: http.fetch, ...more };
}

const toTexts = (...texts: readonly string[]) => texts.map((text) => ({ text, isDocument: false }));

async function moderate(provider: Provider, model: string, ...texts: readonly string[]) {
  if (provider.moderate === undefined) throw new Error('It does not moderate.');
  return provider.moderate({ model, texts: toTexts(...texts) });
}

/** A server that answers so, and the provider that calls it. */
const serve = (kind: ProviderKind, answer: unknown, status = 200) =>
  serveProvider({ kind, answer, status, secret, fetch: http.fetch });

/** A result in OpenAI's form. */
const result = (scores: object, flags: object = {}, more: object = {}) => ({
  ...{ categories: flags, category_scores: scores },
  ...more,
});
const severities = (hate: unknown, selfHarm: unknown = 0, sexual: unknown = 0, violence: unknown = 0) => ({
  categoriesAnalysis: [
    { category: 'Hate', severity: hate },
    { category: 'SelfHarm', severity: selfHarm },
    { category: 'Sexual', severity: sexual },
    { category: 'Violence', severity: violence },
  ],
});
const shield = (prompt: unknown, ...documents: readonly unknown[]) => ({
  userPromptAnalysis: { attackDetected: prompt },
  documentsAnalysis: documents.map((attackDetected) => ({ attackDetected })),
});

describe.each(['OPENAI', 'OPENAI_COMPATIBLE', 'LITELLM'] as const)('moderation of %s', (kind) => {
  it('is requested as the official client does, and read', async () => {
    mock.onModerate('I hate them', {
      flagged: true,
      categories: { hate: true, 'hate/threatening': false, violence: false },
      category_scores: { hate: 0.4, 'hate/threatening': 0.7, violence: 0.1 },
    });
    const ours = recordingFetch(http.fetch);
    const provider = await makeProvider(options(kind, `${mock.url}/v1`, { fetch: ours.fetch }));
    expect(await moderate(provider, 'omni-moderation-latest', 'I hate them')).toMatchObject({
      scores: { HATE: { score: 0.7, isFlagged: true }, VIOLENCE: { score: 0.1, isFlagged: false } },
      usage: { inputTokens: 3, outputTokens: 0, estimated: true },
    });
    const theirs = recordingFetch(globalThis.fetch);
    const client = new OpenAI({ apiKey: secret, baseURL: `${mock.url}/v1`, fetch: theirs.fetch });
    await client.moderations.create({ model: 'omni-moderation-latest', input: ['I hate them'] });
    const [sent, expected] = [ours.sent[0], theirs.sent[0]];
    expect(sent?.url.href).toBe(expected?.url.href);
    expect(sent?.body).toEqual(expected?.body);
    expect(sent?.headers.get('authorization')).toBe(expected?.headers.get('authorization'));
  });
});

describe('the scores of an answer', () => {
  it.for<[kind: ProviderKind, model: string, answer: object, scores: object]>([
    [
      'OPENAI',
      'omni-moderation-latest',
      {
        results: [
          result({
            ...{ hate: 0.1, 'hate/threatening': 0.2, harassment: 0.3, 'harassment/threatening': 0.25 },
            ...{ illicit: 0.5, 'illicit/violent': null, violence: 0, 'violence/graphic': 1 },
            ...{ 'self-harm': 0.1, 'self-harm/intent': 0.2, 'self-harm/instructions': 0.3 },
            ...{ sexual: 0.6, 'sexual/minors': 0.01 },
          }),
        ],
      },
      {
        ...{ HATE: 0.2, HARASSMENT: 0.3, ILLICIT: 0.5, VIOLENCE: 1, SELF_HARM: 0.3 },
        ...{ SEXUAL: 0.6, SEXUAL_MINORS: 0.01 },
      },
    ],
    [
      'MISTRAL',
      'mistral-moderation-2603',
      {
        results: [
          result({
            ...{ sexual: 0.1, hate_and_discrimination: 0.2, violence_and_threats: 0.3, dangerous: 0.4 },
            ...{ criminal: 0.5, selfharm: 0.6, health: 0.7, financial: 0.8, law: 0.9, pii: 1 },
            ...{ jailbreaking: 0.05 },
          }),
        ],
      },
      {
        ...{ SEXUAL: 0.1, HATE: 0.2, VIOLENCE: 0.3, ILLICIT: 0.5, SELF_HARM: 0.6, HEALTH_ADVICE: 0.7 },
        ...{ FINANCIAL_ADVICE: 0.8, LEGAL_ADVICE: 0.9, PERSONAL_DATA: 1, PROMPT_ATTACK: 0.05 },
      },
    ],
    [
      'MISTRAL',
      'mistral-moderation-2411',
      { results: [result({ dangerous_and_criminal_content: 0.25, something_new: 0.75 })] },
      { ILLICIT: 0.25, OTHER: 0.75 },
    ],
    [
      'AZURE_CONTENT_SAFETY',
      'text:analyze',
      severities(0, 2, 4, 7),
      { HATE: 0, SELF_HARM: 2 / 7, SEXUAL: 4 / 7, VIOLENCE: 1 },
    ],
    ['AZURE_CONTENT_SAFETY', 'text:shieldPrompt', shield(true), { PROMPT_ATTACK: 1 }],
    ['AZURE_CONTENT_SAFETY', 'text:shieldPrompt', shield(false), { PROMPT_ATTACK: 0 }],
    ['OPENAI', 'm', { results: [result({ constructor: 0.5 })] }, { OTHER: 0.5 }],
  ])('have the names of the vocabulary: %s %s', async ([kind, model, answer, scores]) => {
    const { server, provider } = await serve(kind, answer);
    await using _ = server;
    const read = (await moderate(provider, model, 'x')).scores;
    expect(Object.fromEntries(Object.entries(read).map(([name, { score }]) => [name, score]))).toEqual(
      scores,
    );
  });

  it('are the highest of all texts, with the verdict of the provider, or that of a half where it has none', async () => {
    const results = [
      result({ hate: 0.6, sexual: 0.1 }, { hate: false, sexual: true }),
      result({ hate: 0.2 }),
    ];
    const { server, provider } = await serve('OPENAI', { results });
    await using _ = server;
    expect((await moderate(provider, 'm', 'one', 'two')).scores).toEqual({
      HATE: { score: 0.6, isFlagged: false },
      SEXUAL: { score: 0.1, isFlagged: true },
    });
    const azure = await serve('AZURE_CONTENT_SAFETY', severities(3, 4));
    await using __ = azure.server;
    expect((await moderate(azure.provider, 'text:analyze', 'x')).scores).toMatchObject({
      HATE: { isFlagged: false },
      SELF_HARM: { isFlagged: true },
    });
  });

  it('have what is flagged without a name or a score', async () => {
    const flagged = result({ hate: 0.1 }, { hate: false, spam: true }, { flagged: true });
    const { server, provider } = await serve('OPENAI_COMPATIBLE', { results: [flagged] });
    await using _ = server;
    expect((await moderate(provider, 'm', 'x')).scores.OTHER).toEqual({ score: 1, isFlagged: true });
    const unnamed = await serve('OPENAI', { results: [result({ hate: 0.1 }, {}, { flagged: true })] });
    await using __ = unnamed.server;
    expect((await moderate(unnamed.provider, 'm', 'x')).scores).toMatchObject({
      HATE: { isFlagged: false },
      OTHER: { score: 1, isFlagged: true },
    });
  });

  it.for<[kind: ProviderKind, model: string, answer: unknown]>([
    ['OPENAI', 'm', ''],
    ['OPENAI', 'm', '<html>'],
    ['OPENAI', 'm', []],
    ['OPENAI', 'm', {}],
    ['OPENAI', 'm', { results: [] }],
    ['OPENAI', 'm', { results: [{}] }],
    ['OPENAI', 'm', { results: [result({})] }],
    ['OPENAI', 'm', { results: [result({ hate: null })] }],
    ['OPENAI', 'm', { results: [result({ hate: '0.1' })] }],
    ['OPENAI', 'm', { results: [result({ hate: 1.1 })] }],
    ['OPENAI', 'm', { results: [result({ hate: -0.1 })] }],
    ['OPENAI', 'm', { results: [result({ hate: 0.1 }, { hate: 'no' })] }],
    ['OPENAI', 'm', { results: [result({ hate: 0.1 }), result({ hate: 0.1 })] }],
    ['OPENAI', 'm', { error: { message: 'overloaded' } }],
    ['AZURE_CONTENT_SAFETY', 'text:analyze', {}],
    ['AZURE_CONTENT_SAFETY', 'text:analyze', { categoriesAnalysis: [] }],
    ['AZURE_CONTENT_SAFETY', 'text:analyze', { categoriesAnalysis: [{ category: 'Hate', severity: 0 }] }],
    ['AZURE_CONTENT_SAFETY', 'text:analyze', severities(undefined)],
    ['AZURE_CONTENT_SAFETY', 'text:analyze', severities(8)],
    ['AZURE_CONTENT_SAFETY', 'text:analyze', severities(-1)],
    ['AZURE_CONTENT_SAFETY', 'text:analyze', severities(2.5)],
    ['AZURE_CONTENT_SAFETY', 'text:analyze', severities('2')],
    ['AZURE_CONTENT_SAFETY', 'text:shieldPrompt', {}],
    ['AZURE_CONTENT_SAFETY', 'text:shieldPrompt', shield('false')],
    ['AZURE_CONTENT_SAFETY', 'text:shieldPrompt', shield(false, false)],
  ])('are none in another form: %s %s %j', async ([kind, model, answer]) => {
    const { server, provider } = await serve(kind, answer);
    await using _ = server;
    await expect(moderate(provider, model, 'x')).rejects.toMatchObject({
      name: 'ProviderFailure',
      code: 'PROVIDER_ERROR',
    });
  });
});

describe('a request for moderation', () => {
  it('has at most 32 texts, neighbors together', async () => {
    const { server, provider } = await serve('MISTRAL', {
      results: Array(25).fill(result({ sexual: 0.1 })),
      usage: { prompt_tokens: 321, total_tokens: 321, completion_tokens: 0 },
    });
    await using _ = server;
    const texts = Array.from({ length: 50 }, (_each, at) => `t${at}`);
    const { usage } = await moderate(provider, 'mistral-moderation-2603', ...texts);
    expect(usage).toMatchObject({ inputTokens: 321, outputTokens: 0 });
    expect(usage).not.toHaveProperty('estimated');
    const [request] = server.requests;
    expect(request?.path).toBe('/v1/moderations');
    expect(request?.headers.authorization).toBe(`Bearer ${secret}`);
    const { model, input } = JSON.parse(request?.body ?? '');
    expect(model).toBe('mistral-moderation-2603');
    expect(input).toHaveLength(25);
    expect(input[0]).toBe('t0\n\nt1');
    expect(input.join('\n\n')).toBe(texts.join('\n\n'));
  });

  it('of Azure has all texts as one, and is billed by text records of 1,000 characters', async () => {
    const { server, provider } = await serve('AZURE_CONTENT_SAFETY', severities(0));
    await using _ = server;
    const emojis = '😀'.repeat(1_000);
    const billed = async (...texts: readonly string[]) =>
      (await moderate(provider, 'text:analyze', ...texts)).usage;
    expect(await billed('a', 'b')).toEqual({
      ...{ inputTokens: 250, outputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
    });
    expect(await billed(emojis)).toMatchObject({ inputTokens: 250 });
    expect(await billed(`${emojis}!`)).toMatchObject({ inputTokens: 500 });
    const [request] = server.requests;
    expect(request?.path).toBe('/contentsafety/text:analyze?api-version=2024-09-01');
    expect(request?.headers['ocp-apim-subscription-key']).toBe(secret);
    expect(request?.headers.authorization).toBeUndefined();
    expect(JSON.parse(request?.body ?? '')).toEqual({
      text: 'a\n\nb',
      categories: ['Hate', 'SelfHarm', 'Sexual', 'Violence'],
      outputType: 'EightSeverityLevels',
    });
  });

  it('of Prompt Shields has what others wrote as documents, at most five', async () => {
    const { server, provider } = await serve(
      'AZURE_CONTENT_SAFETY',
      shield(false, false, false, false, true),
    );
    await using _ = server;
    const documents = Array.from({ length: 7 }, (_each, at) => ({ text: `d${at}`, isDocument: true }));
    const answer = await provider.moderate?.({
      model: 'text:shieldPrompt',
      texts: [...toTexts('Hello'), ...documents, ...toTexts('again')],
    });
    expect(answer).toMatchObject({ scores: { PROMPT_ATTACK: { score: 1 } }, usage: { inputTokens: 1_250 } });
    const [request] = server.requests;
    expect(request?.path).toBe('/contentsafety/text:shieldPrompt?api-version=2024-09-01');
    expect(JSON.parse(request?.body ?? '')).toEqual({
      userPrompt: 'Hello\n\nagain',
      documents: ['d0\n\nd1', 'd2\n\nd3', 'd4\n\nd5', 'd6'],
    });
  });

  it('of Prompt Shields for documents alone needs no verdict about a prompt', async () => {
    const { server, provider } = await serve('AZURE_CONTENT_SAFETY', {
      userPromptAnalysis: null,
      documentsAnalysis: [{ attackDetected: false }],
    });
    await using _ = server;
    const texts = [{ text: 'd', isDocument: true }];
    expect(await provider.moderate?.({ model: 'text:shieldPrompt', texts })).toMatchObject({
      scores: { PROMPT_ATTACK: { score: 0, isFlagged: false } },
      usage: { inputTokens: 250 },
    });
  });

  it('of Azure sends a token of Entra as one, and knows no other operations', async () => {
    const token = 'eyJhbGciOiJub25lIn0.eyJhdWQiOiJ4In0.c2ln';
    const server = await startWireServer((response) => void response.end(JSON.stringify(severities(0))));
    await using _ = server;
    const provider = await makeProvider(options('AZURE_CONTENT_SAFETY', server.url, { secret: token }));
    await moderate(provider, 'text:analyze', 'x');
    const { headers } = server.requests[0] ?? {};
    expect(headers?.authorization).toBe(`Bearer ${token}`);
    expect(headers?.['ocp-apim-subscription-key']).toBeUndefined();
    for (const model of ['text:detectJailbreak', 'toString', '../x']) {
      await expect(moderate(provider, model, 'x')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    expect(server.requests).toHaveLength(1);
  });

  it.for<[kind: ProviderKind, model: string, status: number, code: string]>([
    ['OPENAI', 'm', 401, 'PROVIDER_AUTH'],
    ['OPENAI', 'm', 429, 'PROVIDER_RATE_LIMITED'],
    ['MISTRAL', 'm', 500, 'PROVIDER_ERROR'],
    ['AZURE_CONTENT_SAFETY', 'text:analyze', 401, 'PROVIDER_AUTH'],
    ['AZURE_CONTENT_SAFETY', 'text:shieldPrompt', 429, 'PROVIDER_RATE_LIMITED'],
  ])(
    'that %s %s refuses with %i fails with %s, and names no credential',
    async ([kind, model, status, code]) => {
      const { server, provider } = await serve(
        kind,
        { error: { code: String(status), message: `No: ${secret}` } },
        status,
      );
      await using _ = server;
      const failure = await moderate(provider, model, 'x').then(
        () => null,
        (error: Error) => error,
      );
      expect(failure).toMatchObject({ code });
      expect(failure?.message).not.toContain(secret);
    },
  );

  it.each(['OPENAI', 'AZURE_CONTENT_SAFETY'] as const)('is cut with its signal (%s)', async (kind) => {
    const server = await startWireServer(() => undefined);
    await using _ = server;
    const provider = await makeProvider(options(kind, server.url));
    const abort = new AbortController();
    const reason = new Error('over');
    const moderating = provider.moderate?.({
      model: 'text:analyze',
      texts: toTexts('x'),
      signal: abort.signal,
    });
    setImmediate(() => abort.abort(reason));
    await expect(moderating).rejects.toBe(reason);
  });
});

describe('providers', () => {
  it('of other kinds have no moderation', async () => {
    for (const kind of ['ANTHROPIC', 'GROQ', 'AZURE_OPENAI', 'VLLM', 'VOYAGE'] as const) {
      expect(await makeProvider(options(kind, 'http://127.0.0.1:1/v1'))).not.toHaveProperty('moderate');
    }
  });

  it('that have nothing but moderation refuse what else is requested', async () => {
    const provider = await makeProvider(options('AZURE_CONTENT_SAFETY', 'http://127.0.0.1:1'));
    const messages = [{ role: 'user', parts: [{ type: 'text', text: 'x' }] }] as const;
    const refused = { code: 'BAD_USER_INPUT' };
    await expect(provider.generate({ model: 'text:analyze', messages })).rejects.toMatchObject(refused);
    await expect(provider.embed({ model: 'text:analyze', values: ['x'] })).rejects.toMatchObject(refused);
    const parts = provider.stream({ model: 'text:analyze', messages })[Symbol.asyncIterator]();
    await expect(parts.next()).rejects.toMatchObject(refused);
  });
});
