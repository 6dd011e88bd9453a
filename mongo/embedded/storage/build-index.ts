import { decodeDocument } from '../bson/decode.ts';
import type { Doc } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import type { Collection } from './catalog.ts';
import type { Index } from './index-spec.ts';
import type { Storage } from './storage.ts';

const ROWS_AT_A_TIME = 256;
/** Collections up to this size are indexed in one step. */
const ROWS_AT_ONCE_MAX = 2_000;

/** How a long piece of work lets others run. */
type Rest = { readonly due: boolean; rest(): Promise<void> };

/**
 * Builds indexes, all of a command or none. A large collection is gone through while others read and write: writes
 * maintain the new index from its beginning, reads use it from its end. What a crash left unfinished is dropped at
 * once.
 */
export class IndexBuilds {
  readonly #storage: Storage;
  /** By index id: settles when the build has ended, whichever way. */
  readonly #running = new Map<number, Promise<void>>();

  constructor(storage: Storage) {
    this.#storage = storage;
    dropUnfinished(storage);
  }

  /**
   * A build in progress of an index of one of these names, to be waited for; undefined when there is none. What an
   * earlier failure left unfinished is removed.
   */
  running(collection: Collection, specs: readonly Doc[]): Promise<void> | undefined {
    const names = new Set(specs.map((spec) => spec.get('name')));
    for (const index of collection.indexes) {
      if (index.ready || !names.has(index.name)) continue;
      const running = this.#running.get(index.id);
      if (running !== undefined) return running;
      this.#drop(collection.ns, [index.id]);
    }
    return undefined;
  }

  /** Throws DuplicateKey, CannotIndexParallelArrays; IndexBuildAborted when the collection or index was dropped. */
  async build(collection: Collection, specs: readonly Doc[], rest: Rest): Promise<void> {
    const storage = this.#storage;
    if (specs.length === 0) return;
    const durable = storage.group.join();
    const atOnce = !storage.reader.hasMoreThan(collection.id, ROWS_AT_ONCE_MAX);
    const ids = storage.atomic(() => {
      const made = specs.map((spec) =>
        storage.catalog.addIndex(findCurrent(storage, collection.ns), spec, atOnce),
      );
      for (const { id } of atOnce ? made : []) {
        const progress = new Progress();
        while (!fillSome(storage, collection.ns, id, progress));
      }
      return made.map((index) => index.id);
    });
    if (!atOnce) await this.#inBackground(collection.ns, ids, rest);
    await durable;
  }

  async #inBackground(ns: string, ids: readonly number[], rest: Rest): Promise<void> {
    const storage = this.#storage;
    const ended = Promise.withResolvers<void>();
    for (const id of ids) this.#running.set(id, ended.promise);
    try {
      for (const id of ids) {
        const progress = new Progress();
        while (!storage.write(() => fillSome(storage, ns, id, progress))) {
          if (rest.due) await rest.rest();
        }
      }
      const durable = storage.group.join();
      storage.atomic(() => {
        for (const id of ids) {
          const { collection, index } = findBuilding(storage, ns, id);
          storage.catalog.markReady(collection, index);
        }
      });
      await durable;
    } catch (error) {
      this.#drop(ns, ids);
      throw error;
    } finally {
      for (const id of ids) this.#running.delete(id);
      ended.resolve();
    }
  }

  #drop(ns: string, ids: readonly number[]): void {
    const storage = this.#storage;
    storage.atomic(() => {
      storage.forget();
      for (const id of ids) {
        const collection = storage.catalog.state.get(ns);
        const index = collection?.indexes.find((other) => other.id === id);
        if (collection !== undefined && index !== undefined) storage.catalog.dropIndex(collection, index);
      }
    });
  }
}

/** The progress of a build: after this row. */
class Progress {
  rid = 0;
}

/** Indexes the next rows; whether that was the last of them. */
function fillSome(storage: Storage, ns: string, id: number, progress: Progress): boolean {
  const { collection, index } = findBuilding(storage, ns, id);
  const rows = storage.reader.scan(collection.id, progress.rid, 1, ROWS_AT_A_TIME);
  for (const [rid, bytes] of rows) {
    storage.writer.indexDocument(collection, index, rid, decodeDocument(bytes));
    progress.rid = rid;
  }
  return rows.length < ROWS_AT_A_TIME;
}

function findBuilding(storage: Storage, ns: string, id: number): { collection: Collection; index: Index } {
  const collection = findCurrent(storage, ns);
  const index = collection.indexes.find((other) => other.id === id);
  if (index === undefined) throw aborted(ns);
  return { collection, index };
}

function findCurrent(storage: Storage, ns: string): Collection {
  const collection = storage.catalog.state.get(ns);
  if (collection === undefined) throw aborted(ns);
  return collection;
}

function aborted(ns: string): CommandError {
  return new CommandError(
    'IndexBuildAborted',
    `the index build on ${ns} was aborted: it was dropped meanwhile`,
  );
}

/** Drops the indexes that were not completely built before the store was closed or killed. */
function dropUnfinished(storage: Storage): void {
  for (const { ns, indexes } of [...storage.catalog.state.values()]) {
    for (const { id, ready } of indexes) {
      if (ready) continue;
      storage.atomic(() => {
        const { collection, index } = findBuilding(storage, ns, id);
        storage.catalog.dropIndex(collection, index);
      });
    }
  }
  storage.group.flush();
}
