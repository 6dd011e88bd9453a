import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { UsageDimension } from '#core/graph-enums.generated.ts';
import { hourLengthMs } from '#core/time-lengths.ts';
import { countRows, toSketchText } from '#test/support/count-usage.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { createRandom, printedSeed, type Random } from '#test/support/random.ts';
import { watchCommands } from '#test/support/subgraph.ts';
import type { Database } from '../connect.ts';
import { type InvocationRecord, invocations } from '../invocations.ts';
import { type RollupQuestion, readRollup } from '../usage-rollups.ts';
import type { RollupGroup } from './buckets.ts';
import { labelDimensions, plainDimensions } from './dimensions.ts';
import { foldUsage, settledUntil } from './fold.ts';
import { type UsageBlockRecord, usageBlocks } from './usage-blocks.ts';
import { lateMs, markUsageStale, staleUsageHours, usageProgress } from './usage-progress.ts';

const seed = printedSeed('sums of usage');
let database: Database;
beforeAll(async () => {
  database = await openTestDatabase({ monitorCommands: true });
});
afterAll(() => database?.close());

const dayMs = 24 * hourLengthMs;
/** Two months and a bit before now, so that a month is whole, and some slices of 5 minutes are no longer kept. */
const nowMs = Date.UTC(2099, 5, 15, 10, 7);
const beginMs = nowMs - 62 * dayMs;
const by = [...plainDimensions, ...labelDimensions, 'CONVERSATION', 'RATING'] as const;

const tagLists = [
  ['web'],
  ['web', 'beta', 'experiment:'],
  ['beta', 'experiment:short'],
  ['experiment:long', 'experiment:short'],
];

