/**
 * Writes what gathers, some time after the first of it. Two writes do not overlap while it is being ended: the last one
 * waits for the one before.
 */
export class DelayedWrite implements AsyncDisposable {
  readonly #delayMs: number;
  readonly #write: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  /** @param write takes what has gathered; never rejects */
  constructor(delayMs: number, write: () => Promise<void>) {
    this.#delayMs = delayMs;
    this.#write = write;
  }

  /** Something has gathered: it is written when the time is over. The timer does not keep the process alive. */
  soon(): void {
    this.#timer ??= setTimeout(() => void this.#now(), this.#delayMs).unref();
  }

  /** Writes what has gathered by now. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#now();
    clearTimeout(this.#timer);
  }

  #now(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }
}
