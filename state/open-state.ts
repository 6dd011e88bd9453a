import type { Logger } from 'pino';
import type { Bus } from './bus/bus.ts';
import { createMemoryBus } from './bus/memory.ts';
import type { Cache } from './cache/cache.ts';
import { createMemoryCache } from './cache/memory.ts';
import type { PayloadSeal } from './payload-seal.ts';
import { withLedgerReadings } from './quota/ledger-readings.ts';
import { createMemoryQuota } from './quota/memory.ts';
import { emptyHistory, type MeterHistory, type Quota } from './quota/quota.ts';
import { createMemoryStreamLogs } from './streams/memory.ts';
import type { StreamLogs } from './streams/stream-log.ts';
import { createMemoryUsedTokens } from './tokens/memory.ts';
import type { UsedTokens } from './tokens/tokens.ts';

/** What processes of one mesh share: through Redis, or, for a mesh of one process, in its memory. */
export interface State extends AsyncDisposable {
  readonly bus: Bus;
  /**
   * The meters, as durable as the ledger that `history` reads; without it, those that are never read from a ledger, as
   * READS. Opened once in a process; the opener disposes it.
   */
  openQuota(history?: MeterHistory, use?: QuotaUse): Quota;
  readonly streams: StreamLogs;
  readonly cache: Cache;
  readonly usedTokens: UsedTokens;
  /** Rejects while it cannot be reached. */
  ping(): Promise<void>;
}

/** What a process opens meters for. */
export interface QuotaUse {
  /** Whether it makes calls. Without Redis, one that makes none reads what others have drawn from the ledger. */
  readonly makesCalls: boolean;
}

/** How a Redis is used. */
export interface StateOptions {
  /** The authorities (PEM), as of now, one of which must have signed the server's certificate; absent: those of the system. */
  readonly ca?: (() => string) | undefined;
  /** Absent in a process that neither writes nor reads payloads: its streams and its cache take nothing. */
  readonly seal?: PayloadSeal | undefined;
}

/**
 * Memory when there is no URL; otherwise `redis://` or `rediss://`, where what clients and AI models write is kept
 * sealed. Rejects when the server cannot be reached.
 */
export async function openState(
  redisUrl: string | undefined,
  log: Logger,
  { ca, seal = noSeal }: StateOptions = {},
): Promise<State> {
  await using opened = new AsyncDisposableStack();
  const state =
    redisUrl === undefined ? memoryState(opened, log) : await redisState(opened, redisUrl, log, ca, seal);
  const resources = opened.move();
  return { ...state, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Of a process that neither writes nor reads payloads, and so has no key. */
const noSeal: PayloadSeal = { of: refuse, open: refuse, findOpener: refuse };

function refuse(): never {
  throw new Error('This process has no encryption key.');
}

type Parts = Omit<State, typeof Symbol.asyncDispose>;

function memoryState(opened: AsyncDisposableStack, log: Logger): Parts {
  return {
    bus: opened.use(createMemoryBus(log)),
    openQuota(history = emptyHistory, { makesCalls } = { makesCalls: true }) {
      const quota = createMemoryQuota({ history });
      return makesCalls ? quota : withLedgerReadings(quota, history);
    },
    streams: opened.use(createMemoryStreamLogs()),
    cache: opened.use(createMemoryCache()),
    usedTokens: createMemoryUsedTokens(),
    ping: async () => undefined,
  };
}

async function redisState(
  opened: AsyncDisposableStack,
  url: string,
  log: Logger,
  ca: (() => string) | undefined,
  seal: PayloadSeal,
): Promise<Parts> {
  // Loaded only where there is a Redis: a mesh of one process starts without its code.
  const [
    { connectRedis },
    { createRedisBus },
    { createRedisCache },
    { createRedisQuota },
    { createRedisStreamLogs },
    { createRedisUsedTokens },
  ] = await Promise.all([
    import('./redis/connect.ts'),
    import('./bus/redis.ts'),
    import('./cache/redis.ts'),
    import('./quota/redis.ts'),
    import('./streams/redis.ts'),
    import('./tokens/redis.ts'),
  ]);
  const { commands, channels, ping } = opened.use(await connectRedis(url, log, ca));
  return {
    bus: opened.use(createRedisBus(commands, channels, log)),
    openQuota: (history = emptyHistory) => createRedisQuota(commands, history),
    streams: opened.use(createRedisStreamLogs(commands, channels, { log, seal })),
    cache: opened.use(createRedisCache(commands, { log, seal })),
    usedTokens: createRedisUsedTokens(commands),
    ping,
  };
}
