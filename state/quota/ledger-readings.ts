import { createMemoryQuota } from './memory.ts';
import type { MeterHistory, Quota } from './quota.ts';

/**
 * The meters of a process without Redis that makes no calls itself: those of other processes never reach its memory, which would
 * keep what the ledger had at the first reading. Each reading is of the ledger as it is then, but for READS, which has no rows there.
 */
export function withLedgerReadings(quota: Quota, history: MeterHistory, now: () => number = Date.now): Quota {
  return {
    reserve: (reservation) => quota.reserve(reservation),
    settle: (...call) => quota.settle(...call),
    spend: (spending) => quota.spend(spending),
    release: (partition, id) => quota.release(partition, id),
    async read(partition, keys) {
      await using fresh = createMemoryQuota({ history, now });
      const [drawn, own] = await Promise.all([fresh.read(partition, keys), quota.read(partition, keys)]);
      return drawn.map((reading, at) => (keys[at]?.meter === 'READS' ? (own[at] ?? reading) : reading));
    },
    [Symbol.asyncDispose]: () => quota[Symbol.asyncDispose](),
  };
}
