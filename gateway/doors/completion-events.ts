import type { Exchange } from '../http/exchange.ts';
import type { DeclaredOperation } from '../operations/declared-operation.ts';
import { type DeclaredEvents, GraphFailure, subscribeDeclared } from '../operations/run-declared.ts';
import { setCompletionHeaders } from './completion-headers.ts';

/** What every selection of a completion's events has. */
export type AnyCompletionEvent =
  | {
      readonly __typename: 'CompletionFailed';
      readonly completionId: string;
      readonly code: string;
      readonly message: string;
      readonly retryAfterMs: number | null;
    }
  | {
      readonly __typename: 'CompletionStarted';
      readonly completionId: string;
      readonly dropped: readonly string[];
      readonly promptVersion?: { readonly number: number } | null;
    }
  | {
      readonly __typename:
        | 'TextDelta'
        | 'ReasoningDelta'
        | 'ToolCallDelta'
        | 'ReasoningFinished'
        | 'RefusalDelta'
        | 'CitationAdded'
        | 'LogprobsDelta'
        | 'AlternativeFinished'
        | 'CompletionRestarted'
        | 'CompletionFinished';
      readonly completionId: string;
    };

/** The error that a failed completion ends with. */
function toGraphFailure({
  code,
  message,
  retryAfterMs,
  completionId,
}: Extract<AnyCompletionEvent, { readonly __typename: 'CompletionFailed' }>): GraphFailure {
  const waiting = retryAfterMs === null ? {} : { retryAfterMs };
  return new GraphFailure({ message, extensions: { code, completionId, ...waiting } });
}

/**
 * Starts a completion, sets its headers, and resolves with its events when the first of them has content, or when the client has waited for
 * `holdMs`: what fails before is thrown, so that it has the status of an error and no stream. Its `next` throws GraphFailure
 * where the completion fails later. `dropped` names what the handler itself does not send.
 */
export async function openCompletion<
  Event extends AnyCompletionEvent,
  Data extends object,
  Variables extends object,
>(
  exchange: Exchange,
  operation: DeclaredOperation<Data, Variables>,
  variables: Variables,
  readEvent: (data: Data) => Event,
  {
    holdMs = exchange.services.limits.keepAliveMs,
    dropped = [],
  }: { readonly holdMs?: number; readonly dropped?: readonly string[] } = {},
): Promise<DeclaredEvents<Event>> {
  const { events: results, unread } = await subscribeDeclared(exchange, operation, variables);
  const held: IteratorResult<Event>[] = [];
  const next = async (): Promise<IteratorResult<Event>> => {
    const result = await results.next();
    if (result.done === true) return { done: true, value: undefined };
    const event = readEvent(result.value);
    if (event.__typename === 'CompletionFailed') {
      await results.return?.();
      throw toGraphFailure(event);
    }
    return { done: false, value: event };
  };
  let pending: Promise<IteratorResult<Event>> | undefined;
  const over = Promise.withResolvers<'OVER'>();
  const timer = setTimeout(() => over.resolve('OVER'), holdMs);
  try {
    for (;;) {
      pending = next();
      const first = await Promise.race([pending, over.promise]);
      if (first === 'OVER') break;
      pending = undefined;
      held.push(first);
      if (first.done !== true && first.value.__typename === 'CompletionStarted') {
        const { completionId } = first.value;
        setCompletionHeaders(exchange.response, {
          completionId,
          dropped: [...dropped, ...first.value.dropped],
        });
      }
      if (first.done === true || first.value.__typename !== 'CompletionStarted') break;
    }
  } finally {
    clearTimeout(timer);
  }
  const waited = pending;
  // Any error: the handler receives it, or the client has left.
  waited?.catch(() => undefined);
  let isWaited = waited !== undefined;
  const events: AsyncIterableIterator<Event> = {
    next: () => {
      const known = held.shift();
      if (known !== undefined) return Promise.resolve(known);
      if (isWaited && waited !== undefined) {
        isWaited = false;
        return waited;
      }
      return next();
    },
    return: async () => {
      await results.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  return { events, unread };
}
