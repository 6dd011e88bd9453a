import type { DatabaseSync } from 'node:sqlite';
import { decodeDocument } from '../bson/decode.ts';
import { type Collection, CollectionCatalog } from './catalog.ts';
import { openForReading } from './format.ts';
import { computeIndexKeys, encodeIdKey } from './index-spec.ts';
import { Reader } from './reader.ts';

/** Findings past this many are not listed. */
const FINDINGS_MAX = 50;
const ROWS_PER_READ = 1000;

/**
 * Looks through a data file that no writer has open and states what is wrong with it, one finding each: SQLite's own
 * integrity check, every index entry against its document and every document against its index entries, `_id` keys,
 * multikey marks, and tables that the catalog does not know. Empty when all is well.
 */
export function checkDataFile(file: string): string[] {
  const db = openForReading(file);
  try {
    const findings: string[] = [];
    const find = (finding: string): void => {
      if (findings.length < FINDINGS_MAX) findings.push(finding);
    };
    const integrity = db.prepare('PRAGMA integrity_check').all();
    for (const row of integrity) {
      const text = String(Object.values(row)[0]);
      if (text !== 'ok') find(`integrity_check: ${text}`);
    }
    const catalog = new CollectionCatalog(db);
    const reader = new Reader(db);
    for (const collection of catalog.state.values()) checkCollection(db, reader, collection, find);
    checkTables(db, catalog, find);
    return findings;
  } finally {
    db.close();
  }
}

function checkCollection(
  db: DatabaseSync,
  reader: Reader,
  collection: Collection,
  find: (finding: string) => void,
): void {
  const { id, ns, indexes } = collection;
  const idKey = db.prepare(`SELECT k FROM c${id} WHERE rid = ?`);
  // What a crash left half built is dropped when the store opens.
  const checks = indexes
    .filter((index) => index.ready)
    .map((index) => ({
      index,
      expected: 0,
      entry: db.prepare(`SELECT 1 FROM x${index.id} WHERE k = ? AND r = ?`),
    }));
  let after: number | undefined;
  for (;;) {
    const rows = reader.scan(id, after, 1, ROWS_PER_READ);
    for (const [rid, bytes] of rows) {
      after = rid;
      const doc = decodeDocument(bytes);
      const stored = idKey.get(rid)?.k;
      if (!(stored instanceof Uint8Array) || Buffer.compare(stored, encodeIdKey(doc)) !== 0) {
        find(`${ns}: the _id key of row ${rid} is not that of its document`);
      }
      for (const check of checks) {
        const { keys, multikey } = computeIndexKeys(check.index, doc);
        check.expected += keys.length;
        if (multikey && !check.index.multikey) find(`${ns}.${check.index.name} is not marked multikey`);
        for (const key of keys) {
          if (check.entry.get(key, rid) === undefined)
            find(`${ns}.${check.index.name} lacks an entry of row ${rid}`);
        }
      }
    }
    if (rows.length < ROWS_PER_READ) break;
  }
  for (const { index, expected } of checks) {
    const held = Number(db.prepare(`SELECT count(*) AS n FROM x${index.id}`).get()?.n);
    if (held !== expected)
      find(`${ns}.${index.name} holds ${held} entries, its documents have ${expected} keys`);
  }
}

function checkTables(db: DatabaseSync, catalog: CollectionCatalog, find: (finding: string) => void): void {
  const known = new Set(['collections', 'indexes', 'numbered', 'sqlite_sequence']);
  for (const collection of catalog.state.values()) {
    known.add(`c${collection.id}`);
    for (const index of collection.indexes) known.add(`x${index.id}`);
  }
  for (const { name } of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()) {
    if (!known.has(String(name))) find(`the table ${String(name)} belongs to no collection`);
  }
}
