import type { Invocation } from './invocation.ts';

/** The invocations that this process runs, by their ids. */
export interface Running {
  readonly size: number;
  get(id: string): Invocation | undefined;
  /** Until it is done. */
  add(invocation: Invocation): void;
  /** Waits until none runs, at most so long; then stops those that are left and waits for their rows. */
  drain(graceMs: number): Promise<void>;
}

export function createRunning(): Running {
  const invocations = new Map<string, Invocation>();
  const allDone = () => Promise.all([...invocations.values()].map(({ done }) => done));
  return {
    get size() {
      return invocations.size;
    },
    get: (id) => invocations.get(id),
    add(invocation) {
      invocations.set(invocation.id, invocation);
      void invocation.done.then(() => invocations.delete(invocation.id));
    },
    async drain(graceMs) {
      const grace = Promise.withResolvers<void>();
      const timer = setTimeout(grace.resolve, graceMs);
      await Promise.race([allDone(), grace.promise]);
      clearTimeout(timer);
      for (const invocation of invocations.values()) invocation.cancel('The process is shutting down.');
      await allDone();
    },
  };
}
