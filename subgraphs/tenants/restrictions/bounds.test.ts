import { describe, expect, it } from 'vitest';
import { anonymousCaller, type CallerLimit } from '#core/caller.ts';
import type { ApiKeyRecord } from '#mongo/api-keys.ts';
import type { LimitRecord } from '#mongo/limit.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { impliesLimit, narrowLimits } from '../limits/limit-bounds.ts';
import { type Bounds, boundsOfCaller, findExcess, requireAnotherKey } from './bounds.ts';

const unbounded: Bounds = {
  scopes: ['a', 'b'],
  models: null,
  prompts: null,
  limits: [],
  allowedIps: null,
  expiresAtMs: null,
};
const limit = (text: string): LimitRecord => {
  const [, meter = '', window = '', amount = '0'] = /^(\w+)\/(\w+)=(\d+)$/.exec(text) ?? [];
  return { meter, window, amount: BigInt(amount) } as LimitRecord;
};
const limits = (...texts: string[]) => ({ limits: texts.map(limit) });

/** Inner bounds, outer bounds, and the dimensions in which the inner ones exceed. */
const table: readonly (readonly [Partial<Bounds>, Partial<Bounds>, readonly string[]])[] = [
  [{}, {}, []],
  [{ scopes: [] }, { scopes: [] }, []],
  [{ scopes: ['a'] }, {}, []],
  [{ scopes: ['a', 'c'] }, {}, ['scopes']],
  [{ scopes: ['tenants:read'] }, { scopes: ['tenants:admin'] }, []],
  [{ scopes: ['tenants:admin'] }, { scopes: ['tenants:read', 'tenants:write'] }, ['scopes']],
  [{ models: ['m'] }, {}, []],
  [{}, { models: ['m'] }, ['models']],
  [{ models: [] }, { models: ['m'] }, []],
  [{ models: ['m', 'n'] }, { models: ['m'] }, ['models']],
  [{}, { models: [] }, ['models']],
  [{ prompts: ['p'] }, { prompts: ['p', 'q'] }, []],
  [{}, { prompts: ['p'] }, ['prompts']],
  [{ expiresAtMs: 5 }, {}, []],
  [{ expiresAtMs: 5 }, { expiresAtMs: 5 }, []],
  [{ expiresAtMs: 6 }, { expiresAtMs: 5 }, ['expiresAt']],
  [{}, { expiresAtMs: 5 }, ['expiresAt']],
  [{ allowedIps: ['10.0.0.1'] }, {}, []],
  [{}, { allowedIps: ['10.0.0.1'] }, ['allowedIps']],
  [{ allowedIps: ['10.0.0.0/8'] }, { allowedIps: ['10.0.0.0/8'] }, []],
  [{ allowedIps: ['10.1.2.3/32', '10.9.0.0/16'] }, { allowedIps: ['10.0.0.0/8'] }, []],
  [{ allowedIps: ['10.0.0.0/7'] }, { allowedIps: ['10.0.0.0/8'] }, ['allowedIps']],
  [{ allowedIps: ['10.0.0.1', '11.0.0.1'] }, { allowedIps: ['10.0.0.0/8'] }, ['allowedIps']],
  [{ allowedIps: ['10.0.0.0/8'] }, { allowedIps: ['10.128.0.0/9', '10.0.0.0/9'] }, []],
  [{ allowedIps: ['10.0.0.0/8'] }, { allowedIps: ['10.128.0.0/9', '10.0.0.0/10'] }, ['allowedIps']],
  [{ allowedIps: ['10.0.0.9'] }, { allowedIps: ['10.0.0.77/8'] }, []],
  [{ allowedIps: ['::ffff:10.0.0.9'] }, { allowedIps: ['10.0.0.0/8'] }, []],
  [{ allowedIps: ['10.0.0.9'] }, { allowedIps: ['::ffff:a00:0/104'] }, []],
  [{ allowedIps: ['10.0.0.9'] }, { allowedIps: ['::/0'] }, []],
  [{ allowedIps: ['0.0.0.0/0'] }, { allowedIps: ['2001:db8::/32'] }, ['allowedIps']],
  [{ allowedIps: ['::/0'] }, { allowedIps: ['0.0.0.0/0'] }, ['allowedIps']],
  [{ allowedIps: ['2001:db8:0:1::/64', '2001:DB8::1'] }, { allowedIps: ['2001:db8::/32'] }, []],
  [{ allowedIps: ['2001:db9::'] }, { allowedIps: ['2001:db8::/32'] }, ['allowedIps']],
  [{ allowedIps: ['fe80::1%lo'] }, { allowedIps: ['::/0'] }, ['allowedIps']],
  [{ allowedIps: ['10.0.0.1/33', 'x'] }, { allowedIps: ['0.0.0.0/0'] }, ['allowedIps']],
  [limits('REQUESTS/DAY=5'), {}, []],
  [{}, limits('REQUESTS/DAY=5'), ['limits']],
  [limits('REQUESTS/DAY=5'), limits('REQUESTS/DAY=5'), []],
  [limits('REQUESTS/DAY=6'), limits('REQUESTS/DAY=5'), ['limits']],
  [limits('TOKENS/DAY=1'), limits('REQUESTS/DAY=5'), ['limits']],
  [limits('COST/DAY=4'), limits('COST/DAY=5', 'COST/MONTH=50'), ['limits']],
  [limits('COST/DAY=4', 'COST/MONTH=50'), limits('COST/DAY=5', 'COST/MONTH=50'), []],
  [limits('COST/MONTH=5'), limits('COST/DAY=5', 'COST/MONTH=50'), []],
  [limits('COST/DAY=1'), limits('COST/MONTH=31'), []],
  [limits('COST/DAY=1'), limits('COST/MONTH=30'), ['limits']],
  [limits('REQUESTS/MINUTE=1'), limits('REQUESTS/HOUR=60'), []],
  [limits('REQUESTS/MINUTE=1'), limits('REQUESTS/HOUR=59'), ['limits']],
  [limits('REQUESTS/HOUR=1'), limits('REQUESTS/DAY=24', 'REQUESTS/SECOND=1'), []],
  [limits('REQUESTS/DAY=5'), limits('REQUESTS/HOUR=10'), []],
  [limits('REQUESTS/DAY=5'), limits('REQUESTS/HOUR=9'), ['limits']],
  [limits('CONCURRENCY/INFLIGHT=3'), limits('CONCURRENCY/INFLIGHT=3'), []],
  [limits('CONCURRENCY/INFLIGHT=4'), limits('CONCURRENCY/INFLIGHT=3'), ['limits']],
  [limits('REQUESTS/SECOND=1'), limits('CONCURRENCY/INFLIGHT=3'), ['limits']],
  [limits('READS/MINUTE=5'), limits('READS/MINUTE=4'), ['limits']],
  [
    { scopes: ['c'], expiresAtMs: null, ...limits() },
    { expiresAtMs: 1, ...limits('COST/DAY=1') },
    ['scopes', 'limits', 'expiresAt'],
  ],
];

