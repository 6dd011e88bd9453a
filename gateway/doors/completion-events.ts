import { HeddleError } from '#core/errors.ts';
import type { CompletionStatus } from '#core/graph-enums.generated.ts';
import type { ClientResult } from '../errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { EventSource } from '../http/stream.ts';
import type { DeclaredOperation } from '../operations/declared-operation.ts';
import { type DeclaredEvents, GraphFailure, subscribeDeclared } from '../operations/run-declared.ts';
import { setCompletionHeaders } from './completion-headers.ts';
import type { LimitHeaders } from './limit-headers.ts';
import type { HeaderLimitFragment, HeaderVerdictFragment } from './operations.generated.ts';

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
      readonly limits: readonly HeaderLimitFragment[];
      readonly guardrailVerdicts: readonly HeaderVerdictFragment[];
      readonly promptVersion?: { readonly number: number } | null;
    }
  | {
      readonly __typename:
        | 'TextDelta'
        | 'ReasoningDelta'
        | 'ToolCallDelta'
        | 'ReasoningFinished'
        | 'RefusalDelta'
        | 'AudioDelta'
        | 'CitationAdded'
        | 'ProviderBlockAdded'
        | 'ProviderBlockChanged'
        | 'LogprobsDelta'
        | 'AlternativeFinished'
        | 'CompletionRestarted'
        | 'CompletionFinished';
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
 * Throws CONFLICT for a completion that was canceled: its answer is cut, and the dialects with this check have no other
 * way to state so.
 */
export function refuseCanceled({ status }: { readonly status: CompletionStatus }): void {
  if (status === 'CANCELLED') throw new HeddleError('CONFLICT', 'The completion was canceled.');
}

/** What a framing throws whose dialect cannot take back the text that it has sent. */
export function refuseRestart(): never {
  throw new HeddleError('PROVIDER_ERROR', 'The provider failed, and another one began the answer anew.');
}

/**
 * Starts a completion, sets its headers, and resolves with its events when the first of them has content, or when the client has waited for
 * `holdMs`: what fails before is thrown, so that it has the status of an error and no stream. Its `read` throws GraphFailure
 * where the completion fails later, or ends without its last event. `dropped` names what the handler itself does not send;
 * `setLimits` sets the dialect's headers of the limits; `optional` is as in runDeclared.
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
    setLimits,
    optional = [],
  }: {
    readonly holdMs?: number;
    readonly dropped?: readonly string[];
    readonly setLimits?: LimitHeaders;
    readonly optional?: readonly string[];
  } = {},
): Promise<DeclaredEvents<Event>> {
  let isLeft = false;
  let isWhole = false;
  const { events: results, unread } = await subscribeDeclared(exchange, operation, variables, {
    optional,
    event: (data) => {
      const event = readEvent(data);
      if (event.__typename === 'CompletionFailed') throw toGraphFailure(event);
      isWhole = event.__typename === 'CompletionFinished';
      return event;
    },
    end: () => {
      // Who leaves, or the end of the process, ends the events as well.
      if (isWhole || isLeft || exchange.signal.aborted) return;
      throw new GraphFailure({
        message: 'The answer ended before it was whole.',
        extensions: { code: 'INTERNAL' },
      });
    },
  });
  const held: IteratorResult<ClientResult>[] = [];
  let pending: Promise<IteratorResult<ClientResult>> | undefined;
  const over = Promise.withResolvers<'OVER'>();
  const timer = setTimeout(() => over.resolve('OVER'), holdMs);
  try {
    for (;;) {
      pending = results.next();
      const first = await Promise.race([pending, over.promise]);
      if (first === 'OVER') break;
      pending = undefined;
      held.push(first);
      if (first.done === true) {
        results.end();
        break;
      }
      const event = results.read(first.value);
      if (event.__typename !== 'CompletionStarted') break;
      const all = [...dropped, ...event.dropped];
      setCompletionHeaders(exchange.response, { ...event, dropped: all }, setLimits);
    }
  } catch (error) {
    await results.return();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  const waited = pending;
  // Any error: the handler receives it, or the client has left.
  waited?.catch(() => undefined);
  let isWaited = waited !== undefined;
  const events: EventSource<Event> = {
    ...results,
    next: () => {
      const known = held.shift();
      if (known !== undefined) return Promise.resolve(known);
      if (isWaited && waited !== undefined) {
        isWaited = false;
        return waited;
      }
      return results.next();
    },
    return: async () => {
      isLeft = true;
      return results.return();
    },
  };
  return { events, unread };
}
