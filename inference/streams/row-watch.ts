import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { invocations } from '#mongo/invocations.ts';

/** One who waits for the end of a row that another process is to close. */
export interface RowWaiter {
  readonly id: string;
  /**
   * Events of the row's stream so far; undefined while none is waited for. Only of a silent stream is the row looked up.
   * Null: there is no stream.
   */
  readonly progress: (() => number | undefined) | null;
  /** Called once, when the row has ended and its stream, if there is one, stays silent. */
  readonly onEnded: () => void;
}

interface Watched extends RowWaiter {
  seen: number | undefined;
  /** Looks in a row that found no progress. */
  quietLooks: number;
  hasEnded: boolean;
}

const lookMs = 250;
/** A stream that was quiet for so many looks has been silent for a second. */
const silentLooks = 4;
/** So long the end of a stream may be on its way after the end of its row. */
const lateLooks = 2;
const queryMsMin = 1_000;
/** Rows of one query; with more that wait, each second requests the next. */
const idsMax = 5_000;

/** Those of the rows that have ended. */
export async function endedRows(connection: Connection, ids: readonly string[]): Promise<readonly string[]> {
  const rows = await invocations(connection)
    .find({ _id: { $in: [...ids] }, status: { $ne: 'RUNNING' } }, { _id: 1 })
    .lean();
  return rows.map(({ _id }) => _id);
}

export interface RowWatchOptions {
  readonly log: Logger;
  readonly now: () => number;
  /** Those of the rows that have ended. */
  readonly ended: (ids: readonly string[]) => Promise<readonly string[]>;
}

/** Watches ledger rows for their end. One query a second at most, however many wait. */
export class RowWatch {
  readonly #options: RowWatchOptions;
  readonly #all = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #asking = false;

  constructor(options: RowWatchOptions) {
    this.#options = options;
  }

  /** Returns the function that stops watching. */
  watch(waiter: RowWaiter): () => void {
    const one: Watched = {
      ...waiter,
      seen: waiter.progress?.(),
      quietLooks: 0,
      hasEnded: false,
    };
    this.#all.add(one);
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#look(), lookMs);
      this.#timer.unref();
    }
    return () => this.#stop(one);
  }

  #stop(one: Watched): void {
    this.#all.delete(one);
    if (this.#all.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const silent: Watched[] = [];
    for (const one of this.#all) {
      const at = one.progress?.();
      one.quietLooks = at !== undefined && at === one.seen ? one.quietLooks + 1 : 0;
      one.seen = at;
      if (!one.hasEnded) {
        if (one.progress === null || one.quietLooks >= silentLooks) silent.push(one);
      } else if (one.quietLooks >= lateLooks) {
        this.#stop(one);
        one.onEnded();
      }
    }
    const isDue = this.#options.now() - this.#askedAtMs >= queryMsMin;
    if (silent.length > 0 && !this.#asking && isDue) void this.#ask(silent.slice(0, idsMax));
  }

  async #ask(silent: readonly Watched[]): Promise<void> {
    const { log, now, ended: endedAmong } = this.#options;
    this.#asking = true;
    this.#askedAtMs = now();
    try {
      const ended = new Set(await endedAmong([...new Set(silent.map(({ id }) => id))]));
      for (const one of silent) {
        if (!this.#all.has(one)) continue;
        if (!ended.has(one.id)) {
          // Behind those that were not requested yet.
          this.#all.delete(one);
          this.#all.add(one);
        } else if (one.progress === null) {
          this.#stop(one);
          one.onEnded();
        } else {
          one.hasEnded = true;
          one.quietLooks = 0;
        }
      }
    } catch (error) {
      log.warn({ err: error }, 'the rows of silent streams could not be read and are read again');
    }
    this.#asking = false;
  }
}
