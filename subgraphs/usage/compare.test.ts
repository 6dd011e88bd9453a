import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiKeys } from '#mongo/api-keys.ts';
import { budgets } from '#mongo/budgets.ts';
import { invocations } from '#mongo/invocations.ts';
import { ask, askForData, testCaller } from '#test/support/subgraph.ts';
import {
  acme,
  everyone,
  openUsageMesh,
  other,
  row,
  tokens,
  type UsageMesh,
} from '#test/support/usage-mesh.ts';
import { toExpectedNanos } from './forecast/read-spend.ts';

const hourMs = 3_600_000;
/** 486 hours are left of the month. */
const nowMs = Date.UTC(2026, 5, 10, 18);
let mesh: UsageMesh;
beforeAll(async () => {
  mesh = await openUsageMesh(() => nowMs);
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const usage = `query ($from: DateTime!, $to: DateTime!, $interval: UsageInterval!, $by: [UsageDimension!]!, $orderBy: UsageOrder!, $top: Int) {
  usage(from: $from, to: $to, interval: $interval, by: $by, orderBy: $orderBy, top: $top) {
    start keys requests cost previous { start requests cost latencyMsP50 }
  }
}`;
const all = {
  from: '2026-01-01T00:00:00Z',
  to: '2026-03-01T00:00:00Z',
  interval: 'ALL',
  by: ['KEY'],
  orderBy: 'KEYS',
};

interface Bucket {
  readonly start: string | null;
  readonly keys: Readonly<Record<string, string | null>>;
  readonly requests: number;
  readonly cost: string;
  readonly previous: Omit<Bucket, 'keys' | 'previous'> | null;
}
const read = async (caller: typeof acme, rest: object) =>
  (await askForData<{ usage: Bucket[] }>(mesh.subgraph, caller, usage, { ...all, ...rest })).usage;

describe('a top list', () => {
  const caller = testCaller('ranked', 'usage:read');
  beforeAll(async () => {
    const own = { tenantId: 'ranked' };
    await invocations(mesh.database.connection).insertMany([
      row('t1', '2026-01-05T00:00:00Z', { ...own, keyId: 'a', costNanos: 5n }),
      row('t2', '2026-01-05T00:00:00Z', {
        ...own,
        keyId: 'b',
        costNanos: 9n,
        status: 'FAILED',
        usage: tokens(1, 60),
      }),
      row('t3', '2026-01-06T00:00:00Z', { ...own, keyId: 'a', costNanos: 1n }),
      row('t4', '2026-01-06T00:00:00Z', { ...own, keyId: 'c', costNanos: 2n }),
      row('t5', '2026-01-06T00:00:00Z', {
        ...own,
        keyId: 'd',
        costNanos: 2n,
        status: 'FAILED',
        usage: tokens(100, 1),
      }),
      row('t6', '2026-01-06T00:00:00Z', { ...own, keyId: 'c' }),
      row('t7', '2026-01-06T00:00:00Z', { ...own, keyId: 'c' }),
    ]);
  });

  it.each([
    ['KEYS', ['a', 'b', 'c', 'd']],
    ['REQUESTS', ['c', 'a', 'b', 'd']],
    ['FAILURES', ['b', 'd', 'a', 'c']],
    ['TOKENS', ['d', 'b', 'c', 'a']],
    ['COST', ['b', 'a', 'c', 'd']],
  ])('has the highest of %s first, equal ones by their keys', async (orderBy, keys) => {
    expect((await read(caller, { orderBy })).map((bucket) => bucket.keys.key)).toEqual(keys);
  });

  it('has the first of each start', async () => {
    const top = await read(caller, { orderBy: 'COST', top: 1, interval: 'DAY' });
    expect(top.map(({ start, keys }) => [start?.slice(0, 10), keys.key])).toEqual([
      ['2026-01-05', 'b'],
      ['2026-01-06', 'c'],
    ]);
  });

  it('has the first by their keys where nothing else is requested', async () => {
    expect((await read(caller, { top: 2 })).map((bucket) => bucket.keys.key)).toEqual(['a', 'b']);
  });

  it('is of 1 to 10,000 buckets', async () => {
    for (const top of [0, 10_001]) {
      expect(await mesh.refusal(caller, usage, { ...all, top })).toMatch(/^BAD_USER_INPUT: top/);
    }
  });

  it("has none of another tenant's", async () => {
    expect(await read(testCaller('stranger', 'usage:read'), { orderBy: 'COST', top: 3 })).toEqual([]);
  });
});

describe('the range before', () => {
  it('is as long, with the same keys beside each bucket', async () => {
    const range = { from: '2026-01-31T00:00:00Z', to: '2026-03-02T00:00:00Z', by: ['MODEL'] };
    expect(await read(acme, range)).toEqual([
      {
        ...{ start: null, keys: { model: 'demo/echo' }, requests: 2, cost: '9007199.254740993' },
        previous: { start: null, requests: 2, cost: '0.000123400', latencyMsP50: expect.closeTo(100, -1) },
      },
    ]);
  });

  it('is as many months for the interval MONTH', async () => {
    const months = { from: '2026-02-01T00:00:00Z', to: '2026-03-01T00:00:00Z', interval: 'MONTH', by: [] };
    expect(await read(acme, months)).toMatchObject([
      {
        start: '2026-02-01T00:00:00.000Z',
        requests: 2,
        previous: { start: '2026-01-01T00:00:00.000Z', requests: 3 },
      },
    ]);
  });

  it('has the bucket at the same place in its range', async () => {
    const day = { from: '2026-01-02T00:00:00Z', to: '2026-01-03T00:00:00Z', interval: 'HOUR', by: [] };
    expect(await read(acme, day)).toMatchObject([{ start: '2026-01-02T00:00:00.000Z', previous: null }]);
    const later = { ...day, from: '2026-01-02T10:00:00Z', to: '2026-01-03T10:00:00Z' };
    await invocations(mesh.database.connection).create(row('c1', '2026-01-02T10:20:00Z'));
    expect(await read(acme, later)).toMatchObject([
      { start: '2026-01-02T10:00:00.000Z', previous: { start: '2026-01-01T10:00:00.000Z', requests: 2 } },
    ]);
  });

  it("has nothing of another tenant's, and all of them for tenants:admin", async () => {
    const range = { from: '2026-02-01T00:00:00Z', to: '2026-03-10T00:00:00Z', by: ['TENANT'] };
    expect(await read(other, range)).toEqual([]);
    expect(await read(everyone, range)).toMatchObject([
      { keys: { tenant: 'acme' }, previous: { requests: 4 } },
    ]);
  });

  it('is refused where its buckets would not be as long', async () => {
    const refuse = (rest: object) => mesh.refusal(acme, usage, { ...all, ...rest });
    expect(await refuse({ to: '2026-01-02T00:00:01Z', interval: 'DAY' })).toMatch(
      /^BAD_USER_INPUT: previous .*days/,
    );
    expect(await refuse({ to: '2026-01-01T00:30:00Z', interval: 'HOUR' })).toMatch(
      /^BAD_USER_INPUT: previous .*hours/,
    );
    expect(await refuse({ to: '2026-01-09T00:00:00Z', interval: 'MONTH' })).toMatch(
      /^BAD_USER_INPUT: previous .*month/,
    );
    const without = 'query { usage(from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:01Z") { requests } }';
    expect((await ask(mesh.subgraph, acme, without)).errors).toBeUndefined();
  });
});

describe('the forecast of the month', () => {
  const forecast = `query ($filter: UsageFilter) { costForecast(filter: $filter) { from to spent expected } }`;
  const ofBudgets = `query ($refs: [_Any!]!) {
    _entities(representations: $refs) { ... on Budget { forecast { from to spent expected exhaustedAt } } }
  }`;
  const steady = testCaller('steady', 'usage:read');
  const readForecast = async (caller: typeof acme, filter: object = {}) =>
    (await askForData<{ costForecast: object }>(mesh.subgraph, caller, forecast, { filter })).costForecast;
  const readBudgets = async (caller: typeof acme, ...ids: string[]) => {
    const refs = ids.map((id) => ({ __typename: 'Budget', id }));
    type Answer = { readonly _entities: readonly { readonly forecast: object | null }[] };
    const { _entities } = await askForData<Answer>(mesh.subgraph, caller, ofBudgets, { refs });
    return _entities.map((one) => one.forecast);
  };
  const month = { from: '2026-06-01T00:00:00.000Z', to: '2026-07-01T00:00:00.000Z' };

  beforeAll(async () => {
    const { connection } = mesh.database;
    // A dollar for each of the 48 hours before; 486 hours are left of the month.
    const rows = Array.from({ length: 48 }, (_, n) => {
      const at = new Date(nowMs - n * hourMs - 60_000).toISOString();
      const place =
        n % 2 === 0 ? { appId: 'app1', keyId: 'k1', teamId: 'team1' } : { appId: 'app2', keyId: 'k2' };
      return row(`f${n}`, at, { tenantId: 'steady', costNanos: 1_000_000_000n, ...place });
    });
    await invocations(connection).insertMany(rows);
    const budget = (_id: string, dollars: bigint, rest: object = {}) => ({
      ...{ _id, tenantId: 'steady', appId: null, amountNanos: dollars * 1_000_000_000n, window: 'MONTH' },
      ...{ alertAt: [], hard: true, createdAt: new Date(nowMs), ...rest },
    });
    await budgets(connection).insertMany([
      budget('short', 58n),
      budget('ample', 1_000n),
      budget('spent', 24n, { appId: 'app1' }),
      budget('daily', 18n, { window: 'DAY' }),
      budget('ofKey', 1n, { keyLineId: 'line' }),
      budget('hidden', 1n, { hidden: true }),
      budget('ofTeam', 1_000n, { teamId: 'team1' }),
      budget('ahead', 1n, { tenantId: 'ahead' }),
    ]);
    await apiKeys(connection).collection.insertMany([
      { _id: 'k2', lineId: 'line', tenantId: 'steady', keyHash: 'h2' },
      { _id: 'k9', lineId: 'line', tenantId: 'steady', keyHash: 'h9' },
    ] as never);
  });

  it('adds what is usual to what is spent', async () => {
    expect(await readForecast(steady)).toEqual({
      ...{ ...month, spent: '48.000000000', expected: '534.000000000' },
    });
    expect(await readForecast(steady, { appId: 'app1' })).toEqual({
      ...{ ...month, spent: '24.000000000', expected: '267.000000000' },
    });
  });

  it("is of the own calls, of another tenant's with tenants:admin alone", async () => {
    const none = { ...month, spent: '0.000000000', expected: null };
    const stranger = testCaller('stranger', 'usage:read');
    expect(await readForecast(stranger)).toEqual(none);
    expect(await readForecast(stranger, { tenantId: 'steady' })).toEqual(none);
    expect(await readForecast(everyone, { tenantId: 'steady' })).toMatchObject({ spent: '48.000000000' });
    expect(await mesh.refusal(testCaller('steady', 'inference:invoke'), forecast)).toMatch(/^FORBIDDEN/);
  });

  it('states when a budget is used up, in its own window and of its own calls', async () => {
    const spent = '48.000000000';
    expect(await readBudgets(steady, 'short', 'ample', 'spent', 'daily', 'ofKey')).toEqual([
      {
        ...month,
        spent,
        expected: '534.000000000',
        exhaustedAt: new Date(nowMs + 10 * hourMs).toISOString(),
      },
      { ...month, spent, expected: '534.000000000', exhaustedAt: null },
      {
        ...{ ...month, spent: '24.000000000', expected: '267.000000000' },
        exhaustedAt: new Date(nowMs).toISOString(),
      },
      {
        ...{ from: '2026-06-10T00:00:00.000Z', to: '2026-06-11T00:00:00.000Z', spent: '18.000000000' },
        ...{ expected: '24.000000000', exhaustedAt: new Date(nowMs).toISOString() },
      },
      expect.objectContaining({ spent: '24.000000000' }),
    ]);
    expect(await readBudgets(steady, 'ofTeam')).toMatchObject([{ spent: '24.000000000', exhaustedAt: null }]);
  });

  it('counts calls of processes whose clock is ahead by up to a minute, and states nothing without a day of history', async () => {
    const at = (ms: number) => new Date(nowMs + ms).toISOString();
    const own = { tenantId: 'ahead', costNanos: 1_000_000_000n };
    await invocations(mesh.database.connection).insertMany([
      row('ahead1', at(59_000), own),
      row('ahead2', at(60_000), own),
    ]);
    const caller = testCaller('ahead', 'usage:read');
    expect(await readForecast(caller)).toEqual({ ...month, spent: '1.000000000', expected: null });
    expect(await readBudgets(caller, 'ahead')).toEqual([null]);
  });

  it('is expected to the millionth of a dollar', () => {
    expect(toExpectedNanos(1.2345678)).toBe(1_234_568_000n);
  });

  it('shows a budget to whoever sees all calls of its tenant', async () => {
    expect(await readBudgets(testCaller('stranger', 'usage:read'), 'short')).toEqual([null]);
    expect(await readBudgets({ ...steady, endUserId: 'ada' }, 'short')).toEqual([null]);
    expect(await readBudgets(everyone, 'short')).toMatchObject([{ spent: '48.000000000' }]);
    expect(await readBudgets(steady, 'hidden', 'unknown')).toEqual([null, null]);
  });
});
