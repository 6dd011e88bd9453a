import type { Logger } from 'pino';
import { createLocalBus } from '../bus/local.ts';
import { createLocalCache } from '../cache/local.ts';
import type { State } from '../open-state.ts';
import { createLocalQuota } from '../quota/local.ts';
import { createLocalStreamLogs } from '../streams/local.ts';
import { type StreamLogBounds, streamLogBounds } from '../streams/stream-log.ts';
import { createLocalUsedTokens } from '../tokens/local.ts';
import { LocalLink, type LocalPort } from './link.ts';
import type { PrimaryCalls, PrimaryNotes } from './protocol.ts';

/** The state of a worker: what it shares with the other processes of its mesh, through the first one at the other end of the port. */
export function openLocalState(
  port: LocalPort,
  log: Pick<Logger, 'warn'>,
  bounds: Partial<StreamLogBounds> = {},
): State {
  const link = new LocalLink<PrimaryCalls, PrimaryNotes>(port);
  const bus = createLocalBus(link, log);
  const { streams, notes } = createLocalStreamLogs(link, { ...streamLogBounds, ...bounds });
  link.serve({}, { ...notes, 'bus.message': bus.hear });
  return {
    bus,
    // The first process reads the ledger: its meters are those of all.
    openQuota: () => createLocalQuota(link),
    streams,
    cache: createLocalCache(link),
    usedTokens: createLocalUsedTokens(link),
    ping: () => link.call('ping'),
    [Symbol.asyncDispose]: () => streams[Symbol.asyncDispose](),
  };
}
