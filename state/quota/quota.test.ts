import { describe, expect, it } from 'vitest';
import { printedSeed, randomOf } from '#test/support/random.ts';
import { withRedis } from '#test/support/with-redis.ts';
import { createMemoryQuota } from './memory.ts';
import { demand, quotaSuite } from './quota-suite.ts';
import { createRedisQuota } from './redis.ts';
import { calendarEndMs } from './windows.ts';

quotaSuite('memory', () => createMemoryQuota());

withRedis('redis quota', (redis) => {
  quotaSuite('redis', () => createRedisQuota(redis().commands));
});

describe('memory quota over time', () => {
  it('never has more than the limit in any minute, whatever the moments of the calls', async () => {
    const random = randomOf(printedSeed('memory quota'));
    let nowMs = Date.UTC(2026, 0, 1);
    const quota = createMemoryQuota({ now: () => nowMs });
    const granted: number[] = [];
    for (let call = 0; call < 5_000; call++) {
      nowMs += random.below(2_000);
      const demands = [demand('key:a', 'REQUESTS', 1n, 20n, 'MINUTE')];
      const decision = await quota.reserve({ id: String(call), partition: 'p', demands, ttlMs: 1_000 });
      if (!decision.granted) continue;
      await quota.settle('p', String(call), {});
      granted.push(nowMs);
    }
    const fullest = Math.max(
      ...granted.map((from) => granted.filter((at) => at >= from && at < from + 60_000).length),
    );
    expect(fullest).toBeLessThanOrEqual(20);
    expect(granted.length).toBeGreaterThan(5_000 / 60 / 2);
  });

  it('begins calendar windows at midnight UTC and on the first of the month', () => {
    const at = Date.UTC(2028, 1, 28, 23, 59, 59, 999);
    expect(calendarEndMs('DAY', at)).toBe(Date.UTC(2028, 1, 29));
    expect(calendarEndMs('MONTH', at)).toBe(Date.UTC(2028, 2, 1));
    expect(calendarEndMs('MONTH', Date.UTC(2026, 11, 31))).toBe(Date.UTC(2027, 0, 1));
    expect(calendarEndMs('INFLIGHT', at)).toBe(Number.POSITIVE_INFINITY);
  });

  it('settles a call in the window that it began in', async () => {
    let nowMs = Date.UTC(2026, 0, 31, 23, 59, 59);
    const quota = createMemoryQuota({ now: () => nowMs });
    const demands = [demand('budget:b', 'COST', 10n, 10n, 'MONTH')];
    await quota.reserve({ id: '1', partition: 'p', demands, ttlMs: 60_000 });
    nowMs = Date.UTC(2026, 1, 1, 0, 0, 1);
    expect(await quota.reserve({ id: '2', partition: 'p', demands, ttlMs: 60_000 })).toEqual({
      granted: true,
    });
    await quota.settle('p', '1', { COST: 9n });
    expect(await quota.read('p', demands)).toEqual([{ spent: 0n, reserved: 10n }]);
  });
});
