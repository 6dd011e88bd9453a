import type { Connection, PipelineStage } from 'mongoose';
import { invocations } from '#mongo/invocations.ts';
import { decimalOfNanos } from '#schema/money.ts';
import { badInput } from '../shared/input.ts';
import { type LatencyStep, latencyStep, percentile } from './latency.ts';
import type { UsageArgs, UsageDimension, UsageInterval } from './usage-query.ts';

/** The graph's UsageBucket. */
export interface UsageBucket {
  readonly start: Date | null;
  readonly keys: Readonly<Record<string, string | null>>;
  readonly requests: number;
  readonly failures: number;
  readonly cacheHits: number;
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
  readonly cost: string;
  readonly latencyMsP50: number | null;
  readonly latencyMsP95: number | null;
}

/** Fields of a row that usage is joined to other types by. */
export type JoinField = 'tenantId' | 'appId' | 'modelId' | 'promptId';

const bucketsMax = 10_000;

/** What each dimension is called in `keys`, and where a row has it. */
const dimensions: Readonly<Record<UsageDimension, { readonly key: string; readonly field: string }>> = {
  TENANT: { key: 'tenant', field: '$tenantId' },
  APP: { key: 'app', field: '$appId' },
  KEY: { key: 'key', field: '$keyId' },
  MODEL: { key: 'model', field: '$modelId' },
  PROVIDER: { key: 'provider', field: '$providerId' },
  PROMPT: { key: 'prompt', field: '$promptId' },
};

const units = { HOUR: 'hour', DAY: 'day', MONTH: 'month' } as const;

interface BucketRow {
  readonly _id: { readonly start: Date | null; readonly join?: string | null } & Readonly<
    Record<string, unknown>
  >;
  readonly requests: number | bigint;
  readonly failures: number | bigint;
  readonly cacheHits: number | bigint;
  readonly inputTokens: number | bigint;
  readonly outputTokens: number | bigint;
  readonly costNanos: number | bigint;
  readonly latencies: readonly { readonly step: number | bigint | null; readonly count: number | bigint }[];
}

/**
 * Adds up the rows that `scope` lets through, by start and then by keys. With `join`, only rows whose field is one of
 * the ids, apart for each id, still in one command. BAD_USER_INPUT beyond 10,000 buckets.
 */
export async function usageBuckets(
  connection: Connection,
  scope: Readonly<Record<string, unknown>>,
  args: UsageArgs,
  join?: { readonly field: JoinField; readonly ids: readonly string[] },
): Promise<readonly (UsageBucket & { readonly joinId: string | null })[]> {
  const rows = await invocations(connection)
    .aggregate<BucketRow>(pipeline(scope, args, join))
    .exec();
  if (rows.length > bucketsMax) {
    badInput(
      'usage',
      `would answer more than ${bucketsMax} buckets: ask for a shorter range, a longer interval or fewer dimensions.`,
    );
  }
  return rows.map((row) => bucketOf(row, args.by));
}

function pipeline(
  scope: Readonly<Record<string, unknown>>,
  { from, to, interval, by }: UsageArgs,
  join: { readonly field: JoinField; readonly ids: readonly string[] } | undefined,
): PipelineStage[] {
  const names = ['start', ...(join === undefined ? [] : ['join']), ...by.map((name) => dimensions[name].key)];
  return [
    {
      $match: { ...scope, ...(join && joined(scope, join)), startedAt: { $gte: from, $lt: to } },
    },
    {
      $group: {
        _id: {
          start: startOf(interval),
          ...(join === undefined ? {} : { join: `$${join.field}` }),
          ...Object.fromEntries(
            by.map((name) => [dimensions[name].key, { $ifNull: [dimensions[name].field, null] }]),
          ),
          step: latencyStep,
        },
        requests: { $sum: 1 },
        failures: { $sum: { $cond: [{ $eq: ['$status', 'FAILED'] }, 1, 0] } },
        cacheHits: { $sum: { $cond: [{ $in: ['$cache', ['HIT', 'SEMANTIC_HIT']] }, 1, 0] } },
        inputTokens: { $sum: '$usage.inputTokens' },
        outputTokens: { $sum: '$usage.outputTokens' },
        costNanos: { $sum: '$costNanos' },
      },
    },
    {
      $group: {
        _id: Object.fromEntries(names.map((name) => [name, `$_id.${name}`])),
        requests: { $sum: '$requests' },
        failures: { $sum: '$failures' },
        cacheHits: { $sum: '$cacheHits' },
        inputTokens: { $sum: '$inputTokens' },
        outputTokens: { $sum: '$outputTokens' },
        costNanos: { $sum: '$costNanos' },
        latencies: { $push: { step: '$_id.step', count: '$requests' } },
      },
    },
    { $sort: { _id: 1 } },
    { $limit: bucketsMax + 1 },
  ];
}

/** Where the scope has the same field, only ids that it lets through. */
function joined(
  scope: Readonly<Record<string, unknown>>,
  { field, ids }: { readonly field: JoinField; readonly ids: readonly string[] },
) {
  return { [field]: { $in: field in scope ? ids.filter((id) => id === scope[field]) : [...ids] } };
}

function startOf(interval: UsageInterval) {
  return interval === 'ALL' ? null : { $dateTrunc: { date: '$startedAt', unit: units[interval] } };
}

function bucketOf(row: BucketRow, by: readonly UsageDimension[]) {
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
    latencyMsP50: percentile(steps, 0.5),
    latencyMsP95: percentile(steps, 0.95),
  };
}
