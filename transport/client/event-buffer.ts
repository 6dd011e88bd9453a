export interface EventBufferOptions<T> {
  /** Events held at most. */
  readonly max: number;
  /** What an event holds; only computed for those that have to wait. */
  readonly measure: (event: T) => number;
  /** Held at most in sum, unless one event alone is larger. */
  readonly sizeMax: number;
  /** What ends the stream in place of the event for which there was no room. */
  readonly overflow: (last: T) => T;
  /** The stream has ended so: its reader has not left. */
  readonly onOverflow: () => void;
  /** The reader has left. */
  readonly onReturn: () => void;
}

/**
 * What has come and was not yet requested, up to a bound. The producer pushes and cannot be held back, so one event
 * too many ends the stream with `overflow`, after what is buffered has been read.
 */
export class EventBuffer<T> implements AsyncIterableIterator<T> {
  readonly #options: EventBufferOptions<T>;
  readonly #events: { readonly event: T; readonly size: number }[] = [];
  #size = 0;
  readonly #waiting: ((result: IteratorResult<T>) => void)[] = [];
  #ended = false;

  constructor(options: EventBufferOptions<T>) {
    this.#options = options;
  }

  push(event: T): void {
    if (this.#ended) return;
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting({ done: false, value: event });
      return;
    }
    const { max, measure, sizeMax, overflow, onOverflow } = this.#options;
    const size = measure(event);
    if (this.#events.length < max && (this.#size === 0 || this.#size + size <= sizeMax)) {
      this.#events.push({ event, size });
      this.#size += size;
    } else {
      this.#events.push({ event: overflow(event), size: 0 });
      this.end();
      onOverflow();
    }
  }

  /** Nothing more comes; what is buffered can still be read. */
  end(): void {
    this.#ended = true;
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<T>> {
    const held = this.#events.shift();
    if (held !== undefined) {
      this.#size -= held.size;
      return Promise.resolve({ done: false, value: held.event });
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  return(): Promise<IteratorResult<T>> {
    const wasOpen = !this.#ended;
    this.#events.length = 0;
    this.end();
    if (wasOpen) this.#options.onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
