import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds of work before others get their turn. */
const turnMs = 6;

/** Work that has taken as long as it may take in this thread. */
export class WorkTooLong extends Error {}

export interface WorkTurnsOptions {
  readonly now?: () => number;
  /** Milliseconds that the work may take, the turns of others left out. */
  readonly workMsMax?: number | undefined;
}

/** Lets other work of the process get its turn within a long one. */
export class WorkTurns {
  readonly #now: () => number;
  readonly #workMsMax: number;
  #startedMs: number;
  #workMs = 0;

  constructor({ now = performance.now.bind(performance), workMsMax = Infinity }: WorkTurnsOptions = {}) {
    this.#now = now;
    this.#workMsMax = workMsMax;
    this.#startedMs = now();
  }

  /** Waits for the next turn where this one has taken long. Rejects with WorkTooLong where all of them have. */
  async pass(): Promise<void> {
    const turn = this.#now() - this.#startedMs;
    if (turn < turnMs) return;
    this.#workMs += turn;
    if (this.#workMs > this.#workMsMax) throw new WorkTooLong('This work takes too long in this thread.');
    await nextTurn();
    this.#startedMs = this.#now();
  }
}

/** Does work that stops after pieces of less than some milliseconds, and lets others get their turn there. Returns what the work returns. */
export async function workInTurns<Result>(
  work: Generator<void, Result>,
  turns = new WorkTurns(),
): Promise<Result> {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    await turns.pass();
  }
}

/** Does the same without a stop. */
export function workAtOnce<Result>(work: Generator<void, Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
