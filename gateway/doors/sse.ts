import type { ServerResponse } from 'node:http';
import type { ClientResult } from '../errors.ts';
import { type Answer, isStream } from '../router.ts';

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

function nextEvent(result: ClientResult): string {
  return `event: next\ndata: ${JSON.stringify(result)}\n\n`;
}

/**
 * Writes the answer as server-sent events in graphql-sse's "distinct connections" mode: `next` for each result, then
 * `complete`. The next event is asked for when the client has taken the last; a client that leaves ends the source.
 */
export async function sendEvents(
  response: ServerResponse,
  answer: Answer,
  signal: AbortSignal,
  keepAliveMs: number,
): Promise<void> {
  if (signal.aborted) {
    if (isStream(answer)) await answer.return?.();
    return;
  }
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  if (!isStream(answer)) {
    response.end(`${nextEvent(answer)}event: complete\ndata:\n\n`);
    return;
  }
  response.write(':\n\n');
  // A comment is no event: it keeps proxies from closing a connection on which no token comes for a while.
  const keepAlive = setInterval(() => {
    if (!response.writableNeedDrain) response.write(':\n\n');
  }, keepAliveMs);
  const leave = () => {
    answer.return?.().catch(() => undefined);
  };
  signal.addEventListener('abort', leave, { once: true });
  try {
    for (let event = await answer.next(); event.done !== true; event = await answer.next()) {
      if (signal.aborted || response.destroyed) return;
      if (!response.write(nextEvent(event.value))) await drained(response);
    }
    if (!signal.aborted) response.end('event: complete\ndata:\n\n');
  } finally {
    clearInterval(keepAlive);
    signal.removeEventListener('abort', leave);
    await answer.return?.();
  }
}
