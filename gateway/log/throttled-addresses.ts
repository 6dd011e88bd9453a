const perHourMax = 200;
/** Reports that wait to be written. */
const waitingMax = 500;

/** An address that had to wait within a minute. */
export interface ThrottledAddress {
  /** An IPv4 address or the /64 network of an IPv6 address; null: further ones. */
  readonly address: string | null;
  /** Minutes since the epoch. */
  readonly minute: number;
}

/** Addresses that have to wait, gathered to be reported: each once a minute, 200 reports an hour, and one a minute for all further ones. */
export class ThrottledAddresses {
  #minute = Number.NaN;
  #hour = Number.NaN;
  #reported = 0;
  readonly #seen = new Set<string | null>();
  #waiting: ThrottledAddress[] = [];

  add(address: string, nowMs: number): void {
    this.#begin(nowMs);
    if (this.#seen.has(address)) return;
    const named = this.#reported < perHourMax ? address : null;
    if (this.#seen.has(named)) return;
    this.#seen.add(named);
    if (named !== null) this.#reported++;
    this.putBack([{ address: named, minute: this.#minute }]);
  }

  /** What is to be reported now. */
  take(): readonly ThrottledAddress[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  /** What could not be reported yet. */
  putBack(addresses: readonly ThrottledAddress[]): void {
    this.#waiting = [...this.#waiting, ...addresses].slice(0, waitingMax);
  }

  #begin(nowMs: number): void {
    const minute = Math.floor(nowMs / 60_000);
    if (minute === this.#minute) return;
    this.#minute = minute;
    this.#seen.clear();
    const hour = Math.floor(minute / 60);
    if (hour === this.#hour) return;
    this.#hour = hour;
    this.#reported = 0;
  }
}
