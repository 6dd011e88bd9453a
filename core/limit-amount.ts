import type { LimitWindow, Meter } from './graph-enums.generated.ts';
import { badInput } from './input.ts';
import { decimalOfNanos, nanosOfDecimal } from './money.ts';

/** How much of a meter may be used in a window. */
export interface LimitAmount {
  readonly meter: Meter;
  readonly window: LimitWindow;
  /** Calls, tokens, calls in flight or cost of reads; nano-dollars for COST. */
  readonly amount: bigint;
}

/** A limit as the graph has it: the amount as text, dollars for COST. */
export interface GraphLimit extends Omit<LimitAmount, 'amount'> {
  readonly amount: string;
}

/** Meters count below 2^53 (quota.ts): about 9 million dollars in nano-dollars. */
const amountMax = 2n ** 53n - 1n;

/** The limit of an input. BAD_USER_INPUT that begins with `field` where the meter does not have the window, or cannot count the amount. */
export function checkedLimit({ meter, window, amount }: GraphLimit, field: string): LimitAmount {
  if ((meter === 'CONCURRENCY') !== (window === 'INFLIGHT')) {
    badInput(`${field}.window`, 'is INFLIGHT for CONCURRENCY, and a time for every other meter.');
  }
  return {
    meter,
    window,
    amount:
      meter === 'COST' ? checkedMoney(amount, `${field}.amount`) : checkedCount(amount, `${field}.amount`),
  };
}

/** Dollars above zero that a meter can count, in nano-dollars. */
export function checkedMoney(amount: string, field: string): bigint {
  const nanos = nanosOfDecimal(amount, field);
  if (nanos <= 0n || nanos > amountMax) {
    badInput(field, `must be more than 0 and at most ${decimalOfNanos(amountMax)} dollars.`);
  }
  return nanos;
}

function checkedCount(amount: string, field: string): bigint {
  const count = /^\d{1,16}(?:\.0+)?$/.test(amount) ? BigInt(amount.split('.')[0] ?? '0') : 0n;
  if (count <= 0n || count > amountMax) {
    badInput(field, `must be a whole number from 1 to ${amountMax}.`);
  }
  return count;
}

/** A limit as the graph returns it. */
export function toGraphLimit({ meter, window, amount }: LimitAmount): GraphLimit {
  return { meter, window, amount: meter === 'COST' ? decimalOfNanos(amount) : amount.toString() };
}
