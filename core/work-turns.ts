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

/** When the last of those that wait has its turn. */
let last: Promise<unknown> = Promise.resolve();

/** The next turn of the event loop in which no other long work of the process continues: together they would be a long turn again. */
function nextOwnTurn(): Promise<unknown> {
  last = last.then(() => nextTurn());
  return last;
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
    await nextOwnTurn();
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
