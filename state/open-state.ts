import type { Logger } from 'pino';
import type { Bus } from './bus/bus.ts';
import { createMemoryBus } from './bus/memory.ts';
import type { Cache } from './cache/cache.ts';
import { createMemoryCache } from './cache/memory.ts';
import { createMemoryQuota } from './quota/memory.ts';
import type { Quota } from './quota/quota.ts';
import { createMemoryStreamLogs } from './streams/memory.ts';
import type { StreamLogs } from './streams/stream-log.ts';

/** What processes of one mesh share: through Redis, or, for a mesh of one process, in its memory. */
export interface State extends AsyncDisposable {
  readonly bus: Bus;
  readonly quota: Quota;
  readonly streams: StreamLogs;
  readonly cache: Cache;
}

/** Memory when there is no URL; otherwise `redis://` or `rediss://`. Rejects when the server cannot be reached. */
export async function openState(redisUrl: string | undefined, log: Logger): Promise<State> {
  if (redisUrl === undefined) return openMemoryState(log);
  throw new Error('redis');
}

function openMemoryState(log: Logger): State {
  const opened = new AsyncDisposableStack();
  return {
    bus: opened.use(createMemoryBus(log)),
    quota: opened.use(createMemoryQuota()),
    streams: opened.use(createMemoryStreamLogs()),
    cache: opened.use(createMemoryCache()),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
