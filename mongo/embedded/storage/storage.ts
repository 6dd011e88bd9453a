import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Doc } from '../bson/values.ts';
import { Checkpoints } from '../upkeep/checkpoints.ts';
import { type Collection, CollectionCatalog } from './catalog.ts';
import { DATA_FILE, openForReading, openForWriting } from './format.ts';
import { GroupCommit } from './group-commit.ts';
import { NumberedWrites } from './numbered-writes.ts';
import { Reader } from './reader.ts';
import { Snapshots } from './snapshots.ts';
import { isConstraint, sqliteFailure } from './sqlite-error.ts';
import { Writer } from './writer.ts';

const LOG_BYTES_MAX = 256 * 1024 * 1024;

/** The data file and everything that reads and writes it. One per process and directory. */
export class Storage {
  readonly catalog: CollectionCatalog;
  readonly group: GroupCommit;
  readonly reader: Reader;
  readonly writer: Writer;
  readonly snapshots: Snapshots;
  readonly numbered: NumberedWrites;
  /** Counts writes. */
  version = 0;
  readonly #db: DatabaseSync;
  readonly #log: string;
  readonly #checkpoints: Checkpoints;

  constructor(dir: string, dataBytesMax?: number) {
    const file = join(dir, DATA_FILE);
    this.#log = `${file}-wal`;
    this.#db = openForWriting(file, dataBytesMax);
    this.catalog = new CollectionCatalog(this.#db);
    this.reader = new Reader(this.#db);
    this.writer = new Writer(this.#db, this.reader, this.catalog);
    this.numbered = new NumberedWrites(this.#db);
    this.group = new GroupCommit(this.#db, {
      beforeCommit: () => this.numbered.save(),
      afterCommit: () => this.#checkpoints.committed(),
      onRollback: () => {
        this.numbered.lost();
        this.forget();
        this.catalog.reload();
      },
    });
    this.#checkpoints = new Checkpoints(this.#db, file, (work) => {
      this.group.flush();
      work();
    });
    this.snapshots = new Snapshots(() => openForReading(file));
  }

  /**
   * Runs a write inside the open group. DuplicateKey and other refusals of the engine pass through and leave the
   * group as it was; an error of SQLite loses the whole group, since it may have stopped in the middle.
   */
  write<T>(work: () => T): T {
    this.group.join();
    this.version++;
    try {
      return work();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** As write(), and if `work` throws, nothing of it stays. */
  atomic<T>(work: () => T): T {
    return this.write(() => {
      this.#db.exec('SAVEPOINT work');
      try {
        const result = work();
        this.#db.exec('RELEASE work');
        return result;
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK TO work; RELEASE work');
        this.forget();
        this.catalog.reload();
        throw error;
      }
    });
  }

  createCollection(db: string, name: string, options: Doc): Collection {
    return this.atomic(() => this.catalog.create(db, name, options));
  }

  dropCollection(collection: Collection): void {
    this.atomic(() => {
      this.forget();
      this.catalog.drop(collection);
    });
  }

  /** Bytes of the file that a collection and its indexes take, estimated from their documents. */
  tableBytes(collection: Collection): number {
    return this.reader.bytes(collection.id);
  }

  /** Whether SQLite's log has grown so long that it should be cut, for which no snapshot may be open. */
  get logIsLong(): boolean {
    return (statSync(this.#log, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES_MAX;
  }

  /** Copies the log into the data file; the next write then starts it anew, unless a snapshot still reads from it. */
  checkpoint(): void {
    this.group.flush();
    this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  }

  /** Has the log copied into the data file beside the writer, which cuts the file to its pages. */
  copyLog(): void {
    this.group.flush();
    this.#checkpoints.begin();
  }

  /** Pages of the file, and those of them that nothing uses. */
  countPages(): { readonly pages: number; readonly free: number } {
    return { pages: count(this.#db, 'page_count'), free: count(this.#db, 'freelist_count') };
  }

  /** Takes free pages off the end of the file, where pages in use move into others: a write like any other. */
  releasePages(pages: number): void {
    this.write(() => this.#db.exec(`PRAGMA incremental_vacuum(${pages})`));
  }

  /** Forgets cached statements and counters: after a table was dropped, or writes were undone. */
  forget(): void {
    this.reader.forget();
    this.writer.forget();
  }

  close(): void {
    this.group.flush();
    this.#checkpoints.close();
    this.snapshots.close();
    this.#db.close();
  }

  #failed(error: unknown): unknown {
    const failure = sqliteFailure(error);
    // An error of SQLite, and any defect of ours, may have left half of a write behind.
    if (failure !== error || isConstraint(error) || !isRefusal(error)) this.group.fail(error);
    return failure;
  }
}

function count(db: DatabaseSync, pragma: 'page_count' | 'freelist_count'): number {
  return Number(db.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && (error.name === 'CommandError' || error.name === 'HeldByTransaction');
}
