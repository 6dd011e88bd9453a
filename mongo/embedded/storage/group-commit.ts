import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { sqliteFailure } from './sqlite-error.ts';

const WRITES_PER_GROUP = 256;

type Hooks = {
  /** Called inside the group when all its writes are done. */
  readonly beforeCommit: () => void;
  /** Called when a group is on disk. */
  readonly afterCommit?: () => void;
  /** Called when a group was lost, so that what memory holds is read again from the file. */
  readonly onRollback: () => void;
};

/**
 * Many writes, one COMMIT (and so one fsync). The SQLite transaction opens at the first write and commits when the
 * event loop has handled what had already arrived (setImmediate) or when 256 writes are in it and another comes,
 * whichever is first: a lone write is not delayed, and writes in flight share the cost.
 */
export class GroupCommit {
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #hooks: Hooks;
  readonly #db: DatabaseSync;
  #group: PromiseWithResolvers<void> | undefined;
  #writes = 0;

  constructor(db: DatabaseSync, hooks: Hooks) {
    this.#db = db;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
    this.#hooks = hooks;
  }

  /**
   * To be called before a write: opens the group if none is open. The promise resolves when the group is on disk
   * and rejects with a CommandError when it could not be; it may be ignored.
   */
  join(): Promise<void> {
    if (this.#writes >= WRITES_PER_GROUP) this.flush();
    if (this.#group === undefined) {
      try {
        this.#begin.run();
      } catch (error) {
        throw sqliteFailure(error);
      }
      this.#group = Promise.withResolvers();
      // Any error: each write of the group receives it.
      this.#group.promise.catch(() => {});
      this.#writes = 0;
      const group = this.#group;
      setImmediate(() => {
        if (this.#group === group) this.flush();
      });
    }
    return this.#group.promise;
  }

  /** To be called after a whole write. What happens before the next wait is in the same group. */
  wrote(): void {
    this.#writes++;
  }

  /** Commits what is open. A failure rejects the group's promise; it is not thrown. */
  flush(): void {
    const group = this.#group;
    if (group === undefined) return;
    try {
      this.#hooks.beforeCommit();
      this.#commit.run();
    } catch (error) {
      this.fail(error);
      return;
    }
    this.#group = undefined;
    group.resolve();
    this.#hooks.afterCommit?.();
  }

  /** Rolls the group back: an unexpected error in a write leaves nothing half done, and no write in it is acknowledged. */
  fail(error: unknown): void {
    const group = this.#group;
    if (group === undefined) return;
    this.#group = undefined;
    try {
      // SQLite has already rolled back by itself after some errors (disk full, I/O).
      if (this.#db.isTransaction) this.#rollback.run();
    } catch (rollbackError) {
      error = rollbackError;
    }
    this.#hooks.onRollback();
    group.reject(sqliteFailure(error));
  }
}
