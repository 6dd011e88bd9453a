import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

export type CheckpointLimits = {
  /** Pages in the log from which on it is copied into the data file, beside the writer. */
  readonly pagesMax: number;
  /** Pages from which on the writer waits for the rest to be copied, so that the log starts anew. */
  readonly pagesMost: number;
};

const LIMITS: CheckpointLimits = { pagesMax: 2_000, pagesMost: 8_000 };
/** Commits between two looks at the log. */
const LOOK_EVERY = 4;
/** Times that what was written meanwhile is copied as well, each time a fraction of the last. */
const PASSES_MAX = 3;

const thread = new URL('./checkpoint-thread.ts', import.meta.url);

/**
 * Keeps SQLite's log short without making commits wait: a thread copies it into the data file while the store writes on
 * (https://sqlite.org/wal.html, PASSIVE). The log starts anew at the first write that finds all of it copied; where writes
 * never leave time for that, the writer itself copies the few pages that are left.
 */
export class Checkpoints {
  readonly #file: string;
  readonly #look: StatementSync;
  readonly #copy: StatementSync;
  readonly #limits: CheckpointLimits;
  /** Runs between two groups of writes. */
  readonly #between: (work: () => void) => void;
  #worker: Worker | undefined;
  #passes = 0;
  #commits = 0;
  /** Pages at which the log is looked at again. */
  #dueAt: number;
  #isClosed = false;

  constructor(
    db: DatabaseSync,
    file: string,
    between: (work: () => void) => void,
    limits: CheckpointLimits = LIMITS,
  ) {
    this.#file = file;
    this.#look = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#copy = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    this.#between = between;
    this.#limits = limits;
    this.#dueAt = limits.pagesMax;
  }

  /** To be called after each commit. */
  committed(): void {
    if (++this.#commits % LOOK_EVERY !== 0 || this.#passes > 0 || this.#isClosed) return;
    const { pages } = this.#state();
    if (pages >= this.#dueAt) this.#pass();
    else if (pages < this.#limits.pagesMax) this.#dueAt = this.#limits.pagesMax;
  }

  /** Copies what is in the log now, beside the writer; nothing to do where that is under way. */
  begin(): void {
    if (this.#passes === 0 && !this.#isClosed) this.#pass();
  }

  close(): void {
    this.#isClosed = true;
    void this.#worker?.terminate();
  }

  #pass(): void {
    this.#passes++;
    this.#worker ??= this.#start();
    this.#worker.postMessage('copy');
  }

  #start(): Worker {
    const worker = new Worker(thread, { workerData: this.#file, name: 'checkpoint' });
    worker.unref();
    worker.on('message', () => this.#copied());
    // Any error: a full disk, no memory for a thread. The writer copies by itself, and the next time it is tried again.
    worker.on('error', () => {
      this.#worker = undefined;
      if (!this.#isClosed) this.#between(() => this.#finish());
    });
    return worker;
  }

  #copied(): void {
    if (this.#isClosed) return;
    // SQLite looks at the log, and copies it, outside transactions alone.
    this.#between(() => {
      const { pages, left } = this.#state();
      if (left > 0 && this.#passes < PASSES_MAX) this.#pass();
      else if (left > 0 && pages >= this.#limits.pagesMost) this.#finish();
      else this.#rest();
    });
  }

  /** Copies what is left, while nothing is written. */
  #finish(): void {
    try {
      this.#copy.get();
    } catch {
      // Any error: of a full disk, the log stays, and is copied the next time.
    }
    this.#rest();
  }

  /** Until the log has grown again: what a snapshot still reads from it stays. */
  #rest(): void {
    const { pages, left } = this.#state();
    this.#passes = 0;
    this.#dueAt = (left === 0 ? 0 : pages) + this.#limits.pagesMax;
  }

  /** Pages in the log, and those of them that are not in the data file yet. */
  #state(): { readonly pages: number; readonly left: number } {
    const { log, checkpointed } = this.#look.get() ?? {};
    return { pages: Number(log), left: Number(log) - Number(checkpointed) };
  }
}
