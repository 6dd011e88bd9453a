import OpenAI from 'openai';
import { afterAll, describe, expect, it } from 'vitest';
import { createHttpFetch } from './http/http-fetch.ts';
import type { ProviderKind } from './provider.ts';
import { serveProvider } from './testing/wire-server.ts';

const http = createHttpFetch();
const secret = 'sk-test-0123456789';
afterAll(() => http.close());

/** A result in OpenAI's form. */
const toResult = (scores: object, flags: object = {}) => ({ categories: flags, category_scores: scores });
const serve = (kind: ProviderKind, answer: unknown) =>
  serveProvider({ kind, answer, secret, fetch: http.fetch });

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
