import { decodeDocument } from '../bson/decode.ts';
import type { Doc } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import type { Storage } from './storage.ts';

const ROWS_AT_A_TIME = 256;

/**
 * Builds an index over a collection as it is, in one step that nothing else comes between: a reader never meets a
 * half-built index, and a document that violates it leaves nothing behind. Throws DuplicateKey, CannotIndexParallelArrays.
 */
export async function buildIndex(storage: Storage, ns: string, spec: Doc): Promise<void> {
  const durable = storage.group.join();
  storage.atomic(() => {
    const before = storage.catalog.state.get(ns);
    if (before === undefined) throw new CommandError('NamespaceNotFound', `ns does not exist: ${ns}`);
    const index = storage.catalog.addIndex(before, spec);
    const collection = storage.catalog.state.get(ns)!;
    for (let from = 0; ; ) {
      const rows = storage.reader.scan(collection.id, from, 1, ROWS_AT_A_TIME);
      for (const [rid, bytes] of rows)
        storage.writer.indexDocument(collection, index, rid, decodeDocument(bytes));
      if (rows.length < ROWS_AT_A_TIME) break;
      from = rows.at(-1)![0];
    }
  });
  await durable;
}
