import type { Connection, PipelineStage } from 'mongoose';
import type { CacheStatus, UsageDimension, UsageInterval } from '#core/graph-enums.generated.ts';
import { badInput } from '#core/input.ts';
import { invocations } from '#mongo/invocations.ts';
import { given } from '../runtime/list-input.ts';
import type { UsageFilter } from './generated.ts';
import { latencyStep } from './latency.ts';
import type { UsageQuery } from './usage-query.ts';

/** Fields of a row that usage is joined to other types by. */
export type JoinField = 'tenantId' | 'appId' | 'modelId' | 'promptId';

/** Only rows with one of the ids in the field, apart for each id. */
export interface UsageJoin {
  readonly field: JoinField;
  readonly ids: readonly string[];
}

type Scope = Readonly<Record<string, unknown>>;
type Count = number | bigint;

/** The sums of one bucket as the database makes them. */
export interface UsageRow {
  readonly _id: { readonly start: Date | null; readonly join?: string | null } & Readonly<
    Record<string, Date | string | null>
  >;
  readonly requests: Count;
  readonly failures: Count;
  readonly cacheHits: Count;
  readonly inputTokens: Count;
  readonly outputTokens: Count;
  readonly costNanos: Count;
  readonly unpriced: Count;
  /** In no order; a step may be there more than once. */
  readonly latencies: readonly { readonly step: Count | null; readonly count: Count }[];
}

/** The answers that came from the cache. */
const hits: CacheStatus[] = ['HIT', 'SEMANTIC_HIT'];

const rowsMax = 10_000;

/** What each dimension is called in `keys`, and where a row of the ledger has it. */
export const dimensions: Readonly<Record<UsageDimension, { readonly key: string; readonly field: string }>> =
  {
    TENANT: { key: 'tenant', field: '$tenantId' },
    TEAM: { key: 'team', field: '$teamId' },
    APP: { key: 'app', field: '$appId' },
    KEY: { key: 'key', field: '$keyId' },
    MODEL: { key: 'model', field: '$modelId' },
    PROVIDER: { key: 'provider', field: '$providerId' },
    PROMPT: { key: 'prompt', field: '$promptId' },
    END_USER: { key: 'endUser', field: '$endUserId' },
    TAG: { key: 'tag', field: '$tags' },
    CACHE: { key: 'cache', field: '$cache' },
  };

const units = { HOUR: 'hour', DAY: 'day', MONTH: 'month' } as const satisfies Record<
  Exclude<UsageInterval, 'ALL'>,
  string
>;

/**
 * Adds up the ledger's rows that `scope` lets through, by start and then by keys. A range whose sums do not fit into
 * the memory that the store grants one query is read in halves. BAD_USER_INPUT beyond 10,000 rows.
 */
export async function usageRows(
  connection: Connection,
  scope: Scope,
  query: UsageQuery,
  join?: UsageJoin,
): Promise<readonly UsageRow[]> {
  const read = async (from: Date, to: Date): Promise<readonly UsageRow[]> => {
    try {
      const stages = pipeline(scope, { ...query, from, to }, join);
      return notTooMany(await invocations(connection).aggregate<UsageRow>(stages).exec());
    } catch (error) {
      if (!exceedsMemory(error)) throw error;
      const middle = new Date(Math.floor((from.getTime() + to.getTime()) / 2));
      if (middle <= from) return tooMany();
      const earlier = await read(from, middle);
      return notTooMany(merged([...earlier, ...(await read(middle, to))]));
    }
  };
  return read(query.from, query.to);
}

function notTooMany(rows: readonly UsageRow[]): readonly UsageRow[] {
  return rows.length > rowsMax ? tooMany() : rows;
}

function tooMany(): never {
  badInput(
    'usage',
    `would answer more than ${rowsMax} buckets: request a shorter range, a longer interval or fewer dimensions.`,
  );
}

/** QueryExceededMemoryLimitNoDiskUseAllowed. */
function exceedsMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 292;
}

/** Rows of the same bucket as one, in the order in which the database answers them. */
function merged(rows: readonly UsageRow[]): UsageRow[] {
  const byId = new Map<string, UsageRow>();
  for (const row of rows) {
    const id = JSON.stringify(row._id);
    const known = byId.get(id);
    byId.set(id, known === undefined ? row : addRows(known, row));
  }
  return [...byId.values()].sort(inOrder);
}

function addRows(a: UsageRow, b: UsageRow): UsageRow {
  const sum = (name: Exclude<keyof UsageRow, '_id' | 'latencies'>) => BigInt(a[name]) + BigInt(b[name]);
  return {
    _id: a._id,
    requests: sum('requests'),
    failures: sum('failures'),
    cacheHits: sum('cacheHits'),
    inputTokens: sum('inputTokens'),
    outputTokens: sum('outputTokens'),
    costNanos: sum('costNanos'),
    unpriced: sum('unpriced'),
    latencies: [...a.latencies, ...b.latencies],
  };
}

function inOrder({ _id: a }: UsageRow, { _id: b }: UsageRow): number {
  for (const name of Object.keys(a)) {
    const [one, other] = [a[name] ?? '', b[name] ?? ''];
    if (one < other) return -1;
    if (one > other) return 1;
  }
  return 0;
}

/** What a row must hold to match every specified field. */
function toConditions({ model, tag, ...equal }: UsageFilter): Readonly<Record<string, unknown>> {
  return given({ ...equal, modelId: model, tags: tag });
}

function pipeline(
  scope: Scope,
  { from, to, interval, by, filter, latencies }: UsageQuery,
  join: UsageJoin | undefined,
): PipelineStage[] {
  const names = ['start', ...(join === undefined ? [] : ['join']), ...by.map((name) => dimensions[name].key)];
  return [
    {
      $match: {
        ...scope,
        ...(join && joined(scope, join)),
        startedAt: { $gte: from, $lt: to },
        ...(filter == null ? {} : { $and: [toConditions(filter)] }),
      },
    },
    // A call counts for each of its tags; one without for null.
    ...(by.includes('TAG') ? [{ $unwind: { path: '$tags', preserveNullAndEmptyArrays: true } }] : []),
    {
      $group: {
        _id: {
          start: toStartExpression(interval),
          ...(join === undefined ? {} : { join: `$${join.field}` }),
          ...Object.fromEntries(
            by.map((name) => [dimensions[name].key, { $ifNull: [dimensions[name].field, null] }]),
          ),
          step: latencies ? latencyStep : null,
        },
        requests: { $sum: 1 },
        failures: { $sum: { $cond: [{ $eq: ['$status', 'FAILED'] }, 1, 0] } },
        cacheHits: { $sum: { $cond: [{ $in: ['$cache', hits] }, 1, 0] } },
        inputTokens: { $sum: '$usage.inputTokens' },
        outputTokens: { $sum: '$usage.outputTokens' },
        costNanos: { $sum: '$costNanos' },
        unpriced: { $sum: { $cond: [{ $eq: ['$unpriced', true] }, 1, 0] } },
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
        unpriced: { $sum: '$unpriced' },
        latencies: { $push: { step: '$_id.step', count: '$requests' } },
      },
    },
    { $sort: { _id: 1 } },
    { $limit: rowsMax + 1 },
  ];
}

/** Where the scope has the same field, only ids that it lets through. */
function joined(scope: Scope, { field, ids }: UsageJoin) {
  return { [field]: { $in: field in scope ? ids.filter((id) => id === scope[field]) : [...ids] } };
}

function toStartExpression(interval: UsageInterval) {
  return interval === 'ALL' ? null : { $dateTrunc: { date: '$startedAt', unit: units[interval] } };
}
