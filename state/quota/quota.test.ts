import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LimitWindow } from '#core/graph-enums.generated.ts';
import { openWorkerState } from '#test/support/local-state.ts';
import { withRedis } from '#test/support/processes/with-redis.ts';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { FakeLedger } from './fake-ledger.ts';
import { createMemoryQuota } from './memory.ts';
import { createRedisQuota } from './redis.ts';
import { printLuaRules } from './rules.ts';
import { limitOn } from './suite/calls.ts';
import { quotaSuite } from './suite/quota-suite.ts';
import { calendarEndMs, slotEndMs, slotStartMs, windowStartMs } from './windows.ts';

quotaSuite(
  'memory',
  (history) => createMemoryQuota({ history }),
  async (_quota, history) => createMemoryQuota({ history }),
);

quotaSuite(
  'local',
  (history) => openWorkerState({ history }).openQuota(),
  async (_quota, history) => openWorkerState({ history }).openQuota(),
);

it('writes no rule of the meters in Lua that rules.ts has', () => {
  const folder = new URL('./lua/', import.meta.url);
  const scripts = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
  const rules = [...printLuaRules().matchAll(/^local (\w+) =/gm)].map(([, name]) => name);
  expect(rules).toContain('SEED_MS_MAX');
  const text = scripts.join('\n');
  expect(rules.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  expect(text.match(/^local [A-Z][A-Z_]* =.*$/gm)).toBeNull();
});

withRedis(
  'redis quota',
  (redis) => {
    quotaSuite(
      'redis',
      (history) => createRedisQuota(redis().commands, history),
      async (quota) => {
        await redis().admin.flushall();
        return quota;
      },
    );

    it('reckons every window in Lua as in TypeScript, in every month', async () => {
      const names = Object.values(LimitWindow).filter((name) => name !== 'INFLIGHT');
      const windows = readFileSync(new URL('./lua/windows.lua', import.meta.url), 'utf8');
      const script = `${printLuaRules()}${windows}
      local answers = {}
      for _, at in ipairs(ARGV) do
        for _, window in ipairs({ ${names.map((name) => `'${name}'`).join(', ')} }) do
          answers[#answers + 1] = string.format('%.4f', slot_end(window, tonumber(at)))
          answers[#answers + 1] = string.format('%.4f', slot_start(window, tonumber(at)))
          answers[#answers + 1] = string.format('%.4f', window_start(window, tonumber(at)))
        end
      end
      return answers`;
      const times: number[] = [];
      for (let month = 0; month < 12 * 12; month++) {
        const firstMs = Date.UTC(2020, month, 1);
        times.push(firstMs - 1, firstMs, firstMs + 14 * 86_400_000 + 12_345);
      }
      const answers = (await redis().admin.eval(script, 0, ...times)) as string[];
      const expected = times.flatMap((at) =>
        names.flatMap((window) => [
          slotEndMs(window, at).toFixed(4),
          slotStartMs(window, at).toFixed(4),
          windowStartMs(window, at).toFixed(4),
        ]),
      );
      expect(answers).toEqual(expected);
    });

    it('lets a slot leave in the very millisecond of its end, in Lua as in TypeScript', async () => {
      const [windows, partition] = ['windows', 'partition'].map((file) =>
        readFileSync(new URL(`./lua/${file}.lua`, import.meta.url), 'utf8'),
      );
      const script = `${printLuaRules()}${windows}\n${partition}
      local answers = {}
      for at = 999, 1000 do
        now = at
        answers[#answers + 1] = advance({ 'SECOND', 'TOKENS', 0, { { 0, 1000, 7, 0 } } })
      end
      return answers`;
      const keys = ['{slots}:counters', '{slots}:reservations', '{slots}:expiries'];
      expect(await redis().admin.eval(script, 3, ...keys)).toEqual([7, 0]);
    });

    it.each(['counters', 'reservations', 'expiries'])(
      'holds no room for calls in flight of a partition whose %s Redis has evicted',
      async (evicted) => {
        const quota = createRedisQuota(redis().commands, new FakeLedger());
        const partition = randomUUID();
        const limits = [limitOn('app:a', 'CONCURRENCY', 1n, 'INFLIGHT')];
        const asked = { partition, scopes: [], amounts: { CONCURRENCY: 1n }, limits, ttlMs: 60_000 };
        expect(await quota.reserve({ id: '1', ...asked })).toMatchObject({ granted: true });
        expect(await quota.reserve({ id: '2', ...asked })).toMatchObject({ granted: false });
        await redis().admin.del(`heddle:quota:{${partition}}:${evicted}`);
        expect(await quota.reserve({ id: '2', ...asked })).toMatchObject({ granted: true });
      },
    );

    it.each([
      [7_195_000, 1],
      [7_201_000, 2],
    ])(
      'forgets a counter that no limit has named for two hours: after %i ms it is read %i times',
      async (ms, reads) => {
        const ledger = new FakeLedger();
        const quota = createRedisQuota(redis().commands, ledger);
        const partition = randomUUID();
        const month = limitOn('app:a', 'COST', 10n, 'MONTH');
        await quota.read(partition, [month]);
        const age = `local counters = cmsgpack.unpack(redis.call('HGET', KEYS[1], 'app:a'))
      for _, counter in pairs(counters) do
        counter[3] = counter[3] - tonumber(ARGV[1])
      end
      redis.call('HSET', KEYS[1], 'app:a', cmsgpack.pack(counters))`;
        await redis().admin.eval(age, 1, `heddle:quota:{${partition}}:counters`, ms);
        await quota.read(partition, [limitOn('app:a', 'TOKENS', 10n, 'DAY')]);
        expect(ledger.reads).toBe(2);
        await quota.read(partition, [month]);
        expect(ledger.reads - 1).toBe(reads);
      },
    );

    it('remembers what is settled for a read of the ledger in progress, when one that began too long ago ends', async () => {
      const ledger = new FakeLedger();
      const later = new FakeLedger(ledger.rows);
      const { commands } = redis();
      const [one, two] = [createRedisQuota(commands, ledger), createRedisQuota(commands, later)];
      const partition = randomUUID();
      const limits = [limitOn('app:a', 'COST', 10n, 'MONTH'), limitOn('app:a', 'COST', 10n, 'DAY')] as const;
      const reads = [ledger, later].map((history) => {
        const [hasRead, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        history.afterRead = () => {
          hasRead.resolve();
          return mayEnd.promise;
        };
        return { hasRead: hasRead.promise, end: mayEnd.resolve };
      });
      const early = one.read(partition, [limits[0]]);
      await reads[0]?.hasRead;
      // It takes too long: settled calls are no longer remembered for it.
      await redis().admin.hset(`heddle:quota:{${partition}}:counters`, '#seeding', '0');
      const late = two.read(partition, [limits[1]]);
      await reads[1]?.hasRead;
      reads[0]?.end();
      await early;
      const asked = { partition, scopes: ['app:a'], amounts: { COST: 4n }, limits: [], ttlMs: 60_000 };
      expect(await one.reserve({ id: '1', ...asked })).toMatchObject({ granted: true });
      await one.settle(partition, '1', { COST: 3n }, ['app:a']);
      reads[1]?.end();
      expect(await late).toEqual([{ spent: 3n, reserved: 0n }]);
    });

    it('counts a call once that ends while two processes read the ledger', async () => {
      const ledger = new FakeLedger();
      const later = new FakeLedger(ledger.rows);
      const [one, two] = [ledger, later].map((history) => createRedisQuota(redis().commands, history));
      if (one === undefined || two === undefined) throw new Error('There are two.');
      const partition = randomUUID();
      const limits = [limitOn('app:a', 'COST', 10n, 'MONTH'), limitOn('app:a', 'COST', 10n, 'DAY')] as const;
      ledger.open('1', Date.now() - 10, ['app:a'], { COST: 4n });
      const hasBegun = Promise.withResolvers<void>();
      const mayRead = Promise.withResolvers<void>();
      later.beforeRead = () => {
        hasBegun.resolve();
        return mayRead.promise;
      };
      ledger.afterRead = () => hasBegun.promise;
      const first = one.read(partition, [limits[0]]);
      const second = two.read(partition, [limits[1]]);
      expect(await first).toEqual([{ spent: 0n, reserved: 4n }]);
      ledger.close('1', { COST: 3n });
      mayRead.resolve();
      expect(await second).toEqual([{ spent: 0n, reserved: 4n }]);
      await one.settle(partition, '1', { COST: 3n }, ['app:a']);
      expect(await two.read(partition, limits)).toEqual(limits.map(() => ({ spent: 3n, reserved: 0n })));
    });
  },
  'heddle-gateway',
);

describe('memory quota over time', () => {
  const ttlMs = 60_000;

  function at(startMs: number) {
    const clock = { nowMs: startMs };
    const ledger = new FakeLedger();
    const open = () => createMemoryQuota({ now: () => clock.nowMs, history: ledger });
    return { clock, ledger, open, quota: open() };
  }

  it('never has more than the limit in any minute, whatever the moments of the calls', async () => {
    const random = createRandom(printedSeed('memory quota'));
    const { clock, quota } = at(Date.UTC(2026, 0, 1));
    const granted: number[] = [];
    for (let call = 0; call < 5_000; call++) {
      clock.nowMs += random.below(2_000);
      const limits = [limitOn('key:a', 'REQUESTS', 20n, 'MINUTE')];
      const asked = { partition: 'p', scopes: [], amounts: { REQUESTS: 1n }, limits, ttlMs: 1_000 };
      const decision = await quota.reserve({ id: String(call), ...asked });
      if (!decision.granted) continue;
      await quota.settle('p', String(call), {});
      granted.push(clock.nowMs);
    }
    const fullest = Math.max(
      ...granted.map((from) => granted.filter((time) => time >= from && time < from + 60_000).length),
    );
    expect(fullest).toBeLessThanOrEqual(20);
    expect(granted.length).toBeGreaterThan(5_000 / 60 / 2);
  });

  it('begins calendar windows at midnight UTC and on the first of the month', () => {
    const time = Date.UTC(2028, 1, 28, 23, 59, 59, 999);
    expect(calendarEndMs('DAY', time)).toBe(Date.UTC(2028, 1, 29));
    expect(calendarEndMs('MONTH', time)).toBe(Date.UTC(2028, 2, 1));
    expect(calendarEndMs('MONTH', Date.UTC(2026, 11, 31))).toBe(Date.UTC(2027, 0, 1));
    expect(calendarEndMs('INFLIGHT', time)).toBe(Number.POSITIVE_INFINITY);
  });

  it.each(['DAY', 'MONTH'] as const)(
    'counts a call in the %s that it began in, settled, raised and read back',
    async (window) => {
      const { clock, ledger, open, quota } = at(Date.UTC(2026, 0, 31, 23, 59, 59, 0));
      const limits = [limitOn('app:a', 'COST', 10n, window)];
      await quota.read('p', limits);
      clock.nowMs += 999;
      const asked = { partition: 'p', scopes: ['app:a'], amounts: { COST: 10n }, limits, ttlMs };
      const first = await quota.reserve({ id: '1', ...asked });
      if (!first.granted) throw new Error('It was refused.');
      ledger.open('1', first.atMs, ['app:a'], asked.amounts);
      expect(await quota.reserve({ id: '2', ...asked })).toMatchObject({
        granted: false,
        retryAfterMs: 1_000,
      });
      // The window ends now.
      clock.nowMs += 1;
      const second = await quota.reserve({ id: '2', ...asked });
      if (!second.granted) throw new Error('It was refused.');
      ledger.open('2', second.atMs, ['app:a'], asked.amounts);
      expect(await quota.reserve({ id: '1', ...asked, amounts: { COST: 12n }, raise: true })).toEqual({
        ...first,
        left: [],
      });
      ledger.close('1', { COST: 9n });
      await quota.settle('p', '1', { COST: 9n });
      for (const store of [quota, open()]) {
        expect(await store.read('p', limits)).toEqual([{ spent: 0n, reserved: 10n }]);
      }
    },
  );

  it('waits no longer than to the end of the window', async () => {
    const { clock, quota } = at(Date.UTC(2026, 11, 31, 23, 59, 58));
    const limits = [limitOn('app:a', 'COST', 10n, 'MONTH')];
    const asked = { partition: 'p', scopes: [], amounts: { COST: 10n }, limits, ttlMs };
    await quota.read('p', limits);
    clock.nowMs += 1;
    await quota.reserve({ id: '1', ...asked });
    await quota.settle('p', '1', {});
    expect(await quota.reserve({ id: '2', ...asked })).toMatchObject({ granted: false, retryAfterMs: 1_999 });
    clock.nowMs += 1_999;
    expect(await quota.reserve({ id: '2', ...asked })).toMatchObject({ granted: true });
  });

  it('reads an hour back in the slots that it was counted in, which leave it in time', async () => {
    const { clock, ledger, open } = at(Date.UTC(2026, 2, 1, 0, 30));
    const spentAt: number[] = [];
    for (let minute = 0; minute < 120; minute += 7) {
      const time = clock.nowMs - 7_200_000 + minute * 60_000;
      spentAt.push(time);
      ledger.open(`r${minute}`, time, ['key:a'], { TOKENS: 1n });
      ledger.close(`r${minute}`, { TOKENS: 1n });
    }
    const limits = [limitOn('key:a', 'TOKENS', 100n, 'HOUR'), limitOn('key:a', 'TOKENS', 100n, 'DAY')];
    const quota = open();
    for (let minute = 0; minute < 70; minute += 3) {
      const [hour, day] = await quota.read('p', limits);
      const within = spentAt.filter((time) => time > clock.nowMs - 3_600_000);
      expect(hour?.spent).toBe(BigInt(within.length));
      expect(day?.spent).toBe(BigInt(spentAt.filter((time) => time >= Date.UTC(2026, 2, 1)).length));
      clock.nowMs += 180_000;
    }
  });

  it('counts once what is settled while the ledger is read for longer than settled calls are remembered', async () => {
    const { clock, ledger, quota } = at(Date.UTC(2026, 2, 1));
    const limits = [limitOn('app:a', 'COST', 10n, 'MONTH')];
    const asked = { partition: 'p', scopes: ['app:a'], amounts: { COST: 4n }, limits: [], ttlMs: 600_000 };
    const decision = await quota.reserve({ id: '1', ...asked });
    if (!decision.granted) throw new Error('It was refused.');
    ledger.open('1', decision.atMs, ['app:a'], asked.amounts);
    ledger.afterRead = async () => {
      ledger.afterRead = async () => undefined;
      clock.nowMs += 121_000;
      ledger.close('1', { COST: 3n });
      await quota.settle('p', '1', { COST: 3n }, ['app:a']);
    };
    expect(await quota.read('p', limits)).toEqual([{ spent: 3n, reserved: 0n }]);
    expect(ledger.reads).toBe(2);
  });

  it('counts what begins and ends while the ledger is read, also when that takes minutes', async () => {
    const { clock, ledger, quota } = at(Date.UTC(2026, 2, 1));
    const limits = [limitOn('app:a', 'COST', 10n, 'MONTH')];
    const asked = { partition: 'p', scopes: ['app:a'], amounts: { COST: 4n }, limits: [], ttlMs: 600_000 };
    ledger.afterRead = async () => {
      ledger.afterRead = async () => undefined;
      clock.nowMs += 61_000;
      await quota.read('other', []);
      const decision = await quota.reserve({ id: '1', ...asked });
      if (!decision.granted) throw new Error('It was refused.');
      ledger.open('1', decision.atMs, ['app:a'], asked.amounts);
      ledger.close('1', { COST: 3n });
      await quota.settle('p', '1', { COST: 3n }, ['app:a']);
    };
    expect(await quota.read('p', limits)).toEqual([{ spent: 3n, reserved: 0n }]);
  });

  it('forgets counters that no limit names for hours, and reads them again', async () => {
    const { clock, ledger, quota } = at(Date.UTC(2026, 2, 1));
    const limits = [limitOn('app:a', 'COST', 10n, 'MONTH')];
    await quota.read('p', limits);
    clock.nowMs += 3_600_000;
    await quota.read('p', limits);
    expect(ledger.reads).toBe(1);
    clock.nowMs += 3 * 3_600_000;
    await quota.read('p', limits);
    clock.nowMs += 3 * 3_600_000;
    await quota.read('other', []);
    await quota.read('p', limits);
    expect(ledger.reads).toBe(3);
  });
});
