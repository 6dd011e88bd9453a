import { postJson } from '../shared/wire-request.ts';
import type { EmbeddingRequests } from './embed.ts';

export interface EmbeddingRequestOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The field of the vectors' length. */
  readonly dimensions?: 'output_dimension';
  readonly encoding?: 'base64_int8';
  readonly valuesMax?: number;
}

/** Writes requests of embeddings in OpenAI's form. */
export function createEmbeddingRequests(options: EmbeddingRequestOptions): EmbeddingRequests {
  const { url, headers, dimensions: field = 'dimensions', encoding, valuesMax = 2048 } = options;
  return {
    valuesMax: () => valuesMax,
    build: (model, values, dimensions) =>
      postJson(url, headers, {
        model,
        input: values,
        encoding_format: encoding ?? 'float',
        [field]: dimensions,
      }),
    ...(encoding === undefined ? {} : { bytes: 'int8' }),
  };
}
