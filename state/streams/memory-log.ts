import {
  eventSizeDefault,
  type LoggedEvent,
  type StreamLogBounds,
  StreamLogLost,
  type StreamWriter,
  type StreamWriterOptions,
} from './stream-log.ts';

/** An event as it is held, with its size in bytes. */
interface Entry<Event> {
  readonly logged: LoggedEvent<Event>;
  readonly size: number;
}

/** Trimmed entries are cut off the array once there are this many: shifting one by one would cost the whole length. */
const cutAt = 256;

/** One log in memory: the writer's side, and what its cursors need. */
export class MemoryLog<Event> implements StreamWriter<Event> {
  readonly id: string;
  readonly #bounds: StreamLogBounds;
  readonly keepMs: number;
  /** Let go when the log is closed: it may hold all that the writer has. */
  #onAbandoned: (() => void) | undefined;
  readonly #onClosed: (log: MemoryLog<Event>) => void;
  readonly #cursors = new Set<LogCursor<Event>>();
  #entries: Entry<Event>[] = [];
  /** Entries before this index are trimmed; entry `#head` has number `#first`. */
  #head = 0;
  #first = 0;
  #size = 0;
  #length = 0;
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #state: 'OPEN' | 'ENDED' | 'ABANDONED' = 'OPEN';

  constructor(
    id: string,
    bounds: StreamLogBounds,
    options: StreamWriterOptions,
    onClosed: (log: MemoryLog<Event>) => void,
  ) {
    this.id = id;
    this.#bounds = bounds;
    this.keepMs = options.keepMs;
    this.#onAbandoned = options.onAbandoned;
    this.#onClosed = onClosed;
  }

  get length(): number {
    return this.#length;
  }

  /** What is held, in bytes. */
  get size(): number {
    return this.#size;
  }

  get state(): 'OPEN' | 'ENDED' | 'ABANDONED' {
    return this.#state;
  }

