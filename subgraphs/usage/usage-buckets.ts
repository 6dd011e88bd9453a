import type { Connection } from 'mongoose';
import type { UsageDimension } from '#core/graph-enums.generated.ts';
import { decimalOfNanos } from '#core/money.ts';
import type { UsageBucket } from './generated.ts';
import { type LatencyStep, percentile } from './latency.ts';
import type { UsageQuery } from './usage-query.ts';
import { dimensions, type UsageJoin, type UsageRow, usageRows } from './usage-rows.ts';

/**
 * What was used, of the rows that `scope` lets through, by start and then by keys. With `join`, apart for each id and
 * still in one command. BAD_USER_INPUT beyond 10,000 buckets.
 */
export async function usageBuckets(
  connection: Connection,
  scope: Readonly<Record<string, unknown>>,
  query: UsageQuery,
  join?: UsageJoin,
): Promise<readonly (UsageBucket & { readonly joinId: string | null })[]> {
  const rows = await usageRows(connection, scope, query, join);
  return rows.map((row) => toBucket(row, query.by));
}

function toBucket(row: UsageRow, by: readonly UsageDimension[]) {
  const steps = row.latencies.map(
    ({ step, count }): LatencyStep => ({ step: step === null ? null : Number(step), count: Number(count) }),
  );
  return {
    joinId: row._id.join ?? null,
    start: row._id.start,
    keys: Object.fromEntries(
      by.map((name) => {
        const { key } = dimensions[name];
        const id = row._id[key];
        return [key, typeof id === 'string' ? id : null];
      }),
    ),
    requests: Number(row.requests),
    failures: Number(row.failures),
    cacheHits: Number(row.cacheHits),
    inputTokens: BigInt(row.inputTokens),
    outputTokens: BigInt(row.outputTokens),
    cost: decimalOfNanos(BigInt(row.costNanos)),
    unpricedRequests: Number(row.unpriced),
    latencyMsP50: percentile(steps, 0.5),
    latencyMsP95: percentile(steps, 0.95),
  };
}
