import type { HeddleError } from '#core/errors.ts';
import { AnswerBuilder } from '#providers/answer-builder.ts';
import { watchConnections } from '#providers/http/connection-watch.ts';
import {
  type Provider,
  type ProviderAnswer,
  type ProviderCall,
  ProviderFailure,
  type ProviderPart,
  type ProviderUsage,
} from '#providers/provider.ts';
import { refusesCredential } from '../../routing/cooldown.ts';
import type { CallOutcome } from '../../routing/health.ts';
import { type AttemptLimits, AttemptTimer } from './attempt-timer.ts';

/** The reason an attempt is aborted with when a caller stopped the completion. */
export class Cancelled extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Cancelled';
  }
}

const stoppedRetryAfterMs = 1_000;

/** The reason an attempt is aborted with when the mesh itself ends the call: it has failed, and may be made again. */
export class Stopped extends ProviderFailure {
  constructor(message: string) {
    super('OVERLOADED', message, { retryable: false, retryAfterMs: stoppedRetryAfterMs });
    this.name = 'Stopped';
  }
}

/** The provider answered, but not in the shape that the client requested: that may be the shape's fault. */
export class UnfitAnswer extends ProviderFailure {
  constructor(message: string) {
    super('PROVIDER_ERROR', message, { retryable: true });
    this.name = 'UnfitAnswer';
  }
}

/** The answer could not be checked against the shape that the client requested: another answer would fare no better. */
export class UncheckedAnswer extends ProviderFailure {
  readonly error: HeddleError;

  constructor(error: HeddleError) {
    super(error.code, error.message, {
      retryable: false,
      retryAfterMs: error.extensions.retryAfterMs ?? null,
    });
    this.name = 'UncheckedAnswer';
    this.error = error;
  }
}

/** A guardrail refuses the answer. `note`: what the AI model may be called again with; null: it is final. */
export class RefusedAnswer extends UncheckedAnswer {
  readonly note: string | null;

  constructor(error: HeddleError, note: string | null) {
    super(error);
    this.name = 'RefusedAnswer';
    this.note = note;
  }
}

/** How one provider call ended. */
export type AttemptResult =
  | { readonly outcome: 'SUCCEEDED'; readonly answer: ProviderAnswer }
  | {
      readonly outcome: 'FAILED';
      readonly failure: ProviderFailure;
      readonly reported: ProviderUsage | null;
      readonly partial: AnswerBuilder | null;
      /** The call was cut from this side, so that its provider may bill what it never reported. */
      readonly cut: boolean;
    }
  | {
      readonly outcome: 'CANCELLED';
      readonly reason: Cancelled;
      readonly reported: ProviderUsage | null;
      readonly partial: AnswerBuilder | null;
      readonly cut: boolean;
    };

/** Of the call, or of this process (OVERLOADED: it ends, or is at one of its bounds). */
const notProviders: ReadonlySet<string> = new Set([
  'BAD_USER_INPUT',
  'CONTEXT_TOO_LONG',
  'CONTENT_FILTERED',
  'GUARDRAIL_BLOCKED',
  'OVERLOADED',
]);

/** Failures that prove nothing about the provider's health: what one client requests opens no circuit for the others. */
function comesFromUs(failure: ProviderFailure): boolean {
  if (failure instanceof UnfitAnswer || failure.isAboutCall) return true;
  return notProviders.has(failure.code) || failure.status === 400 || failure.status === 422;
}

/** What the end states about the provider's health; null: nothing. */
export function rateAttempt(
  end: AttemptResult,
  times: Pick<CallOutcome, 'latencyMs' | 'timeToFirstTokenMs' | 'wholeMs'>,
): CallOutcome | null {
  if (end.outcome === 'CANCELLED') return null;
  if (end.outcome === 'SUCCEEDED') {
    const { outputTokens } = end.answer.usage;
    return { ...times, result: 'SUCCEEDED', outputTokens, retryAfterMs: null };
  }
  const { failure } = end;
  const result = refusesCredential(failure) ? 'REFUSED' : 'FAILED';
  if (result === 'FAILED' && comesFromUs(failure)) return null;
  return { ...times, result, outputTokens: 0, retryAfterMs: failure.retryAfterMs };
}

/**
 * Requests the whole answer. `abort` is this attempt's own; its reason is a ProviderFailure or Cancelled. Nothing comes
 * before the model has written all of it: `limits.firstMs` allows for that.
 */
