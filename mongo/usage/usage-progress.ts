import type { Connection } from 'mongoose';
import { hourLengthMs } from '#core/time-lengths.ts';
import { defineCollection } from '../collection.ts';
import { sliceStart, type TimeRange } from './slices.ts';

/** The progress of the sums of the ledger. There is one record. */
export interface UsageProgressRecord {
  _id: 'usage';
  /** Rows that started before are in the blocks. */
  until: Date;
}

export const usageProgress = defineCollection<UsageProgressRecord>('usage_progress', {
  _id: { type: String, required: true },
  until: { type: Date, required: true },
});

/** An hour whose blocks are not current, as one of its rows was changed after it was summed. */
export interface StaleUsageHourRecord {
  /** The start of the hour. */
  _id: Date;
  /** Counts the changes: sums that were read before the last one are not taken over. */
  version: number;
  /** Until then the change may still be under way. */
  heldUntil: Date;
}

export const staleUsageHours = defineCollection<StaleUsageHourRecord>('stale_usage_hours', {
  _id: { type: Date, required: true },
  version: { type: Number, required: true },
  heldUntil: { type: Date, required: true },
});

/** Longer than the write of a row may take, and the clocks of two processes may differ; a run that sums must write within half of it. */
export const heldMs = 10 * 60_000;

/** How long after its start a row may be written without its hour being marked first. */
export const lateMs = 2 * 60_000;

/**
 * To be called before rows that ended are changed, or that started long ago are added: their hours are read row by row from then on,
 * until they are summed again.
 */
export async function markUsageStale(
  connection: Connection,
  startedAt: readonly Date[],
  nowMs = Date.now(),
): Promise<void> {
  const hours = new Set(startedAt.map((at) => sliceStart('HOUR', at.getTime())));
  if (hours.size === 0) return;
  await staleUsageHours(connection).collection.bulkWrite(
    [...hours].map((ms) => ({
      updateOne: {
        filter: { _id: new Date(ms) as never },
        update: { $inc: { version: 1 }, $max: { heldUntil: new Date(nowMs + heldMs) } },
        upsert: true,
      },
    })),
    { writeConcern: { w: 'majority', j: true }, ordered: false },
  );
}

/** The versions of the stale hours that overlap with a range, by their starts, in order. */
export async function readStaleHours(
  connection: Connection,
  { fromMs, toMs }: TimeRange,
): Promise<ReadonlyMap<number, number>> {
  const found = await staleUsageHours(connection)
    .find({ _id: { $gt: new Date(fromMs - hourLengthMs), $lt: new Date(toMs) } }, { _id: 1, version: 1 })
    .sort({ _id: 1 })
    .lean<Pick<StaleUsageHourRecord, '_id' | 'version'>[]>();
  return new Map(found.map(({ _id, version }) => [_id.getTime(), version]));
}
