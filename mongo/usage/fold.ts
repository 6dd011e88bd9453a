import type { Connection } from 'mongoose';
import { hourLengthMs } from '#core/time-lengths.ts';
import { WorkTurns, workInTurns } from '#core/work-turns.ts';
import { findInTurns } from '../find-in-turns.ts';
import { type InvocationRecord, invocations } from '../invocations.ts';
import { BlockWriter } from './block-writer.ts';
import { labelDimensions, plainDimensions } from './dimensions.ts';
import { readLedgerRows } from './ledger-rows.ts';
import { baseShapes, OwnerCubes, SliceCubes } from './slice-cubes.ts';
import { fineSince, type SliceLevel, sliceEnd, sliceStart, type TimeRange } from './slices.ts';
import { type UsageBlockRecord, usageBlocks } from './usage-blocks.ts';
import { lateMs, readStaleHours, staleUsageHours, usageProgress } from './usage-progress.ts';

export interface FoldOptions {
  readonly nowMs: number;
  /** How much the clocks of the processes that write rows may differ; 0 where there is one process. */
  readonly clocksDifferMs: number;
  /** Hours that are summed in this run at most; absent: all that have passed. */
  readonly hoursMax?: number;
  /** Rows of an hour that is summed at once; one with more is summed by 5 minutes first. Absent: 4,000. */
  readonly directRowsMax?: number;
  /** `settledUntil` of a run that has succeeded: until it has grown only changed hours are summed again. Absent: there was none. */
  readonly settledBefore?: number;
  /** Ends the work after the hour at hand. */
  readonly signal?: AbortSignal;
}

/** Queries of a part of an hour that was summed at once read its rows. */
const directRowsMaxDefault = 4_000;
/** Blocks in one deletion. */
const removedMax = 1_000;
/** Stale hours that one run repairs: the hours that have passed are not kept waiting. */
const repairedMax = 24;

const durable = { w: 'majority', j: true } as const;
const parts = { HOUR: 'FINE', DAY: 'HOUR', MONTH: 'DAY' } as const;

/**
 * Sums the rows of the ledger that started long enough ago, up to the first that runs still: by hour, day and month, and hours
 * of many rows by 5 minutes before, in blocks that are replaced as a whole. What a killed process has left is done again, with the same result; several
 * processes may do it at once. Then repairs hours with rows that were changed since. Returns the end of what is summed; null: there are no rows.
 */
export async function foldUsage(connection: Connection, options: FoldOptions): Promise<number | null> {
  const { nowMs, hoursMax = Number.POSITIVE_INFINITY, settledBefore, signal } = options;
  const firstMs = await findUntil(connection, nowMs);
  if (firstMs === null) return null;
  let untilMs: number = firstMs;
  const settledMs = settledUntil(options);
  const hasGrown = settledMs !== settledBefore;
  for (
    let hours = 0;
    hasGrown && untilMs < settledMs && hours < hoursMax && signal?.aborted !== true;
    hours += 1
  ) {
    const nextMs = await findNextHour(connection, untilMs, settledMs);
    const endMs = nextMs ?? Math.min(sliceEnd('HOUR', sliceStart('HOUR', untilMs)), settledMs);
    const range = { fromMs: untilMs, toMs: endMs };
    const foldedMs: number = await (nextMs === null
      ? foldHour(connection, range, options)
      : endHour(connection, range));
    if (foldedMs <= untilMs) break;
    await mergeWhole(connection, ['DAY', 'MONTH'], untilMs, foldedMs);
    await usageProgress(connection).updateOne(
      { _id: 'usage' },
      { $max: { until: new Date(foldedMs) } },
      { upsert: true, writeConcern: durable },
    );
    const isWhole = foldedMs === endMs;
    untilMs = foldedMs;
    if (!isWhole) break;
  }
  await repairHours(connection, untilMs, options);
  return untilMs;
}

/** Rows that started before may be summed: it grows by 5 minutes at a time. */
export function settledUntil({
  nowMs,
  clocksDifferMs,
}: Pick<FoldOptions, 'nowMs' | 'clocksDifferMs'>): number {
  return sliceStart('FINE', nowMs - lateMs - clocksDifferMs);
}

/** The start of the next hour with rows, where no row started in the rest of this one; otherwise null. */
async function findNextHour(
  connection: Connection,
  fromMs: number,
  settledMs: number,
): Promise<number | null> {
  const next = await invocations(connection)
    .findOne({ startedAt: { $gte: new Date(fromMs) } }, { startedAt: 1 })
    .sort({ startedAt: 1, _id: 1 })
    .lean<Pick<InvocationRecord, 'startedAt'>>();
  const nextMs = sliceStart('HOUR', Math.min(settledMs, next?.startedAt.getTime() ?? settledMs));
  return nextMs > fromMs ? nextMs : null;
}

