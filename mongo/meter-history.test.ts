import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDatabase } from '#test/support/database.ts';
import { type Database, ensureIndexes } from './connect.ts';
import { type InvocationRecord, invocations } from './invocations.ts';
import { createMeterHistory } from './meter-history.ts';

const opened = new AsyncDisposableStack();
let database: Database;
beforeAll(async () => {
  database = opened.use(await openTestDatabase());
});
afterAll(() => opened.disposeAsync());

let ids = 0;

/** Writes rows of one tenant as the ledger does; their ids. */
async function write(tenantId: string, ...rows: readonly Partial<InvocationRecord>[]): Promise<string[]> {
  const { connection } = database;
  const usage = {
    inputTokens: 2,
    outputTokens: 3,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
  };
  const records = rows.map((row) => ({
    _id: `row-${++ids}`,
    kind: 'completion',
    status: 'SUCCEEDED',
    tenantId,
    appId: 'a',
    keyId: 'k2',
    keyLineId: 'k1',
    subject: null,
    modelId: 'alpha/one',
    providerId: 'alpha',
    promptId: null,
    promptVersionId: null,
    usage,
    costNanos: 7n,
    cache: 'BYPASS',
    latencyMs: 1,
    timeToFirstTokenMs: null,
    errorCode: null,
    startedAt: new Date(1_000),
    endedAt: new Date(2_000),
    ownerId: 'o',
    attempts: [],
    ...row,
  })) as InvocationRecord[];
  const collection = connection.db?.collection<InvocationRecord>(invocations(connection).collection.name);
  await collection?.insertMany(records);
  return records.map(({ _id }) => _id);
}

const question = { boundariesMs: [0], fine: null, untilMs: 10_000, except: [] };

it('sums each scope by what its rows drew, whatever became of them, and without answers of the cache', async () => {
  await write(
    't1',
    {},
    { status: 'FAILED', cache: 'MISS' },
    { status: 'CANCELLED', appId: 'b' },
    { keyLineId: 'other', makerScopes: ['key:maker', 'app:maker'] },
    { cache: 'HIT' },
    { cache: 'COALESCED' },
  );
  await write('t2', {});
  const scopes = ['tenant:t1', 'app:a', 'key:k1', 'key:none', 'key:maker', 'app:maker'];
  const { sums, calls } = await createMeterHistory(database.connection).read({
    partition: 't1',
    scopes,
    ...question,
  });
  expect(calls).toEqual([]);
  const total = (scope: string) =>
    sums
      .filter((sum) => sum.scopes.includes(scope))
      .map(({ amounts }) => [amounts.REQUESTS, amounts.TOKENS, amounts.COST])
      .reduce((a, b) => a.map((amount, at) => (amount ?? 0n) + (b[at] ?? 0n)), [0n, 0n, 0n]);
  expect(scopes.map(total)).toEqual([
    [4n, 20n, 28n],
    [3n, 15n, 21n],
    [3n, 15n, 21n],
    [0n, 0n, 0n],
    [1n, 5n, 7n],
    [1n, 5n, 7n],
  ]);
});

it('returns running rows with what was reserved, and later rows, one by one', async () => {
  const [running, old, later] = await write(
    't3',
    { status: 'RUNNING', reserved: { tokens: 90, costNanos: 2n ** 55n + 1n } },
    { status: 'RUNNING', keyLineId: null, keyId: 'k1' },
    { startedAt: new Date(10_000) },
    { appId: 'other', keyLineId: 'other', status: 'RUNNING' },
  );
  const { sums, calls } = await createMeterHistory(database.connection).read({
    partition: 't3',
    scopes: ['app:a'],
    ...question,
    fine: null,
  });
  expect(sums).toEqual([]);
  // All scopes of the row, whatever was asked for.
  const both = ['tenant:t3', 'app:a', 'key:k1'];
  expect(calls.toSorted((a, b) => Number(a.id.slice(4)) - Number(b.id.slice(4)))).toEqual([
    {
      id: running,
      scopes: both,
      atMs: 1_000,
      isClosed: false,
      amounts: { REQUESTS: 1n, TOKENS: 90n, COST: 2n ** 55n + 1n },
    },
    { id: old, scopes: both, atMs: 1_000, isClosed: false, amounts: { REQUESTS: 1n, TOKENS: 5n, COST: 7n } },
    {
      id: later,
      scopes: both,
      atMs: 10_000,
      isClosed: true,
      amounts: { REQUESTS: 1n, TOKENS: 5n, COST: 7n },
    },
  ]);
});

it('counts a closed row with what it drew, whatever was reserved for it', async () => {
  const reserved = { tokens: 90, costNanos: 100n };
  await write('t7', { reserved }, { reserved, startedAt: new Date(10_000) });
  const { sums, calls } = await createMeterHistory(database.connection).read({
    partition: 't7',
    scopes: ['tenant:t7'],
    ...question,
  });
  const drawn = { REQUESTS: 1n, TOKENS: 5n, COST: 7n };
  expect([...sums, ...calls].map(({ amounts }) => amounts)).toEqual([drawn, drawn]);
});

it('leaves out the rows that are named, and those before the first boundary', async () => {
  const [named] = await write('t4', {}, {}, { startedAt: new Date(499) });
  const { sums } = await createMeterHistory(database.connection).read({
    partition: 't4',
    scopes: ['tenant:t4'],
    ...question,
    boundariesMs: [500, 700],
    except: [named ?? ''],
  });
  expect(sums.map(({ amounts }) => amounts.REQUESTS)).toEqual([1n]);
});

it('keeps what lies on both sides of a boundary apart, and finer from a time on', async () => {
  const times = [100, 450, 500, 999, 1_000, 1_009, 1_010];
  await write('t5', ...times.map((ms) => ({ startedAt: new Date(ms) })));
  const { sums } = await createMeterHistory(database.connection).read({
    partition: 't5',
    scopes: ['tenant:t5'],
    ...question,
    boundariesMs: [500, 0],
    fine: { fromMs: 1_000, lengthMs: 10 },
  });
  const spans = sums.map(({ firstMs, lastMs }) => [firstMs, lastMs]).toSorted(([a = 0], [b = 0]) => a - b);
  expect(spans).toEqual([
    [100, 450],
    [500, 999],
    [1_000, 1_009],
    [1_010, 1_010],
  ]);
});

it('adds up beyond 2^53 exactly', async () => {
  const costNanos = 2n ** 53n + 1n;
  await write('t6', { costNanos }, { costNanos }, { costNanos: 1n });
  const { sums } = await createMeterHistory(database.connection).read({
    partition: 't6',
    scopes: ['tenant:t6'],
    ...question,
  });
  expect(sums[0]?.amounts.COST).toBe(2n * costNanos + 1n);
});

it('reads along the index of the tenant and the time', async () => {
  await ensureIndexes(database.connection);
  const { collection } = invocations(database.connection);
  const where = { tenantId: 't1', startedAt: { $gte: new Date(0) }, cache: { $in: ['MISS', 'BYPASS'] } };
  const plan = inspect(await collection.find(where).explain(), { depth: null });
  expect(plan).toContain('IXSCAN');
});
