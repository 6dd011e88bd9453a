import { Partition } from './partition.ts';
import { emptyHistory, type MeterHistory, type Quota } from './quota.ts';
import { Seeder } from './seeder.ts';

/** How often what counts nothing any more is forgotten. */
const forgetEveryMs = 60_000;

export interface MemoryQuotaOptions {
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Where counters of an hour and longer are read from when they are not in memory. */
  readonly history?: MeterHistory;
}

/** The meters of one process. */
export function createMemoryQuota({
  now = Date.now,
  history = emptyHistory,
}: MemoryQuotaOptions = {}): Quota {
  const partitions = new Map<string, Partition>();
  let nextExpiryMs = Number.POSITIVE_INFINITY;
  let nextForgetMs = now() + forgetEveryMs;

  function findPartition(name: string): Partition {
    let partition = partitions.get(name);
    if (partition === undefined) {
      partition = new Partition();
      partitions.set(name, partition);
    }
    return partition;
  }

  /** Nearly always there is nothing to do. */
  function tidy(nowMs: number): void {
    const thorough = nowMs >= nextForgetMs;
    if (!thorough && nowMs < nextExpiryMs) return;
    if (thorough) nextForgetMs = nowMs + forgetEveryMs;
    nextExpiryMs = Number.POSITIVE_INFINITY;
    for (const [name, partition] of partitions) {
      partition.tidy(nowMs, thorough);
      nextExpiryMs = Math.min(nextExpiryMs, partition.nextExpiryMs);
      if (thorough && partition.isEmpty && !partition.isSeeding(nowMs)) partitions.delete(name);
    }
  }

  function at<T>(name: string, run: (partition: Partition, nowMs: number) => T): T {
    const nowMs = now();
    tidy(nowMs);
    const partition = findPartition(name);
    const result = run(partition, nowMs);
    nextExpiryMs = Math.min(nextExpiryMs, partition.nextExpiryMs);
    return result;
  }

  const seeder = new Seeder(history, {
    begin: async (name) => at(name, (partition, nowMs) => partition.beginSeed(nowMs)),
    apply: async (name, seed) => at(name, (partition, nowMs) => partition.applySeed(seed, nowMs)),
  });

  return {
    reserve: (reservation) =>
      seeder.run(reservation.partition, (round) =>
        at(reservation.partition, (partition, nowMs) => partition.reserve(reservation, round, nowMs)),
      ),
    spend: async (spending) => at(spending.partition, (partition, nowMs) => partition.spend(spending, nowMs)),
    async settle(name, id, actuals, scopes) {
      if (!partitions.has(name)) return;
      at(name, (partition, nowMs) => partition.settle(id, actuals, scopes ?? null, nowMs));
    },
    async release(name, id) {
      if (!partitions.has(name)) return;
      at(name, (partition, nowMs) => partition.release(id, nowMs));
    },
    read: (name, keys) => seeder.run(name, () => at(name, (partition, nowMs) => partition.read(keys, nowMs))),
    async [Symbol.asyncDispose]() {
      partitions.clear();
    },
  };
}
