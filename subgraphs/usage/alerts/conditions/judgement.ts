/**
 * FIRING: the condition holds. CLEAR: it does not, by a margin. HOLD: in between, so that an open episode stays open and none
 * begins. UNKNOWN: there is too little data to decide; an open episode stays open.
 */
export type JudgementState = 'FIRING' | 'CLEAR' | 'HOLD' | 'UNKNOWN';

/** What a condition states of one series at one instant. */
export interface Judgement {
  readonly state: JudgementState;
  /** The value that was compared, in the unit of the condition; null: there is none. */
  readonly value: number | null;
  /** What it was compared with, in the same unit; null: nothing yet. */
  readonly bound: number | null;
  /** What is usual, of conditions that compare with a baseline. */
  readonly baseline?: number;
  /** Why, in one sentence with the numbers. */
  readonly reason: string;
}

/** The part of the bound by which a value must be back before an episode may end. */
const clearMargin = 0.1;

/** Compares a value with an upper bound. At the bound it does not fire. */
export function compareAbove(value: number, bound: number): JudgementState {
  if (value > bound) return 'FIRING';
  return value <= bound * (1 - clearMargin) ? 'CLEAR' : 'HOLD';
}

/** Compares a value with a lower bound. At the bound it does not fire. */
export function compareBelow(value: number, bound: number): JudgementState {
  if (value < bound) return 'FIRING';
  return value >= bound * (1 + clearMargin) ? 'CLEAR' : 'HOLD';
}

const format = new Intl.NumberFormat('en-US', { maximumFractionDigits: 9, useGrouping: false });

/** A number as a reason states it: at most four significant digits, never in exponents. */
export function toWords(value: number): string {
  if (!Number.isFinite(value)) return 'unlimited';
  const digits = Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(4));
  return format.format(digits);
}
