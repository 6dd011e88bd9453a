import type { LimitWindow, Meter } from '#core/graph-enums.generated.ts';
/** One counter: what the calls of a scope have drawn of `meter` in `window`. */
export interface QuotaKey {
  /** What the limit belongs to, e.g. `key:<id>` or `budget:<id>`. */
  readonly subject: string;
  /** The scope of the counted calls: `tenant:<id>`, `team:<id>`, `app:<id>` or `key:<id>`. Absent: the subject's. */
  readonly scope?: string;
  readonly meter: Meter;
  readonly window: LimitWindow;
}

/** A limit that binds a call. */
export interface QuotaLimit extends QuotaKey {
  /** The most that is spent and reserved together; null: count, never refuse. */
  readonly limit: bigint | null;
}

/** Amounts by meter: 0 or more, below 2^53. A meter that is not named draws 0. */
export type QuotaAmounts = Readonly<Record<string, bigint>>;

/** One of several calls that are reserved together; id and amounts as in QuotaReservation. */
export interface QuotaPart {
  readonly id: string;
  readonly amounts: QuotaAmounts;
}

export interface QuotaReservation {
  /** Unique to the call; the id of its ledger row. */
  readonly id: string;
  /**
   * Everything counted together lives in one partition (the tenant), which is what lets a Redis cluster decide
   * over all counters of a call at once.
   */
  readonly partition: string;
  /** The scopes of the call: every scope that its ledger row counts for. */
  readonly scopes: readonly string[];
  /** Upper bounds of what the call draws in total, also when an earlier reservation is raised. */
  readonly amounts: QuotaAmounts;
  readonly limits: readonly QuotaLimit[];
  /** Further calls of the same scopes and limits, which are reserved with this one: all or none. */
  readonly together?: readonly QuotaPart[];
  /** After this time an unsettled reservation expires: longer than any call may take. It begins anew with a raise. */
  readonly ttlMs: number;
  /** True: this raises a reservation that was granted. */
  readonly raise?: boolean;
}

/** What is drawn at once: it has no reservation and no row in the ledger. */
export interface QuotaSpending {
  readonly partition: string;
  readonly amounts: QuotaAmounts;
  /** On READS alone: other meters are what reservations and rows add up to. */
  readonly limits: readonly QuotaLimit[];
}

export type QuotaDecision =
  /** `atMs`, the store's time, is the moment that the call counts at: its ledger row starts then. */
  | { readonly granted: true; readonly atMs: number }
  | {
      readonly granted: false;
      /** The limit that had no room; of several the one that takes longest to get it. */
      readonly refused: QuotaLimit;
      /**
       * When the same call may fit by time alone. Null: it is larger than its limit and never will, or it
       * waits for calls in flight to end, which no clock measures.
       */
      readonly retryAfterMs: number | null;
    };

/** What is left of one limit after a reservation was decided. */
export interface QuotaLeft {
  readonly limit: QuotaLimit & { readonly limit: bigint };
  /** The largest amount that this limit would admit next. */
  readonly remaining: bigint;
  /** When all that is counted now has left the window; null: nothing is counted, or only calls in flight are. */
  readonly resetsAtMs: number | null;
}

/** The decision on a reservation. */
export type ReservationDecision = QuotaDecision & {
  /** Every limit that may refuse, in the order of the reservation; empty for a raise. */
  readonly left: readonly QuotaLeft[];
};

export interface QuotaReading {
  /** Settled in the current window; 0 for INFLIGHT. */
  readonly spent: bigint;
  /** Held by calls that have not ended. */
  readonly reserved: bigint;
}

