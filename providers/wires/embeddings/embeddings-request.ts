import { postJson } from '../shared/wire-request.ts';
import type { EmbeddingRequests } from './embed.ts';

/** How a vendor's embeddings differ from the common form. */
export interface EmbeddingDialect {
  /** The field of the vectors' length. */
  readonly dimensions?: 'output_dimension';
  /** Null: the vendor accepts no encoding, and returns numbers. */
  readonly encoding?: 'base64_int8' | null;
  readonly valuesMax?: number;
  /** Fields that the vendor demands beside the common ones. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface EmbeddingRequestOptions extends EmbeddingDialect {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Writes requests of embeddings in OpenAI's form. */
export function createEmbeddingRequests(options: EmbeddingRequestOptions): EmbeddingRequests {
  const {
    url,
    headers,
    dimensions: field = 'dimensions',
    encoding = 'float',
    valuesMax = 2048,
    more,
  } = options;
  return {
    valuesMax: () => valuesMax,
    build: (model, values, dimensions) =>
      postJson(url, headers, {
        model,
        input: values,
        ...(encoding === null ? {} : { encoding_format: encoding }),
        [field]: dimensions,
        ...more,
      }),
    ...(encoding === 'base64_int8' ? { bytes: 'int8' } : {}),
  };
}