describe('the bounds of one key', () => {
  it.each(table)('%o within %o exceed them in %j', (inner, outer, dimensions) => {
    const excess = findExcess({ ...unbounded, ...inner }, { ...unbounded, ...outer });
    expect(excess.map((text) => text.split(' ')[0])).toEqual(dimensions);
  });

  it('that are within others which are within third ones are within those', () => {
    const all = table.flatMap(([inner, outer]) => [
      { ...unbounded, ...inner },
      { ...unbounded, ...outer },
    ]);
    let compared = 0;
    for (const a of all) {
      for (const b of all.filter((bounds) => findExcess(a, bounds).length === 0)) {
        for (const c of all.filter((bounds) => findExcess(b, bounds).length === 0)) {
          expect(findExcess(a, c)).toEqual([]);
          compared += 1;
        }
      }
    }
    expect(compared).toBeGreaterThan(1_000);
  });
});

const windows = ['SECOND', 'MINUTE', 'HOUR', 'DAY', 'MONTH'] as const;
const lengthMs = { SECOND: 1_000, MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000, MONTH: 31 * 86_400_000 };

/** The most calls of these times that lie in one window. */
function mostIn(window: (typeof windows)[number], timesMs: readonly number[]): number {
  const isCalendar = window === 'DAY' || window === 'MONTH';
  const day = (ms: number) => new Date(ms).toISOString().slice(0, window === 'DAY' ? 10 : 7);
  const counts = timesMs.map(
    (first) =>
      timesMs.filter((ms) =>
        isCalendar ? day(ms) === day(first) : ms >= first && ms < first + lengthMs[window],
      ).length,
  );
  return Math.max(0, ...counts);
}

