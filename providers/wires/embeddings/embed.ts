import { toFailure } from '../../failure/failure.ts';
import {
  addUsage,
  type EmbeddingAnswer,
  noUsage,
  type Provider,
  ProviderFailure,
  type ProviderUsage,
} from '../../provider.ts';
import { rejectInput } from '../../translate/call-parts.ts';
import { malformed } from '../../translate/completeness.ts';
import { parseAnswer, toInputUsage } from '../shared/json-answer.ts';
import { sendRequest } from '../shared/send-request.ts';
import type { WireRequest } from '../shared/wire-request.ts';
import { readInputTokens, readVectors } from './embedding-answer.ts';

/** Requests of a vendor's embeddings. */
export interface EmbeddingRequests {
  /** Values that one request may hold. */
  valuesMax(model: string): number | Promise<number>;
  /** @throws {ProviderFailure} BAD_USER_INPUT for dimensions that the AI model does not have */
  build(
    model: string,
    values: readonly string[],
    dimensions: number | undefined,
  ): WireRequest | Promise<WireRequest>;
  /** What the bytes of vectors in base64 are; floats of 32 bits where absent. */
  readonly bytes?: 'int8';
}

export interface EmbedOptions {
  /** Null: the vendor does not embed. */
  readonly embeddings: EmbeddingRequests | null;
  /** Kept out of every message. */
  readonly secret: string | null;
  readonly fetch: typeof globalThis.fetch;
}

type EmbedCall = Parameters<Provider['embed']>[0];

/** The provider, or the AI model, has no other lengths than its own: to call it again changes nothing. */
function otherLength(length: number, wanted: number): ProviderFailure {
  return new ProviderFailure(
    'PROVIDER_ERROR',
    `The provider returned vectors of ${length} dimensions instead of ${wanted}: leave dimensions out, or use an AI model that has them.`,
    { retryable: false, isAboutCall: true },
  );
}

/** Embeddings of any vendor, in as many requests as its limit per request requests, one after the other. */
export function createEmbed(options: EmbedOptions): Provider['embed'] {
  const { embeddings, secret, fetch } = options;

  /**
   * One request. What it cost is reported also when its answer cannot be used.
   * @param dimensions of the vectors before it
   */
  async function embedPart(
    requests: EmbeddingRequests,
    call: EmbedCall,
    values: readonly string[],
    dimensions: number | undefined,
  ): Promise<EmbeddingAnswer> {
    const request = await requests.build(call.model, values, call.dimensions);
    call.progress?.sends(values.length);
    const response = await sendRequest(request, fetch, secret, call.signal);
    const answer = parseAnswer(await response.text(), secret);
    const usage = toInputUsage(readInputTokens(answer, response.headers), values);
    let vectors: EmbeddingAnswer['vectors'] = [];
    try {
      const read = readVectors(answer, values.length, requests.bytes ?? 'float32');
      const length = read[0]?.length ?? 0;
      if (dimensions !== undefined && length !== dimensions) throw malformed();
      if (call.dimensions !== undefined && length !== call.dimensions)
        throw otherLength(length, call.dimensions);
      vectors = read;
    } finally {
      call.progress?.answered({ vectors, usage });
    }
    return { vectors, usage };
  }

  return async (call) => {
    try {
      call.signal?.throwIfAborted();
      if (embeddings === null) throw rejectInput('This provider does not embed.');
      const perRequest = await embeddings.valuesMax(call.model);
      const vectors: (readonly number[])[] = [];
      let usage: ProviderUsage | null = null;
      while (vectors.length < call.values.length) {
        const values = call.values.slice(vectors.length, vectors.length + perRequest);
        const part = await embedPart(embeddings, call, values, vectors[0]?.length);
        for (const vector of part.vectors) vectors.push(vector);
        usage = usage === null ? part.usage : addUsage(usage, part.usage);
      }
      return { vectors, usage: usage ?? noUsage };
    } catch (error) {
      throw toFailure(error, call.signal, secret);
    }
  };
}
