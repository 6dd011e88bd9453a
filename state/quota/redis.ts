import type { Redis } from 'ioredis';
import { defineScript } from '../redis/script.ts';
import {
  counterName,
  type MeterHistory,
  type Quota,
  type QuotaAmounts,
  type QuotaDecision,
  type QuotaKey,
  type QuotaLeft,
  type QuotaLimit,
  type ReservationDecision,
  readScope,
} from './quota.ts';
import { printLuaRules, quotaRules } from './rules.ts';
import { metersUnknown, Seeder } from './seeder.ts';

const lua = (file: string) => new URL(`./lua/${file}`, import.meta.url);

/** The partition is the hash tag, so that a cluster keeps all of a tenant's counters in one slot. */
function partitionKeys(partition: string): readonly string[] {
  const tag = `heddle:quota:{${partition}}`;
  return [`${tag}:counters`, `${tag}:reservations`, `${tag}:expiries`];
}

const amountMax = BigInt(quotaRules.amountMax);

function numbers(amounts: QuotaAmounts): Record<string, number> {
  return Object.fromEntries(
    Object.entries(amounts).map(([meter, amount]) => [
      meter,
      Number(amount > amountMax ? amountMax : amount),
    ]),
  );
}

function limitArgument(limit: QuotaLimit) {
  const { window, meter } = limit;
  return [
    readScope(limit),
    counterName(limit),
    window,
    meter,
    limit.limit === null ? null : Number(limit.limit),
  ];
}

function refusedAt(limits: readonly QuotaLimit[], index: number, waitMs: number): QuotaDecision {
  const refused = limits[index];
  if (refused === undefined) throw new Error('The script refused a limit that was not sent to it.');
  return { granted: false, refused, retryAfterMs: waitMs < 0 ? null : waitMs };
}

/** What reserve-3.lua returns. */
type ReserveAnswer = [0, number, number, number[]] | [1, number, number[]] | [2, number[]] | [3];

/** Two numbers for each limit; none for a raise. */
function toLeft(limits: readonly QuotaLimit[], numbers: readonly number[]): readonly QuotaLeft[] {
  if (numbers.length === 0) return [];
  return limits.flatMap(({ limit, ...key }, at) => {
    const [remaining = 0, resetsAtMs = -1] = numbers.slice(2 * at, 2 * at + 2);
    if (limit === null) return [];
    return [
      {
        limit: { ...key, limit },
        remaining: BigInt(remaining),
        resetsAtMs: resetsAtMs < 0 ? null : resetsAtMs,
      },
    ];
  });
}

/** The meters of many processes. The clock is the Redis server's; each operation is one script. */
export function createRedisQuota(redis: Redis, history: MeterHistory): Quota {
  const libraries = [printLuaRules(), lua('windows.lua'), lua('partition.lua')];
  const define = (name: string, file: string) => {
    const script = defineScript(redis, `heddleQuota${name}`, lua(file), ...libraries);
    return (partition: string, argument: unknown) =>
      script(partitionKeys(partition), [JSON.stringify(argument)]);
  };
  const reserve = define('Reserve', 'reserve-3.lua');
  const spend = define('Spend', 'spend-3.lua');
  const settle = define('Settle', 'settle-3.lua');
  const read = define('Read', 'read-3.lua');
  const begin = define('BeginSeed', 'begin-seed-3.lua');
  const apply = define('ApplySeed', 'apply-seed-3.lua');

  const seeder = new Seeder(history, {
    async begin(partition) {
      const [seq, untilMs, except] = (await begin(partition, null)) as [number, number, string[]];
      return { seq, untilMs, except };
    },
    async apply(partition, { seq, untilMs, keys, sums, calls }) {
      const answer = await apply(partition, {
        seq,
        untilMs,
        keys: keys.map((key) => [readScope(key), counterName(key), key.window, key.meter]),
        sums: sums.map((sum) => ({ ...sum, amounts: numbers(sum.amounts) })),
        calls: calls.map((call) => ({ ...call, amounts: numbers(call.amounts) })),
      });
      return answer === 1;
    },
  });
  const absent = (keys: readonly QuotaKey[], indexes: readonly number[]) => ({
    absent: keys.filter((_, at) => indexes.includes(at)),
  });

  return {
    reserve({ id, partition, scopes, amounts, limits, ttlMs, raise = false, together = [] }) {
      const request = {
        id,
        ttlMs,
        raise,
        scopes: [...new Set([...scopes, ...limits.map(readScope)])],
        amounts: numbers(amounts),
        together: together.map((part) => ({ id: part.id, amounts: numbers(part.amounts) })),
        limits: limits.map(limitArgument),
      };
      return seeder.run<ReservationDecision>(partition, async (round) => {
        const answer = (await reserve(partition, { ...request, round })) as ReserveAnswer;
        switch (answer[0]) {
          case 0:
            return { done: { ...refusedAt(limits, answer[1], answer[2]), left: toLeft(limits, answer[3]) } };
          case 1:
            return { done: { granted: true, atMs: answer[1], left: toLeft(limits, answer[2]) } };
          case 2:
            return absent(limits, answer[1]);
          case 3:
            throw metersUnknown();
        }
      });
    },
    async spend({ partition, amounts, limits }) {
      const request = { amounts: numbers(amounts), limits: limits.map(limitArgument) };
      const [kind, first, waitMs = -1] = (await spend(partition, request)) as [number, number, number?];
      if (kind === 1) return { granted: true, atMs: first };
      return refusedAt(limits, first, waitMs);
    },
    async settle(partition, id, actuals, scopes = undefined) {
      await settle(partition, { id, actuals: numbers(actuals), scopes: scopes ?? null });
    },
    async release(partition, id) {
      await settle(partition, { id, actuals: null, scopes: null });
    },
    read(partition, keys) {
      const request = keys.map((key) => [readScope(key), counterName(key), key.window, key.meter]);
      return seeder.run(partition, async () => {
        const [kind, answer] = (await read(partition, request)) as [number, (string | number)[]];
        if (kind === 2) return absent(keys, answer as number[]);
        return {
          done: keys.map((_, at) => ({
            spent: BigInt(answer[at * 2] ?? '0'),
            reserved: BigInt(answer[at * 2 + 1] ?? '0'),
          })),
        };
      });
    },
    async [Symbol.asyncDispose]() {},
  };
}
