import { createOverloadedError } from '#core/errors.ts';

/** Documents that wait to be prepared. */
const waitingMax = 1_000;

/**
 * Lets work that holds the process run one piece per turn of the event loop, so that other requests are answered
 * between two pieces however many arrive at once. Callers with a key come first.
 */
export class Turns {
  readonly #first: (() => void)[] = [];
  readonly #later: (() => void)[] = [];
  #isScheduled = false;

  /** Resolves when it is the caller's turn. Throws HeddleError OVERLOADED where too many wait. */
  async next(isAnonymous: boolean): Promise<void> {
    const waiting = isAnonymous ? this.#later : this.#first;
    if (waiting.length >= waitingMax) {
      throw createOverloadedError('Too many new documents wait to be read.', { notBegun: true });
    }
    const turn = Promise.withResolvers<void>();
    waiting.push(turn.resolve);
    this.#schedule();
    await turn.promise;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const resume = this.#first.shift() ?? this.#later.shift();
      resume?.();
      if (this.#first.length + this.#later.length > 0) this.#schedule();
    });
  }
}
