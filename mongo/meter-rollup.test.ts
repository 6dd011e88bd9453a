import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDatabase } from '#test/support/database.ts';
import { createRandom, printedSeed, type Random } from '#test/support/random.ts';
import { countCommands } from '#test/support/subgraph.ts';
import { type Database, ensureIndexes } from './connect.ts';
import { type InvocationRecord, invocations } from './invocations.ts';
import { createMeterHistory } from './meter-history.ts';
import { meterHours, meterRollups } from './meter-hours.ts';
import { correctionMsMax, hourMs, ledgerRows, rollUpHours, withdrawHour } from './meter-rollup.ts';

const seed = printedSeed('summed hours of the ledger');
const opened = new AsyncDisposableStack();
let database: Database;
beforeAll(async () => {
  database = opened.use(await openTestDatabase({ monitorCommands: true }));
  await ensureIndexes(database.connection);
});
afterAll(() => opened.disposeAsync());

const dayMs = 24 * hourMs;
const monthMs = Date.UTC(2026, 9, 1);
let ids = 0;

function row(
  tenantId: string,
  startedAtMs: number,
  fields: Partial<InvocationRecord> = {},
): InvocationRecord {
  const counts = { cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };
  return {
    _id: `rolled-${++ids}`,
    kind: 'completion',
    status: 'SUCCEEDED',
    tenantId,
    appId: 'a',
    keyId: 'k1',
    keyLineId: 'k1',
    subject: null,
    modelId: 'alpha/one',
    providerId: 'alpha',
    promptId: null,
    promptVersionId: null,
    usage: { inputTokens: 2, outputTokens: 3, ...counts },
    costNanos: 7n,
    cache: 'BYPASS',
    latencyMs: 1,
    timeToFirstTokenMs: null,
    errorCode: null,
    startedAt: new Date(startedAtMs),
    endedAt: new Date(startedAtMs + 1),
    ownerId: 'o',
    attempts: [],
    ...fields,
  };
}

const write = (...rows: readonly InvocationRecord[]) => ledgerRows(database.connection).insertMany([...rows]);
const rollUp = (tenantId: string, nowMs: number) => rollUpHours(database.connection, tenantId, nowMs);

/** What a month's meters of the tenant, its apps and keys would be read back as. */
async function amounts(tenantId: string, nowMs: number, except: readonly string[] = []) {
  const scopes = [`tenant:${tenantId}`, 'app:a', 'app:b', 'key:k1', 'key:k2', 'key:maker', 'app:maker'];
  const { sums, calls } = await createMeterHistory(database.connection).read({
    partition: tenantId,
    scopes,
    boundariesMs: [monthMs, Math.floor(nowMs / dayMs) * dayMs, nowMs - hourMs + 1],
    fine: { fromMs: nowMs - hourMs + 1, lengthMs: hourMs / 64 },
    untilMs: nowMs,
    except,
  });
  const total = { requests: 0n, tokens: 0n, cost: 0n };
  const totals = new Map(
    scopes.flatMap((scope) => ['MONTH', 'DAY', 'HOUR'].map((w) => [`${scope} ${w}`, { ...total }])),
  );
  const starts = {
    MONTH: monthMs,
    DAY: Math.floor(nowMs / dayMs) * dayMs,
    HOUR: nowMs - hourMs + 1,
  };
  for (const sum of [...sums, ...calls.map((call) => ({ ...call, firstMs: call.atMs }))]) {
    for (const scope of sum.scopes) {
      for (const [window, startMs] of Object.entries(starts)) {
        const counted = totals.get(`${scope} ${window}`);
        if (counted === undefined || sum.firstMs < startMs) continue;
        counted.requests += sum.amounts.REQUESTS ?? 0n;
        counted.tokens += sum.amounts.TOKENS ?? 0n;
        counted.cost += sum.amounts.COST ?? 0n;
      }
    }
  }
  return Object.fromEntries(totals);
}

/** The same, added up from the rows. */
function expected(tenantId: string, rows: readonly InvocationRecord[], nowMs: number): object {
  const starts = { MONTH: monthMs, DAY: Math.floor(nowMs / dayMs) * dayMs, HOUR: nowMs - hourMs + 1 };
  const scopes = [`tenant:${tenantId}`, 'app:a', 'app:b', 'key:k1', 'key:k2', 'key:maker', 'app:maker'];
  return Object.fromEntries(
    scopes.flatMap((scope) =>
      Object.entries(starts).map(([window, startMs]) => {
        const found = rows.filter(
          ({ appId, keyLineId, makerScopes = [], startedAt, cache }) =>
            startedAt.getTime() >= startMs &&
            cache !== 'HIT' &&
            [`tenant:${tenantId}`, `app:${appId}`, `key:${keyLineId}`, ...makerScopes].includes(scope),
        );
        const tokens = (of: InvocationRecord) => BigInt(of.usage.inputTokens + of.usage.outputTokens);
        return [
          `${scope} ${window}`,
          {
            requests: BigInt(found.length),
            tokens: found.reduce((sum, one) => sum + tokens(one), 0n),
            cost: found.reduce((sum, { costNanos }) => sum + costNanos, 0n),
          },
        ];
      }),
    ),
  );
}

