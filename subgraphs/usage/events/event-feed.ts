import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { type EventRecord, events, findLastSequence } from '#mongo/events.ts';
import type { Bus } from '#state/bus/bus.ts';

/** Messages of the bus may be lost: the store is read this often whether they come or not. */
const everyMs = 5_000;
/** Published events that are kept for subscribers; those further behind read the store. */
const recentMax = 1_000;
const pageMax = 500;

/** An event with its position. */
export type PublishedEvent = EventRecord & { readonly sequence: number };

/** Which events a subscriber reads: by a query, and by a test of one event. */
export interface EventSelection {
  readonly where: Readonly<Record<string, unknown>>;
  readonly matches: (event: EventRecord) => boolean;
}

interface EventFeedDeps {
  readonly connection: Connection;
  readonly bus: Bus;
  readonly log: Logger;
}

/**
 * The events of the outbox as they are published, for all subscribers of this process: new ones are read once, when the
 * bus announces them and every few seconds. Each subscriber is a position; none misses an event, however slow it is.
 */
export class EventFeed implements AsyncDisposable {
  readonly #deps: EventFeedDeps;
  /** In order, without gaps but for those removed by retention; the last has the position `#last`. */
  #recent: PublishedEvent[] = [];
  /** Everything after this position and up to `#last` is in `#recent`. */
  #complete = 0;
  #last = 0;
  #changed = Promise.withResolvers<void>();
  #opened: Promise<AsyncDisposable> | undefined;
  #reading: Promise<void> | undefined;
  #isStale = false;
  readonly #closed = new AbortController();

  constructor(deps: EventFeedDeps) {
    this.#deps = deps;
  }

  /** The position of the last event; what is published later has a greater one. */
  async open(): Promise<number> {
    this.#opened ??= this.#listen();
    await this.#opened;
    await this.#readNew();
    return this.#last;
  }

  /** The selected events after the position, until the signal is aborted or the feed is closed. */
  async *follow(after: number, { where, matches }: EventSelection, signal: AbortSignal) {
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    let position = after;
    while (!ended.aborted) {
      const changed = this.#changed.promise;
      if (position < this.#complete) {
        const until = this.#complete;
        const page = await this.#find({ ...where, sequence: { $gt: position, $lte: until } });
        for (const event of page) {
          if (ended.aborted) return;
          yield event;
        }
        position = page.length < pageMax ? until : (page.at(-1)?.sequence ?? until);
      } else if (position < this.#last) {
        const known = this.#recent.findLastIndex(({ sequence }) => sequence <= position);
        const next = this.#recent.slice(known + 1);
        position = this.#last;
        for (const event of next) {
          if (ended.aborted) return;
          if (matches(event)) yield event;
        }
      } else {
        await untilAborted(changed, ended);
      }
    }
  }

  /** Ends all subscriptions. */
  async close(): Promise<void> {
    this.#closed.abort();
    const opened = await this.#opened;
    await opened?.[Symbol.asyncDispose]();
    await this.#reading;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #listen(): Promise<AsyncDisposable> {
    const { bus, connection, log } = this.#deps;
    const read = () => {
      this.#readNew().catch((err: unknown) => log.warn({ err }, 'new events could not be read yet'));
    };
    const listening = await bus.subscribe('events.recorded', read);
    this.#last = await findLastSequence(events(connection));
    this.#complete = this.#last;
    const timer = setInterval(read, everyMs).unref();
    return {
      [Symbol.asyncDispose]: async () => {
        clearInterval(timer);
        await listening[Symbol.asyncDispose]();
      },
    };
  }

  /** One read at a time; what is announced during one is read after it. */
  #readNew(): Promise<void> {
    this.#isStale = true;
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    while (this.#isStale && !this.#closed.signal.aborted) {
      this.#isStale = false;
      const page = await this.#find({ sequence: { $gt: this.#last } });
      if (page.length === 0) continue;
      if (page.length === pageMax) this.#isStale = true;
      this.#recent.push(...page);
      this.#last = page.at(-1)?.sequence ?? this.#last;
      const dropped = this.#recent.splice(0, Math.max(0, this.#recent.length - recentMax));
      this.#complete = dropped.at(-1)?.sequence ?? this.#complete;
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }

  async #find(where: object): Promise<PublishedEvent[]> {
    const found = await events(this.#deps.connection).find(where).sort({ sequence: 1 }).limit(pageMax).lean();
    return found as PublishedEvent[];
  }
}

function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const aborted = Promise.withResolvers<void>();
  const abort = () => aborted.resolve();
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', abort));
}
