import { setTimeout as wait } from 'node:timers/promises';
import { HeddleError } from '#core/errors.ts';

export interface GroupWriterOptions {
  /** Items in one write at most. */
  readonly batchMax: number;
  /** Items waiting at most; one more is refused with OVERLOADED. */
  readonly waitingMax: number;
  /**
   * Does the error lie in what was written, so that other items may well be written without it? A group that fails so is
   * written again in halves, hence `write` meets items that it has written before.
   */
  readonly isOfItems: (error: unknown) => boolean;
  /**
   * After a group of many items the next one gathers for so long before it is sent: fewer commands and commits carry the
   * same items. Fewer items are never held back. Absent: 0.
   */
  readonly gatherMs?: number;
  readonly delay?: (ms: number) => Promise<unknown>;
}

/** A group of more items shows that many calls come at once. */
const fewItems = 4;

interface Waiting<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes items in groups: while one group is on its way the next one gathers, so that the cost of a command is shared
 * by however many calls there are at the time, and a single call waits for no other.
 */
export class GroupWriter<T> {
  readonly #write: (items: readonly T[]) => Promise<void>;
  readonly #options: GroupWriterOptions;
  readonly #groups: Waiting<T>[][] = [];
  #waiting = 0;
  #writing = false;

  constructor(write: (items: readonly T[]) => Promise<void>, options: GroupWriterOptions) {
    this.#write = write;
    this.#options = options;
  }

  /** Resolves when the item is durable; rejects with what kept it from being written. */
  push(item: T): Promise<void> {
    if (this.#waiting >= this.#options.waitingMax) {
      const message = 'Too many calls wait for the ledger; nothing was sent to a provider.';
      return Promise.reject(new HeddleError('OVERLOADED', message, { extensions: { retryAfterMs: 1_000 } }));
    }
    let group = this.#groups.at(-1);
    if (group === undefined || group.length >= this.#options.batchMax) {
      group = [];
      this.#groups.push(group);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    group.push({ item, resolve, reject });
    this.#waiting += 1;
    if (!this.#writing) {
      this.#writing = true;
      // The rest of this turn's calls come along.
      setImmediate(() => void this.#drain());
    }
    return promise;
  }

  async #drain(): Promise<void> {
    const { batchMax, gatherMs = 0, delay = (ms) => wait(ms) } = this.#options;
    for (let group = this.#groups.shift(); group !== undefined; group = this.#groups.shift()) {
      await this.#settle(group);
      this.#waiting -= group.length;
      const isFull = (this.#groups[0]?.length ?? 0) >= batchMax;
      if (gatherMs > 0 && group.length > fewItems && !isFull) await delay(gatherMs);
    }
    this.#writing = false;
  }

  async #settle(group: readonly Waiting<T>[]): Promise<void> {
    try {
      await this.#write(group.map(({ item }) => item));
      for (const { resolve } of group) resolve();
    } catch (error) {
      if (group.length === 1 || !this.#options.isOfItems(error)) {
        for (const { reject } of group) reject(error);
        return;
      }
      const half = group.length >> 1;
      await this.#settle(group.slice(0, half));
      await this.#settle(group.slice(half));
    }
  }
}
