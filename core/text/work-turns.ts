import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds of work before others get their turn. */
const turnMs = 6;

/** Lets other work of the process get its turn within a long one. */
export class WorkTurns {
  readonly #now: () => number;
  #startedMs: number;

  constructor(now: () => number = performance.now.bind(performance)) {
    this.#now = now;
    this.#startedMs = now();
  }

  /** Waits for the next turn where this one has taken long. */
  async pass(): Promise<void> {
    if (this.#now() - this.#startedMs < turnMs) return;
    await nextTurn();
    this.#startedMs = this.#now();
  }
}
