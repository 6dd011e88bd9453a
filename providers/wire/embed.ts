import type { EmbeddingModelV4, EmbeddingModelV4CallOptions } from '@ai-sdk/provider';
import { addUsage, type EmbeddingAnswer, type Provider, type ProviderUsage } from '../provider.ts';
import { malformed } from '../translate/completeness.ts';
import { failureOfEvent, toFailure } from '../translate/failure.ts';
import { noUsage } from '../translate/usage.ts';
import { embeddingRequestOf } from './captured-request.ts';
import { readInputTokens, readVectors } from './embedding-answer.ts';
import { type Fields, fields, saysAnything } from './fields.ts';
import { perModel } from './model-cache.ts';
import { sendRequest } from './send-request.ts';

export interface EmbedOptions {
  /** Made with `captureFetch`: they build requests and send none. */
  readonly embeddingModel: (id: string) => EmbeddingModelV4;
  /** Kept out of every message. */
  readonly secret: string | null;
  readonly fetch: typeof globalThis.fetch;
}

type EmbedCall = Parameters<Provider['embed']>[0];

function parse(body: string, secret: string | null): Fields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (cause) {
    throw malformed(cause);
  }
  const answer = fields(parsed);
  if (answer === null) throw malformed();
  if (saysAnything(answer.error)) throw failureOfEvent(answer, secret);
  return answer;
}

/** Some of the SDK's packages take the length of the vectors as an option of their own, and else leave it out. */
function withDimensions(
  dimensions: number,
): Pick<EmbeddingModelV4CallOptions, 'dimensions' | 'providerOptions'> {
  const providerOptions = { cohere: { outputDimension: dimensions }, perplexity: { dimensions } };
  return { dimensions, providerOptions };
}

/** Where a provider gives no count, ceil(UTF-8 bytes / 4) of the values stands in. */
function usageOf(inputTokens: number | undefined, values: readonly string[]): ProviderUsage {
  if (inputTokens !== undefined) return { ...noUsage, inputTokens };
  const bytes = values.reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  return { ...noUsage, inputTokens: Math.ceil(bytes / 4), estimated: true };
}

/**
 * Embeddings of any vendor: the SDK builds the requests, as many as the vendor's limit per request asks for, one after the
 * other; we send them and read the answers ourselves.
 */
export function createEmbed(options: EmbedOptions): Provider['embed'] {
  const { secret, fetch } = options;
  const embeddingModel = perModel(options.embeddingModel);

  /**
   * One request. What it cost is reported also when its answer cannot be used.
   * @param dimensions of the vectors before it
   */
  async function embedPart(
    model: EmbeddingModelV4,
    call: EmbedCall,
    values: string[],
    dimensions: number | undefined,
  ): Promise<EmbeddingAnswer> {
    const request = await embeddingRequestOf(model, {
      values,
      ...(call.dimensions === undefined ? {} : withDimensions(call.dimensions)),
    });
    call.progress?.sends(values.length);
    const response = await sendRequest(request, fetch, secret, call.signal);
    const answer = parse(await response.text(), secret);
    const usage = usageOf(readInputTokens(answer, response.headers), values);
    let vectors: EmbeddingAnswer['vectors'] = [];
    try {
      const int8 = String(request.init.body).includes('"encoding_format":"base64_int8"');
      const read = readVectors(answer, values.length, int8 ? 'int8' : 'float32');
      if (dimensions !== undefined && read[0]?.length !== dimensions) throw malformed();
      vectors = read;
    } finally {
      call.progress?.answered({ vectors, usage });
    }
    return { vectors, usage };
  }

  return async (call) => {
    try {
      call.signal?.throwIfAborted();
      const model = embeddingModel(call.model);
      const perRequest = (await model.maxEmbeddingsPerCall) ?? call.values.length;
      const vectors: (readonly number[])[] = [];
      let usage: ProviderUsage | null = null;
      while (vectors.length < call.values.length) {
        const values = call.values.slice(vectors.length, vectors.length + perRequest);
        const part = await embedPart(model, call, values, vectors[0]?.length);
        for (const vector of part.vectors) vectors.push(vector);
        usage = usage === null ? part.usage : addUsage(usage, part.usage);
      }
      return { vectors, usage: usage ?? noUsage };
    } catch (error) {
      throw toFailure(error, call.signal, secret);
    }
  };
}
