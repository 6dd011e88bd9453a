import type { ProviderUsage } from './provider.ts';

export interface EmbeddingAnswer {
  readonly vectors: readonly (readonly number[])[];
  readonly usage: ProviderUsage;
}

/** Follows an embedding that takes several requests: when one fails, what was answered is not requested again. */
export interface EmbeddingProgress {
  /** So many values are sent, from the first on that has no vector yet. */
  sends(count: number): void;
  /** The result of one request: vectors of the values that were sent, or none where the answer is of no use, and its cost. */
  answered(part: EmbeddingAnswer): void;
}