let ids = 0;
function randomRow(
  random: Random,
  startedAtMs: number,
  rest: Partial<InvocationRecord> = {},
): InvocationRecord {
  const running = rest.status === 'RUNNING';
  const model = random.pick(['alpha/one', 'alpha/two', 'beta/one']);
  const status = random.pick(['SUCCEEDED', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const);
  const rule = (name: string) => ({
    ...{ rule: name, policyId: null, policyVersion: null, stage: 'INPUT' as const, action: 'MASK' as const },
    ...{ shadow: random.chance(0.3), fired: random.chance(0.7), failed: false, reason: null },
    ...{ findings: [], durationMs: 1 },
  });
  return {
    _id: `row-${++ids}`,
    kind: random.pick(['completion', 'embedding']),
    status,
    tenantId: random.pick(['acme', 'other']),
    appId: random.pick(['a', 'b', null]),
    ...(random.chance(0.5) && { teamId: 'crew' }),
    keyId: random.pick(['k1', 'k2', 'k3']),
    subject: null,
    modelId: model,
    providerId: model.slice(0, model.indexOf('/')),
    promptId: random.pick([null, 'p']),
    promptVersionId: null,
    usage: {
      ...{ inputTokens: random.below(1_000), outputTokens: random.below(4_000_000_000) },
      ...{ cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
    },
    costNanos: BigInt(random.below(2 ** 40)) * 3_001n,
    ...(random.chance(0.1) && { unpriced: true as const }),
    ...(random.chance(0.4) && { savedNanos: BigInt(random.below(2 ** 40) - 2 ** 39) * 3_001n }),
    cache: random.pick(['MISS', 'HIT', 'SEMANTIC_HIT', 'BYPASS', 'COALESCED'] as const),
    latencyMs: running ? null : 1 + random.below(100_000),
    timeToFirstTokenMs: null,
    errorCode: null,
    startedAt: new Date(startedAtMs),
    endedAt: running ? null : new Date(startedAtMs + 5),
    ownerId: 'o',
    attempts: [],
    ...(random.chance(0.3) && { endUserId: random.pick(['ada', 'eve', 'bob']) }),
    ...(random.chance(0.3) && { tags: random.pick(tagLists) }),
    ...(random.chance(0.3) && { conversationId: random.pick(['c1', 'c2']) }),
    ...(!running && random.chance(0.1) && { rating: 1 + random.below(5) }),
    ...(random.chance(0.3) && { guardrailVerdicts: [rule('pii'), rule('pii'), rule('words')] }),
    ...rest,
  };
}

/** Some hours have more rows than are summed at once, and others, and the same ones later, not. */
const hourSizes = createRandom(seed + 2);
const fold = (atMs = nowMs) =>
  foldUsage(database.connection, {
    nowMs: atMs,
    clocksDifferMs: 0,
    directRowsMax: hourSizes.pick([0, 15, 25, 4_000]),
  });
const rows = () => invocations(database.connection);

function toTexts(groups: readonly RollupGroup[]): readonly string[] {
  return groups
    .map(({ start, values, requests, failures, cacheHits, inputTokens, outputTokens, unpriced, ...rest }) => {
      const key = JSON.stringify([start, values]);
      const n = [requests, failures, cacheHits, inputTokens, outputTokens, unpriced];
      const nanos = [rest.costNanos, rest.savedByCacheNanos, rest.savedByRoutingNanos];
      return `${key} ${n} ${nanos} ${toSketchText(rest.latency)}`;
    })
    .sort();
}

function randomQuestion(random: Random): RollupQuestion {
  const [first, second] = [random.below(63 * dayMs), random.below(63 * dayMs)];
  const [fromMs, toMs] = [Math.min(first, second), Math.max(first, second) + 1];
  const align = random.pick([1, 60_000, hourLengthMs, dayMs]);
  const filtered = random.chance(0.5) ? [random.pick([...by])] : [];
  const values: Readonly<Partial<Record<UsageDimension, readonly string[]>>> = {
    ...{
      TENANT: ['acme'],
      TEAM: ['crew'],
      APP: ['a', 'b'],
      KEY: ['k1'],
      MODEL: ['alpha/one'],
      PROVIDER: ['alpha'],
    },
    ...{
      PROMPT: ['p'],
      CACHE: ['HIT'],
      STATUS: ['FAILED', 'RUNNING'],
      KIND: ['embedding'],
      END_USER: ['ada'],
    },
    ...{ TAG: ['web'], EXPERIMENT: ['short'], GUARDRAIL: ['pii/MASK'] },
    ...{ CONVERSATION: ['c1'], RATING: ['1', '5'] },
  };
  return {
    tenantId: random.pick([null, 'acme', 'unknown']),
    from: new Date(Math.floor((beginMs + fromMs) / align) * align),
    to: new Date(beginMs + toMs),
    interval: random.pick(['HOUR', 'DAY', 'MONTH', 'ALL'] as const),
    by: random.pick([
      ...[[], [random.pick([...by])], [...new Set([random.pick([...by]), random.pick([...by])])]],
      [...new Set([random.pick([...by]), 'RATING' as const])],
    ]),
    filter: Object.fromEntries(filtered.map((name) => [name, values[name] ?? []])),
    latencies: true,
    nowMs,
  };
}

/** Some questions, each answered as the rows say. */
async function expectEqual(random: Random, count: number): Promise<void> {
  const all = await rows().find().lean<InvocationRecord[]>();
  for (let n = 0; n < count; n += 1) {
    const question = randomQuestion(random);
    const answered = toTexts(await readRollup(database.connection, question));
    expect(answered, JSON.stringify(question)).toEqual(countRows(all, question));
  }
}

type Slice = Pick<UsageBlockRecord, 'level'> & { readonly start: { $gte: Date; $lt: Date } };

describe('sums of usage', { timeout: 300_000 }, () => {
  it('equal the rows at any moment, through calls, corrections and runs that were killed', async () => {
    const random = createRandom(seed);
    const hours = Array.from({ length: 40 }, () => beginMs + random.below(nowMs - beginMs - hourLengthMs));
    const at = () => random.pick(hours) + random.below(hourLengthMs);
    await rows().insertMany(Array.from({ length: 800 }, () => randomRow(random, at())));
    await expectEqual(random, 5);
    const part = await foldUsage(database.connection, {
      nowMs,
      clocksDifferMs: 0,
      hoursMax: 50,
      directRowsMax: 20,
    });
    expect(part).toBeGreaterThan(beginMs);
    expect(part).toBeLessThan(nowMs - dayMs);
    await expectEqual(random, 15);
    // Rows of now, some of which run.
    const young = Array.from({ length: 60 }, (_, n) =>
      randomRow(random, nowMs - random.below(3 * hourLengthMs), n % 20 === 0 ? { status: 'RUNNING' } : {}),
    );
    await rows().insertMany(young);
    await fold();
    await expectEqual(random, 15);
    // A row that was added late, and one that was corrected.
    const [late, corrected] = [
      randomRow(random, beginMs + 20 * dayMs),
      (await rows().findOne().lean())?._id ?? '',
    ];
    const changed = await rows().findById(corrected).lean();
    await markUsageStale(database.connection, [late.startedAt, changed?.startedAt ?? new Date()], nowMs);
    await rows().create(late);
    await rows().updateOne({ _id: corrected }, { $set: { costNanos: 1n, status: 'FAILED' } });
    await expectEqual(random, 10);
    // Held, as the changes may still be under way.
    await fold();
    expect(await staleUsageHours(database.connection).countDocuments()).toBe(2);
    await fold(nowMs + 11 * 60_000);
    expect(await staleUsageHours(database.connection).countDocuments()).toBe(0);
    await expectEqual(random, 15);
    // Calls are rated long after they were summed, and rated again.
    const unrated = await rows()
      .find({ rating: { $exists: false } }, { _id: 1 })
      .limit(2)
      .lean();
    await rows().updateMany({ _id: { $in: unrated.map(({ _id }) => _id) } }, { $set: { rating: 5 } });
    await rows().updateOne({ _id: unrated[0]?._id ?? '' }, { $set: { rating: 2 } });
    await rows().updateMany({ rating: 4 }, { $unset: { rating: true } });
    expect(await staleUsageHours(database.connection).countDocuments()).toBe(0);
    await expectEqual(random, 8);
    // The calls end, and a run is killed before it records its progress.
    await rows().updateMany({ status: 'RUNNING' }, { $set: { status: 'SUCCEEDED', latencyMs: 7 } });
    const before = await usageProgress(database.connection).findById('usage').lean();
    await fold(nowMs + hourLengthMs);
    await expectEqual(random, 10);
    await usageProgress(database.connection).updateOne({ _id: 'usage' }, { $set: { until: before?.until } });
    await expectEqual(random, 10);
    await Promise.all([fold(nowMs + hourLengthMs), fold(nowMs + hourLengthMs)]);
    await expectEqual(random, 10);
  });

  it('keeps no block of a slice whose rows are gone, once its hour is summed again', async () => {
    const random = createRandom(seed + 1);
    const alone = randomRow(random, beginMs + 30 * dayMs, { tenantId: 'alone' });
    await markUsageStale(database.connection, [alone.startedAt], nowMs - dayMs);
    await rows().create(alone);
    await fold(nowMs + hourLengthMs);
    const blocks = () => usageBlocks(database.connection).countDocuments({ tenantId: 'alone' });
    expect(await blocks()).toBeGreaterThan(0);
    await markUsageStale(database.connection, [alone.startedAt], nowMs - dayMs);
    await rows().deleteOne({ _id: alone._id });
    await fold(nowMs + hourLengthMs);
    expect(await blocks()).toBe(0);
  });

  it('name no end user who was erased while a run had read the rows, and are read again where they are deleted meanwhile', async () => {
    const { connection } = database;
    const client = connection.getClient();
    const erased = randomRow(createRandom(seed), nowMs - 5 * hourLengthMs, { endUserId: 'erased' });
    await rows().create(erased);
    await usageProgress(connection).updateOne(
      { _id: 'usage' },
      { $set: { until: new Date(nowMs - 6 * hourLengthMs) } },
    );
    const erase = async () => {
      await markUsageStale(connection, [erased.startedAt], nowMs);
      await rows().updateOne({ _id: erased._id }, { $unset: { endUserId: true } });
    };
    const erasures: Promise<void>[] = [];
    const onRead = ({ commandName }: { readonly commandName: string }) => {
      if (commandName === 'find' && erasures.length === 0) erasures.push(erase());
    };
    client.on('commandSucceeded', onRead);
    await fold();
    client.off('commandSucceeded', onRead);
    await Promise.all(erasures);
    expect(erasures).toHaveLength(1);
    const named = () => usageBlocks(connection).countDocuments({ 'keys.END_USER': 'erased' });
    expect(await named()).toBe(0);
    await expectEqual(createRandom(seed), 5);
    await fold(nowMs + 11 * 60_000);
    expect(await staleUsageHours(connection).countDocuments()).toBe(0);
    await expectEqual(createRandom(seed), 5);
    // Marked, and its sums deleted, while they are read.
    const blocks = usageBlocks(connection).collection;
    const find = blocks.find.bind(blocks);
    let isMarked = false;
    const spy = vi.spyOn(blocks, 'find').mockImplementation((...args) => {
      if (isMarked || args[0]?.shape === undefined) return find(...args);
      isMarked = true;
      const found = find(...args);
      const hasNext = found.hasNext.bind(found);
      vi.spyOn(found, 'hasNext').mockImplementationOnce(async () => {
        await markUsageStale(connection, [erased.startedAt], nowMs);
        const hour = {
          $gte: new Date(nowMs - 5 * hourLengthMs - 7 * 60_000),
          $lt: new Date(nowMs - 4 * hourLengthMs - 7 * 60_000),
        };
        await usageBlocks(connection).deleteMany({ start: hour });
        return hasNext();
      });
      return found;
    });
    const question = { tenantId: null, interval: 'ALL', by: [] } as const;
    const range = { from: new Date(beginMs), to: new Date(nowMs), nowMs };
    const [sums] = await readRollup(connection, { ...question, ...range });
    spy.mockRestore();
    const startedAt = { $gte: range.from, $lt: range.to };
    expect(sums?.requests).toBe(await rows().countDocuments({ startedAt }));
  });

  it('are read by ranges of an index, without the blocks of other owners, shapes and times', async () => {
    const { connection } = database;
    const blocks = usageBlocks(connection).collection;
    const all = await blocks.find({}).toArray();
    for (const tenantId of ['acme', null]) {
      const range = { tenantId, from: new Date(beginMs), to: new Date(nowMs), nowMs };
      const { commands } = await watchCommands(database, () =>
        readRollup(connection, { ...range, interval: 'ALL', by: ['MODEL'], latencies: true }),
      );
      const found = commands.flatMap(({ command }) =>
        command.find === blocks.collectionName && command.filter.shape !== undefined ? [command] : [],
      );
      expect(found).toHaveLength(3);
      for (const { filter } of found) {
        const { executionStats } = await blocks.find(filter).explain('executionStats');
        const inSlices = all.filter(
          ({ tenantId: owner, shape, level, start }) =>
            owner === tenantId &&
            shape === filter.shape &&
            filter.$or.some(
              (slice: Slice) => level === slice.level && start >= slice.start.$gte && start < slice.start.$lt,
            ),
        ).length;
        expect(Number(executionStats.totalDocsExamined)).toBe(inSlices);
      }
    }
  });

  it.each([0, 4_000])(
    'equal the rows in parts of hours, where more than %i rows are summed by 5 minutes',
    async (directRowsMax) => {
      const { connection } = database;
      const random = createRandom(seed + directRowsMax);
      const hourMs =
        Math.floor(nowMs / hourLengthMs) * hourLengthMs - 9 * dayMs - (directRowsMax > 0 ? 2 * dayMs : 0);
      const tenantId = `parts-${directRowsMax}`;
      const early = Array.from({ length: 40 }, () =>
        randomRow(random, hourMs + random.below(hourLengthMs / 2), { tenantId }),
      );
      await rows().insertMany(early);
      await usageProgress(connection).updateOne(
        { _id: 'usage' },
        { $set: { until: new Date(hourMs) } },
        { upsert: true },
      );
      const options = { clocksDifferMs: 0, directRowsMax };
      for (let atMs = hourMs; atMs < hourMs + 3 * hourLengthMs; atMs += hourLengthMs / 4) {
        await foldUsage(connection, { ...options, nowMs: atMs + lateMs });
        for (let n = 0; n < 6; n += 1) {
          const [from, to] = [random.below(hourLengthMs / 2), 1 + random.below(2 * hourLengthMs)];
          const question = {
            tenantId,
            from: new Date(hourMs + Math.min(from, to)),
            to: new Date(hourMs + Math.max(from, to)),
            interval: 'HOUR',
            by: ['MODEL'],
            latencies: true,
            nowMs,
          } as const;
          expect(toTexts(await readRollup(connection, question))).toEqual(countRows(early, question));
        }
      }
      const level = { tenantId, shape: '' };
      expect(await usageBlocks(connection).countDocuments({ ...level, level: 'HOUR' })).toBe(1);
      expect((await usageBlocks(connection).countDocuments({ ...level, level: 'FINE' })) > 0).toBe(
        directRowsMax === 0,
      );
    },
  );

  it('waits for rows that may still be written', async () => {
    const { connection } = database;
    const options = { nowMs, clocksDifferMs: 60_000 };
    await usageProgress(connection).deleteMany({});
    await foldUsage(connection, { ...options, settledBefore: settledUntil(options) });
    expect(await usageProgress(connection).countDocuments()).toBe(0);
    const until = await foldUsage(connection, { ...options, settledBefore: settledUntil(options) - 1 });
    expect(until).toBeLessThanOrEqual(nowMs - lateMs - 60_000);
  });
});
