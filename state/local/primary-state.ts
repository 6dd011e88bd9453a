import type { Logger } from 'pino';
import type { Bus } from '../bus/bus.ts';
import { createLocalListeners } from '../bus/memory.ts';
import { createMemoryCache } from '../cache/memory.ts';
import type { State } from '../open-state.ts';
import { createMemoryQuota } from '../quota/memory.ts';
import type { Quota } from '../quota/quota.ts';
import { createMemoryStreamLogs, type MemoryStreamLogs } from '../streams/memory.ts';
import { type StreamLogBounds, streamLogBounds } from '../streams/stream-log.ts';
import { createMemoryUsedTokens } from '../tokens/memory.ts';
import { asEvents } from './json-streams.ts';
import { LocalLink, type LocalPort } from './link.ts';
import { PrimaryStreams } from './primary-streams.ts';
import type { PrimaryCalls, PrimaryNotes, WorkerCalls, WorkerNotes } from './protocol.ts';

/** The state of the first process of a mesh, which it shares with workers. */
export interface PrimaryState extends State {
  /**
   * Serves a worker at the other end of the port until it is gone; then its logs are abandoned, and its readers leave. Its meters are those that
   * this process has opened.
   */
  attach(port: LocalPort): void;
}

type WorkerLink = LocalLink<WorkerCalls, WorkerNotes>;

/** In memory, for all processes of one machine that are attached. */
export function openPrimaryState(
  log: Pick<Logger, 'warn'>,
  bounds: Partial<StreamLogBounds> = {},
): PrimaryState {
  const streamBounds = { ...streamLogBounds, ...bounds };
  const listeners = createLocalListeners(log);
  const links = new Set<WorkerLink>();
  /** Of events as their JSON. */
  const logs: MemoryStreamLogs = createMemoryStreamLogs(streamBounds);
  const cache = createMemoryCache();
  const usedTokens = createMemoryUsedTokens();
  let quota: Quota | undefined;

  const bus: Bus = {
    publish(topic, message) {
      for (const link of links) link.note('bus.message', topic, message);
      return listeners.notify(topic, message);
    },
    async subscribe(topic, listener) {
      const remove = listeners.add(topic, listener);
      return { [Symbol.asyncDispose]: async () => void remove() };
    },
    async [Symbol.asyncDispose]() {},
  };

  function meters(): Quota {
    if (quota === undefined) throw new Error('The meters are not open.');
    return quota;
  }

  return {
    bus,
    streams: asEvents(logs),
    cache,
    usedTokens,
    ping: async () => undefined,
    openQuota(history) {
      quota = createMemoryQuota(history === undefined ? {} : { history });
      return quota;
    },
    attach(port) {
      const link: WorkerLink = new LocalLink(port);
      const ofWorker = new PrimaryStreams(logs, streamBounds, link);
      links.add(link);
      port.onClosed(() => {
        links.delete(link);
        ofWorker.close();
      });
      const calls: PrimaryCalls = {
        ping: async () => undefined,
        'cache.get': (key) => cache.get(key),
        'cache.set': (...kept) => cache.set(...kept),
        'cache.delete': (key) => cache.delete(key),
        'tokens.add': (id, rememberedMs) => usedTokens.add(id, rememberedMs),
        'quota.reserve': (reservation) => meters().reserve(reservation),
        'quota.settle': (...settled) => meters().settle(...settled),
        'quota.spend': (spending) => meters().spend(spending),
        'quota.release': (partition, id) => meters().release(partition, id),
        'quota.read': (partition, keys) => meters().read(partition, keys),
        ...ofWorker.calls,
      };
      const notes: PrimaryNotes = {
        'bus.publish'(topic, message) {
          for (const other of links) if (other !== link) other.note('bus.message', topic, message);
          void listeners.notify(topic, message);
        },
        ...ofWorker.notes,
      };
      link.serve(calls, notes);
    },
    async [Symbol.asyncDispose]() {
      await logs[Symbol.asyncDispose]();
      await cache[Symbol.asyncDispose]();
    },
  };
}
