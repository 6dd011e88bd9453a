import type { Redis } from 'ioredis';
import { defineScript } from '../redis/script.ts';
import type { Quota, QuotaKey } from './quota.ts';

const lua = (file: string) => new URL(`./lua/${file}`, import.meta.url);

/** The partition is the hash tag, so that a cluster keeps all of a tenant's counters in one slot. */
function keysOf(partition: string): readonly string[] {
  const tag = `heddle:quota:{${partition}}`;
  return [`${tag}:counters`, `${tag}:reservations`, `${tag}:expiries`];
}

function nameOf({ subject, meter, window }: QuotaKey): string {
  return `${subject}|${meter}|${window}`;
}

/** The meters of many processes. The clock is the Redis server's; each operation is one script. */
export function createRedisQuota(redis: Redis): Quota {
  const library = lua('counters.lua');
  const reserve = defineScript(redis, 'heddleQuotaReserve', lua('reserve-3.lua'), library);
  const settle = defineScript(redis, 'heddleQuotaSettle', lua('settle-3.lua'), library);
  const read = defineScript(redis, 'heddleQuotaRead', lua('read-3.lua'), library);
  return {
    async reserve({ id, partition, demands, ttlMs }) {
      const args = demands.flatMap((demand) => [
        nameOf(demand),
        demand.window,
        demand.meter,
        demand.amount.toString(),
        demand.limit?.toString() ?? '',
      ]);
      const answer = (await reserve(keysOf(partition), [id, ttlMs, ...args])) as number[];
      const [granted, at = -1, waitMs = -1] = answer;
      const refused = demands[at];
      if (granted === 1 || refused === undefined) return { granted: true };
      return { granted: false, refused, retryAfterMs: waitMs < 0 ? null : waitMs };
    },
    async settle(partition, id, actuals) {
      const args = Object.entries(actuals).flatMap(([meter, amount]) => [meter, amount.toString()]);
      await settle(keysOf(partition), [id, 'settle', ...args]);
    },
    async release(partition, id) {
      await settle(keysOf(partition), [id, 'release']);
    },
    async read(partition, keys) {
      const answer = (await read(keysOf(partition), keys.map(nameOf))) as string[];
      return keys.map((_, at) => ({
        spent: BigInt(answer[at * 2] ?? '0'),
        reserved: BigInt(answer[at * 2 + 1] ?? '0'),
      }));
    },
    async [Symbol.asyncDispose]() {},
  };
}
