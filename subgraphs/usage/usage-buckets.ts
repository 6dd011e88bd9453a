import type { Connection } from 'mongoose';
import type { UsageDimension, UsageOrder } from '#core/graph-enums.generated.ts';
import type { CallRows } from '#core/ledger-reach.ts';
import { decimalOfNanos } from '#core/money.ts';
import { sortInPieces } from '#core/sort-in-pieces.ts';
import { workInTurns } from '#core/work-turns.ts';
import { groupsMaxDefault, type RollupGroup, refuseGroups } from '#mongo/usage/buckets.ts';
import { ratings } from '#mongo/usage/dimensions.ts';
import { percentile } from '#mongo/usage/latency-sketch.ts';
import { type RollupQuestion, readRollup, toDimensionKey } from '#mongo/usage-rollups.ts';
import type { RatedUsage, UsageBucket } from './generated.ts';
import { toCalls, type UsageJoin } from './usage-calls.ts';
import { toPreviousRange, type UsageQuery } from './usage-query.ts';

/** Groups that are compared for the first of them. */
const comparedMax = 200_000;

/** What the database's sums of one range become: the bucket, and of which id of a join. */
type JoinedBucket = UsageBucket & { readonly joinId: string | null };

/**
 * What was used, of the rows that `scope` lets through, by start and then in the order of the query. With `join`, apart for each id.
 * BAD_USER_INPUT beyond 10,000 buckets.
 */
export async function usageBuckets(
  connection: Connection,
  scope: CallRows,
  query: UsageQuery,
  join?: UsageJoin,
): Promise<readonly JoinedBucket[]> {
  const calls = toCalls(scope, query.filter ?? null, join);
  if (calls === null) return [];
  const question = {
    ...calls,
    ...{ from: query.from, to: query.to, interval: query.interval, latencies: query.latencies },
    by: join === undefined || query.by.includes(join.dimension) ? query.by : [...query.by, join.dimension],
    groupsMax: query.top === null ? groupsMaxDefault : comparedMax,
  };
  const before = query.previous ? toPreviousRange(query) : null;
  const [groups, earlier, rated] = await Promise.all([
    readRollup(connection, question),
    before === null ? [] : readRollup(connection, { ...question, from: before.from, to: before.to }),
    query.rated ? readRated(connection, question) : new Map<string, RatedUsage>(),
  ]);
  const joinAt = join === undefined ? -1 : question.by.lastIndexOf(join.dimension);
  return workInTurns(toBuckets({ groups, earlier, rated, toEarlier: before?.toStart }, query, joinAt));
}

/** What the buckets of an answer are made of. */
interface ReadUsage {
  readonly groups: readonly RollupGroup[];
  /** Of the range before, where it is requested. */
  readonly earlier: readonly RollupGroup[];
  readonly toEarlier: ((start: Date | null) => Date | null) | undefined;
  readonly rated: ReadonlyMap<string, RatedUsage>;
}

/** Buckets between two stops. */
const bucketsAtOnce = 200;

/** Stops at times (core/work-turns.ts). */
function* toBuckets(
  { groups, earlier, toEarlier, rated }: ReadUsage,
  query: UsageQuery,
  joinAt: number,
): Generator<void, readonly JoinedBucket[]> {
  const chosen = yield* chooseTop(groups, query);
  if (chosen.length > groupsMaxDefault) refuseGroups(groupsMaxDefault);
  const previous = new Map<string, RollupGroup>();
  for (const [at, group] of earlier.entries()) {
    if (at % bucketsAtOnce === 0) yield;
    previous.set(toKey(group.start, group.values), group);
  }
  const buckets: JoinedBucket[] = [];
  for (const [at, group] of chosen.entries()) {
    if (at % bucketsAtOnce === 0) yield;
    const found = toEarlier && previous.get(toKey(toEarlier(group.start), group.values));
    buckets.push({
      ...toBucket(group, query.by),
      rated: rated.get(toKey(group.start, group.values)) ?? notRated,
      previous: found === undefined ? null : toBucket(found, query.by),
      joinId: group.values[joinAt] ?? null,
    });
  }
  return buckets;
}

function toKey(start: Date | null, values: RollupGroup['values']): string {
  return JSON.stringify([start?.getTime() ?? null, values]);
}

