import { LRUCache } from 'lru-cache';
import { isEndedByMesh } from '#core/connection-lost.ts';
import type { Bus } from '#state/bus/bus.ts';
import type { CompletionEvents } from './completion-events.ts';

/** How long a client whose gateway was lost may take to resume its stream at another one. */
const resumeMsMax = 10_000;

/**
 * The readers of streams whose gateway was lost. Their clients have not left: such a reader counts as present until the
 * client had time to resume the stream elsewhere. When it then was the last one, the mesh has ended the call.
 */
export interface LostReaders extends Disposable {
  /** The events that `follow` reads until its signal aborts, for a reader whose own signal says why it leaves. */
  read(
    completionId: string,
    signal: AbortSignal,
    follow: (signal: AbortSignal) => CompletionEvents,
  ): CompletionEvents;
  /** Was the last reader that has left this completion lost? */
  wasLost(completionId: string): boolean;
  /** Another process has lost a reader of this completion. */
  note(completionId: string): void;
}

export interface LostReadersOptions {
  readonly bus: Bus;
  readonly delay: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Is the completion in progress in this process? */
  readonly isRunning: (completionId: string) => boolean;
}

/** Completions of which it is remembered; an older one counts as left by its client. */
const rememberedMax = 20_000;

export function createLostReaders({ bus, delay, isRunning }: LostReadersOptions): LostReaders {
  const closing = new AbortController();
  const lost = new LRUCache<string, true>({ max: rememberedMax });

  function note(completionId: string): void {
    if (!isRunning(completionId)) return;
    lost.set(completionId, true);
  }

  async function leaveLater(completionId: string, leave: () => void): Promise<void> {
    await delay(resumeMsMax, closing.signal).catch(() => undefined);
    // Noted before the reader leaves, where the completion is in progress: the last leaving decides.
    if (isRunning(completionId)) note(completionId);
    else await bus.publish('completion.lost', { completionId }).catch(() => undefined);
    leave();
  }

  return {
    note,
    wasLost: (completionId) => lost.has(completionId),
    read(completionId, signal, follow) {
      const reading = new AbortController();
      const events = follow(reading.signal);
      let ended = false;
      const leave = () => {
        signal.removeEventListener('abort', leave);
        if (ended) return;
        ended = true;
        const now = () => {
          reading.abort();
          events.return?.().catch(() => undefined);
        };
        if (signal.aborted && isEndedByMesh(signal)) return void leaveLater(completionId, now);
        lost.delete(completionId);
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
    },
    [Symbol.dispose]() {
      closing.abort();
    },
  };
}