/**
 * Meters that many calls draw on at once. Promises:
 * - `reserve` takes all amounts or none, of one call or of several together, atomically among all callers of the same store. The same id again raises its
 *   amounts: limits decide on the difference, and repeating a call whose answer was lost changes nothing. An amount, or
 *   a difference, of 0 is never refused;
 * - what is reserved or spent never exceeds a limit at the moment of the grant; in a sliding window that holds
 *   for every period of that length, not just for aligned ones;
 * - a call counts in the windows that its first reservation began in, whenever it is raised or settled;
 * - `settle` replaces the reserved amounts by the true ones, once. Actual amounts may exceed the reservation;
 * - counters of HOUR, DAY and MONTH are as durable as the ledger: a counter that the store does not hold is read from
 *   the ledger (`MeterHistory`) before anything is granted on it. A store that is unsure of one (a reservation expired or
 *   is missing, data was lost) forgets it. While the ledger cannot be read, reservations are refused with OVERLOADED.
 *   Counters of SECOND, MINUTE and INFLIGHT, and those of READS, start anew with the store;
 * - `spend` draws all amounts for good, or none, on READS alone: reads have no rows;
 * - a decision on a reservation states what is left of each limit at that moment, in the same step;
 * - time is the store's, so that processes with other clocks agree.
 * Callers open a call's ledger row after the reservation, and close it before they settle.
 * Deliberately absent: queues and priorities, refills, which limits bind which caller (callers bring theirs).
 */
export interface Quota extends AsyncDisposable {
  reserve(reservation: QuotaReservation): Promise<ReservationDecision>;
  /**
   * A meter without an actual amount keeps what was reserved. `scopes` limits what is forgotten when there is no such
   * reservation; without it that is the whole partition.
   */
  settle(partition: string, id: string, actuals: QuotaAmounts, scopes?: readonly string[]): Promise<void>;
  spend(spending: QuotaSpending): Promise<QuotaDecision>;
  /** Returns everything reserved: the call did not take place, and has no ledger row. */
  release(partition: string, id: string): Promise<void>;
  /** One reading per key, in order; a counter that is not held is read from the ledger. */
  read(partition: string, keys: readonly QuotaKey[]): Promise<readonly QuotaReading[]>;
}

/** Which rows of the ledger are summed. */
export interface HistoryQuestion {
  readonly partition: string;
  readonly scopes: readonly string[];
  /** Starts of the windows: rows from the earliest on count, and no sum contains rows of both sides of one. */
  readonly boundariesMs: readonly number[];
  /** From `fromMs` on a sum covers at most one period of this length, aligned to the epoch. */
  readonly fine: { readonly fromMs: number; readonly lengthMs: number } | null;
  /** Rows that started at this time or later are not summed but returned one by one. */
  readonly untilMs: number;
  /** Rows that do not count, because the store holds their reservations. */
  readonly except: readonly string[];
}

/** The sum of closed rows. */
export interface HistorySum {
  /** Those of the question's scopes that the rows belong to. */
  readonly scopes: readonly string[];
  readonly firstMs: number;
  readonly lastMs: number;
  readonly amounts: QuotaAmounts;
}

/** One row of the ledger. */
export interface HistoryCall {
  readonly id: string;
  /** All of its scopes, also those that the question does not name. */
  readonly scopes: readonly string[];
  readonly atMs: number;
  /** What it drew; what was reserved for it while it is not closed. */
  readonly amounts: QuotaAmounts;
  readonly isClosed: boolean;
}

/** What the ledger has of the scopes. */
export interface HistoryAnswer {
  readonly sums: readonly HistorySum[];
  /** Rows that are not closed, and those that started at `untilMs` or later. */
  readonly calls: readonly HistoryCall[];
}

/** The ledger, as meters read it. Each row is in the answer once, as it was at one moment during the read. */
export interface MeterHistory {
  read(question: HistoryQuestion): Promise<HistoryAnswer>;
}

/** A ledger without rows, for who counts nothing that has any. */
export const emptyHistory: MeterHistory = { read: async () => ({ sums: [], calls: [] }) };

/** The scope of the calls that a counter counts. */
export function readScope({ scope, subject }: QuotaKey): string {
  return scope ?? subject;
}

/** The name of a counter, unique in its partition. */
export function counterName({ subject, meter, window }: QuotaKey): string {
  return `${subject}|${meter}|${window}`;
}
