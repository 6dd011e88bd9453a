import {
  addUsage,
  type EmbeddingAnswer,
  type EmbeddingProgress,
  noUsage,
  ProviderFailure,
  type ProviderUsage,
} from '#providers/provider.ts';

/**
 * The vectors that one model has returned so far, and what one attempt at the rest of them took. An attempt that follows
 * requests the rest only.
 */
export class EmbeddingParts {
  readonly vectors: (readonly number[])[] = [];
  readonly #values: readonly string[];

  constructor(values: readonly string[]) {
    this.#values = values;
  }

  /** The values that have no vector yet. */
  get rest(): readonly string[] {
    return this.#values.slice(this.vectors.length);
  }

  /**
   * All vectors, in the order of the values.
   * @throws {ProviderFailure} PROVIDER_ERROR when they are not of one length; then all are requested again
   */
  join(
    before: readonly (readonly number[])[],
    rest: readonly (readonly number[])[],
  ): readonly (readonly number[])[] {
    const all = [...before, ...rest];
    if (all.every(({ length }) => length === all[0]?.length)) return all;
    this.vectors.length = 0;
    throw new ProviderFailure('PROVIDER_ERROR', 'The provider returned vectors of different lengths.', {
      retryable: true,
    });
  }

  /** Follows one attempt. */
  follow(): PartialEmbedding {
    return new PartialEmbedding(this);
  }
}

/** What one attempt took: it may have been answered in part when it fails. */
export class PartialEmbedding implements EmbeddingProgress {
  readonly #parts: EmbeddingParts;
  #usage: ProviderUsage | null = null;
  #inFlight = 0;
  #ended = false;

  constructor(parts: EmbeddingParts) {
    this.#parts = parts;
  }

  sends(count: number): void {
    if (!this.#ended) this.#inFlight = count;
  }

  answered({ vectors, usage }: EmbeddingAnswer): void {
    if (this.#ended) return;
    this.#inFlight = 0;
    this.#usage = this.#usage === null ? usage : addUsage(this.#usage, usage);
    for (const vector of vectors) this.#parts.vectors.push(vector);
  }

  /**
   * The usage of a failed attempt: what was answered, and an estimate of what was cut while under way; null where
   * nothing is known. What is reported from now on is too late to count.
   */
  end(cut: boolean): ProviderUsage | null {
    this.#ended = true;
    if (!cut || this.#inFlight === 0) return this.#usage;
    const sent = this.#parts.rest.slice(0, this.#inFlight);
    const bytes = sent.reduce((sum, value) => sum + Buffer.byteLength(value), 0);
    return addUsage(this.#usage ?? noUsage, {
      ...noUsage,
      inputTokens: Math.ceil(bytes / 4),
      estimated: true,
    });
  }
}
