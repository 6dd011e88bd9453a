import { badInput, checkedList } from '#core/input.ts';
import { decimalOfNanos, nanosOfDecimal } from '#core/money.ts';
import type { LimitRecord } from '#mongo/limit.ts';
import type { Limit, LimitInput } from '../generated.ts';
import { readLimitSetter } from './set-limits.ts';

/** Meters count below 2^53 (quota.ts): about 9 million dollars in nano-dollars. */
const amountMax = 2n ** 53n - 1n;
const limitsMax = 24;

/** The limits as they are stored; `field` names the list in refusals. */
export function checkedLimits(
  inputs: readonly LimitInput[] | null | undefined,
  field: string,
): LimitRecord[] {
  const limits = checkedList(inputs ?? [], field, limitsMax).map((input, i) =>
    checkedLimit(input, `${field}[${i}]`),
  );
  const kinds = new Set<string>();
  for (const { meter, window } of limits) {
    if (kinds.has(`${meter} ${window}`)) badInput(field, `has two limits on ${meter} per ${window}.`);
    kinds.add(`${meter} ${window}`);
  }
  return limits;
}

function checkedLimit({ meter, window, amount }: LimitInput, field: string): LimitRecord {
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

/** A stored limit as the graph returns it. */
export function toLimit(limit: LimitRecord): Limit {
  const { meter, window, amount } = limit;
  return {
    meter,
    window,
    amount: meter === 'COST' ? decimalOfNanos(amount) : amount.toString(),
    setBy: readLimitSetter(limit),
  };
}
