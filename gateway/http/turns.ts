import { createOverloadedError } from '#core/errors.ts';
import { FairQueue } from '#core/json-schema/fair-queue.ts';
import type { Use } from '../auth/client-use.ts';

/** Documents that wait to be prepared, of all clients and of one. */
const limits = { waitingMax: 1_000, waitingPerUserMax: 250, sizeMax: 1_000, sizePerUserMax: 250 };

/** Turns of the event loop after each piece: a new connection needs three from its acceptance to its answer. */
const freeTurns = 4;

type Resume = () => void;

/**
 * Lets work that holds the process run one piece at a time with free turns of the event loop in between, so that other
 * requests are answered however much arrives at once. Callers with a key come first; of those the one that has used least.
 */
export class Turns {
  readonly #withKey = new FairQueue<Resume, Use>(limits);
  readonly #anonymous = new FairQueue<Resume, Use>(limits);
  #isScheduled = false;
  #waiting = 0;

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Resolves when it is the turn of the user: a key or an address. Throws HeddleError OVERLOADED where too many wait.
   */
  async next(user: Use, isAnonymous: boolean): Promise<void> {
    const turn = Promise.withResolvers<void>();
    if (!this.#queue(isAnonymous).add(user, turn.resolve, 1)) {
      throw createOverloadedError('Too many new documents wait to be read.', { notBegun: true });
    }
    this.#waiting += 1;
    this.#schedule(1);
    await turn.promise;
  }

  /** Adds to what a user has used: milliseconds of its piece. */
  charge(user: Use, isAnonymous: boolean, ms: number): void {
    this.#queue(isAnonymous).charge(user, ms);
  }

  #queue(isAnonymous: boolean): FairQueue<Resume, Use> {
    return isAnonymous ? this.#anonymous : this.#withKey;
  }

  #schedule(turns: number): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    let left = turns;
    const wait = () => {
      left -= 1;
      if (left > 0) return void setImmediate(wait);
      this.#isScheduled = false;
      this.#resumeNext();
    };
    setImmediate(wait);
  }

  #resumeNext(): void {
    const next = this.#withKey.take() ?? this.#anonymous.take();
    if (next === undefined) return;
    this.#waiting -= 1;
    next.task();
    this.#schedule(1 + freeTurns);
  }
}
