import OpenAI from 'openai';
import { afterAll, describe, expect, it } from 'vitest';
import { createHttpFetch } from './http/http-fetch.ts';
import { noUsage, type ProviderKind } from './provider.ts';
import { serveProvider } from './testing/wire-server.ts';

const http = createHttpFetch();
const secret = 'sk-test-0123456789';
afterAll(() => http.close());

/** A result in OpenAI's form. */
const toResult = (scores: object, flags: object = {}) => ({ categories: flags, category_scores: scores });
const serve = (kind: ProviderKind, answer: unknown, status = 200) =>
  serveProvider({ kind, answer, status, secret, fetch: http.fetch });

const image = { mediaType: 'image/png', data: 'iVBORw0KGgo=' };

describe('moderation of an image', () => {
  it.each(['OPENAI', 'OPENAI_COMPATIBLE', 'LITELLM'] as const)(
    'is requested of %s as the official client does, and counts as an image where no tokens are counted',
    async (kind) => {
      const results = [toResult({ violence: 0.9, hate: 0 }, { violence: true, hate: false })];
      const { server, provider } = await serve(kind, { results });
      await using _ = server;
      const answer = await provider.moderate?.({ model: 'omni-moderation-latest', image });
      expect(answer).toMatchObject({
        scores: { VIOLENCE: { score: 0.9, isFlagged: true }, HATE: { score: 0, isFlagged: false } },
        usage: { inputTokens: 1_500, estimated: true },
      });
      const client = new OpenAI({ apiKey: secret, baseURL: `${server.url}/v1` });
      const url = 'data:image/png;base64,iVBORw0KGgo=';
      const input = [{ type: 'image_url', image_url: { url } }] as const;
      await client.moderations.create({ model: 'omni-moderation-latest', input: [...input] });
      const [ours, theirs] = server.requests;
      expect(JSON.parse(ours?.body ?? '')).toEqual(JSON.parse(theirs?.body ?? '{}'));
      await provider.moderate?.({ model: 'm', image: { ...image, mediaType: 'image' } });
      expect(JSON.parse(server.requests[2]?.body ?? '').input).toEqual(input);
    },
  );

  it('counts the tokens that an answer states, and has one result', async () => {
    const usage = { prompt_tokens: 765, total_tokens: 765 };
    const { server, provider } = await serve('OPENAI', { results: [toResult({ violence: 0 })], usage });
    await using _ = server;
    expect((await provider.moderate?.({ model: 'm', image }))?.usage).toMatchObject({ inputTokens: 765 });
    const two = await serve('OPENAI', { results: [toResult({ hate: 0 }), toResult({ hate: 0 })] });
    await using __ = two.server;
    await expect(two.provider.moderate?.({ model: 'm', image })).rejects.toMatchObject({
      code: 'PROVIDER_ERROR',
    });
  });

  // The exchange of the API's specification, `examples/AnalyzeImage.json` of 2024-09-01, with all that can be stated.
  it('is requested of Azure as its specification shows, and counts as one image', async () => {
    const { server, provider } = await serve('AZURE_CONTENT_SAFETY', {
      categoriesAnalysis: [
        { category: 'Hate', severity: 0 },
        { category: 'SelfHarm', severity: 0 },
        { category: 'Sexual', severity: 6 },
        { category: 'Violence', severity: 2 },
      ],
    });
    await using _ = server;
    const data = 'Y29udGVudDE=';
    expect(await provider.moderate?.({ model: 'image:analyze', image: { ...image, data } })).toEqual({
      scores: {
        HATE: { score: 0, isFlagged: false },
        SELF_HARM: { score: 0, isFlagged: false },
        SEXUAL: { score: 6 / 7, isFlagged: true },
        VIOLENCE: { score: 2 / 7, isFlagged: false },
      },
      usage: { ...noUsage, inputTokens: 1_500 },
    });
    const [request] = server.requests;
    expect(request?.path).toBe('/contentsafety/image:analyze?api-version=2024-09-01');
    expect(request?.headers['ocp-apim-subscription-key']).toBe(secret);
    expect(JSON.parse(request?.body ?? '')).toEqual({
      image: { content: data },
      categories: ['Hate', 'SelfHarm', 'Sexual', 'Violence'],
      outputType: 'FourSeverityLevels',
    });
  });

  it('of more than 4 MB is not sent to Azure, and one of another size is for Azure to refuse', async () => {
    const error = { code: 'InvalidRequestBody', message: 'The given image size is not supported.' };
    const { server, provider } = await serve('AZURE_CONTENT_SAFETY', { error }, 400);
    await using _ = server;
    const of = (bytes: number) =>
      provider.moderate?.({
        model: 'image:analyze',
        image: { ...image, data: Buffer.alloc(bytes).toString('base64') },
      });
    await expect(of(4_194_305)).rejects.toMatchObject({
      ...{ code: 'BAD_USER_INPUT', message: expect.stringContaining('at most 4 MB') },
    });
    expect(server.requests).toEqual([]);
    await expect(of(4_194_304)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', retryable: false });
    expect(server.requests).toHaveLength(1);
  });

  it('alone is what the operation of Azure for images takes', async () => {
    const { server, provider } = await serve('AZURE_CONTENT_SAFETY', {});
    await using _ = server;
    const texts = [{ text: 'x', isDocument: false }];
    await expect(provider.moderate?.({ model: 'image:analyze', texts })).rejects.toMatchObject({
      ...{ code: 'BAD_USER_INPUT', message: 'image:analyze classifies images alone.' },
    });
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['MISTRAL', 'mistral-moderation-2603'],
    ['AZURE_CONTENT_SAFETY', 'text:analyze'],
    ['AZURE_CONTENT_SAFETY', 'text:shieldPrompt'],
  ] as const)('is refused where there is none, and not sent (%s %s)', async (kind, model) => {
    const { server, provider } = await serve(kind, {});
    await using _ = server;
    await expect(provider.moderate?.({ model, image })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(server.requests).toEqual([]);
  });
});

describe('moderation of a conversation', () => {
  const conversation = [
    { role: 'user', text: 'Hello' },
    { role: 'assistant', text: 'No.' },
  ] as const;

  it('is that of Mistral, of the last message', async () => {
    const usage = { prompt_tokens: 12, total_tokens: 12, completion_tokens: 0 };
    const { server, provider } = await serve('MISTRAL', { results: [toResult({ law: 0.7 })], usage });
    await using _ = server;
    expect(await provider.moderate?.({ model: 'mistral-moderation-2603', conversation })).toMatchObject({
      scores: { LEGAL_ADVICE: { score: 0.7 } },
      usage: { inputTokens: 12 },
    });
    const [request] = server.requests;
    expect(request?.path).toBe('/v1/chat/moderations');
    expect(JSON.parse(request?.body ?? '')).toEqual({
      model: 'mistral-moderation-2603',
      input: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'No.' },
      ],
    });
  });

  it.each([
    ['OPENAI', 'omni-moderation-latest'],
    ['AZURE_CONTENT_SAFETY', 'text:analyze'],
  ] as const)('is refused where there is none, and not sent (%s %s)', async (kind, model) => {
    const { server, provider } = await serve(kind, {});
    await using _ = server;
    await expect(provider.moderate?.({ model, conversation })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(server.requests).toEqual([]);
  });
});
