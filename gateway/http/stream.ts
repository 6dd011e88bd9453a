import type { ServerResponse } from 'node:http';
import type { Unread } from '../auth/client-use.ts';
import type { ClientResult } from '../errors.ts';
import { type Answer, isStream } from '../router.ts';
import type { Exchange } from './exchange.ts';
import { setRetryAfter } from './headers.ts';

/** How the results of a subscription are written into one response, one after another. */
export interface Framing {
  readonly contentType: string;
  /** Written at once, before there is any result. */
  readonly opening: string;
  next(result: ClientResult): string;
  /** No result: it keeps proxies from closing a connection on which no token comes for a while. */
  readonly keepAlive: string;
  readonly closing: string;
}

/** Resolves when the client has taken what was written, or has gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

/**
 * Writes the answer in its framing. The next result is read when the client has taken the last; a client that leaves ends
 * the source, and so do one that leaves too much unread and the end of the process.
 */
export async function sendFramed(
  { response, signal, services: { limits } }: Exchange,
  framing: Framing,
  answer: Answer,
  unread: Unread,
): Promise<void> {
  if (isStream(answer) ? signal.aborted : response.destroyed) {
    if (isStream(answer)) await answer.return?.();
    // The process ends first: its client is still there to read it.
    if (!response.destroyed) signal.throwIfAborted();
    return;
  }
  const whole = isStream(answer) ? undefined : framing.next(answer) + framing.closing;
  const held = whole === undefined ? undefined : unread.hold(whole.length);
  if (held !== undefined) response.once('close', held);
  if (!isStream(answer)) setRetryAfter(response, answer);
  response.writeHead(200, {
    'content-type': framing.contentType,
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  if (!isStream(answer)) {
    response.end(whole);
    return;
  }
  response.write(framing.opening);
  const keepAlive = setInterval(() => {
    if (!response.writableNeedDrain) response.write(framing.keepAlive);
  }, limits.keepAliveMs);
  // Signals that depend on this one abort after its listeners: a subgraph first hears that the process ends, then that the
  // stream is left, which would cancel its call.
  const leave = () => queueMicrotask(() => answer.return?.().catch(() => undefined));
  signal.addEventListener('abort', leave, { once: true });
  try {
    for (let event = await answer.next(); event.done !== true; event = await answer.next()) {
      if (signal.aborted || response.destroyed) return;
      if (unread.isTooMuch) {
        response.destroy();
        return;
      }
      const text = framing.next(event.value);
      const release = unread.hold(text.length);
      if (!response.write(text)) await drained(response);
      release?.();
    }
    if (!signal.aborted) response.end(framing.closing);
  } finally {
    clearInterval(keepAlive);
    signal.removeEventListener('abort', leave);
    await answer.return?.();
  }
}