describe('what a caller may give to a key', () => {
  const requests = (subject: string, amount: string, budget?: CallerLimit['budget']): CallerLimit => ({
    subject,
    meter: 'REQUESTS',
    window: 'DAY',
    amount,
    ...(budget === undefined ? {} : { budget }),
  });
  const caller = {
    ...anonymousCaller,
    limits: [
      requests('tenant:t', '1'),
      requests('budget:of-the-tenant', '2', { hard: true }),
      requests('budget:of-the-app', '3', { hard: false, appId: 'a' }),
      requests('app:a', '4'),
      requests('app:of-a-maker', '5'),
      requests('key:k', '6'),
      requests('key:of-a-maker', '7'),
    ],
    modelLists: [
      { subject: 'tenant:t', patterns: ['of-the-plan/*'] },
      { subject: 'app:a', patterns: ['m/one', 'm/two'] },
      { subject: 'key:k', patterns: ['m/one', 'm/three'] },
    ],
  };

  it.each([
    ['a', [5n, 6n, 7n], ['m/one', 'm/three']],
    ['b', [4n, 5n, 6n, 7n], ['m/one']],
  ])(
    'of the app %s is bound by its own key, app and makers, and not by what binds that key anyway',
    (appId, amounts, models) => {
      const bounds = boundsOfCaller(caller, { _id: appId });
      expect(bounds.limits.map(({ amount }) => amount)).toEqual(amounts);
      expect(bounds.models).toEqual(models);
    },
  );

  it.each([
    ['itself', { _id: 'k', lineId: 'line' }, false],
    ['what it was rotated from or to', { _id: 'other', lineId: 'line' }, false],
    ['another key', { _id: 'other', lineId: 'another line' }, true],
  ])('is no change of %s', (_what, key, isAllowed) => {
    const change = () =>
      requireAnotherKey({ ...anonymousCaller, keyId: 'k', keyLineId: 'line' }, key as ApiKeyRecord);
    if (isAllowed) expect(change()).toBeUndefined();
    else expect(change).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
  });
});

describe('limits that imply another', () => {
  it('admit no sequence of calls that would exceed the other', async () => {
    const random = createRandom(printedSeed('implied limits'));
    let refused = 0;
    let reached = 0;
    for (let round = 0; round < 150; round++) {
      const window = random.pick(windows);
      const other = random.pick(windows);
      const inner: LimitRecord = { meter: 'REQUESTS', window, amount: BigInt(1 + random.below(5)) };
      let least = 1n;
      while (!impliesLimit([inner], { meter: 'REQUESTS', window: other, amount: least })) least *= 2n;
      while (least > 1n && impliesLimit([inner], { ...inner, window: other, amount: least - 1n }))
        least -= 1n;
      let nowMs = Date.UTC(2026, 0, 31, 23, 59, 59) - random.below(3) * lengthMs[window];
      await using quota = createMemoryQuota({ now: () => nowMs });
      const granted: number[] = [];
      for (let call = 0; call < 80; call++) {
        const decision = await quota.reserve({
          id: `${call}`,
          partition: 't',
          scopes: [],
          amounts: { REQUESTS: 1n },
          limits: [{ subject: 'key:k', meter: 'REQUESTS', window, limit: inner.amount }],
          ttlMs: 1e12,
        });
        if (decision.granted) granted.push(nowMs);
        else refused += 1;
        nowMs += random.below(Math.max(2, lengthMs[window] / random.pick([2, 4, 20])));
      }
      const most = BigInt(mostIn(other, granted));
      expect(most).toBeLessThanOrEqual(least);
      if (most === least) reached += 1;
    }
    expect(refused).toBeGreaterThan(100);
    expect(reached).toBeGreaterThan(10);
  });
});

describe('narrowLimits', () => {
  it('makes any limits imply the others', () => {
    const all = table.flatMap(([inner, outer]) => [inner.limits ?? [], outer.limits ?? []]);
    for (const one of all) {
      for (const other of all) {
        const narrowed = narrowLimits(one, other);
        for (const each of [...one, ...other]) expect(impliesLimit(narrowed, each)).toBe(true);
      }
    }
    expect(narrowLimits([limit('COST/DAY=5')], [limit('COST/DAY=3'), limit('COST/MONTH=9')])).toEqual([
      limit('COST/DAY=3'),
      limit('COST/MONTH=9'),
    ]);
  });
});
