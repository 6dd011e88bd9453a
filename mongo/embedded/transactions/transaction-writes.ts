import type { Doc } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import type { Collection } from '../storage/catalog.ts';
import { duplicateKey } from '../storage/duplicate-key.ts';
import { encodeIdKey, type Index, uniqueKeys } from '../storage/index-spec.ts';
import type { Storage } from '../storage/storage.ts';
import type { Stored } from '../storage/writer.ts';
import { noSuchTransaction, writeConflict } from './conflict.ts';
import { keyLock, type Locks, rowLock } from './locks.ts';
import { type Overlay, pendingId, type Transaction } from './transaction.ts';
import type { View, Writes } from './writes.ts';

/** Documents that one transaction may hold uncommitted. */
export const TRANSACTION_BYTES_MAX = 64 * 1024 * 1024;
export const ALL_TRANSACTIONS_BYTES_MAX = 256 * 1024 * 1024;

type Key = { readonly index: Index | undefined; readonly key: Uint8Array };

/** Writes of a command inside a transaction: kept in its overlays, under locks, until the commit. */
export class TransactionWrites implements Writes {
  readonly view: View;
  readonly #transaction: Transaction;
  readonly #storage: Storage;
  readonly #locks: Locks<Transaction>;

  constructor(transaction: Transaction, storage: Storage, locks: Locks<Transaction>) {
    this.#transaction = transaction;
    this.#storage = storage;
    this.#locks = locks;
    this.view = transactionView(transaction);
  }

  begin(): void {}

  open(db: string, name: string): Collection {
    this.#checkOpen();
    const ns = `${db}.${name}`;
    const seen = this.#transaction.catalog.get(ns);
    const latest = this.#storage.catalog.find(db, name);
    if (seen !== undefined && (seen.id < 0 || latest?.id === seen.id)) return seen;
    // Made, dropped or replaced by another since the snapshot.
    if (seen !== undefined || latest !== undefined) throw catalogChanged();
    return this.create(db, name, new Map());
  }

  /** A collection that others see after the commit. */
  create(db: string, name: string, options: Doc): Collection {
    this.#checkOpen();
    const ns = `${db}.${name}`;
    this.#lock(`ns:${ns}`);
    const uuid = crypto.getRandomValues(new Uint8Array(16));
    const id = pendingId();
    const collection: Collection = { id, db, name, ns, uuid, options, indexes: [] };
    this.#transaction.see(collection);
    return collection;
  }

  insert(collection: Collection, stored: Stored): void {
    this.#checkOpen();
    const rid = this.#storage.writer.allocateRid(collection.id);
    const keys = this.#keys(collection, stored.doc, stored.idKey);
    this.#claim(collection, keys, rid, stored.doc);
    this.#put(collection, rid, stored.bytes, stored.idKey, true);
  }

  replace(collection: Collection, rid: number, before: Doc, after: { doc: Doc; bytes: Uint8Array }): void {
    this.#checkOpen();
    this.#lockRow(collection, rid);
    const idKey = encodeIdKey(before);
    this.#unclaim(collection, this.#keys(collection, before, idKey), rid);
    this.#claim(collection, this.#keys(collection, after.doc, idKey), rid, after.doc);
    const isNew = this.#transaction.overlay(collection.id).rows.get(rid)?.isNew === true;
    this.#put(collection, rid, after.bytes, idKey, isNew);
  }

  remove(collection: Collection, rid: number, doc: Doc): void {
    this.#checkOpen();
    this.#lockRow(collection, rid);
    const idKey = encodeIdKey(doc);
    this.#lock(keyLock(collection.id, 0, idKey));
    this.#unclaim(collection, this.#keys(collection, doc, idKey), rid);
    const { rows } = this.#transaction.overlay(collection.id);
    if (rows.get(rid)?.isNew === true) rows.delete(rid);
    else rows.set(rid, null);
  }

  async durable(): Promise<void> {}

  /** A transaction that ended in the middle of a long command takes no further locks. */
  #checkOpen(): void {
    if (this.#transaction.state !== 'inProgress') throw noSuchTransaction(this.#transaction.number);
  }

