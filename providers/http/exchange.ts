import type { Dispatcher } from 'undici';

type DispatchController = Dispatcher.DispatchController;

/** Beyond this the socket is paused until the reader has caught up. */
const queuedBytesMax = 65_536;
/** How long a released connection may take to end its response. */
const releaseMsMax = 1000;

export interface ExchangeHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

interface ExchangeEvents {
  /** The request is on a connection. */
  readonly onConnected: () => void;
  /** Bytes of the body came. */
  readonly onReceived: (() => void) | undefined;
  readonly onHead: (head: ExchangeHead) => void;
  /** Before the head: the exchange failed or was aborted. */
  readonly onFailure: (error: unknown) => void;
  /** Once, when the connection is free or gone. */
  readonly onClosed: () => void;
}

interface Waiter {
  readonly resolve: (chunk: Uint8Array | null) => void;
  readonly reject: (error: unknown) => void;
}

/** One request and its response on an undici dispatcher: a pull reader over a bounded queue, abortable at any time. */
export class ProviderExchange implements Dispatcher.DispatchHandler {
  readonly #events: ExchangeEvents;
  readonly #bytesMax: number;
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #receivedBytes = 0;
  #controller: DispatchController | null = null;
  #headSeen = false;
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  #released: NodeJS.Timeout | null = null;
  #waiter: Waiter | null = null;

  constructor(bytesMax: number, events: ExchangeEvents) {
    this.#bytesMax = bytesMax;
    this.#events = events;
  }

  /** The next bytes; null at the end. One read at a time. Rejects with the failure, or with the reason of an abort. */
  read(): Promise<Uint8Array | null> {
    const chunk = this.#queue.shift();
    if (chunk !== undefined) {
      this.#queuedBytes -= chunk.byteLength;
      if (this.#controller?.paused && this.#queuedBytes === 0) this.#controller.resume();
      return Promise.resolve(chunk);
    }
    if (this.#failure !== null) return Promise.reject(this.#failure.error);
    if (this.#ended) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  /** Closes the connection if the response is not complete; what waits or reads later rejects with `reason`. */
  abort(reason: unknown): void {
    if (this.#ended || this.#failure !== null || this.#released !== null) return;
    this.#drop();
    this.#fail(reason);
    this.#controller?.abort(reason instanceof Error ? reason : new Error('The call was aborted.'));
  }

  /** No more is read: what still comes is dropped, and the connection stays good if the response ends within a second. */
  release(): void {
    if (this.#ended || this.#failure !== null || this.#released !== null) return;
    this.#drop();
    this.#released = setTimeout(
      () => this.#controller?.abort(new Error('The response continued.')),
      releaseMsMax,
    ).unref();
    if (this.#controller?.paused) this.#controller.resume();
  }

  #drop(): void {
    this.#queue.length = 0;
    this.#queuedBytes = 0;
  }

  #closed(): void {
    if (this.#released !== null) clearTimeout(this.#released);
    this.#events.onClosed();
  }

  #fail(error: unknown): void {
    if (this.#failure !== null || this.#ended) return;
    this.#failure = { error };
    if (!this.#headSeen) this.#events.onFailure(error);
    this.#waiter?.reject(error);
    this.#waiter = null;
  }

  get isConnected(): boolean {
    return this.#controller !== null;
  }

  onRequestStart(controller: DispatchController): void {
    this.#controller = controller;
    this.#events.onConnected();
    const error = this.#failure?.error;
    if (this.#failure !== null)
      controller.abort(error instanceof Error ? error : new Error('The call was aborted.'));
  }

  onResponseStart(
    _controller: DispatchController,
    status: number,
    headers: ExchangeHead['headers'],
    statusText?: string,
  ): void {
    if (status < 200 || this.#failure !== null) return;
    this.#headSeen = true;
    this.#events.onHead({ status, statusText: statusText ?? '', headers });
  }

  onResponseData(controller: DispatchController, chunk: Uint8Array): void {
    if (this.#failure !== null || this.#released !== null) return;
    this.#events.onReceived?.();
    this.#receivedBytes += chunk.byteLength;
    if (this.#receivedBytes > this.#bytesMax) {
      this.abort(new Error(`The response is larger than ${this.#bytesMax} bytes.`));
      return;
    }
    if (this.#waiter !== null) {
      const { resolve } = this.#waiter;
      this.#waiter = null;
      resolve(chunk);
      return;
    }
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.byteLength;
    if (this.#queuedBytes > queuedBytesMax) controller.pause();
  }

  onResponseEnd(): void {
    this.#ended = this.#failure === null;
    this.#waiter?.resolve(null);
    this.#waiter = null;
    this.#closed();
  }

  onResponseError(_controller: DispatchController, error: Error): void {
    this.#fail(error);
    this.#closed();
  }
}
