/** The weight of the newest sample: a few calls are enough to notice that a provider has become faster or slower. */
const newestShare = 0.3;
const keptMs = 60_000;

/** A moving average of durations that is forgotten when it is not renewed within a minute. */
export class Speed {
  readonly #now: () => number;
  #average = 0;
  #atMs = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds; null without a sample of the last minute. */
  get value(): number | null {
    return this.#now() - this.#atMs > keptMs ? null : this.#average;
  }

  add(ms: number): void {
    const before = this.value;
    this.#average = before === null ? ms : before + (ms - before) * newestShare;
    this.#atMs = this.#now();
  }
}