function randomRow(tenantId: string, random: Random, fromMs: number, untilMs: number): InvocationRecord {
  return row(tenantId, fromMs + random.below(untilMs - fromMs), {
    appId: random.pick(['a', 'b', 'c']),
    keyLineId: random.pick(['k1', 'k2', 'k3']),
    ...(random.chance(0.5) ? { makerScopes: random.pick([['key:maker'], ['key:maker', 'app:maker']]) } : {}),
    cache: random.pick(['MISS', 'BYPASS', 'HIT']),
    costNanos: BigInt(random.below(1_000_000)) * 9_007_199_254n,
  });
}

it('are what the rows add up to, however often and whenever they are made, in several processes', async () => {
  for (let run = 0; run < 8; run++) {
    const random = createRandom(seed + run);
    const tenantId = `property-${run}`;
    const rows: InvocationRecord[] = [];
    let nowMs = monthMs + random.below(3 * dayMs);
    for (let step = 0; step < 8; step++) {
      const fromMs = Math.max(monthMs, nowMs - 2 * hourMs + 1);
      const fresh = Array.from({ length: random.below(20) }, () =>
        randomRow(tenantId, random, step === 0 ? monthMs : fromMs, nowMs),
      );
      if (fresh.length > 0) await write(...fresh);
      rows.push(...fresh);
      if (random.chance(0.5)) await Promise.all([rollUp(tenantId, nowMs), rollUp(tenantId, nowMs)]);
      expect(await amounts(tenantId, nowMs)).toEqual(expected(tenantId, rows, nowMs));
      nowMs += random.below(2 * hourMs);
    }
  }
});

it('end before the first hour in which a call still runs', async () => {
  const nowMs = monthMs + 10 * hourMs;
  const running = row('running', monthMs + 3 * hourMs + 5, { status: 'RUNNING' });
  await write(row('running', monthMs), running, row('running', monthMs + 5 * hourMs));
  expect(await rollUp('running', nowMs)).toEqual({ fromMs: monthMs, untilMs: monthMs + 3 * hourMs });
  await ledgerRows(database.connection).updateOne(
    { _id: running._id },
    { $set: { status: 'FAILED', costNanos: 100n } },
  );
  expect(await rollUp('running', nowMs)).toEqual({ fromMs: monthMs, untilMs: monthMs + 8 * hourMs });
  expect((await amounts('running', nowMs))['tenant:running MONTH']).toMatchObject({
    requests: 3n,
    cost: 114n,
  });
});

it('are made again from the hour of a row that is corrected, whenever its process is killed and whoever sums meanwhile', async () => {
  const nowMs = monthMs + 10 * hourMs;
  const cost = async (tenantId: string, atMs: number) =>
    (await amounts(tenantId, atMs))[`tenant:${tenantId} MONTH`]?.cost;
  const correct = (_id: string, costNanos: bigint) =>
    ledgerRows(database.connection).updateOne({ _id }, { $set: { costNanos } });
  for (const [tenantId, isSummed] of [
    ['corrected', true],
    ['corrected-first', false],
  ] as const) {
    const orphan = row(tenantId, monthMs + 3 * hourMs);
    await write(row(tenantId, monthMs), orphan, row(tenantId, monthMs + 6 * hourMs));
    if (isSummed) await rollUp(tenantId, nowMs);
    await withdrawHour(database.connection, tenantId, orphan.startedAt.getTime(), nowMs);
    // Another process sums before the row is written; the one that writes it dies right after that.
    await rollUp(tenantId, nowMs + 1);
    await correct(orphan._id, 1_000n);
    expect(await cost(tenantId, nowMs)).toBe(1_014n);
    const laterMs = nowMs + correctionMsMax;
    expect(await rollUp(tenantId, laterMs)).toMatchObject({ untilMs: monthMs + 8 * hourMs });
    expect(await cost(tenantId, laterMs)).toBe(1_014n);
  }
});

