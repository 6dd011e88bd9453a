import { randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import { hourLengthMs } from '#core/time-lengths.ts';
import { type InvocationRecord, invocations } from '../invocations.ts';
import { labelDimensions, plainDimensions } from './dimensions.ts';
import { readLedgerGroups } from './ledger-groups.ts';
import { baseShapes, OwnerCubes, SliceCubes } from './slice-cubes.ts';
import { fineSince, type SliceLevel, sliceEnd, sliceStart, type TimeRange } from './slices.ts';
import { type UsageBlockRecord, usageBlocks } from './usage-blocks.ts';
import { heldMs, lateMs, readStaleHours, staleUsageHours, usageProgress } from './usage-progress.ts';

export interface FoldOptions {
  readonly nowMs: number;
  /** How much the clocks of the processes that write rows may differ; 0 where there is one process. */
  readonly clocksDifferMs: number;
  /** Hours that are summed in this run at most; absent: all that have passed. */
  readonly hoursMax?: number;
  /** Ends the work after the hour at hand. */
  readonly signal?: AbortSignal;
}

/** Blocks in one write. */
const writtenMax = 100;
/** Blocks in one deletion. */
const removedMax = 1_000;
/** Stale hours that one run repairs: the hours that have passed are not kept waiting. */
const repairedMax = 24;

const durable = { w: 'majority', j: true } as const;
const children = { HOUR: 'FINE', DAY: 'HOUR', MONTH: 'DAY' } as const;

/**
 * Sums the rows of the ledger that started long enough ago, up to the first that runs still: by 5 minutes, hour, day and month, in
 * blocks that are replaced as a whole. What a killed process has left is done again, with the same result; several
 * processes may do it at once. Then repairs hours with rows that were changed since. Returns the end of what is summed; null: there are no rows.
 */
export async function foldUsage(connection: Connection, options: FoldOptions): Promise<number | null> {
  const { nowMs, clocksDifferMs, hoursMax = Number.POSITIVE_INFINITY, signal } = options;
  const firstMs = await findUntil(connection, nowMs);
  if (firstMs === null) return null;
  let untilMs: number = firstMs;
  const settledMs = sliceStart('FINE', nowMs - lateMs - clocksDifferMs);
  for (let hours = 0; untilMs < settledMs && hours < hoursMax && signal?.aborted !== true; hours += 1) {
    const nextMs = await findNextHour(connection, untilMs, settledMs);
    const endMs = nextMs ?? Math.min(sliceEnd('HOUR', sliceStart('HOUR', untilMs)), settledMs);
    const foldedMs: number = nextMs ?? (await foldRows(connection, untilMs, endMs, nowMs));
    if (foldedMs <= untilMs) break;
    for (const level of ['HOUR', 'DAY', 'MONTH'] as const) {
      const startMs = sliceStart(level, untilMs);
      if (sliceEnd(level, startMs) <= foldedMs) await mergeSlice(connection, level, startMs, nowMs);
    }
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

/** The hour of the next row, where no row started in the rest of this hour; otherwise null. */
async function findNextHour(
  connection: Connection,
  fromMs: number,
  settledMs: number,
): Promise<number | null> {
  const next = await invocations(connection)
    .findOne({ startedAt: { $gte: new Date(fromMs) } }, { startedAt: 1 })
    .sort({ startedAt: 1, _id: 1 })
    .lean<Pick<InvocationRecord, 'startedAt'>>();
  const nextMs = Math.min(
    settledMs,
    next === null ? settledMs : sliceStart('HOUR', next.startedAt.getTime()),
  );
  return nextMs > fromMs ? nextMs : null;
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

/** Sums rows into slices of 5 minutes (of an hour where those are no longer kept), up to the first row that runs: where that is. */
async function foldRows(
  connection: Connection,
  fromMs: number,
  toMs: number,
  nowMs: number,
): Promise<number> {
  const level = fromMs < fineSince(nowMs) ? 'HOUR' : 'FINE';
  const marks = await readStaleHours(connection, { fromMs, toMs });
  const deadline = createDeadline();
  const slices = new Map<number, SliceCubes>();
  let endMs = toMs;
  const sinceEpochMs = { $subtract: ['$startedAt', new Date(0)] };
  const lengthMs = sliceEnd(level, fromMs) - fromMs;
  const start = { $add: [new Date(0), { $subtract: [sinceEpochMs, { $mod: [sinceEpochMs, lengthMs] }] }] };
  const by = [...plainDimensions, ...labelDimensions];
  const status = by.indexOf('STATUS');
  await readLedgerGroups(
    connection,
    { ranges: [{ fromMs, toMs }], where: {}, by, start, latencies: true },
    (at, values, sums, latency) => {
      const startMs = Number(at);
      if (values[status]?.[0] === 'RUNNING') endMs = Math.min(endMs, startMs);
      const cubes = slices.get(startMs) ?? new SliceCubes();
      slices.set(startMs, cubes);
      cubes.add(values, sums, latency);
    },
  );
  const fold = randomUUID();
  const written = new Set<string>();
  for (const [startMs, cubes] of slices) {
    if (startMs >= endMs) continue;
    for (const owner of cubes.list())
      await writeBlocks(connection, owner.toBlocks(level, startMs, fold), deadline, written);
  }
  await removeLeft(connection, level, { fromMs, toMs: endMs }, { fold, written });
  await removeChanged(connection, level, { fromMs, toMs }, { fold, marks });
  return endMs;
}

/** Sums the slices that one slice consists of. */
async function mergeSlice(
  connection: Connection,
  level: Exclude<SliceLevel, 'FINE'>,
  startMs: number,
  nowMs: number,
): Promise<void> {
  const child = children[level];
  // Hours that are too old for slices of 5 minutes are summed from the rows.
  if (child === 'FINE' && startMs < fineSince(nowMs)) return;
  const whole = { fromMs: startMs, toMs: sliceEnd(level, startMs) };
  const marks = await readStaleHours(connection, whole);
  const blocks = usageBlocks(connection).collection;
  const range = { level: child, start: { $gte: new Date(startMs), $lt: new Date(whole.toMs) } };
  const tenants: (string | null)[] = await blocks.distinct('tenantId', { ...range, shape: '' });
  const fold = randomUUID();
  const written = new Set<string>();
  for (const tenantId of tenants) {
    const deadline = createDeadline();
    const found = blocks.find<UsageBlockRecord>({ ...range, tenantId, shape: { $in: ['', ...baseShapes] } });
    const cubes = new OwnerCubes(tenantId);
    const bySlice = new Map<number, UsageBlockRecord[]>();
    for await (const block of found) {
      const slice = bySlice.get(block.start.getTime());
      if (slice === undefined) bySlice.set(block.start.getTime(), [block]);
      else slice.push(block);
    }
    for (const slice of bySlice.values()) cubes.addBlocks(slice);
    await writeBlocks(connection, cubes.toBlocks(level, startMs, fold), deadline, written);
  }
  await removeLeft(connection, level, whole, { fold, written });
  await removeChanged(connection, level, whole, { fold, marks });
}

/** Ends a run that was stopped in between: what it has read may have been changed, and summed again, since. */
type Deadline = () => void;

function createDeadline(): Deadline {
  const endMs = performance.now() + heldMs / 2;
  return () => {
    if (performance.now() > endMs) throw new Error('Summing usage took too long; it is done again.');
  };
}

async function writeBlocks(
  connection: Connection,
  blocks: readonly UsageBlockRecord[],
  deadline: Deadline,
  written: Set<string>,
): Promise<void> {
  for (let first = 0; first < blocks.length; first += writtenMax) {
    deadline();
    for (const { _id } of blocks.slice(first, first + writtenMax)) written.add(_id);
    await usageBlocks(connection).collection.bulkWrite(
      blocks.slice(first, first + writtenMax).map((replacement) => ({
        replaceOne: { filter: { _id: replacement._id as never }, replacement, upsert: true },
      })),
      { writeConcern: durable, ordered: false },
    );
  }
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
async function repairHours(
  connection: Connection,
  untilMs: number,
  { nowMs, signal }: FoldOptions,
): Promise<void> {
  const stale = staleUsageHours(connection);
  const due = await stale
    .find({ _id: { $lte: new Date(untilMs - hourLengthMs) }, heldUntil: { $lte: new Date(nowMs) } })
    .sort({ _id: 1 })
    .limit(repairedMax)
    .lean();
  for (const { _id: hour, version } of due) {
    if (signal?.aborted === true) return;
    const startMs = hour.getTime();
    if ((await foldRows(connection, startMs, startMs + hourLengthMs, nowMs)) < startMs + hourLengthMs)
      continue;
    for (const level of ['HOUR', 'DAY', 'MONTH'] as const) {
      const sliceMs = sliceStart(level, startMs);
      if (sliceEnd(level, sliceMs) <= untilMs) await mergeSlice(connection, level, sliceMs, nowMs);
    }
    await stale.deleteOne({ _id: hour, version });
  }
}
