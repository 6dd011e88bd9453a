/** Calendar windows count in UTC; SECOND, MINUTE and HOUR slide; INFLIGHT counts what is reserved right now. */
export type QuotaWindow = 'SECOND' | 'MINUTE' | 'HOUR' | 'DAY' | 'MONTH' | 'INFLIGHT';

/** One counter: what `subject` has drawn of `meter` in `window`. */
export interface QuotaKey {
  /** What is counted together, e.g. `key:<id>` or `budget:<id>`. */
  readonly subject: string;
  /** e.g. REQUESTS, TOKENS, COST, CONCURRENCY. */
  readonly meter: string;
  readonly window: QuotaWindow;
}

/** What one call wants of one counter. */
export interface QuotaDemand extends QuotaKey {
  /** An upper bound of what the call will draw; 0 or more, below 2^53. */
  readonly amount: bigint;
  /** The most that spent, reserved and this amount may come to together; null: count, never refuse. */
  readonly limit: bigint | null;
}

export interface QuotaReservation {
  /** Unique to the call; the same id reserves once. */
  readonly id: string;
  /**
   * Everything counted together lives in one partition (the tenant), which is what lets a Redis cluster decide
   * over all counters of a call at once.
   */
  readonly partition: string;
  readonly demands: readonly QuotaDemand[];
  /** After this time an unsettled reservation is returned, as if released: longer than any call may take. */
  readonly ttlMs: number;
}

export type QuotaDecision =
  | { readonly granted: true }
  | {
      readonly granted: false;
      /** The demand that had no room; of several the one that takes longest to get it. */
      readonly refused: QuotaDemand;
      /**
       * When the same demand may fit by time alone. Null: it is larger than its limit and never will, or it
       * waits for calls in flight to end, which no clock tells.
       */
      readonly retryAfterMs: number | null;
    };

export interface QuotaReading {
  /** Settled in the current window; 0 for INFLIGHT. */
  readonly spent: bigint;
  /** Held by calls that have not ended. */
  readonly reserved: bigint;
}

/**
 * Meters that many calls draw on at once. Promises:
 * - `reserve` takes all demands or none, atomically among all callers of the same store;
 * - what is reserved or spent never exceeds a limit at the moment of the grant; in a sliding window that holds
 *   for every period of that length, not just for aligned ones;
 * - `settle` replaces the reserved amounts by the true ones, in the window that they were reserved in, once:
 *   a second settle or release of an id does nothing. Actual amounts may exceed the reservation;
 * - time is the store's, so that processes with other clocks agree.
 * Deliberately absent: queues and priorities, refills, what limits bind whom (callers bring their limits).
 */
export interface Quota extends AsyncDisposable {
  reserve(reservation: QuotaReservation): Promise<QuotaDecision>;
  /** `actuals` by meter; a meter not named keeps what was reserved. */
  settle(partition: string, id: string, actuals: Readonly<Record<string, bigint>>): Promise<void>;
  /** Returns everything reserved: the call did not take place. */
  release(partition: string, id: string): Promise<void>;
  /** One reading per key, in order; zeros for a counter never used. */
  read(partition: string, keys: readonly QuotaKey[]): Promise<readonly QuotaReading[]>;
}
