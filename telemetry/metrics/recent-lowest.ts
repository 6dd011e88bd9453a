const periodMs = 300_000;

/** The lowest of the values of the period of five minutes in progress and of the one before it. */
export class RecentLowest {
  #period = Number.NaN;
  #lowest: number | undefined;
  #former: number | undefined;

  note(value: number, nowMs: number): void {
    this.#advance(nowMs);
    if (this.#lowest === undefined || value < this.#lowest) this.#lowest = value;
  }

  /** Undefined: there was no value. */
  read(nowMs: number): number | undefined {
    this.#advance(nowMs);
    if (this.#lowest === undefined || this.#former === undefined) return this.#lowest ?? this.#former;
    return Math.min(this.#lowest, this.#former);
  }

  #advance(nowMs: number): void {
    const period = Math.floor(nowMs / periodMs);
    if (period === this.#period) return;
    this.#former = period === this.#period + 1 ? this.#lowest : undefined;
    this.#lowest = undefined;
    this.#period = period;
  }
}
