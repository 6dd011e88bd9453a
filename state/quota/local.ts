import type { LocalLink } from '../local/link.ts';
import type { PrimaryCalls, PrimaryNotes } from '../local/protocol.ts';
import type { Quota } from './quota.ts';

/** The meters of a worker: those of the first process, exact over all processes. Rejects with OVERLOADED when that is gone. */
export function createLocalQuota(link: LocalLink<PrimaryCalls, PrimaryNotes>): Quota {
  return {
    reserve: (reservation) => link.call('quota.reserve', reservation),
    settle: (...settled) => link.call('quota.settle', ...settled),
    spend: (spending) => link.call('quota.spend', spending),
    release: (partition, id) => link.call('quota.release', partition, id),
    read: (partition, keys) => link.call('quota.read', partition, keys),
    async [Symbol.asyncDispose]() {},
  };
}