/** Sums an hour whose first part is in slices of 5 minutes already, and that has no more rows. Returns the end of the range. */
async function endHour(connection: Connection, { fromMs, toMs }: TimeRange): Promise<number> {
  const hourMs = sliceStart('HOUR', fromMs);
  if (fromMs > hourMs) await mergeWhole(connection, ['HOUR'], hourMs, toMs);
  return toMs;
}

/** Where the next sums begin; before the first run at the hour of the oldest row. */
async function findUntil(connection: Connection, nowMs: number): Promise<number | null> {
  const progress = await usageProgress(connection).findById('usage').lean();
  if (progress !== null) {
    const untilMs = progress.until.getTime();
    // The beginning of an hour is in slices of 5 minutes, which may have vanished.
    return untilMs < fineSince(nowMs) ? sliceStart('HOUR', untilMs) : untilMs;
  }
  const oldest = await invocations(connection)
    .findOne({}, { startedAt: 1 })
    .sort({ startedAt: 1, _id: 1 })
    .lean<Pick<InvocationRecord, 'startedAt'>>();
  return oldest === null ? null : sliceStart('HOUR', oldest.startedAt.getTime());
}

/**
 * Sums the rows of an hour, or of a part of it: into its own slice at once where they are few, otherwise into slices of 5 minutes and those, when
 * it is whole, into its own. Returns the end of what is summed: the start of the slice of the first row that runs; nothing of a part with few rows.
 */
async function foldHour(
  connection: Connection,
  range: TimeRange,
  { nowMs, directRowsMax = directRowsMaxDefault }: FoldOptions,
): Promise<number> {
  const hourMs = sliceStart('HOUR', range.fromMs);
  const hasFine =
    range.fromMs > hourMs ||
    (hourMs >= fineSince(nowMs) && (await hasMoreRows(connection, range, directRowsMax)));
  if (hasFine) {
    const foldedMs = await foldRows(connection, 'FINE', range);
    await mergeWhole(connection, ['HOUR'], hourMs, foldedMs);
    return foldedMs;
  }
  if (range.toMs < sliceEnd('HOUR', hourMs)) return range.fromMs;
  const foldedMs = await foldRows(connection, 'HOUR', range);
  // Of a run before, when the hour had more rows.
  if (foldedMs === range.toMs) await removeLeft(connection, 'FINE', range, { fold: '', written: new Set() });
  return foldedMs;
}

async function hasMoreRows(
  connection: Connection,
  { fromMs, toMs }: TimeRange,
  max: number,
): Promise<boolean> {
  const startedAt = { $gte: new Date(fromMs), $lt: new Date(toMs) };
  const next = await invocations(connection)
    .findOne({ startedAt }, { _id: 0, startedAt: 1 })
    .sort({ startedAt: 1 })
    .skip(max)
    .lean();
  return next !== null;
}

/** Sums rows into slices of one length, up to the slice of the first row that runs: where that starts. */
async function foldRows(
  connection: Connection,
  level: 'FINE' | 'HOUR',
  { fromMs, toMs }: TimeRange,
): Promise<number> {
  const marks = await readStaleHours(connection, { fromMs, toMs });
  const writer = new BlockWriter(connection);
  const slices = new Map<number, SliceCubes>();
  let endMs = toMs;
  const by = [...plainDimensions, ...labelDimensions];
  const status = by.indexOf('STATUS');
  await readLedgerRows(
    connection,
    { ranges: [{ fromMs, toMs }], where: {}, by, latencies: true },
    (at, values, sums, latency) => {
      const startMs = sliceStart(level, at.getTime());
      if (values[status]?.[0] === 'RUNNING') endMs = Math.min(endMs, startMs);
      const cubes = slices.get(startMs) ?? new SliceCubes();
      slices.set(startMs, cubes);
      cubes.add(values, sums, latency);
    },
  );
  if (endMs <= fromMs) return endMs;
  const turns = new WorkTurns();
  for (const [startMs, cubes] of slices) {
    if (startMs >= endMs) continue;
    for (const owner of cubes.list()) {
      const blocks = await workInTurns(owner.toBlocks(level, startMs, writer.fold), turns);
      await writer.add(level === 'HOUR' ? blocks.map((block) => ({ ...block, direct: true })) : blocks);
    }
  }
  await writer.flush();
  await removeLeft(connection, level, { fromMs, toMs: endMs }, writer);
  await removeChanged(connection, level, { fromMs, toMs }, { fold: writer.fold, marks });
  return endMs;
}

