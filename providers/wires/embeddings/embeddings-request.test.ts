import { createAzure } from '@ai-sdk/azure';
import { createCohere } from '@ai-sdk/cohere';
import { createFireworks } from '@ai-sdk/fireworks';
import { createGoogle } from '@ai-sdk/google';
import { createGoogleVertex } from '@ai-sdk/google-vertex/edge';
import { createMistral } from '@ai-sdk/mistral';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createPerplexity } from '@ai-sdk/perplexity';
import type { EmbeddingModelV4 } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import type { ProviderKind } from '../../provider.ts';
import { captureFetch } from '../../sdk/captured-request.ts';
import { embeddingRequestOfSdk, openEmbeddings } from '../../testing/oracle/request-oracle.ts';
import { fields } from '../shared/fields.ts';

const baseURL = 'http://upstream.test/v1';
const settings = { baseURL, apiKey: 'sk-test-0123456789', fetch: captureFetch };
const compatible = createOpenAICompatible({ ...settings, name: 'openaiCompatible' });

const publishers = 'http://upstream.test/v1/publishers/google';

const vendors: readonly (readonly [ProviderKind, (id: string) => EmbeddingModelV4])[] = [
  ['GOOGLE', createGoogle(settings).embeddingModel],
  ['COHERE', createCohere(settings).embeddingModel],
  ['VERTEX', createGoogleVertex({ ...settings, baseURL: publishers }).embeddingModel],
  ['OPENAI', createOpenAI(settings).embeddingModel],
  ['AZURE_OPENAI', createAzure(settings).embeddingModel],
  ['OPENAI_COMPATIBLE', compatible.embeddingModel],
  ['FIREWORKS', createFireworks(settings).embeddingModel],
  ['MISTRAL', createMistral(settings).embeddingModel],
  ['PERPLEXITY', createPerplexity(settings).embeddingModel],
];

/** Deliberate differences: their packages are older, and leave out the length of the vectors, which their APIs take. */
const leftOut: ReadonlySet<ProviderKind> = new Set(['AZURE_OPENAI', 'FIREWORKS']);

describe.each(vendors)('%s: requests of embeddings', (kind, embeddingModel) => {
  it.each([undefined, 256])('are those that the AI SDK sends (dimensions: %s)', async (dimensions) => {
    const send = await openEmbeddings(kind, kind === 'VERTEX' ? publishers : baseURL);
    const values = ['Hello', 'a "quoted" \\ text', '😀'];
    const wanted = await embeddingRequestOfSdk(embeddingModel('m'), values, dimensions);
    const body = leftOut.has(kind) ? { ...fields(wanted?.body), dimensions } : wanted?.body;
    expect(await send('m', values, dimensions)).toEqual({ ...wanted, body });
  });

  it('hold as many values as those of the AI SDK', async () => {
    const send = await openEmbeddings(kind, kind === 'VERTEX' ? publishers : baseURL);
    const valuesMax = Number(await embeddingModel('m').maxEmbeddingsPerCall);
    const values = Array.from({ length: valuesMax + 1 }, (_, at) => String(at));
    const sent = await send('m', values, undefined);
    expect(sent).toEqual(await embeddingRequestOfSdk(embeddingModel('m'), values.slice(0, -1), undefined));
  });
});

describe('vendors with differences of their own', () => {
  it.each([
    ['NVIDIA', 256, { encoding_format: 'float', dimensions: 256, input_type: 'passage' }],
    ['DATABRICKS', undefined, {}],
    ['VOYAGE', 256, { output_dimension: 256 }],
    ['VOYAGE', undefined, {}],
    ['JINA', 256, { dimensions: 256 }],
    ['QWEN', undefined, { encoding_format: 'float' }],
  ] as const)(
    '%s gets requests for vectors of %s numbers by its own fields',
    async (kind, dimensions, more) => {
      const send = await openEmbeddings(kind, baseURL);
      const sent = await send('m', ['Hello', '😀'], dimensions);
      expect(sent?.url).toBe(`${baseURL}/embeddings`);
      expect(sent?.body).toEqual({ model: 'm', input: ['Hello', '😀'], ...more });
    },
  );
});

describe('VERTEX', () => {
  it('is requested one value at a time by a model that takes no more', async () => {
    const model = 'gemini-embedding-2';
    const send = await openEmbeddings('VERTEX', publishers);
    const { embeddingModel } = createGoogleVertex({ ...settings, baseURL: publishers });
    const wanted = await embeddingRequestOfSdk(embeddingModel(model), ['a'], 256);
    expect(await send(model, ['a', 'b'], 256)).toEqual(wanted);
  });
});
