import { createOverloadedError, HeddleError } from '#core/errors.ts';
import { withTimeLimit } from '#core/time-limit.ts';
import { counterName, type HistoryAnswer, type MeterHistory, type QuotaKey, readScope } from './quota.ts';
import { quotaRules } from './rules.ts';
import { slidingMs, windowStartMs } from './windows.ts';

/** What a store answers when it begins to read counters back: it accounts for every other call itself. */
export interface SeedStart {
  /** Names this seed among those of the partition. */
  readonly seq: number;
  /** The store's time; reservations from now on are not earlier. */
  readonly untilMs: number;
  /** Reservations that it holds. */
  readonly except: readonly string[];
}

/** Counters as the ledger has them. */
export interface Seed extends SeedStart, HistoryAnswer {
  readonly keys: readonly QuotaKey[];
}

export interface SeededStore {
  begin(partition: string): Promise<SeedStart>;
  /** Takes over counters that are still absent. False: something was lost meanwhile, the ledger has to be read again. */
  apply(partition: string, seed: Seed): Promise<boolean>;
}

/** How long a call waits for the ledger to be read. */
const waitMsMax = 10_000;
/** Partitions that are read at the same time. */
const readsMax = 4;
const roundsMax = 8;
/** Partitions that wait to be read. */
const waitingMax = 10_000;

/** The outcome of an operation on counters, or those that have to be read back before it. */
export type Attempt<T> = { readonly done: T } | { readonly absent: readonly QuotaKey[] };

interface Queue {
  wanted: Map<string, QuotaKey>;
  next: PromiseWithResolvers<void>;
}

/** For calls that cannot be counted now: nothing was begun. */
export function metersUnknown(cause?: unknown): HeddleError {
  const message = 'The meters of this caller are being read from the ledger; nothing was begun.';
  return createOverloadedError(message, { cause });
}

/** Reads counters back from the ledger: one read at a time for each partition, for all counters wanted by then. */
export class Seeder {
  readonly #history: MeterHistory;
  readonly #store: SeededStore;
  readonly #queues = new Map<string, Queue>();
  readonly #waiting: (() => void)[] = [];
  #reads = 0;

  constructor(history: MeterHistory, store: SeededStore) {
    this.#history = history;
    this.#store = store;
  }

  /** Runs `attempt`, and again when absent counters have been read back. OVERLOADED when that fails or takes too long. */
  async run<T>(partition: string, attempt: (round: number) => Attempt<T> | Promise<Attempt<T>>): Promise<T> {
    for (let round = 0; round < roundsMax; round++) {
      const attempted = await attempt(round);
      if ('done' in attempted) return attempted.done;
      await withTimeLimit(this.#seed(partition, attempted.absent), waitMsMax, metersUnknown);
    }
    throw metersUnknown();
  }

  #seed(partition: string, keys: readonly QuotaKey[]): Promise<void> {
    let queue = this.#queues.get(partition);
    if (queue === undefined) {
      if (this.#queues.size >= waitingMax) return Promise.reject(metersUnknown());
      queue = { wanted: new Map(), next: Promise.withResolvers() };
      this.#queues.set(partition, queue);
      void this.#work(partition, queue);
    }
    for (const key of keys) queue.wanted.set(counterName(key), key);
    return queue.next.promise;
  }

  async #work(partition: string, queue: Queue): Promise<void> {
    // The rest of this turn's calls come along.
    await Promise.resolve();
    while (queue.wanted.size > 0) {
      if (this.#reads >= readsMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
      const { resolve, reject } = queue.next;
      const keys = [...queue.wanted.values()];
      queue.wanted = new Map();
      queue.next = Promise.withResolvers();
      this.#reads += 1;
      try {
        await this.#read(partition, keys);
        resolve();
      } catch (error) {
        reject(error instanceof HeddleError ? error : metersUnknown(error));
      }
      this.#reads -= 1;
      this.#waiting.shift()?.();
    }
    this.#queues.delete(partition);
  }

  async #read(partition: string, keys: readonly QuotaKey[]): Promise<void> {
    for (let round = 0; round < roundsMax; round++) {
      const start = await this.#store.begin(partition);
      const { untilMs, except } = start;
      const windows = new Set(keys.map(({ window }) => window));
      const found = await this.#history.read({
        partition,
        scopes: [...new Set(keys.map(readScope))],
        boundariesMs: [...windows].map((window) => windowStartMs(window, untilMs)),
        fine: windows.has('HOUR')
          ? {
              fromMs: windowStartMs('HOUR', untilMs),
              lengthMs: slidingMs('HOUR') / quotaRules.slotsPerWindow,
            }
          : null,
        untilMs,
        except,
      });
      if (await this.#store.apply(partition, { ...start, keys, ...found })) return;
    }
    throw metersUnknown();
  }
}