  #put(collection: Collection, rid: number, bytes: Uint8Array, idKey: Uint8Array, isNew: boolean): void {
    const transaction = this.#transaction;
    transaction.bytes += bytes.length;
    this.#locks.bytesHeld += bytes.length;
    if (transaction.bytes > TRANSACTION_BYTES_MAX || this.#locks.bytesHeld > ALL_TRANSACTIONS_BYTES_MAX) {
      throw new CommandError(
        'TransactionTooLarge',
        `a transaction of the embedded store holds at most ${TRANSACTION_BYTES_MAX} bytes of uncommitted documents, all together ${ALL_TRANSACTIONS_BYTES_MAX}`,
      );
    }
    // The bytes may be a view of a message: kept longer than that, they are copied.
    transaction.overlay(collection.id).rows.set(rid, { bytes: new Uint8Array(bytes), idKey, isNew });
  }

  /** Takes a row for writing: no other transaction writes it, or has since the snapshot. */
  #lockRow(collection: Collection, rid: number): void {
    const transaction = this.#transaction;
    if (transaction.overlays.get(collection.id)?.rows.has(rid)) return;
    this.#lock(rowLock(collection.id, rid));
    const latest = this.#storage.reader.get(collection.id, rid);
    const seen = transaction.snapshot.reader.get(collection.id, rid);
    if (latest === undefined || seen === undefined || Buffer.compare(latest, seen) !== 0)
      throw writeConflict();
  }

  #claim(collection: Collection, keys: readonly Key[], rid: number, doc: Doc): void {
    const overlay = this.#transaction.overlay(collection.id);
    for (const { index, key } of keys) {
      const lock = keyLock(collection.id, index?.id ?? 0, key);
      const owner = overlay.claimed.get(lock);
      if (owner !== undefined && owner !== rid) throw duplicateKey(collection, index, doc, key);
      if (owner === undefined) {
        this.#lock(lock);
        const seen = this.#seenOwner(collection, index, key);
        if (isOther(seen, rid, overlay)) throw duplicateKey(collection, index, doc, key);
        if (isOther(this.#latestOwner(collection, index, key), rid, overlay)) throw writeConflict();
      }
    }
    for (const { index, key } of keys) overlay.claimed.set(keyLock(collection.id, index?.id ?? 0, key), rid);
  }

  #unclaim(collection: Collection, keys: readonly Key[], rid: number): void {
    const { claimed } = this.#transaction.overlay(collection.id);
    for (const { index, key } of keys) {
      const lock = keyLock(collection.id, index?.id ?? 0, key);
      if (claimed.get(lock) === rid) claimed.delete(lock);
    }
  }

  #keys(collection: Collection, doc: Doc, idKey: Uint8Array): Key[] {
    return [{ index: undefined, key: idKey }, ...uniqueKeys(collection.indexes, doc)];
  }

  #seenOwner(collection: Collection, index: Index | undefined, key: Uint8Array): number | undefined {
    const { reader } = this.#transaction.snapshot;
    return index === undefined ? reader.ridById(collection.id, key) : reader.ridByKey(index.id, key);
  }

  #latestOwner(collection: Collection, index: Index | undefined, key: Uint8Array): number | undefined {
    const { reader } = this.#storage;
    if (index === undefined) return reader.ridById(collection.id, key);
    const latest = this.#storage.catalog.state.get(collection.ns);
    const exists = latest?.indexes.some((other) => other.id === index.id);
    return exists ? reader.ridByKey(index.id, key) : undefined;
  }

  #lock(key: string): void {
    const holder = this.#locks.holder(key);
    if (holder !== undefined && holder !== this.#transaction) throw writeConflict();
    this.#transaction.lock(key);
  }
}

/** A row of the file counts as another's only while this transaction has not written it itself. */
function isOther(owner: number | undefined, rid: number, overlay: Overlay): boolean {
  return owner !== undefined && owner !== rid && !overlay.rows.has(owner);
}

function catalogChanged(): CommandError {
  return new CommandError(
    'SnapshotUnavailable',
    'Unable to write to collection due to catalog changes; please retry the operation.',
  );
}

function transactionView(transaction: Transaction): View {
  return {
    get catalog() {
      return transaction.catalog;
    },
    reader: transaction.snapshot.reader,
    version: 0,
    findOverlay: (collection) => transaction.overlays.get(collection),
  };
}
