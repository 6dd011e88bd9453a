import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { decodeDocument } from '../bson/decode.ts';
import { encodeDocument } from '../bson/encode.ts';
import type { Doc } from '../bson/values.ts';
import { compileIndex, type Index } from './index-spec.ts';

/** A collection as it is at one moment: a change of its indexes makes a new object of the same id. */
export type Collection = {
  readonly id: number;
  readonly db: string;
  readonly name: string;
  /** «db.name», as messages write it. */
  readonly ns: string;
  readonly uuid: Uint8Array;
  readonly options: Doc;
  /** Without the _id index, which is the table's own. */
  readonly indexes: readonly Index[];
};

/** All collections at one moment, by namespace. Never changed: a change makes a new one, so a snapshot can keep its own. */
export type CatalogState = ReadonlyMap<string, Collection>;

/**
 * What collections and indexes there are: in memory for reading, in two SQLite tables for keeping. The methods that
 * change it run inside the caller's group; after a lost group reload() makes memory agree with the file again.
 */
export class CollectionCatalog {
  readonly #db: DatabaseSync;
  #state: CatalogState = new Map();

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.reload();
  }

  get state(): CatalogState {
    return this.#state;
  }

  find(db: string, name: string): Collection | undefined {
    return this.#state.get(`${db}.${name}`);
  }

  reload(): void {
    const indexes = Map.groupBy(
      this.#db.prepare('SELECT id, collection, spec, multikey, ready FROM indexes ORDER BY id').all(),
      (row) => Number(row.collection),
    );
    const state = new Map<string, Collection>();
    for (const row of this.#db.prepare('SELECT id, db, name, uuid, options FROM collections').all()) {
      const id = Number(row.id);
      const db = String(row.db);
      const name = String(row.name);
      state.set(`${db}.${name}`, {
        id,
        db,
        name,
        ns: `${db}.${name}`,
        uuid: toBytes(row.uuid),
        options: decodeDocument(toBytes(row.options)),
        indexes: (indexes.get(id) ?? []).map((index) =>
          compileIndex(
            Number(index.id),
            decodeDocument(toBytes(index.spec)),
            Number(index.multikey) === 1,
            Number(index.ready) === 1,
          ),
        ),
      });
    }
    this.#state = state;
  }

  create(db: string, name: string, options: Doc): Collection {
    const uuid = Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO collections (db, name, uuid, options) VALUES (?, ?, ?, ?)')
      .run(db, name, uuid, encodeDocument(options));
    const id = Number(lastInsertRowid);
    this.#db.exec(`CREATE TABLE c${id} (rid INTEGER PRIMARY KEY, k BLOB NOT NULL UNIQUE, d BLOB NOT NULL)`);
    const collection = { id, db, name, ns: `${db}.${name}`, uuid, options, indexes: [] };
    this.#put(collection);
    return collection;
  }

  drop(collection: Collection): void {
    for (const index of collection.indexes) this.#db.exec(`DROP TABLE x${index.id}`);
    this.#db.exec(`DROP TABLE c${collection.id}`);
    this.#db.prepare('DELETE FROM indexes WHERE collection = ?').run(collection.id);
    this.#db.prepare('DELETE FROM collections WHERE id = ?').run(collection.id);
    const state = new Map(this.#state);
    state.delete(collection.ns);
    this.#state = state;
  }

  /** Makes an empty index; the caller fills it. One that is not `ready` is not used until markReady. */
  addIndex(collection: Collection, spec: Doc, ready = true): Index {
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO indexes (collection, spec, ready) VALUES (?, ?, ?)')
      .run(collection.id, encodeDocument(spec), ready ? 1 : 0);
    const index = compileIndex(Number(lastInsertRowid), spec, false, ready);
    const key = index.unique ? 'k' : 'k, r';
    this.#db.exec(
      `CREATE TABLE x${index.id} (k BLOB NOT NULL, r INTEGER NOT NULL, PRIMARY KEY (${key})) WITHOUT ROWID`,
    );
    this.#put({ ...collection, indexes: [...collection.indexes, index] });
    return index;
  }

  dropIndex(collection: Collection, index: Index): Collection {
    this.#db.exec(`DROP TABLE x${index.id}`);
    this.#db.prepare('DELETE FROM indexes WHERE id = ?').run(index.id);
    return this.#put({ ...collection, indexes: collection.indexes.filter((other) => other.id !== index.id) });
  }

  /** Replaces an index's specification (collMod: expireAfterSeconds, hidden); its keys stay as they are. */
  respecifyIndex(collection: Collection, index: Index, spec: Doc): void {
    this.#db.prepare('UPDATE indexes SET spec = ? WHERE id = ?').run(encodeDocument(spec), index.id);
    this.#replaceIndex(collection, compileIndex(index.id, spec, index.multikey, index.ready));
  }

  markReady(collection: Collection, index: Index): Collection {
    this.#db.prepare('UPDATE indexes SET ready = 1 WHERE id = ?').run(index.id);
    return this.#replaceIndex(collection, { ...index, ready: true });
  }

  /** Once a document had several keys in an index, the index stays multikey. */
  markMultikey(index: Index): void {
    this.#db.prepare('UPDATE indexes SET multikey = 1 WHERE id = ?').run(index.id);
    index.multikey = true;
  }

  #replaceIndex(collection: Collection, changed: Index): Collection {
    const indexes = collection.indexes.map((other) => (other.id === changed.id ? changed : other));
    return this.#put({ ...collection, indexes });
  }

  #put(collection: Collection): Collection {
    const state = new Map(this.#state);
    state.set(collection.ns, collection);
    this.#state = state;
    return collection;
  }
}

/** A BLOB as node:sqlite returned it. */
export function toBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new Error('the data file of the store holds a value of another type than it wrote');
}
