import { AnswerBuilder } from './answer-builder.ts';
import type { CallOutcome } from './health.ts';
import {
  type Provider,
  type ProviderAnswer,
  type ProviderCall,
  ProviderFailure,
  type ProviderPart,
  type ProviderUsage,
} from './providers/provider.ts';
import type { Timeouts } from './route.ts';

/** The reason an attempt is aborted with when someone stopped the completion. */
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

/** How one provider call ended. */
export type AttemptEnd =
  | { readonly outcome: 'SUCCEEDED'; readonly answer: ProviderAnswer }
  | {
      readonly outcome: 'FAILED';
      readonly failure: ProviderFailure;
      readonly told: ProviderUsage | null;
      readonly partial: AnswerBuilder | null;
      /** The call was cut from this side, so that its provider may bill what it never told. */
      readonly cut: boolean;
    }
  | {
      readonly outcome: 'CANCELLED';
      readonly reason: Cancelled;
      readonly told: ProviderUsage | null;
      readonly partial: AnswerBuilder | null;
      readonly cut: boolean;
    };

/** Failures that say nothing of the provider's health. */
const clientsFault: ReadonlySet<string> = new Set(['BAD_USER_INPUT', 'CONTEXT_TOO_LONG', 'CONTENT_FILTERED']);

/** What the end says of the provider's health; null: nothing. */
export function healthOf(
  end: AttemptEnd,
  latencyMs: number,
  timeToFirstTokenMs: number | null,
): CallOutcome | null {
  if (end.outcome === 'CANCELLED') return null;
  if (end.outcome === 'FAILED' && (end.failure instanceof Stopped || clientsFault.has(end.failure.code))) {
    return null;
  }
  return { ok: end.outcome === 'SUCCEEDED', latencyMs, timeToFirstTokenMs };
}

/** Asks for the whole answer. `abort` is this attempt's own; its reason is a ProviderFailure or Cancelled. */
export async function generateOnce(
  provider: Provider,
  call: ProviderCall,
  abort: AbortController,
): Promise<AttemptEnd> {
  try {
    const answer = await untilAborted(provider.generate({ ...call, signal: abort.signal }), abort.signal);
    return { outcome: 'SUCCEEDED', answer };
  } catch (error) {
    return endOf(error, abort.signal, null);
  }
}

/**
 * Streams the answer to `sink`, which may answer with a promise to be waited for (its reader is behind: the wire is
 * then not read). Waiting for the sink does not count against the timeouts between parts. `builder` holds what has come.
 */
export async function streamOnce(
  provider: Provider,
  call: ProviderCall,
  abort: AbortController,
  timeouts: Timeouts,
  sink: (part: ProviderPart) => Promise<void> | undefined,
  builder: AnswerBuilder = new AnswerBuilder(),
): Promise<AttemptEnd> {
  const { signal } = abort;
  const iterator = provider.stream({ ...call, signal })[Symbol.asyncIterator]();
  let rejectWait: ((reason: unknown) => void) | undefined;
  const onAbort = () => rejectWait?.(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });

  let awaited = 'began to answer';
  let limitMs = timeouts.connectMs + timeouts.firstTokenMs;
  let reading = false;
  const expire = () => {
    if (!reading) return;
    const message = `The provider has not ${awaited} within ${limitMs} ms.`;
    abort.abort(new ProviderFailure('PROVIDER_TIMEOUT', message, { retryable: true }));
  };
  let timer = setTimeout(expire, limitMs);
  const read = (resolve: (step: IteratorResult<ProviderPart>) => void, reject: (reason: unknown) => void) => {
    rejectWait = reject;
    iterator.next().then(resolve, reject);
  };
  try {
    signal.throwIfAborted();
    for (;;) {
      reading = true;
      const step = await new Promise<IteratorResult<ProviderPart>>(read);
      reading = false;
      if (step.done) throw cutShort();
      const part = step.value;
      builder.add(part);
      if (part.type === 'finish') return { outcome: 'SUCCEEDED', answer: builder.answer(part) };
      const room = sink(part);
      if (room !== undefined) await untilAborted(room, signal);
      if (limitMs !== timeouts.interTokenMs || awaited !== 'gone on') {
        clearTimeout(timer);
        limitMs = timeouts.interTokenMs;
        awaited = 'gone on';
        timer = setTimeout(expire, limitMs);
      } else timer.refresh();
    }
  } catch (error) {
    return endOf(error, signal, builder);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    // Not awaited: a provider that hangs would hang its caller too.
    iterator.return?.()?.catch(() => undefined);
  }
}

function cutShort(): ProviderFailure {
  return new ProviderFailure(
    'PROVIDER_ERROR',
    'The provider ended its answer without saying that it is whole.',
    {
      retryable: true,
    },
  );
}

/** The promise, or the signal's reason as soon as it aborts: whether or not the other side heeds the signal. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(
      (value) => {
        signal.removeEventListener('abort', onAbort);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      },
    );
  });
}

/** How a call ended that threw. `sent`: whether its provider may have had it, and so may bill what was cut. */
export function endOf(
  error: unknown,
  signal: AbortSignal,
  partial: AnswerBuilder | null,
  sent = true,
): AttemptEnd {
  const told = partial?.usage ?? null;
  const cause = signal.aborted ? signal.reason : error;
  if (cause instanceof Cancelled) return { outcome: 'CANCELLED', reason: cause, told, partial, cut: sent };
  const failure =
    cause instanceof ProviderFailure
      ? cause
      : new ProviderFailure('PROVIDER_ERROR', 'The call of the provider failed unexpectedly.', {
          retryable: false,
          cause,
        });
  const cut = (sent && signal.aborted) || (partial !== null && partial.received > 0);
  return { outcome: 'FAILED', failure, told, partial, cut };
}
