import type { ErrorCode } from '#core/errors.ts';
import type { ProviderFailure } from '#providers/provider.ts';

/** How long a refused credential rests unless its provider states: doubled by each further refusal. */
const refusedMsMin = 30_000;
const refusedMsMax = 600_000;
/** The same after a rate limit that came without a time. */
const limitedMsMin = 1_000;
const limitedMsMax = 30_000;
/** Times that providers state are kept, up to a day. */
const retryAfterMsMax = 86_400_000;

/** Why and until when a credential rests. */
export interface Rest {
  readonly code: ErrorCode;
  readonly untilMs: number;
  /** The provider stated it, or the credential is invalid: it is not used before. Otherwise only others go first. */
  readonly strict: boolean;
  /** Refusals in a row, those of calls in flight together counted once. */
  readonly refusals: number;
  readonly number: number;
}

/** Failures that concern the credential or its limits, not the call. */
export function refusesCredential({ code }: ProviderFailure): boolean {
  return code === 'PROVIDER_AUTH' || code === 'PROVIDER_RATE_LIMITED' || code === 'NO_ROUTE';
}

/**
 * The rests of one credential. What the provider states about the credential itself (it is unknown, it has no credit)
 * holds for all AI models; a rate limit, or a permission (403), for the one that was called.
 */
export class Cooldown {
  readonly #now: () => number;
  #whole: Rest | null = null;
  /** By the model's id; as many as the provider has models. */
  readonly #models = new Map<string, Rest>();
  #refusals = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** To be remembered when a call begins: its end states nothing about what was refused since. */
  get asOf(): number {
    return this.#refusals;
  }

  /** The rest in force for an AI model; null: it may be called. */
  rest(modelId: string): Rest | null {
    const [whole, model] = [this.#inForce(this.#whole), this.#inForce(this.#models.get(modelId))];
    if (whole === null || model === null) return whole ?? model;
    return whole.untilMs > model.untilMs ? whole : model;
  }

  #inForce(rest: Rest | null | undefined): Rest | null {
    return rest == null || rest.untilMs <= this.#now() ? null : rest;
  }

  /** A call that began at `asOf` was answered, which ends the rests from before. */
  accept(modelId: string, asOf: number): void {
    if (this.#whole !== null && this.#whole.number <= asOf) this.#whole = null;
    const model = this.#models.get(modelId);
    if (model !== undefined && model.number <= asOf) this.#models.delete(modelId);
  }

  /** A call that began at `asOf` was refused. */
  refuse(modelId: string, failure: ProviderFailure, asOf: number): void {
    const { code, status, retryable, retryAfterMs } = failure;
    const limited = code === 'PROVIDER_RATE_LIMITED' && retryable;
    const forModel = limited || status === 403;
    const before = (forModel ? this.#models.get(modelId) : this.#whole) ?? null;
    // Refused together with the call that began the rest: no further trial has failed.
    const together = before !== null && before.number > asOf;
    const refusals = (before?.refusals ?? 0) + (together ? 0 : 1);
    const [min, max] = limited ? [limitedMsMin, limitedMsMax] : [refusedMsMin, refusedMsMax];
    const ms =
      retryAfterMs === null
        ? Math.min(min * 2 ** Math.min(refusals - 1, 30), max)
        : Math.min(retryAfterMs, retryAfterMsMax);
    const untilMs = this.#now() + ms;
    if (together && (retryAfterMs === null || untilMs <= before.untilMs)) return;
    this.#refusals += 1;
    const strict = !limited || retryAfterMs !== null;
    const rest: Rest = { code, untilMs, strict, refusals, number: this.#refusals };
    if (forModel) this.#models.set(modelId, rest);
    else this.#whole = rest;
  }
}
