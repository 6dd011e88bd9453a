import type { ProviderFailure } from '#providers/provider.ts';
import { refusesCredential } from './cooldown.ts';

/** What to do after a failed attempt of which the client has seen nothing. */
export type NextStep =
  | { readonly step: 'STOP' }
  /** `isFree`: with another credential of the same provider, which is not counted as an attempt. */
  | { readonly step: 'ASK'; readonly candidate: number; readonly delayMs: number; readonly isFree: boolean };

export interface RetryState {
  /** Index of the candidate that failed. */
  readonly candidate: number;
  /** The AI models' ids, in the order in which they are called; the same one may have several places. */
  readonly modelIds: readonly string[];
  /** Counted attempts up to now. */
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly random: () => number;
  /** Tokens had come before the failure: a further attempt of the same target costs as much again. */
  readonly hadBegun: boolean;
  /** The provider has a credential that was not tried. */
  readonly hasOtherCredential: boolean;
  /** The target answered its calls before this one: its failure may be a single one. */
  readonly isFirstFailure: boolean;
  /** How long until a candidate may be called: 0 now, Infinity not within this call. */
  readonly waitMs: (candidate: number) => number;
}

/** Failures that concern this model or its credential, not the call: another one may well answer. */
const othersMayAnswer: ReadonlySet<string> = new Set([
  'PROVIDER_AUTH',
  'PROVIDER_RATE_LIMITED',
  'CONTEXT_TOO_LONG',
  'NOT_FOUND',
  'NO_ROUTE',
]);

const backoffMsMin = 100;
/** Longer waits are the client's to make: it gets the failure with retryAfterMs. */
const delayMsMax = 5_000;

/**
 * Another credential of the same provider first, where the failure is about the credential. Then the same target once
 * more, after the time that it requests, where the route names it again, or where its failure may be a single one and
 * enough attempts remain for all others. Then the next target, at once. After the last the first again, later each time.
 * Never more than `maxAttempts` in all, and no wait longer than `delayMsMax`.
 */
export function nextStep(failure: ProviderFailure, state: RetryState): NextStep {
  const { candidate, modelIds, attempts, maxAttempts } = state;
  if (state.hasOtherCredential && refusesCredential(failure)) return ask(candidate, 0, true);
  if (attempts >= maxAttempts) return { step: 'STOP' };
  const backoffMs = backoff(state);
  const delayMs = failure.retryAfterMs ?? backoffMs;
  const others = othersAfter(state);
  if (failure.retryable && delayMs <= delayMsMax && state.waitMs(candidate) < Number.POSITIVE_INFINITY) {
    if (modelIds[candidate + 1] === modelIds[candidate]) return ask(candidate + 1, delayMs);
    const ids = new Set(others.map((other) => modelIds[other]));
    if (others.length > 0 && attempts + ids.size < maxAttempts && isWorthRepeating(failure, state)) {
      return ask(candidate, delayMs);
    }
  }
  if (failure.retryable || failure.isAboutCall || othersMayAnswer.has(failure.code)) {
    const next = others.find((other) => state.waitMs(other) === 0);
    if (next !== undefined) return ask(next, 0);
  }
  return failure.retryable ? fromFirst(delayMs, backoffMs, state) : { step: 'STOP' };
}

/** Where a stream continues that another model begins anew: not with the one that failed, if there is another. */
export function nextAfterShown({ candidate, modelIds, waitMs }: RetryState): number | null {
  const later = modelIds.map((_, index) => index).filter((index) => index > candidate && waitMs(index) === 0);
  return later.find((index) => modelIds[index] !== modelIds[candidate]) ?? later[0] ?? null;
}

function ask(candidate: number, delayMs: number, isFree = false): NextStep {
  return { step: 'ASK', candidate, delayMs, isFree };
}

function backoff({ attempts, random }: RetryState): number {
  return Math.min(delayMsMax, backoffMsMin * 2 ** (attempts - 1)) * (0.5 + random() / 2);
}

/** The later candidates that are another AI model and may be called within this call. */
function othersAfter({ candidate, modelIds, waitMs }: RetryState): readonly number[] {
  return modelIds
    .map((_, index) => index)
    .filter((index) => index > candidate && modelIds[index] !== modelIds[candidate])
    .filter((index) => waitMs(index) <= delayMsMax);
}

/** Silence and overload seldom pass in an instant; a single error, or a limit with a short time, does. */
function isWorthRepeating(failure: ProviderFailure, { hadBegun, isFirstFailure }: RetryState): boolean {
  if (hadBegun || !isFirstFailure || failure.code === 'PROVIDER_TIMEOUT') return false;
  return failure.code !== 'PROVIDER_RATE_LIMITED' || failure.retryAfterMs !== null;
}

/** The one that can be called first; the target that failed not before the delay. */
function fromFirst(delayMs: number, backoffMs: number, state: RetryState): NextStep {
  let best: { readonly candidate: number; readonly delayMs: number } | undefined;
  const failed = state.modelIds[state.candidate];
  for (const [candidate, modelId] of state.modelIds.entries()) {
    const waitMs = state.waitMs(candidate);
    const ms =
      modelId === failed && waitMs < Number.POSITIVE_INFINITY ? delayMs : Math.max(waitMs, backoffMs);
    if (ms <= delayMsMax && (best === undefined || ms < best.delayMs)) best = { candidate, delayMs: ms };
  }
  return best === undefined ? { step: 'STOP' } : ask(best.candidate, best.delayMs);
}
