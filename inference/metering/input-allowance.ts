import { LRUCache } from 'lru-cache';
import { limitEntries } from '#core/cache-entries.ts';
import type { AttemptData } from '../completion.ts';

/** What chat templates and hidden system prompts add to a call, in tokens, before anything is known of the AI model. */
const tokensMin = 128;
const tokensMax = 32_768;
/** How long what was seen of an AI model counts. */
const keptMs = 3_600_000;
const modelsMax = 10_000;

type CountedAttempt = Pick<AttemptData, 'usage' | 'usageEstimated'>;

/**
 * How many input tokens more than the bytes of the input suggest may be counted by the provider: a part of what is
 * reserved, so that calls under way at once do not pass a limit together. Learned for each AI model, and for all its
 * callers: only from tokens that the caller's own text cannot be, or the text of one would have the calls of others refused.
 */
export class InputAllowances {
  readonly #now: () => number;
  readonly #seen = new LRUCache<string, { readonly tokens: number; readonly atMs: number }>({
    ...limitEntries(modelsMax),
  });

  constructor(now: () => number) {
    this.#now = now;
  }

  tokensFor(modelId: string): number {
    const known = this.#seen.get(modelId);
    return tokensMin + (known === undefined || known.atMs + keptMs < this.#now() ? 0 : known.tokens);
  }

  /** What a provider counted for a text of so many bytes; null: the input has files, and no number of bytes bounds their tokens. */
  observe(modelId: string, inputBytes: number | null, attempt: CountedAttempt | undefined): void {
    if (inputBytes === null || attempt?.usage == null || attempt.usageEstimated) return;
    // A token is at least a byte.
    const tokens = Math.min(attempt.usage.inputTokens - inputBytes, tokensMax);
    if (tokens <= 0) return;
    const known = this.#seen.get(modelId);
    const atMs = this.#now();
    if (known !== undefined && known.tokens > tokens && known.atMs + keptMs >= atMs) return;
    this.#seen.set(modelId, { tokens, atMs });
  }
}
