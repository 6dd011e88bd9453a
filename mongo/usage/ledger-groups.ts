import type { Connection, PipelineStage } from 'mongoose';
import type { UsageDimension } from '#core/graph-enums.generated.ts';
import { type InvocationRecord, invocations } from '../invocations.ts';
import type { CubeFilter, Values } from './cube.ts';
import { dimensions } from './dimensions.ts';
import { type LatencySketch, latencyStep } from './latency-sketch.ts';
import type { TimeRange } from './slices.ts';

/** What is summed of the rows of the ledger. */
export interface LedgerQuestion {
  readonly ranges: readonly TimeRange[];
  /** Conditions on the rows. */
  readonly where: Readonly<Record<string, unknown>>;
  readonly by: readonly UsageDimension[];
  /** An expression of `$startedAt` for the start of the slice or bucket. */
  readonly start: unknown;
  readonly latencies: boolean;
}

/** Sums of rows with the same values: for each dimension those that each of them has, or null alone. */
export type OnLedgerGroup = (
  start: Date | null,
  values: readonly Values[],
  sums: readonly number[],
  latency: LatencySketch,
) => void;

type Count = number | bigint;

interface LedgerGroup {
  readonly _id: { readonly start: Date | null; readonly step: Count | null } & Readonly<
    Record<string, unknown>
  >;
  readonly requests: Count;
  readonly failures: Count;
  readonly cacheHits: Count;
  readonly inputTokens: Count;
  readonly outputTokens: Count;
  readonly costNanos: Count;
  readonly unpriced: Count;
  readonly savedByCache: Count;
  readonly savedByRouting: Count;
}

/** The answers that came from the cache. */
const hits: InvocationRecord['cache'][] = ['HIT', 'SEMANTIC_HIT'];
/** The answers that no provider was called for. */
const isAnswered = { $in: ['$cache', [...hits, 'COALESCED']] };

const nanosPerDollar = 1_000_000_000n;

/** How long the database may take for the sums of one range. */
const readMsMax = 600_000;

/**
 * Sums rows of the ledger in the database. Sums that do not fit into the memory that the store grants one query are read
 * by halves of the time.
 */
export async function readLedgerGroups(
  connection: Connection,
  question: LedgerQuestion,
  onGroup: OnLedgerGroup,
): Promise<void> {
  const { ranges, by } = question;
  if (ranges.length === 0) return;
  try {
    const found = invocations(connection).collection.aggregate<LedgerGroup>(toPipeline(question), {
      maxTimeMS: readMsMax,
      readConcern: { level: 'majority' },
    });
    for await (const group of found) emitGroup(group, by, onGroup);
  } catch (error) {
    const halves = exceedsMemory(error) ? splitRanges(ranges) : null;
    if (halves === null) throw error;
    for (const half of halves) await readLedgerGroups(connection, { ...question, ranges: half }, onGroup);
  }
}

/** QueryExceededMemoryLimitNoDiskUseAllowed: before a group is returned. */
function exceedsMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 292;
}

/** Null: they cannot be divided. */
function splitRanges(ranges: readonly TimeRange[]): readonly (readonly TimeRange[])[] | null {
  const [only] = ranges;
  if (ranges.length > 1) return [ranges.slice(0, ranges.length >> 1), ranges.slice(ranges.length >> 1)];
  if (only === undefined || only.toMs - only.fromMs < 2) return null;
  const middleMs = Math.floor((only.fromMs + only.toMs) / 2);
  return [[{ fromMs: only.fromMs, toMs: middleMs }], [{ fromMs: middleMs, toMs: only.toMs }]];
}

/** What a row must hold to be in one of the groups that the filter lets through. */
export function toRowConditions(filter: CubeFilter): Readonly<Record<string, unknown>> {
  const conditions = Object.entries(filter).map(([dimension, values]) =>
    dimensions[dimension as UsageDimension].toCondition(values),
  );
  return conditions.length === 0 ? {} : { $and: conditions };
}

function toPipeline({ ranges, where, by, start, latencies }: LedgerQuestion): PipelineStage[] {
  const times = ranges.map(({ fromMs, toMs }) => ({
    startedAt: { $gte: new Date(fromMs), $lt: new Date(toMs) },
  }));
  const fields = by.flatMap((dimension) => dimensions[dimension].fields);
  const keys = Object.fromEntries(fields.map((field) => [toKey(field), { $ifNull: [`$${field}`, null] }]));
  return [
    { $match: { ...where, ...(times.length === 1 ? times[0] : { $or: times }) } },
    {
      $group: {
        _id: { start, ...keys, step: latencies ? latencyStep : null },
        requests: { $sum: 1 },
        failures: { $sum: { $cond: [{ $eq: ['$status', 'FAILED'] }, 1, 0] } },
        cacheHits: { $sum: { $cond: [{ $in: ['$cache', hits] }, 1, 0] } },
        inputTokens: { $sum: '$usage.inputTokens' },
        outputTokens: { $sum: '$usage.outputTokens' },
        costNanos: { $sum: '$costNanos' },
        unpriced: { $sum: { $cond: [{ $eq: ['$unpriced', true] }, 1, 0] } },
        savedByCache: { $sum: { $cond: [isAnswered, '$savedNanos', 0] } },
        savedByRouting: { $sum: { $cond: [isAnswered, 0, '$savedNanos'] } },
      },
    },
  ];
}

/** What a field of a row is called in the key of a group. */
const toKey = (field: string) => field.replace('.', '_');

function emitGroup(group: LedgerGroup, by: readonly UsageDimension[], onGroup: OnLedgerGroup): void {
  const { _id: id } = group;
  const sums = [
    Number(group.requests),
    Number(group.failures),
    Number(group.cacheHits),
    Number(group.inputTokens),
    Number(group.outputTokens),
    ...splitNanos(group.costNanos),
    Number(group.unpriced),
    ...splitNanos(group.savedByCache),
    ...splitNanos(group.savedByRouting),
  ];
  const latency: LatencySketch =
    id.step == null ? new Map() : new Map([[Number(id.step), Number(group.requests)]]);
  onGroup(
    id.start,
    by.map((dimension) => readValues(id, dimension)),
    sums,
    latency,
  );
}

/** Whole dollars, and the nano-dollars that are left. */
function splitNanos(nanos: Count): [number, number] {
  const amount = BigInt(nanos);
  return [Number(amount / nanosPerDollar), Number(amount % nanosPerDollar)];
}

/** The values that the rows of a group have in a dimension: each once, null alone where there is none. */
function readValues(id: LedgerGroup['_id'], dimension: UsageDimension): Values {
  const { fields, toValues } = dimensions[dimension];
  const values = [...new Set(toValues(fields.map((field) => id[toKey(field)])))];
  return values.length === 0 ? [null] : values;
}

/** Each choice of one value of each dimension. */
export function combineValues(values: readonly Values[]): readonly Values[] {
  let combinations: Values[] = [[]];
  for (const some of values) {
    combinations =
      some.length === 1
        ? combinations.map((before) => [...before, some[0] ?? null])
        : combinations.flatMap((before) => some.map((value) => [...before, value]));
  }
  return combinations;
}