/** Sums the slices that begin before an instant, and are whole at another one, from their parts. */
async function mergeWhole(
  connection: Connection,
  levels: readonly Exclude<SliceLevel, 'FINE'>[],
  atMs: number,
  untilMs: number,
): Promise<void> {
  for (const level of levels) {
    const startMs = sliceStart(level, atMs);
    if (sliceEnd(level, startMs) <= untilMs) await mergeSlice(connection, level, startMs);
  }
}

/** Sums the slices that one slice consists of. */
async function mergeSlice(
  connection: Connection,
  level: Exclude<SliceLevel, 'FINE'>,
  startMs: number,
): Promise<void> {
  const whole = { fromMs: startMs, toMs: sliceEnd(level, startMs) };
  const marks = await readStaleHours(connection, whole);
  const blocks = usageBlocks(connection).collection;
  const range = { level: parts[level], start: { $gte: new Date(startMs), $lt: new Date(whole.toMs) } };
  const tenants: (string | null)[] = await blocks.distinct('tenantId', { ...range, shape: '' });
  const writer = new BlockWriter(connection);
  const turns = new WorkTurns();
  for (const tenantId of tenants) {
    writer.begin();
    const where = { ...range, tenantId, shape: { $in: ['', ...baseShapes] } };
    const cubes = new OwnerCubes(tenantId);
    const bySlice = new Map<number, UsageBlockRecord[]>();
    for await (const block of findInTurns<UsageBlockRecord>(blocks, where, {}, turns)) {
      const slice = bySlice.get(block.start.getTime());
      if (slice === undefined) bySlice.set(block.start.getTime(), [block]);
      else slice.push(block);
    }
    for (const slice of bySlice.values()) await workInTurns(cubes.addBlocks(slice), turns);
    await writer.add(await workInTurns(cubes.toBlocks(level, startMs, writer.fold), turns));
  }
  await writer.flush();
  await removeLeft(connection, level, whole, writer);
  await removeChanged(connection, level, whole, { fold: writer.fold, marks });
}

/**
 * Deletes the blocks of slices that an earlier run has left. What another run writes meanwhile has the same ids, as it has read the same rows: it
 * stays, whichever wrote last.
 */
async function removeLeft(
  connection: Connection,
  level: SliceLevel,
  { fromMs, toMs }: TimeRange,
  { fold, written }: { readonly fold: string; readonly written: ReadonlySet<string> },
): Promise<void> {
  const start = { $gte: new Date(fromMs), $lt: new Date(toMs) };
  const others = await usageBlocks(connection)
    .find({ level, start, fold: { $ne: fold } }, { _id: 1 })
    .lean();
  const left = others.map(({ _id }) => _id).filter((id) => !written.has(id));
  for (let first = 0; first < left.length; first += removedMax)
    await usageBlocks(connection).deleteMany({ _id: { $in: left.slice(first, first + removedMax) } });
}

/**
 * Deletes what a run has written of slices in which rows were marked as changed since it began: it may name what an erasure has deleted
 * before it was written. Until their hours are summed again, these slices are read row by row.
 */
async function removeChanged(
  connection: Connection,
  level: SliceLevel,
  range: TimeRange,
  { fold, marks }: { readonly fold: string; readonly marks: ReadonlyMap<number, number> },
): Promise<void> {
  const present = await readStaleHours(connection, range);
  for (const [hourMs, version] of present) {
    if (marks.get(hourMs) === version) continue;
    const start = { $gte: new Date(range.fromMs), $lt: new Date(range.toMs) };
    await usageBlocks(connection).deleteMany({ level, start, fold });
    return;
  }
}

/** Sums hours with changed rows again, and the days and months that they are in. */
async function repairHours(connection: Connection, untilMs: number, options: FoldOptions): Promise<void> {
  const { nowMs, signal } = options;
  const stale = staleUsageHours(connection);
  const due = await stale
    .find({ _id: { $lte: new Date(untilMs - hourLengthMs) }, heldUntil: { $lte: new Date(nowMs) } })
    .sort({ _id: 1 })
    .limit(repairedMax)
    .lean();
  for (const { _id: hour, version } of due) {
    if (signal?.aborted === true) return;
    const startMs = hour.getTime();
    const range = { fromMs: startMs, toMs: startMs + hourLengthMs };
    if ((await foldHour(connection, range, options)) < range.toMs) continue;
    await mergeWhole(connection, ['DAY', 'MONTH'], startMs, untilMs);
    await stale.deleteOne({ _id: hour, version });
  }
}