  append(event: Event, size: number = eventSizeDefault): Promise<void> | undefined {
    if (this.#state !== 'OPEN') throw new Error(`The log ${this.id} has ended.`);
    this.#push(event, size);
    if (!this.#isFull() || !this.#isHeldBack()) return undefined;
    if (this.#room === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#room = { promise, resolve };
    }
    return this.#room.promise;
  }

  async end(event: Event, size: number = eventSizeDefault): Promise<void> {
    if (this.#state !== 'OPEN') throw new Error(`The log ${this.id} has ended.`);
    this.#state = 'ENDED';
    this.#push(event, size);
    this.#close();
  }

  async readers(): Promise<number> {
    return this.#cursors.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state !== 'OPEN') return;
    this.#state = 'ABANDONED';
    for (const cursor of this.#cursors) cursor.wake();
    this.#close();
  }

  attach(cursor: LogCursor<Event>): void {
    this.#cursors.add(cursor);
  }

  /** `early`: before the end was seen. */
  detach(cursor: LogCursor<Event>, early: boolean): void {
    if (!this.#cursors.delete(cursor)) return;
    this.moved();
    if (early && this.#cursors.size === 0 && this.#state === 'OPEN') this.#onAbandoned?.();
  }

  /**
   * The event of that number; undefined: not yet, or the log has ended before it. Throws StreamLogLost when it was
   * trimmed, or when an ended log never came near it.
   */
  at(sequence: number): Entry<Event> | undefined {
    if (sequence < this.#first || (this.#state === 'ENDED' && sequence > this.#length)) {
      throw new StreamLogLost('TRIMMED', `The events of ${this.id} from number ${sequence} are not held.`);
    }
    return this.#entries[this.#head + sequence - this.#first];
  }

  /** All events that are not trimmed. */
  held(): readonly LoggedEvent<Event>[] {
    return this.#entries.slice(this.#head).map(({ logged }) => logged);
  }

  /** A cursor advanced or left: a waiting writer may have room now. */
  moved(): void {
    if (this.#room === undefined || this.#isHeldBack()) return;
    this.#room.resolve();
    this.#room = undefined;
  }

  #push(event: Event, size: number): void {
    this.#entries.push({ logged: { sequence: this.#length, event }, size });
    this.#length += 1;
    this.#size += size;
    for (const cursor of this.#cursors) cursor.wake();
  }

  #isFull(): boolean {
    return this.#length - this.#first > this.#bounds.eventsMax || this.#size > this.#bounds.sizeMax;
  }

  /**
   * Drops seen events, oldest first, while the log is over its bound: with no cursor every event counts as seen. True
   * when it stays over its bound because a cursor is behind. An event larger than the bound delays no writer once
   * every cursor has passed it: it is dropped with the next.
   */
  #isHeldBack(): boolean {
    let seen = this.#length;
    for (const cursor of this.#cursors) seen = Math.min(seen, cursor.position);
    const droppable = Math.min(seen, this.#length - 1);
    while (this.#first < droppable && this.#isFull()) {
      this.#size -= this.#entries[this.#head]?.size ?? 0;
      this.#head += 1;
      this.#first += 1;
    }
    if (this.#head >= cutAt) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return seen < this.#length && this.#isFull();
  }

  #close(): void {
    this.#room?.resolve();
    this.#room = undefined;
    this.#onAbandoned = undefined;
    this.#onClosed(this);
  }
}

export interface LogCursorOptions {
  readonly signal?: AbortSignal | undefined;
  /** The log holds what was yielded until `pass` was called for it: for a reader further away. */
  readonly isHolding?: boolean;
}

/** One reader of a log in memory. Written out rather than as an async generator: it runs once per token and client. */
export class LogCursor<Event> implements AsyncIterableIterator<LoggedEvent<Event>> {
  /** Events before this number are passed: the log may drop them. */
  position: number;
  /** Of the event that it yielded last, in bytes. */
  lastSize = 0;
  readonly #log: MemoryLog<Event>;
  readonly #signal: AbortSignal | undefined;
  /** An event is passed when `pass` states so, not when it is yielded. */
  readonly #isHolding: boolean;
  /** The number of the event it yields next. */
  #next: number;
  #waiting: PromiseWithResolvers<void> | undefined;
  #done = false;

  constructor(log: MemoryLog<Event>, after: number, { signal, isHolding = false }: LogCursorOptions) {
    this.#log = log;
    this.position = after + 1;
    this.#next = this.position;
    this.#isHolding = isHolding;
    this.#signal = signal;
    log.attach(this);
    if (signal?.aborted) this.#leave(true);
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<LoggedEvent<Event>>> {
    while (!this.#done) {
      const entry = this.#look();
      if (entry !== undefined) {
        this.#next += 1;
        this.lastSize = entry.size;
        if (!this.#isHolding) this.pass(1);
        return { done: false, value: entry.logged };
      }
      if (this.#log.state !== 'OPEN') {
        this.#leave(false);
        if (this.#log.state === 'ENDED') break;
        throw new StreamLogLost(
          'ABANDONED',
          `What wrote the events of ${this.#log.id} is gone before the end.`,
        );
      }
      this.#waiting ??= Promise.withResolvers<void>();
      await this.#waiting.promise;
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<LoggedEvent<Event>>> {
    this.#leave(true);
    return { done: true, value: undefined };
  }

  /** So many more events are with the reader. */
  pass(events: number): void {
    this.position += events;
    this.#log.moved();
  }

  wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  readonly #onAbort = () => this.#leave(true);

  #look(): Entry<Event> | undefined {
    try {
      return this.#log.at(this.#next);
    } catch (lost) {
      this.#leave(true);
      throw lost;
    }
  }

  #leave(early: boolean): void {
    if (this.#done) return;
    this.#done = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#log.detach(this, early);
    this.wake();
  }
}
