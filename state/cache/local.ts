import type { LocalLink } from '../local/link.ts';
import type { PrimaryCalls, PrimaryNotes } from '../local/protocol.ts';
import type { Cache } from './cache.ts';

/** The cache of a worker, in the memory of the first process. A first process that is gone is a miss. */
export function createLocalCache(link: LocalLink<PrimaryCalls, PrimaryNotes>): Cache {
  // Any error: a failing store is a miss, never an error of the call that reads it.
  const miss = () => undefined;
  return {
    get: (key) => link.call('cache.get', key).catch(miss),
    set: (key, value, ttlMs, owner) => link.call('cache.set', key, value, ttlMs, owner).catch(miss),
    delete: (key) => link.call('cache.delete', key).catch(miss),
    async [Symbol.asyncDispose]() {},
  };
}
