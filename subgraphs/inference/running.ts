import { HeddleError } from '#schema/errors.ts';
import type { Invocation } from './invocation.ts';

/** A call of a provider that is waited for, and stopped, when the process ends. */
export interface RunningCall {
  /** Resolves when its row is closed. */
  readonly done: Promise<unknown>;
  cancel(message: string): void;
}

/** What this process runs: completions, by their ids, and other calls. */
export interface Running {
  /** Throws OVERLOADED when it runs as much as it may, or is told to stop. */
  admit(): void;
  get(id: string): Invocation | undefined;
  /** Until it is done. */
  add(invocation: Invocation): void;
  /** Of what has no id to be found by. */
  join(call: RunningCall): void;
  /**
   * Admits nothing any more; waits until nothing runs, at most so long; then stops what is left and waits for its rows.
   */
  drain(graceMs: number): Promise<void>;
}

/** Calls that one process runs at once. */
const runningMax = 20_000;

export function createRunning(): Running {
  const calls = new Set<RunningCall>();
  const invocations = new Map<string, Invocation>();
  let stopped = false;

  function join(call: RunningCall): void {
    calls.add(call);
    const leave = () => calls.delete(call);
    call.done.then(leave, leave);
  }
  const allDone = () => Promise.allSettled([...calls].map(({ done }) => done));

  return {
    admit() {
      if (stopped || calls.size >= runningMax) throw overloaded(stopped);
    },
    get: (id) => invocations.get(id),
    add(invocation) {
      join(invocation);
      invocations.set(invocation.id, invocation);
      void invocation.done.then(() => invocations.delete(invocation.id));
    },
    join,
    async drain(graceMs) {
      stopped = true;
      const grace = Promise.withResolvers<void>();
      const timer = setTimeout(grace.resolve, graceMs);
      await Promise.race([allDone(), grace.promise]);
      clearTimeout(timer);
      for (const call of calls) call.cancel('The process is shutting down.');
      await allDone();
    },
  };
}

function overloaded(stopped: boolean): HeddleError {
  const why = stopped ? 'is shutting down' : 'runs as many calls as it may';
  return new HeddleError('OVERLOADED', `This process ${why}.`, { extensions: { retryAfterMs: 1_000 } });
}
