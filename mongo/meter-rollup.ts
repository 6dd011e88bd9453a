import type { Connection, mongo } from 'mongoose';
import { type Eraser, eraseByDeleting } from './eraser.ts';
import { type InvocationRecord, invocations } from './invocations.ts';
import {
  type MeterHourGroup,
  type MeterHourRecord,
  type MeterRollupRecord,
  meterHours,
  meterRollups,
} from './meter-hours.ts';

export const hourMs = 3_600_000;
/** Younger hours are read row by row: no row begins so late, and no window of an HOUR reaches so far back. */
const settledMs = 2 * hourMs;
/** Longer than the write of a corrected row may take, and the clocks of two processes may differ. */
export const correctionMsMax = 10 * 60_000;
/** How long the database may take for the sums of one tenant. */
const rollupMsMax = 600_000;

/** Hours of a tenant that are summed in `meterHours`. */
export interface RolledHours {
  readonly fromMs: number;
  readonly untilMs: number;
}

export function hourStartMs(atMs: number): number {
  return Math.floor(atMs / hourMs) * hourMs;
}

function monthStartMs(atMs: number): number {
  const at = new Date(atMs);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1);
}

/** The native collection of the ledger's rows. */
export function ledgerRows(connection: Connection): mongo.Collection<InvocationRecord> {
  const { db } = connection;
  if (db === undefined) throw new Error('The database connection is not open.');
  return db.collection<InvocationRecord>(invocations(connection).collection.name);
}

/** Rows that draw on meters: those that were sent to a provider. */
export const drawsOnMeters = { cache: { $in: ['MISS', 'BYPASS'] as InvocationRecord['cache'][] } };
/** Rows of versions before lines of keys were kept have the key alone. */
export const keyLineId = { $ifNull: ['$keyLineId', '$keyId'] };

/** The hours of a tenant that are summed so far; null: none. */
export async function findRolledHours(connection: Connection, tenantId: string): Promise<RolledHours | null> {
  const found = await meterRollups(connection).findById(tenantId).lean<MeterRollupRecord>();
  return found && { fromMs: found.from.getTime(), untilMs: found.until.getTime() };
}

/**
 * Sums the hours of a tenant that have passed since it was last done, within the month of `nowMs`, as far as all of their
 * calls have ended. Returns the hours that are summed. Several processes may do it at once.
 */
export async function rollUpHours(
  connection: Connection,
  tenantId: string,
  nowMs: number,
): Promise<RolledHours> {
  const rollups = meterRollups(connection);
  const settledUntilMs = hourStartMs(nowMs - settledMs);
  const monthMs = monthStartMs(settledUntilMs);
  let rollup = await rollups.findById(tenantId).lean<MeterRollupRecord>();
  if (rollup === null) {
    // Made before anything is read: a correction from now on is seen in its version.
    rollup = { _id: tenantId, ...(await beginRollup(connection, tenantId, monthMs)) };
  }
  const { from, until, version, heldUntil } = rollup;
  const known = { fromMs: from.getTime(), untilMs: until.getTime() };
  if (heldUntil !== undefined && heldUntil.getTime() > nowMs) return known;
  const startMs = Math.max(known.untilMs, monthMs);
  if (settledUntilMs <= startMs) return known;
  const { records, endMs } = await sumHours(connection, tenantId, startMs, settledUntilMs);
  if (endMs <= startMs) return known;

  await writeHours(connection, records);
  const fromMs = startMs > known.untilMs ? startMs : Math.min(known.fromMs, known.untilMs);
  const { matchedCount } = await rollups.updateOne(
    { _id: tenantId, version, until },
    { $set: { from: new Date(fromMs), until: new Date(endMs) } },
  );
  return matchedCount === 1 ? { fromMs, untilMs: endMs } : known;
}

/** Makes the record of a tenant with no hour summed, where there is none. */
async function beginRollup(
  connection: Connection,
  tenantId: string,
  monthMs: number,
): Promise<Omit<MeterRollupRecord, '_id'>> {
  const from = new Date(monthMs);
  const begun = { from, until: from, version: 0 };
  await meterRollups(connection).updateOne({ _id: tenantId }, { $setOnInsert: begun }, { upsert: true });
  return begun;
}

