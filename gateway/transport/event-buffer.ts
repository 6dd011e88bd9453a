/**
 * What has come and was not yet asked for, up to a bound. The producer pushes and cannot be held back, so one event
 * too many ends the stream with `overflow`, after what is buffered has been read.
 */
export class EventBuffer<T> implements AsyncIterableIterator<T> {
  readonly #max: number;
  readonly #overflow: (last: T) => T;
  readonly #onReturn: () => void;
  readonly #events: T[] = [];
  readonly #waiting: ((result: IteratorResult<T>) => void)[] = [];
  #ended = false;

  constructor(options: {
    readonly max: number;
    readonly overflow: (last: T) => T;
    readonly onReturn: () => void;
  }) {
    this.#max = options.max;
    this.#overflow = options.overflow;
    this.#onReturn = options.onReturn;
  }

  push(event: T): void {
    if (this.#ended) return;
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting({ done: false, value: event });
    } else if (this.#events.length < this.#max) {
      this.#events.push(event);
    } else {
      this.#events.push(this.#overflow(event));
      this.end();
      this.#onReturn();
    }
  }

  /** Nothing more comes; what is buffered can still be read. */
  end(): void {
    this.#ended = true;
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<T>> {
    const event = this.#events.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  return(): Promise<IteratorResult<T>> {
    const wasOpen = !this.#ended;
    this.#events.length = 0;
    this.end();
    if (wasOpen) this.#onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
