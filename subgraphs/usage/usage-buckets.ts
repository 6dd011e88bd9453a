import type { Connection } from 'mongoose';
import type { UsageDimension } from '#core/graph-enums.generated.ts';
import type { CallRows } from '#core/ledger-reach.ts';
import { decimalOfNanos } from '#core/money.ts';
import { percentile } from '#mongo/usage/latency-sketch.ts';
import { type RollupGroup, type RollupQuestion, readRollup, toDimensionKey } from '#mongo/usage-rollups.ts';
import type { UsageBucket, UsageFilter } from './generated.ts';
import type { UsageQuery } from './usage-query.ts';

/** The dimensions that usage is joined to other types by. */
export type JoinDimension = Extract<UsageDimension, 'TENANT' | 'APP' | 'MODEL' | 'PROMPT'>;

/** Only calls with one of the values in the dimension, apart for each. */
export interface UsageJoin {
  readonly dimension: JoinDimension;
  readonly ids: readonly string[];
}

/**
 * What was used, of the rows that `scope` lets through, by start and then by keys. With `join`, apart for each id.
 * BAD_USER_INPUT beyond 10,000 buckets.
 */
export async function usageBuckets(
  connection: Connection,
  scope: CallRows,
  query: UsageQuery,
  join?: UsageJoin,
): Promise<readonly (UsageBucket & { readonly joinId: string | null })[]> {
  const question = toQuestion(scope, query, join);
  if (question === null) return [];
  const groups = await readRollup(connection, question);
  const joinAt = join === undefined ? -1 : question.by.lastIndexOf(join.dimension);
  return groups.map((group) => ({
    ...toBucket(group, query.by),
    joinId: group.values[joinAt] ?? null,
  }));
}

/** The dimension that each field of a filter is about. */
const filterDimensions: Readonly<Record<keyof UsageFilter, UsageDimension>> = {
  tenantId: 'TENANT',
  teamId: 'TEAM',
  appId: 'APP',
  keyId: 'KEY',
  model: 'MODEL',
  providerId: 'PROVIDER',
  promptId: 'PROMPT',
  status: 'STATUS',
  kind: 'KIND',
  endUserId: 'END_USER',
  tag: 'TAG',
  cache: 'CACHE',
  guardrail: 'GUARDRAIL',
};

/** Null: no row can match. */
function toQuestion(
  { tenantId: ownTenantId, ...rows }: CallRows,
  { from, to, interval, by, filter, latencies }: UsageQuery,
  join?: UsageJoin,
): RollupQuestion | null {
  const filters: Partial<Record<UsageDimension, readonly string[]>> = {};
  for (const [name, value] of Object.entries(filter ?? {})) {
    if (value != null) filters[filterDimensions[name as keyof UsageFilter]] = [value];
  }
  if (join !== undefined) {
    const { dimension, ids } = join;
    filters[dimension] = filters[dimension]?.filter((value) => ids.includes(value)) ?? ids;
  }
  const { TENANT: named, ...rest } = filters;
  const tenants =
    ownTenantId == null ? named : named === undefined || named.includes(ownTenantId) ? [ownTenantId] : [];
  if (tenants?.length === 0 || Object.values(rest).some((values) => values.length === 0)) return null;
  const [tenantId = null, ...others] = tenants ?? [];
  const isOne = tenantId !== null && others.length === 0;
  return {
    tenantId: isOne ? tenantId : null,
    ...{ from, to, interval, latencies, rows },
    by: join === undefined || by.includes(join.dimension) ? by : [...by, join.dimension],
    filter: { ...rest, ...(tenants !== undefined && !isOne && { TENANT: tenants }) },
  };
}

function toBucket(group: RollupGroup, by: readonly UsageDimension[]): UsageBucket {
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
    latencyMsP50: percentile(latency, 0.5),
    latencyMsP95: percentile(latency, 0.95),
  };
}
