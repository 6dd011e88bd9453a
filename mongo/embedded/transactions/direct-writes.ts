import type { Doc } from '../bson/values.ts';
import type { Collection } from '../storage/catalog.ts';
import { encodeIdKey, uniqueKeys } from '../storage/index-spec.ts';
import type { Storage } from '../storage/storage.ts';
import type { Stored } from '../storage/writer.ts';
import { HeldByTransaction } from './conflict.ts';
import { keyLock, type Locks, rowLock } from './locks.ts';
import type { Transaction } from './transaction.ts';
import type { View, Writes } from './writes.ts';

const NO_OPTIONS: Doc = new Map();

/** Writes of a command outside a transaction: into the open group, unless a transaction holds the row or a key. */
export class DirectWrites implements Writes {
  readonly view: View;
  readonly #storage: Storage;
  readonly #locks: Locks<Transaction>;
  #joined: Promise<void>[] = [];

  constructor(storage: Storage, locks: Locks<Transaction>) {
    this.#storage = storage;
    this.#locks = locks;
    this.view = latestView(storage);
  }

  begin(): void {
    this.#join();
  }

  open(db: string, name: string): Collection {
    const found = this.#storage.catalog.find(db, name);
    if (found !== undefined) return found;
    this.#join();
    return this.#storage.createCollection(db, name, NO_OPTIONS);
  }

  insert(collection: Collection, stored: Stored): void {
    if (this.#locks.size > 0) {
      this.#refuseHeld(keyLock(collection.id, 0, stored.idKey));
      this.#refuseHeldKeys(collection, stored.doc);
    }
    this.#write(() => this.#storage.writer.insert(collection, stored));
  }

  replace(collection: Collection, rid: number, before: Doc, after: { doc: Doc; bytes: Uint8Array }): void {
    if (this.#locks.size > 0) {
      this.#refuseHeld(rowLock(collection.id, rid));
      this.#refuseHeldKeys(collection, after.doc);
    }
    this.#write(() => this.#storage.writer.replace(collection, rid, before, after));
  }

  remove(collection: Collection, rid: number, doc: Doc): void {
    if (this.#locks.size > 0) {
      this.#refuseHeld(rowLock(collection.id, rid));
      this.#refuseHeld(keyLock(collection.id, 0, encodeIdKey(doc)));
    }
    this.#write(() => this.#storage.writer.remove(collection, rid, doc));
  }

  async durable(): Promise<void> {
    const joined = this.#joined;
    this.#joined = [];
    for (const group of joined) await group;
  }

  #write(work: () => void): void {
    this.#join();
    this.#storage.write(work);
    this.#storage.group.wrote();
  }

  #join(): void {
    const group = this.#storage.group.join();
    if (this.#joined.at(-1) !== group) this.#joined.push(group);
  }

  #refuseHeldKeys(collection: Collection, doc: Doc): void {
    for (const { index, key } of uniqueKeys(collection.indexes, doc)) {
      this.#refuseHeld(keyLock(collection.id, index.id, key));
    }
  }

  #refuseHeld(lock: string): void {
    const holder = this.#locks.holder(lock);
    if (holder !== undefined) throw new HeldByTransaction(holder);
  }
}

const views = new WeakMap<Storage, View>();

/** The latest state, whatever open transactions have written. */
function latestView(storage: Storage): View {
  let view = views.get(storage);
  if (view === undefined) {
    view = {
      get catalog() {
        return storage.catalog.state;
      },
      get version() {
        return storage.version;
      },
      reader: storage.reader,
      findOverlay: () => undefined,
    };
    views.set(storage, view);
  }
  return view;
}