it('that were read before a row was corrected are not taken over', async () => {
  const nowMs = monthMs + 10 * hourMs;
  const orphan = row('overtaken', monthMs + 3 * hourMs);
  await write(row('overtaken', monthMs), orphan);
  const client = database.connection.getClient();
  const corrected = new Promise<void>((resolve, reject) => {
    client.on('commandSucceeded', function onRead({ commandName }: { commandName: string }) {
      if (commandName !== 'aggregate') return;
      client.off('commandSucceeded', onRead);
      withdrawHour(database.connection, 'overtaken', orphan.startedAt.getTime(), nowMs)
        .then(() =>
          ledgerRows(database.connection).updateOne({ _id: orphan._id }, { $set: { costNanos: 5_000n } }),
        )
        .then(() => resolve(), reject);
    });
  });
  await rollUp('overtaken', nowMs);
  await corrected;
  expect((await amounts('overtaken', nowMs))['tenant:overtaken MONTH']).toMatchObject({ cost: 5_007n });
});

it('do not stand in for a row whose reservation the store holds', async () => {
  const nowMs = monthMs + 10 * hourMs;
  const held = row('held', monthMs + hourMs);
  await write(held, row('held', monthMs));
  await rollUp('held', nowMs);
  expect((await amounts('held', nowMs))['tenant:held MONTH']).toMatchObject({ requests: 2n });
  expect((await amounts('held', nowMs, [held._id]))['tenant:held MONTH']).toMatchObject({ requests: 1n });
});

it('do not stand in where a window begins within one of them', async () => {
  const nowMs = monthMs + 10 * hourMs;
  await write(row('within', monthMs + hourMs), row('within', monthMs + 2 * hourMs - 1));
  await rollUp('within', nowMs);
  const { sums } = await createMeterHistory(database.connection).read({
    partition: 'within',
    scopes: ['tenant:within'],
    boundariesMs: [monthMs, monthMs + 1.5 * hourMs],
    fine: null,
    untilMs: nowMs,
    except: [],
  });
  expect(sums.map(({ amounts }) => amounts.REQUESTS)).toEqual([1n, 1n]);
});

it('of a former month are left behind: a new month begins at its first hour', async () => {
  const nextMs = Date.UTC(2026, 10, 1);
  await write(row('month', monthMs + 2 * hourMs), row('month', nextMs + hourMs), row('month', nextMs - 1));
  expect(await rollUp('month', monthMs + 10 * hourMs)).toEqual({
    fromMs: monthMs,
    untilMs: monthMs + 8 * hourMs,
  });
  // In the first two hours the last ones of the former month are not over.
  expect((await rollUp('month', nextMs + hourMs)).untilMs).toBe(nextMs - hourMs);
  expect(await rollUp('month', nextMs + 5 * hourMs)).toEqual({
    fromMs: nextMs,
    untilMs: nextMs + 3 * hourMs,
  });
  // Who asks for the former month gets it from its rows.
  const question = { partition: 'month', scopes: ['tenant:month'], fine: null, except: [] };
  const { sums } = await createMeterHistory(database.connection).read({
    ...question,
    boundariesMs: [monthMs],
    untilMs: nextMs + 6 * hourMs,
  });
  expect(sums.map(({ amounts }) => amounts.REQUESTS)).toEqual([3n]);
});

it('let a month be read back without its rows', async () => {
  const nowMs = monthMs + 20 * dayMs;
  const rows = Array.from({ length: 3_000 }, (_, at) => row('large', monthMs + at * 500_000));
  await write(...rows);
  await rollUp('large', nowMs);
  const { collection } = invocations(database.connection);
  await collection.deleteMany({ tenantId: 'large', startedAt: { $lt: new Date(nowMs - 3 * hourMs) } });
  expect(await amounts('large', nowMs)).toEqual(expected('large', rows, nowMs));
  expect(await meterHours(database.connection).countDocuments({ tenantId: 'large' })).toBeGreaterThan(300);
  expect(await meterRollups(database.connection).countDocuments({ _id: 'large' })).toBe(1);
});

it('are made in the background for the tenants whose meters were read', async () => {
  const history = createMeterHistory(database.connection);
  const question = { scopes: ['tenant:asked'], boundariesMs: [monthMs], fine: null, except: [] };
  await write(row('asked', monthMs), row('unasked', monthMs));
  await history.read({ partition: 'asked', untilMs: monthMs + hourMs, ...question });
  await history.rollUp(monthMs + 5 * hourMs);
  const commands = await countCommands(database, () => history.rollUp(monthMs + 6 * hourMs - 1));
  expect(commands).toEqual([]);
  const rolled = await meterRollups(database.connection)
    .find({ _id: { $in: ['asked', 'unasked'] } })
    .lean();
  expect(rolled).toMatchObject([{ _id: 'asked', until: new Date(monthMs + 3 * hourMs) }]);
});
