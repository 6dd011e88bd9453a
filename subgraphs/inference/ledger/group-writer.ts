import { HeddleError } from '#schema/errors.ts';

export interface GroupWriterOptions {
  /** Items in one write at most. */
  readonly batchMax: number;
  /** Items waiting at most; one more is refused with OVERLOADED. */
  readonly waitingMax: number;
}

interface Batch<T> {
  readonly items: T[];
  readonly written: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes items in groups: while one group is on its way the next one gathers, so that the cost of a command is shared
 * by however many calls there are at the time, and a single call waits for nobody.
 */
export class GroupWriter<T> {
  readonly #write: (items: readonly T[]) => Promise<void>;
  readonly #options: GroupWriterOptions;
  readonly #batches: Batch<T>[] = [];
  #waiting = 0;
  #writing = false;

  constructor(write: (items: readonly T[]) => Promise<void>, options: GroupWriterOptions) {
    this.#write = write;
    this.#options = options;
  }

  /** Resolves when the item is durable; rejects as the write of its group did. */
  push(item: T): Promise<void> {
    if (this.#waiting >= this.#options.waitingMax) {
      const message = 'Too many calls wait for the ledger; nothing was sent to a provider.';
      return Promise.reject(new HeddleError('OVERLOADED', message, { extensions: { retryAfterMs: 1_000 } }));
    }
    let batch = this.#batches.at(-1);
    if (batch === undefined || batch.items.length >= this.#options.batchMax) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      batch = { items: [], written: promise, resolve, reject };
      this.#batches.push(batch);
    }
    batch.items.push(item);
    this.#waiting += 1;
    if (!this.#writing) {
      this.#writing = true;
      // The rest of this turn's calls come along.
      setImmediate(() => void this.#drain());
    }
    return batch.written;
  }

  async #drain(): Promise<void> {
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      try {
        await this.#write(batch.items);
        batch.resolve();
      } catch (error) {
        batch.reject(error);
      }
      this.#waiting -= batch.items.length;
    }
    this.#writing = false;
  }
}
