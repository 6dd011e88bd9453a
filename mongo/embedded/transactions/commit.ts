import { decodeDocument } from '../bson/decode.ts';
import { CommandError, ERROR_CODES } from '../errors.ts';
import type { Collection } from '../storage/catalog.ts';
import type { Storage } from '../storage/storage.ts';
import { writeConflict } from './conflict.ts';
import type { Overlay, Transaction } from './transaction.ts';

/**
 * Applies what a session's transaction wrote, all or nothing, and resolves when it is on disk. Rows and keys were locked, so
 * only changes of the catalog (an index made meanwhile, a collection dropped) can still refuse it: WriteConflict.
 */
export async function commit(transaction: Transaction, storage: Storage, session: string): Promise<void> {
  const written = transaction.overlays.size > 0 || [...transaction.catalog.values()].some(isNew);
  if (!written) return transaction.end('committed');
  const durable = storage.group.join();
  try {
    storage.atomic(() => {
      for (const seen of transaction.catalog.values()) if (isNew(seen)) make(seen, transaction, storage);
      for (const [id, overlay] of transaction.overlays) apply(id, overlay, storage);
      storage.numbered.noteCommit(session, transaction.number);
    });
    await durable;
  } catch (error) {
    transaction.end('aborted');
    throw error instanceof CommandError && error.code === ERROR_CODES.DuplicateKey ? writeConflict() : error;
  }
  transaction.end('committed');
}

function isNew(collection: Collection): boolean {
  return collection.id < 0;
}

/** Makes a collection that only the transaction knew, with its indexes. */
function make(seen: Collection, transaction: Transaction, storage: Storage): void {
  const { catalog } = storage;
  if (catalog.find(seen.db, seen.name) !== undefined) throw writeConflict();
  let made = catalog.create(seen.db, seen.name, seen.options);
  for (const index of seen.indexes) {
    catalog.addIndex(made, index.spec);
    made = catalog.find(seen.db, seen.name)!;
  }
  const overlay = transaction.overlays.get(seen.id);
  if (overlay !== undefined) {
    transaction.overlays.delete(seen.id);
    transaction.overlays.set(made.id, overlay);
  }
}

/** Old rows go first, so that a unique key may move from one document to another within the transaction. */
function apply(id: number, overlay: Overlay, storage: Storage): void {
  const collection = [...storage.catalog.state.values()].find((other) => other.id === id);
  if (collection === undefined) throw writeConflict();
  for (const [rid, row] of overlay.rows) {
    const before = storage.reader.get(id, rid);
    // Locks keep both from happening; should they fail, a transaction is lost and not a document.
    if ((before !== undefined) === (row?.isNew === true)) throw writeConflict();
    if (before !== undefined) storage.writer.remove(collection, rid, decodeDocument(before));
  }
  for (const [rid, row] of overlay.rows) {
    if (row === null) continue;
    const { bytes, idKey } = row;
    storage.writer.insert(collection, { doc: decodeDocument(bytes), bytes, idKey }, rid);
  }
}
