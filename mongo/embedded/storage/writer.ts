import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Doc } from '../bson/values.ts';
import type { Collection, CollectionCatalog } from './catalog.ts';
import { duplicateKey } from './duplicate-key.ts';
import { computeIndexKeys, type Index, sameKeyFields } from './index-spec.ts';
import type { Reader } from './reader.ts';
import { isConstraint } from './sqlite-error.ts';

const STATEMENTS_MAX = 2000;
/** Beyond so many, collections that were dropped are looked for. */
const COLLECTIONS_REMEMBERED = 10_000;

/** A document about to be stored: its values, its bytes, and the key of its _id. */
export type Stored = { readonly doc: Doc; readonly bytes: Uint8Array; readonly idKey: Uint8Array };

/**
 * Puts documents and their index entries into the tables, inside the group that the caller has joined. Each method
 * either does the whole of its work or, when a unique index refuses, none of it (and throws DuplicateKey).
 */
export class Writer {
  readonly #db: DatabaseSync;
  readonly #reader: Reader;
  readonly #catalog: CollectionCatalog;
  readonly #statements = new Map<string, StatementSync>();
  readonly #nextRid = new Map<number, number>();
  #pendingRid = 0;

  constructor(db: DatabaseSync, reader: Reader, catalog: CollectionCatalog) {
    this.#db = db;
    this.#reader = reader;
    this.#catalog = catalog;
  }

  /**
   * A row id that no other writer has received since the store was opened. Transactions hold row ids that no table
   * shows yet, so what was assigned is never forgotten, whatever else is.
   */
  allocateRid(collection: number): number {
    // A collection that only a transaction knows: its row ids need be nothing but different.
    if (collection < 0) return ++this.#pendingRid;
    if (this.#nextRid.size > COLLECTIONS_REMEMBERED) this.#forgetDropped();
    const rid = this.#nextRid.get(collection) ?? this.#reader.lastRid(collection) + 1;
    this.#nextRid.set(collection, rid + 1);
    return rid;
  }

  insert(collection: Collection, stored: Stored, rid: number = this.allocateRid(collection.id)): number {
    try {
      this.#run(`INSERT INTO c${collection.id} (rid, k, d) VALUES (?, ?, ?)`).run(
        rid,
        stored.idKey,
        stored.bytes,
      );
    } catch (error) {
      if (isConstraint(error)) throw duplicateKey(collection, undefined, stored.doc);
      throw error;
    }
    const done: Entry[] = [];
    try {
      for (const index of collection.indexes) {
        for (const key of this.#keys(index, stored.doc)) {
          this.#addKey(collection, index, key, rid, stored.doc);
          done.push({ index, key });
        }
      }
    } catch (error) {
      for (const entry of done) this.#removeKey(entry.index, entry.key, rid);
      this.#run(`DELETE FROM c${collection.id} WHERE rid = ?`).run(rid);
      throw error;
    }
    return rid;
  }

  /** Puts `after` in the place of `before` (same _id). */
  replace(collection: Collection, rid: number, before: Doc, after: { doc: Doc; bytes: Uint8Array }): void {
    const added: Entry[] = [];
    const removed: Entry[] = [];
    try {
      for (const index of collection.indexes) {
        if (sameKeyFields(index, before, after.doc)) continue;
        const old = this.#keys(index, before);
        const now = this.#keys(index, after.doc);
        for (const key of old) {
          if (now.some((other) => Buffer.compare(other, key) === 0)) continue;
          this.#removeKey(index, key, rid);
          removed.push({ index, key });
        }
        for (const key of now) {
          if (old.some((other) => Buffer.compare(other, key) === 0)) continue;
          this.#addKey(collection, index, key, rid, after.doc);
          added.push({ index, key });
        }
      }
    } catch (error) {
      for (const entry of added) this.#removeKey(entry.index, entry.key, rid);
      for (const entry of removed) this.#addKey(collection, entry.index, entry.key, rid, before);
      throw error;
    }
    this.#run(`UPDATE c${collection.id} SET d = ? WHERE rid = ?`).run(after.bytes, rid);
  }

  remove(collection: Collection, rid: number, doc: Doc): void {
    for (const index of collection.indexes) {
      for (const key of this.#keys(index, doc)) this.#removeKey(index, key, rid);
    }
    this.#run(`DELETE FROM c${collection.id} WHERE rid = ?`).run(rid);
  }

  /** Adds the entries of one stored document to an index that is being built, where a write has not done so already. */
  indexDocument(collection: Collection, index: Index, rid: number, doc: Doc): void {
    for (const key of this.#keys(index, doc)) {
      const owner = index.unique ? this.#reader.ridByKey(index.id, key) : undefined;
      if (owner === rid) continue;
      if (owner !== undefined) throw duplicateKey(collection, index, doc, key);
      this.#run(`INSERT OR IGNORE INTO x${index.id} (k, r) VALUES (?, ?)`).run(key, rid);
    }
  }

  /** Forgets the statements on tables that may be gone: after a drop, or a lost group. */
  forget(): void {
    this.#statements.clear();
  }

  #forgetDropped(): void {
    const live = new Set([...this.#catalog.state.values()].map(({ id }) => id));
    for (const id of [...this.#nextRid.keys()]) if (!live.has(id)) this.#nextRid.delete(id);
  }

  #keys(index: Index, doc: Doc): readonly Buffer[] {
    const { keys, multikey } = computeIndexKeys(index, doc);
    if (multikey && !index.multikey) this.#catalog.markMultikey(index);
    return keys;
  }

  #addKey(collection: Collection, index: Index, key: Uint8Array, rid: number, doc: Doc): void {
    try {
      this.#run(`INSERT INTO x${index.id} (k, r) VALUES (?, ?)`).run(key, rid);
    } catch (error) {
      if (isConstraint(error)) throw duplicateKey(collection, index, doc, key);
      throw error;
    }
  }

  #removeKey(index: Index, key: Uint8Array, rid: number): void {
    this.#run(`DELETE FROM x${index.id} WHERE k = ? AND r = ?`).run(key, rid);
  }

  #run(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#statements.size >= STATEMENTS_MAX) this.#statements.clear();
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

type Entry = { readonly index: Index; readonly key: Uint8Array };
