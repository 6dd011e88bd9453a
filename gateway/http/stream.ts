import type { ServerResponse } from 'node:http';
import type { Unread } from '../auth/client-use.ts';
import type { ClientResult } from '../errors.ts';
import { type Answer, isStream } from '../router.ts';
import type { Exchange } from './exchange.ts';
import { setRetryAfter } from './headers.ts';
import { untilTaken } from './send.ts';

/** How events are written into one response, one after another. */
export interface Framing<Event> {
  readonly contentType: string;
  /** Written at once, before there is any event. */
  readonly opening: string;
  /** Empty where the event is not for the client. */
  next(event: Event): string;
  /** No event: it keeps proxies from closing a connection on which no token comes for a while. */
  readonly keepAlive: string;
  /** Written after the last event. */
  closing(): string;
  /** What is written, and nothing after it, where the source fails; absent: the connection is cut. */
  failed?(error: unknown): string;
}

/** The results of a subscription, and the event that each one is. */
export interface EventSource<Event> {
  next(): Promise<IteratorResult<ClientResult>>;
  /** Apart from `next`, so that a token costs no promise more. May throw. */
  read(result: ClientResult): Event;
  /** Called after the last result. May throw where it came too early. */
  end(): void;
  /** Ends the subscription. */
  return(): Promise<unknown>;
}

/** How the results of an operation are written. */
export type ResultFraming = Framing<ClientResult>;

/**
 * Writes the answer in its framing, and the results of a subscription as `sendEvents` does.
 */
export async function sendFramed(
  exchange: Exchange,
  framing: ResultFraming,
  answer: Answer,
  unread: Unread,
): Promise<void> {
  if (isStream(answer)) return sendEvents(exchange, framing, toEventSource(answer), unread);
  const { response } = exchange;
  if (response.destroyed) return;
  const whole = framing.next(answer) + framing.closing();
  const held = unread.hold(whole.length);
  if (held !== undefined) response.once('close', held);
  setRetryAfter(response, answer);
  writeStreamHead(response, framing);
  response.end(whole);
}

function toEventSource(results: AsyncIterableIterator<ClientResult>): EventSource<ClientResult> {
  return {
    next: () => results.next(),
    read: (result) => result,
    end: () => undefined,
    return: async () => results.return?.(),
  };
}

function writeStreamHead(response: ServerResponse, { contentType }: { readonly contentType: string }): void {
  response.writeHead(200, {
    'content-type': contentType,
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
}

/**
 * Writes the events in their framing. The next event is read when the client has taken the last; a client that leaves ends
 * the source, and so do one that takes nothing for a while or leaves too much unread, and the end of the process.
 */
export async function sendEvents<Event>(
  { response, signal, services: { limits } }: Exchange,
  framing: Framing<Event>,
  events: EventSource<Event>,
  unread: Unread,
): Promise<void> {
  if (signal.aborted) {
    await events.return();
    // The process ends first: its client is still there to read it.
    if (!response.destroyed) signal.throwIfAborted();
    return;
  }
  writeStreamHead(response, framing);
  if (framing.opening !== '') response.write(framing.opening);
  const keepAlive = setInterval(() => {
    if (!response.writableNeedDrain) response.write(framing.keepAlive);
  }, limits.keepAliveMs);
  // Signals that depend on this one abort after its listeners: a subgraph first hears that the process ends, then that the
  // stream is left, which would cancel its call.
  // Any error: the client has left, and receives nothing more.
  const leave = () => queueMicrotask(() => events.return().catch(() => undefined));
  signal.addEventListener('abort', leave, { once: true });
  try {
    let result = await events.next();
    for (; result.done !== true; result = await events.next()) {
      if (signal.aborted || response.destroyed) break;
      if (unread.isTooMuch) {
        response.destroy();
        return;
      }
      const text = framing.next(events.read(result.value));
      if (text === '') continue;
      const release = unread.hold(text.length);
      if (!response.write(text)) await untilTaken(response, limits.stalledMs);
      release?.();
    }
    if (result.done === true) events.end();
    if (response.destroyed) return;
    if (!signal.aborted) response.end(framing.closing());
    // The process ends first: its client is still there to read it.
    else if (framing.failed !== undefined) response.end(framing.failed(signal.reason));
  } catch (error) {
    if (framing.failed === undefined) throw error;
    if (!response.destroyed) response.end(framing.failed(error));
  } finally {
    clearInterval(keepAlive);
    signal.removeEventListener('abort', leave);
    await events.return();
  }
}