export async function generateOnce(
  provider: Provider,
  call: ProviderCall,
  abort: AbortController,
  limits: AttemptLimits,
): Promise<AttemptResult> {
  try {
    const answer = await withinLimits(abort, limits, (signal) => provider.generate({ ...call, signal }));
    return { outcome: 'SUCCEEDED', answer };
  } catch (error) {
    return toAttemptResult(error, abort.signal, null);
  }
}

/** The result of a call that answers at once, or the failure of the limit that it passed. */
export function withinLimits<T>(
  abort: AbortController,
  limits: AttemptLimits,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal } = abort;
  const timer = new AttemptTimer(limits, true, (failure) => abort.abort(failure));
  watchConnections(signal, timer);
  return untilAborted(call(signal), signal, () => timer[Symbol.dispose]());
}

/**
 * Streams the answer to `sink`, which may answer with a promise to be waited for (its reader is behind: the wire is
 * then not read). Waiting for the sink does not count against the timeouts between parts. `builder` holds what has come.
 */
export async function streamOnce(
  provider: Provider,
  call: ProviderCall,
  abort: AbortController,
  limits: AttemptLimits,
  sink: (part: ProviderPart) => Promise<void> | undefined,
  builder: AnswerBuilder = new AnswerBuilder(),
): Promise<AttemptResult> {
  const { signal } = abort;
  using timer = new AttemptTimer(limits, false, (failure) => abort.abort(failure));
  watchConnections(signal, timer);
  const iterator = provider.stream({ ...call, signal })[Symbol.asyncIterator]();
  let rejectWait: ((reason: unknown) => void) | undefined;
  const onAbort = () => rejectWait?.(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const read = (resolve: (step: IteratorResult<ProviderPart>) => void, reject: (reason: unknown) => void) => {
    rejectWait = reject;
    iterator.next().then(resolve, reject);
  };
  try {
    signal.throwIfAborted();
    for (;;) {
      const step = await new Promise<IteratorResult<ProviderPart>>(read);
      if (step.done) throw cutShort();
      const part = step.value;
      builder.add(part);
      if (part.type === 'finish') return { outcome: 'SUCCEEDED', answer: builder.answer(part) };
      // A count of the input, which some providers send at once, is no part of the answer.
      if (part.type !== 'usage') timer.progress();
      const room = sink(part);
      if (room !== undefined) {
        timer.pause();
        await untilAborted(room, signal);
        timer.resume();
      }
    }
  } catch (error) {
    return toAttemptResult(error, signal, builder);
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Any error: the attempt has its outcome. Not awaited: a provider that hangs would hang its caller too.
    iterator.return?.()?.catch(() => undefined);
  }
}

function cutShort(): ProviderFailure {
  return new ProviderFailure(
    'PROVIDER_ERROR',
    'The provider ended its answer without marking it as complete.',
    {
      retryable: true,
    },
  );
}

/**
 * The promise, or the signal's reason as soon as it aborts: whether or not the other side observes the signal. `onSettled` is
 * called when the promise settles, or with the abort.
 */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  onSettled?: () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      signal.removeEventListener('abort', onAbort);
      onSettled?.();
    };
    const onAbort = () => {
      settle();
      reject(signal.reason);
    };
    promise.then(
      (value) => {
        settle();
        resolve(value);
      },
      (error: unknown) => {
        settle();
        reject(error);
      },
    );
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** How an attempt ended that threw before anything was sent. Throws what is no end of an attempt. */
export function toUnsentResult(error: unknown): AttemptResult {
  const nothing = { reported: null, partial: null, cut: false };
  if (error instanceof Cancelled) return { outcome: 'CANCELLED', reason: error, ...nothing };
  if (error instanceof ProviderFailure) return { outcome: 'FAILED', failure: error, ...nothing };
  throw error;
}

/** How a call ended that threw. `sent`: whether its provider may have had it, and so may bill what was cut. */
export function toAttemptResult(
  error: unknown,
  signal: AbortSignal,
  partial: AnswerBuilder | null,
  sent = true,
): AttemptResult {
  const reported = partial?.usage ?? null;
  const cause = signal.aborted ? signal.reason : error;
  if (cause instanceof Cancelled)
    return { outcome: 'CANCELLED', reason: cause, reported, partial, cut: sent };
  const failure =
    cause instanceof ProviderFailure
      ? cause
      : new ProviderFailure('PROVIDER_ERROR', 'The call of the provider failed unexpectedly.', {
          retryable: false,
          cause,
        });
  const cut = (sent && signal.aborted) || (partial !== null && partial.received > 0);
  return { outcome: 'FAILED', failure, reported, partial, cut };
}
