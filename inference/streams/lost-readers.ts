import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { limitEntries } from '#core/cache-entries.ts';
import { isEndedByMesh } from '#core/connection-lost.ts';
import type { Bus } from '#state/bus/bus.ts';
import type { CompletionEvents } from './completion-events.ts';

/** The time that a client has to resume its stream at another gateway after its own was lost. */
const resumeMsMax = 10_000;

export interface LostReadersOptions {
  readonly bus: Bus;
  readonly log: Logger;
  readonly delay: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Is the completion in progress in this process? */
  readonly isRunning: (completionId: string) => boolean;
}

/** Completions of which it is remembered; an older one counts as left by its client. */
const rememberedMax = 20_000;

/**
 * The readers of streams that lost their gateway. Their clients have not left: such a reader counts as present until the
 * client had time to resume the stream elsewhere. When it then was the last one, the mesh has ended the call.
 */
export class LostReaders implements Disposable {
  readonly #options: LostReadersOptions;
  readonly #closing = new AbortController();
  readonly #lost = new LRUCache<string, true>(limitEntries(rememberedMax));

  constructor(options: LostReadersOptions) {
    this.#options = options;
  }

  /** Another process has lost a reader of this completion. */
  note(completionId: string): void {
    if (!this.#options.isRunning(completionId)) return;
    this.#lost.set(completionId, true);
  }

  /** Was the last reader that has left this completion lost? */
  wasLost(completionId: string): boolean {
    return this.#lost.has(completionId);
  }

  /** The events that `follow` reads until its signal aborts, for a reader with a signal of its own that states why it leaves. */
  read(
    completionId: string,
    signal: AbortSignal,
    follow: (signal: AbortSignal) => CompletionEvents,
  ): CompletionEvents {
    const reading = new AbortController();
    const events = follow(reading.signal);
    let ended = false;
    const leave = () => {
      signal.removeEventListener('abort', leave);
      if (ended) return;
      ended = true;
      const now = () => {
        reading.abort();
        // Any error: the reader has left, and receives nothing more.
        events.return?.().catch(() => undefined);
      };
      if (signal.aborted && isEndedByMesh(signal)) return void this.#leaveLater(completionId, now);
      this.#lost.delete(completionId);
      now();
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    return {
      async next() {
        const step = await events.next();
        if (step.done) {
          ended = true;
          signal.removeEventListener('abort', leave);
        }
        return step;
      },
      async return() {
        leave();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  async #leaveLater(completionId: string, leave: () => void): Promise<void> {
    const { delay, isRunning } = this.#options;
    // Any error: the wait ends early when the process closes.
    await delay(resumeMsMax, this.#closing.signal).catch(() => undefined);
    // Noted before the reader leaves, where the completion is in progress: the last leaving decides.
    if (isRunning(completionId)) this.note(completionId);
    else await this.#announce(completionId);
    leave();
  }

  async #announce(completionId: string): Promise<void> {
    const { bus, log } = this.#options;
    try {
      await bus.publish('completion.lost', { completionId });
    } catch (error) {
      log.warn(
        { err: error, completionId },
        'a lost reader could not be announced: it counts as left by its client',
      );
    }
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
  }
}
