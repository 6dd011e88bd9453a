import { setImmediate } from 'node:timers/promises';
import { decodeDocument } from '../bson/decode.ts';
import { DateTime } from '../bson/values.ts';
import { comparisonRanges } from '../keys/ranges.ts';
import { type Locks, rowLock } from '../transactions/locks.ts';
import type { Collection } from './catalog.ts';
import type { Index } from './index-spec.ts';
import type { KeyRow } from './reader.ts';
import type { Storage } from './storage.ts';

const ROWS_AT_A_TIME = 200;

/**
 * Removes what has expired at `nowMs` by TTL indexes, a few hundred documents at a time. A document that a
 * transaction holds stays for the next round. Returns how many were removed.
 */
export async function removeExpired(storage: Storage, locks: Locks<unknown>, nowMs: number): Promise<number> {
  let removed = 0;
  for (const ns of [...storage.catalog.state.keys()]) {
    for (const name of ttlIndexes(storage.catalog.state.get(ns))) {
      for (;;) {
        const collection = storage.catalog.state.get(ns);
        const index = collection?.indexes.find((other) => other.name === name);
        if (collection === undefined || index === undefined) break;
        const count = removeSome(storage, locks, collection, index, nowMs);
        removed += count;
        if (count === 0) break;
        await setImmediate();
      }
    }
  }
  return removed;
}

function ttlIndexes(collection: Collection | undefined): string[] {
  return (collection?.indexes ?? [])
    .filter((index) => index.ready && index.expireAfterSeconds !== undefined)
    .map((index) => index.name);
}

function removeSome(
  storage: Storage,
  locks: Locks<unknown>,
  collection: Collection,
  index: Index,
  nowMs: number,
): number {
  const limit = new DateTime(BigInt(nowMs) - BigInt(index.expireAfterSeconds ?? 0) * 1000n);
  // Dates only: what holds no date does not expire; of an array of dates the smallest counts.
  const [range] = comparisonRanges('lte', limit, index.parts[0]!.direction);
  if (range === undefined) return 0;
  const rows: readonly KeyRow[] = storage.reader.scanIndex(
    collection.id,
    index.id,
    range,
    undefined,
    1,
    ROWS_AT_A_TIME,
  );
  let removed = 0;
  for (const [, rid] of rows) {
    const bytes = storage.reader.get(collection.id, rid);
    if (bytes === undefined || locks.holder(rowLock(collection.id, rid)) !== undefined) continue;
    storage.write(() => storage.writer.remove(collection, rid, decodeDocument(bytes)));
    storage.group.wrote();
    removed++;
  }
  return removed;
}
