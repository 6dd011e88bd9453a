import { decodeFields } from '@heddle/embedded-store/decode';
import { DateTime, type Doc, type Value } from '@heddle/embedded-store/values';
import type { Connection } from 'mongoose';
import type { UsageDimension } from '#core/graph-enums.generated.ts';
import { WorkTurns } from '#core/work-turns.ts';
import { type InvocationRecord, invocations } from '../invocations.ts';
import type { CubeFilter, Values } from './cube.ts';
import { dimensions } from './dimensions.ts';
import { type LatencySketch, toLatencyStep } from './latency-sketch.ts';
import { toRowNumber } from './row-numbers.ts';
import type { TimeRange } from './slices.ts';

/** What is summed of the rows of the ledger. */
export interface LedgerQuestion {
  readonly ranges: readonly TimeRange[];
  /** Conditions on the rows. */
  readonly where: Readonly<Record<string, unknown>>;
  readonly by: readonly UsageDimension[];
  readonly latencies: boolean;
}

/** What one row adds: for each dimension the values that it has, or null alone. */
export type OnLedgerRow = (
  startedAt: Date,
  values: readonly Values[],
  sums: readonly number[],
  latency: LatencySketch,
) => void;

/** The answers that came from the cache. */
const hits: ReadonlySet<unknown> = new Set<InvocationRecord['cache']>(['HIT', 'SEMANTIC_HIT']);
/** The answers that no provider was called for. */
const answered: ReadonlySet<unknown> = new Set<InvocationRecord['cache']>([
  'HIT',
  'SEMANTIC_HIT',
  'COALESCED',
]);

const summedFields: readonly (keyof InvocationRecord)[] = [
  ...(['startedAt', 'status', 'cache', 'latencyMs', 'usage', 'costNanos', 'savedNanos', 'unpriced'] as const),
];

const nanosPerDollar = 1_000_000_000;

/** How long the database may take for the rows of one question. */
const readMsMax = 600_000;
/** Rows that are read at once: calls wait meanwhile. */
const rowsAtOnce = 500;

const noLatency: LatencySketch = new Map();

/**
 * Reads rows of the ledger one by one. They come as the bytes that are stored, of which only the needed fields are decoded: the database
 * groups them at many times the cost.
 */
export async function readLedgerRows(
  connection: Connection,
  { ranges, where, by, latencies }: LedgerQuestion,
  onRow: OnLedgerRow,
): Promise<void> {
  if (ranges.length === 0) return;
  const times = ranges.map(({ fromMs, toMs }) => ({
    startedAt: { $gte: new Date(fromMs), $lt: new Date(toMs) },
  }));
  const sources = by.map((dimension) => dimensions[dimension]);
  const fields = new Set<string>([...summedFields, ...sources.flatMap((source) => source.fields)]);
  const found = invocations(connection).collection.find<Uint8Array>(
    { ...where, ...(times.length === 1 ? times[0] : { $or: times }) },
    { raw: true, batchSize: rowsAtOnce, maxTimeMS: readMsMax, readConcern: { level: 'majority' } },
  );
  const turns = new WorkTurns();
  while (await found.hasNext()) {
    for (const bytes of found.readBufferedDocuments()) {
      await turns.pass();
      const row = decodeFields(bytes, fields);
      const values = sources.map((source) => {
        const own = source.toValues(source.fields.map((field) => row.get(field)));
        return own.length === 0 ? noValue : own.length === 1 ? own : [...new Set(own)];
      });
      onRow(toDate(row.get('startedAt')), values, toSums(row), latencies ? toSketch(row) : noLatency);
    }
  }
}

const noValue: Values = [null];

/** What a row must hold to be in one of the groups that the filter lets through. */
export function toRowConditions(filter: CubeFilter): Readonly<Record<string, unknown>> {
  const conditions = Object.entries(filter).map(([dimension, values]) =>
    dimensions[dimension as UsageDimension].toCondition(values),
  );
  return conditions.length === 0 ? {} : { $and: conditions };
}

/** In the order of the measures of a cube. */
function toSums(row: Doc): readonly number[] {
  const usage = row.get('usage');
  const tokens = usage instanceof Map ? usage : new Map<string, Value>();
  const cache = row.get('cache');
  const saved = splitNanos(row.get('savedNanos'));
  return [
    1,
    row.get('status') === 'FAILED' ? 1 : 0,
    hits.has(cache) ? 1 : 0,
    toRowNumber(tokens.get('inputTokens')),
    toRowNumber(tokens.get('outputTokens')),
    ...splitNanos(row.get('costNanos')),
    row.get('unpriced') === true ? 1 : 0,
    ...(answered.has(cache) ? [...saved, 0, 0] : [0, 0, ...saved]),
  ];
}

/** A call that has not ended has no latency. */
function toSketch(row: Doc): LatencySketch {
  const latencyMs = row.get('latencyMs') ?? null;
  return latencyMs === null ? noLatency : new Map([[toLatencyStep(toRowNumber(latencyMs)), 1]]);
}

function toDate(value: Value | undefined): Date {
  if (!(value instanceof DateTime)) throw new TypeError('A row of the ledger has no start.');
  return new Date(Number(value.ms));
}

/** Whole dollars, and the nano-dollars that are left. */
function splitNanos(value: Value | undefined): [number, number] {
  const nanos = toRowNumber(value);
  if (typeof value === 'bigint' && !Number.isSafeInteger(nanos)) {
    const perDollar = BigInt(nanosPerDollar);
    return [Number(value / perDollar), Number(value % perDollar)];
  }
  const rest = nanos % nanosPerDollar;
  return [(nanos - rest) / nanosPerDollar, rest];
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