const notRated: RatedUsage = { requests: 0, mean: null, cost: decimalOfNanos(0n) };

/** The rated calls of each bucket. */
async function readRated(
  connection: Connection,
  question: RollupQuestion,
): Promise<ReadonlyMap<string, RatedUsage>> {
  const { by } = question;
  const at = by.includes('RATING') ? by.indexOf('RATING') : by.length;
  const groups = await readRollup(connection, {
    ...question,
    by: at === by.length ? [...by, 'RATING'] : by,
    filter: { RATING: ratings, ...question.filter },
    latencies: false,
    groupsMax: comparedMax,
  });
  return workInTurns(joinRated(groups, by.length, at));
}

/** Of each bucket by `dimensions` dimensions the rated calls, which have their rating at `at`. Stops at times. */
function* joinRated(
  groups: readonly RollupGroup[],
  dimensions: number,
  at: number,
): Generator<void, ReadonlyMap<string, RatedUsage>> {
  const buckets = new Map<string, RollupGroup[]>();
  for (const [number, group] of groups.entries()) {
    if (number % bucketsAtOnce === 0) yield;
    const key = toKey(group.start, group.values.slice(0, dimensions));
    const some = buckets.get(key);
    if (some === undefined) buckets.set(key, [group]);
    else some.push(group);
  }
  const rated = new Map<string, RatedUsage>();
  for (const [key, some] of buckets) {
    if (rated.size % bucketsAtOnce === 0) yield;
    rated.set(key, toRated(some, at));
  }
  return rated;
}

function toRated(groups: readonly RollupGroup[], at: number): RatedUsage {
  const requests = groups.reduce((sum, group) => sum + group.requests, 0);
  const points = groups.reduce((sum, { values, ...group }) => sum + Number(values[at]) * group.requests, 0);
  const costNanos = groups.reduce((sum, group) => sum + group.costNanos, 0n);
  return { requests, mean: points / requests, cost: decimalOfNanos(costNanos) };
}

const amounts: Readonly<Record<Exclude<UsageOrder, 'KEYS'>, (group: RollupGroup) => number | bigint>> = {
  REQUESTS: ({ requests }) => requests,
  FAILURES: ({ failures }) => failures,
  TOKENS: ({ inputTokens, outputTokens }) => inputTokens + outputTokens,
  COST: ({ costNanos }) => costNanos,
};

/** Equal ones stay in the order of their keys. */
function largestFirst(amount: (group: RollupGroup) => number | bigint) {
  return (a: RollupGroup, b: RollupGroup) => (amount(a) === amount(b) ? 0 : amount(a) > amount(b) ? -1 : 1);
}

/** The groups of each start in the order of the query, and of these the first. */
function* chooseTop(
  groups: readonly RollupGroup[],
  { orderBy, top }: UsageQuery,
): Generator<void, readonly RollupGroup[]> {
  if (orderBy === 'KEYS' && top === null) return groups;
  const chosen: RollupGroup[] = [];
  for (const some of Map.groupBy(groups, ({ start }) => start?.getTime() ?? null).values()) {
    yield;
    const ordered = orderBy === 'KEYS' ? some : yield* sortInPieces(some, largestFirst(amounts[orderBy]));
    for (const group of top === null ? ordered : ordered.slice(0, top)) chosen.push(group);
  }
  return chosen;
}

function toBucket(
  group: RollupGroup,
  by: readonly UsageDimension[],
): Omit<UsageBucket, 'previous' | 'rated'> {
  const { start, values, requests, failures, cacheHits, inputTokens, outputTokens, costNanos, latency } =
    group;
  return {
    start,
    keys: Object.fromEntries(by.map((dimension, at) => [toDimensionKey(dimension), values[at] ?? null])),
    ...{ requests, failures, cacheHits },
    inputTokens: BigInt(inputTokens),
    outputTokens: BigInt(outputTokens),
    cost: decimalOfNanos(costNanos),
    unpricedRequests: group.unpriced,
    savedByCache: decimalOfNanos(group.savedByCacheNanos),
    savedByRouting: decimalOfNanos(group.savedByRoutingNanos),
    latencyMsP50: percentile(latency, 0.5),
    latencyMsP95: percentile(latency, 0.95),
  };
}
