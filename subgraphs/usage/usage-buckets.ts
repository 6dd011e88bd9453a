import type { Connection } from 'mongoose';
import type { UsageDimension, UsageOrder } from '#core/graph-enums.generated.ts';
import type { CallRows } from '#core/ledger-reach.ts';
import { decimalOfNanos } from '#core/money.ts';
import { percentile } from '#mongo/usage/latency-sketch.ts';
import {
  groupsMaxDefault,
  type RollupGroup,
  readRollup,
  refuseGroups,
  toDimensionKey,
} from '#mongo/usage-rollups.ts';
import type { UsageBucket } from './generated.ts';
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
  const [groups, earlier] = await Promise.all([
    readRollup(connection, question),
    before === null ? [] : readRollup(connection, { ...question, from: before.from, to: before.to }),
  ]);
  const chosen = chooseTop(groups, query);
  if (chosen.length > groupsMaxDefault) refuseGroups(groupsMaxDefault);
  const toKey = (start: Date | null, values: RollupGroup['values']) =>
    JSON.stringify([start?.getTime() ?? null, values]);
  const previous = new Map(earlier.map((group) => [toKey(group.start, group.values), group]));
  const joinAt = join === undefined ? -1 : question.by.lastIndexOf(join.dimension);
  return chosen.map((group) => {
    const found =
      before === null ? undefined : previous.get(toKey(before.toStart(group.start), group.values));
    return {
      ...toBucket(group, query.by),
      previous: found === undefined ? null : toBucket(found, query.by),
      joinId: group.values[joinAt] ?? null,
    };
  });
}

const amounts: Readonly<Record<Exclude<UsageOrder, 'KEYS'>, (group: RollupGroup) => number | bigint>> = {
  REQUESTS: ({ requests }) => requests,
  FAILURES: ({ failures }) => failures,
  TOKENS: ({ inputTokens, outputTokens }) => inputTokens + outputTokens,
  COST: ({ costNanos }) => costNanos,
};

/** The groups of each start in the order of the query, and of these the first. */
function chooseTop(groups: readonly RollupGroup[], { orderBy, top }: UsageQuery): readonly RollupGroup[] {
  if (orderBy === 'KEYS' && top === null) return groups;
  const starts = Map.groupBy(groups, ({ start }) => start?.getTime() ?? null);
  return [...starts.values()].flatMap((some) => {
    if (orderBy !== 'KEYS') {
      const amount = amounts[orderBy];
      // Equal ones stay in the order of their keys.
      some.sort((a, b) => (amount(a) === amount(b) ? 0 : amount(a) > amount(b) ? -1 : 1));
    }
    return top === null ? some : some.slice(0, top);
  });
}

function toBucket(group: RollupGroup, by: readonly UsageDimension[]): Omit<UsageBucket, 'previous'> {
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
