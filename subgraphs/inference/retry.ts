import type { ProviderFailure } from './providers/provider.ts';

/** What to do after a failed attempt of which the client has seen nothing. */
export type NextStep =
  | { readonly step: 'STOP' }
  | { readonly step: 'ASK'; readonly candidate: number; readonly delayMs: number };

/** Failures that say something of this model or its credential, not of the call: another one may well answer. */
const othersMayAnswer: ReadonlySet<string> = new Set([
  'PROVIDER_AUTH',
  'PROVIDER_RATE_LIMITED',
  'CONTEXT_TOO_LONG',
  'NOT_FOUND',
  'NO_ROUTE',
]);

const backoffMs = 100;
/** Longer waits are the client's to make: it gets the failure with retryAfterMs. */
const delayMsMax = 5_000;

/**
 * The next candidate at once while there is one; after the last the first again, later each time. Never more than
 * `maxAttempts` in all.
 */
export function nextStep(
  failure: ProviderFailure,
  state: {
    readonly candidate: number;
    readonly candidates: number;
    readonly attempts: number;
    readonly maxAttempts: number;
    readonly random: () => number;
  },
): NextStep {
  if (state.attempts >= state.maxAttempts) return { step: 'STOP' };
  const elsewhere = state.candidate + 1 < state.candidates;
  if (elsewhere && (failure.retryable || othersMayAnswer.has(failure.code))) {
    return { step: 'ASK', candidate: state.candidate + 1, delayMs: 0 };
  }
  if (!failure.retryable) return { step: 'STOP' };
  const delayMs = failure.retryAfterMs ?? backoffMs * 2 ** (state.attempts - 1) * (0.5 + state.random() / 2);
  return delayMs > delayMsMax ? { step: 'STOP' } : { step: 'ASK', candidate: 0, delayMs };
}
