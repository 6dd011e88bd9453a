import type { Connection } from 'mongoose';
import { type AlertSightingRecord, alertSightings } from '#mongo/alert-sightings.ts';
import type { KeyUse } from './conduct.ts';

const dayMs = 86_400_000;
/** A key that was first seen so recently has no habits yet: nothing of it is new. */
const learningMs = 7 * dayMs;
/** Networks and AI models that are remembered of one key; further ones are not, and are not reported as new. */
const perLineMax = 2_000;
/** Records of one command. */
const batchMax = 1_000;

/** What was seen for the first time of the lines of keys. */
export interface NewSightings {
  readonly networks: ReadonlyMap<string, readonly string[]>;
  readonly models: ReadonlyMap<string, readonly string[]>;
}

/** Remembers what keys were used from and for, and returns what is new since `sinceMs` of those that are known for a week. */
export async function noteSightings(
  connection: Connection,
  uses: readonly KeyUse[],
  sinceMs: number,
  nowMs: number,
): Promise<NewSightings> {
  const wanted = new Map<string, AlertSightingRecord>();
  for (const use of uses) {
    for (const sighting of toSightings(use, nowMs)) {
      const known = wanted.get(sighting._id);
      if (known === undefined || sighting.firstAt < known.firstAt) wanted.set(sighting._id, sighting);
    }
  }
  const records = alertSightings(connection);
  const recent: AlertSightingRecord[] = [];
  for (const batch of inBatches([...wanted.values()])) {
    const ids = batch.map(({ _id }) => _id);
    const known = new Map((await records.find({ _id: { $in: ids } }).lean()).map((one) => [one._id, one]));
    const missing = batch.filter(({ _id }) => !known.has(_id));
    const added = await keepWithRoom(connection, missing);
    if (added.length > 0) {
      await records.bulkWrite(
        added.map((sighting) => ({
          updateOne: { filter: { _id: sighting._id }, update: { $setOnInsert: sighting }, upsert: true },
        })),
        { ordered: false },
      );
    }
    await records.updateMany(
      { _id: { $in: ids }, lastAt: { $lt: new Date(nowMs - dayMs) } },
      { $set: { lastAt: new Date(nowMs) } },
    );
    recent.push(...[...known.values(), ...added].filter(({ firstAt }) => firstAt.getTime() >= sinceMs));
  }
  const learned = await findLearned(connection, recent, nowMs);
  const ofKind = (kind: AlertSightingRecord['kind']) => {
    const found = recent.filter((one) => one.kind === kind && learned.has(one.keyLineId));
    return new Map(
      [...Map.groupBy(found, ({ keyLineId }) => keyLineId)].map(([line, ones]) => [
        line,
        ones.map(({ value }) => value),
      ]),
    );
  };
  return { networks: ofKind('NETWORK'), models: ofKind('MODEL') };
}

function toSightings({ tenantId, lineId, network, modelId, firstAt }: KeyUse, nowMs: number) {
  const make = (kind: AlertSightingRecord['kind'], value: string): AlertSightingRecord => ({
    _id: JSON.stringify([tenantId, lineId, kind, value]),
    ...{ tenantId, keyLineId: lineId, kind, value, firstAt, lastAt: new Date(nowMs) },
  });
  return [make('MODEL', modelId), ...(network === null ? [] : [make('NETWORK', network)])];
}

/** Those for which there is room with their keys. */
async function keepWithRoom(
  connection: Connection,
  missing: readonly AlertSightingRecord[],
): Promise<readonly AlertSightingRecord[]> {
  const added: AlertSightingRecord[] = [];
  for (const [keyLineId, ones] of Map.groupBy(missing, (one) => one.keyLineId)) {
    const count = await alertSightings(connection).countDocuments({ keyLineId });
    added.push(...ones.slice(0, Math.max(0, perLineMax - count)));
  }
  return added;
}

/** The lines whose first sighting is older than what a key is learned in. */
async function findLearned(
  connection: Connection,
  recent: readonly AlertSightingRecord[],
  nowMs: number,
): Promise<ReadonlySet<string>> {
  const lines = [...new Set(recent.map(({ keyLineId }) => keyLineId))];
  const learned = new Set<string>();
  for (const batch of inBatches(lines)) {
    const where = { keyLineId: { $in: batch }, firstAt: { $lte: new Date(nowMs - learningMs) } };
    for (const line of await alertSightings(connection).distinct('keyLineId', where)) learned.add(line);
  }
  return learned;
}

function inBatches<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / batchMax) }, (_, i) =>
    all.slice(i * batchMax, (i + 1) * batchMax),
  );
}