/**
 * Withdraws the sums from the hour of a closed row on, since the row is about to be corrected: they are made again, ten minutes later at the
 * earliest. To be called before the row is written, so that a process which is killed in between leaves no sum without the correction.
 */
export async function withdrawHour(
  connection: Connection,
  tenantId: string,
  startedAtMs: number,
  nowMs: number,
): Promise<void> {
  // Where nothing is summed yet another process may begin to before the row is written.
  await beginRollup(connection, tenantId, monthStartMs(startedAtMs));
  const until = new Date(hourStartMs(startedAtMs));
  const heldUntil = new Date(nowMs + correctionMsMax);
  await meterRollups(connection).updateOne(
    { _id: tenantId },
    { $min: { until }, $max: { heldUntil }, $inc: { version: 1 } },
  );
}

/** The steps of the erasure of a tenant in its sums. Rows that are redacted may be summed again, without apps and keys. */
export function createMeterErasers(
  connection: Connection,
): Readonly<Record<'meterHours' | 'meterRollups', Eraser>> {
  return {
    meterHours: eraseByDeleting(connection, meterHours, ({ tenantId }) => ({
      tenantId,
      'groups.appId': { $ne: null },
    })),
    meterRollups: eraseByDeleting(connection, meterRollups, ({ tenantId }) => ({ _id: tenantId })),
  };
}

interface HourSum extends Omit<MeterHourGroup, 'appId' | 'keyLineId' | 'makerScopes'> {
  readonly _id: {
    readonly hour: number | bigint;
    readonly app?: string | null;
    readonly key?: string | null;
    readonly makers?: string[] | null;
  };
  readonly running: number | bigint;
}

/** The sums of these hours up to the first in which a call still runs. */
async function sumHours(
  connection: Connection,
  tenantId: string,
  fromMs: number,
  untilMs: number,
): Promise<{ readonly records: readonly MeterHourRecord[]; readonly endMs: number }> {
  const sinceEpochMs = { $subtract: ['$startedAt', new Date(0)] };
  const sums = await ledgerRows(connection)
    .aggregate<HourSum>(
      [
        {
          $match: {
            tenantId,
            startedAt: { $gte: new Date(fromMs), $lt: new Date(untilMs) },
            ...drawsOnMeters,
          },
        },
        {
          $group: {
            _id: {
              hour: { $subtract: [sinceEpochMs, { $mod: [sinceEpochMs, hourMs] }] },
              app: '$appId',
              key: keyLineId,
              makers: '$makerScopes',
            },
            requests: { $sum: 1 },
            inputTokens: { $sum: '$usage.inputTokens' },
            outputTokens: { $sum: '$usage.outputTokens' },
            costNanos: { $sum: '$costNanos' },
            running: { $sum: { $cond: [{ $eq: ['$status', 'RUNNING'] }, 1, 0] } },
          },
        },
      ],
      {
        maxTimeMS: rollupMsMax,
        readConcern: { level: 'majority' },
        promoteLongs: true,
        useBigInt64: true,
      },
    )
    .toArray();
  const running = sums.filter((sum) => Number(sum.running) > 0).map(({ _id }) => Number(_id.hour));
  const endMs = Math.min(untilMs, ...running);
  const records = new Map<number, MeterHourRecord>();
  for (const { _id, requests, inputTokens, outputTokens, costNanos } of sums) {
    const ms = Number(_id.hour);
    if (ms >= endMs) continue;
    let record = records.get(ms);
    if (record === undefined) {
      record = { _id: `${tenantId} ${ms}`, tenantId, hour: new Date(ms), groups: [] };
      records.set(ms, record);
    }
    record.groups.push({
      appId: _id.app ?? null,
      keyLineId: _id.key ?? null,
      ...(_id.makers == null ? {} : { makerScopes: _id.makers }),
      requests: BigInt(requests),
      inputTokens: BigInt(inputTokens),
      outputTokens: BigInt(outputTokens),
      costNanos: BigInt(costNanos),
    });
  }
  return { records: [...records.values()], endMs };
}

async function writeHours(connection: Connection, records: readonly MeterHourRecord[]): Promise<void> {
  if (records.length === 0) return;
  await meterHours(connection).bulkWrite(
    records.map((replacement) => ({
      replaceOne: { filter: { _id: replacement._id }, replacement, upsert: true },
    })),
    { writeConcern: { w: 'majority', j: true }, ordered: false },
  );
}
