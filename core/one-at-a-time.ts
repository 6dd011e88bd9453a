import { createOverloadedError } from './errors.ts';

const waitingMax = 100;

/** Runs the tasks of one user one after another, those of different users beside each other. */
export class OneAtATime {
  readonly #last = new Map<string, { readonly ended: Promise<unknown>; waiting: number }>();

  /** Throws HeddleError OVERLOADED where too many tasks of the user wait. */
  async run<T>(user: string, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(user);
    const waiting = (before?.waiting ?? -1) + 1;
    if (waiting > waitingMax) {
      throw createOverloadedError('Too many large reads of yours wait.', { notBegun: true });
    }
    const result = before === undefined ? task() : before.ended.then(task);
    // Any error: the caller of that task receives it.
    const mine = { ended: result.catch(() => undefined), waiting };
    this.#last.set(user, mine);
    try {
      return await result;
    } finally {
      const last = this.#last.get(user);
      if (last === mine) this.#last.delete(user);
      else if (last !== undefined) last.waiting -= 1;
    }
  }
}
