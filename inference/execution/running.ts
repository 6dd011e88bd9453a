import type { Caller } from '#core/caller.ts';
import { createOverloadedError, type HeddleError } from '#core/errors.ts';
import { waitAtMost } from '#core/time-limit.ts';
import type { CompletionData } from '../completion.ts';
import type { CompletionRequest } from '../request.ts';
import type { ClosedInvocation } from './outcome.ts';

/** A provider call in progress, which the process waits for, and stops, when it ends. */
export interface RunningCall {
  /** Resolves when its row is closed. */
  readonly done: Promise<unknown>;
  /** Ends it as FAILED with OVERLOADED: the mesh ended it, not its client and not its provider. */
  stop(message: string): void;
}

/** A completion in progress, for those that read or cancel it by its id. */
export interface RunningCompletion extends RunningCall {
  readonly id: string;
  readonly start: { readonly caller: Caller; readonly request: Pick<CompletionRequest, 'labels'> };
  readonly done: Promise<ClosedInvocation>;
  /** The completion as it stands. */
  running(): CompletionData;
  /** Its client ends it: CANCELLED. */
  cancel(message: string): void;
}

/** Calls that one process runs at once. */
const runningMax = 20_000;

/** The calls in progress in this process: completions, by their ids, and other calls. */
export class Running {
  readonly #calls = new Set<RunningCall>();
  readonly #completions = new Map<string, RunningCompletion>();
  #stopped = false;

  /** Throws OVERLOADED at the bound of calls, or after a drain. */
  admit(): void {
    if (this.#stopped) throw shuttingDown();
    if (this.#calls.size >= runningMax) throw atCapacity();
  }

  get(id: string): RunningCompletion | undefined {
    return this.#completions.get(id);
  }

  /** Until it is done. */
  add(completion: RunningCompletion): void {
    this.#completions.set(completion.id, completion);
    void completion.done.then(() => this.#completions.delete(completion.id));
    this.join(completion);
  }

  /** A call that has no id to be found by. */
  join(call: RunningCall): void {
    this.#calls.add(call);
    const leave = () => this.#calls.delete(call);
    call.done.then(leave, leave);
    // Admitted before the drain ended, begun after it.
    if (this.#stopped) call.stop(stopping);
  }

  /**
   * Waits until no call is in progress and `lastCall` has resolved, at most so long. Then admits nothing more, stops
   * the calls that are left, and waits for their rows.
   * @param lastCall resolves when no further call can arrive; calls are admitted until then
   */
  async drain(graceMs: number, lastCall: Promise<unknown> = Promise.resolve()): Promise<void> {
    await waitAtMost(
      lastCall.then(() => this.#allDone()),
      graceMs,
    );
    this.#stopped = true;
    for (const call of this.#calls) call.stop(stopping);
    await this.#allDone();
  }

  async #allDone(): Promise<void> {
    while (this.#calls.size > 0) await Promise.allSettled([...this.#calls].map(({ done }) => done));
  }
}

const stopping = 'The process that ran this call has shut down.';

function shuttingDown(): HeddleError {
  return createOverloadedError('This process is shutting down.', { notBegun: true });
}

function atCapacity(): HeddleError {
  return createOverloadedError('This process runs as many calls as it may.');
}
