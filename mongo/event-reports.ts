import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { limitEntries } from '#core/cache-entries.ts';
import type { EventLog, NewEvent } from './events.ts';

const rememberedMax = 10_000;
/** Events that are written at once; more are left out, and reported when they occur again. */
const writingMax = 100;

/**
 * Reports what happens again and again as one event, among all processes, for each `once`: without a wait for who reports it, and without a
 * command for what this process has reported before. Disposing waits for what is being written.
 */
export class EventReports implements AsyncDisposable {
  readonly #events: Pick<EventLog, 'record'>;
  readonly #log: Logger;
  readonly #reported = new LRUCache<string, true>(limitEntries(rememberedMax));
  readonly #writing = new Set<Promise<void>>();

  constructor({ events, log }: { readonly events: Pick<EventLog, 'record'>; readonly log: Logger }) {
    this.#events = events;
    this.#log = log;
  }

  /** Returns at once and never throws. */
  report(event: NewEvent, once: string): void {
    if (this.#reported.has(once) || this.#writing.size >= writingMax) return;
    this.#reported.set(once, true);
    const write = this.#events
      .record(event, once)
      .catch((err: unknown) => {
        this.#reported.delete(once);
        this.#log.warn({ err, type: event.type }, 'an event could not be recorded yet');
      })
      .finally(() => this.#writing.delete(write));
    this.#writing.add(write);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#writing);
  }
}
