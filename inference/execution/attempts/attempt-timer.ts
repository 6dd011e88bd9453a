import type { ConnectionWatch } from '#providers/http/connection-watch.ts';
import { ProviderFailure } from '#providers/provider.ts';

/** What an attempt waits for, each with its own limit in milliseconds, measured from the beginning of that wait. */
export interface AttemptLimits {
  readonly connectMs: number;
  readonly firstMs: number;
  readonly nextMs: number;
}

/** Slower than almost all models: the time allowed for a token of a model of unknown speed. */
const msPerTokenUnknown = 50;

/** How long a model may take to write a whole answer: twice its slowest pace of late. */
export function writingMsMax(outputTokensMax: number, msPerToken: number | null): number {
  return Math.ceil(outputTokensMax * (msPerToken === null ? msPerTokenUnknown : msPerToken * 2));
}

type Wait = 'connect' | 'first' | 'next';

const failedTo: Readonly<Record<Wait, string>> = {
  connect: 'accepted the connection',
  first: 'begun to answer',
  next: 'continued its answer',
};

/**
 * Limits the waits of one attempt: for a connection where one has to be opened, for the first part of the answer once the
 * request is on a connection, and for each further part. `onExpired` gets the failure.
 */
export class AttemptTimer implements ConnectionWatch, Disposable {
  readonly #limits: AttemptLimits;
  readonly #bytesCount: boolean;
  readonly #onExpired: (failure: ProviderFailure) => void;
  #wait: Wait = 'first';
  #paused = false;
  #timer: NodeJS.Timeout;

  /** `bytesCount`: bytes of the body are the answer's parts, which nothing else reports. */
  constructor(limits: AttemptLimits, bytesCount: boolean, onExpired: (failure: ProviderFailure) => void) {
    this.#limits = limits;
    this.#bytesCount = bytesCount;
    this.#onExpired = onExpired;
    this.#timer = this.#start();
  }

  connecting(): void {
    this.#begin('connect');
  }

  connected(): void {
    this.#begin('first');
  }

  received(): void {
    if (this.#bytesCount) this.progress();
  }

  /** A part of the answer came. */
  progress(): void {
    this.#begin('next');
  }

  completed(): void {
    this.pause();
  }

  /** While paused the attempt waits for its own reader, which counts against no limit. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#timer.refresh();
  }

  #begin(wait: Wait): void {
    if (wait === this.#wait) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#wait = wait;
    this.#timer = this.#start();
  }

  #start(): NodeJS.Timeout {
    return setTimeout(() => this.#expire(), this.#limitMs);
  }

  get #limitMs(): number {
    const { connectMs, firstMs, nextMs } = this.#limits;
    return this.#wait === 'connect' ? connectMs : this.#wait === 'first' ? firstMs : nextMs;
  }

  #expire(): void {
    if (this.#paused) return;
    const message = `The provider has not ${failedTo[this.#wait]} within ${this.#limitMs} ms.`;
    this.#onExpired(new ProviderFailure('PROVIDER_TIMEOUT', message, { retryable: true }));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
