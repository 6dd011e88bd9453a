import type { ServerResponse } from 'node:http';

/**
 * Cuts the connection when its client takes nothing of what was written for `stalledMs`. A slow client is not cut off: each
 * part that it takes counts. The function returned ends the watch.
 */
export function watchStalled(response: ServerResponse, stalledMs: number): () => void {
  const cut = () => void response.destroy();
  response.setTimeout(stalledMs, cut);
  return () => {
    response.off('timeout', cut);
    response.setTimeout(0);
  };
}

/** Resolves when the client has taken what was written, or has gone: after `stalledMs` without taking anything, too. */
export function untilTaken(response: ServerResponse, stalledMs: number): Promise<void> {
  return new Promise((resolve) => {
    const unwatch = watchStalled(response, stalledMs);
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      unwatch();
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
