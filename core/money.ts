import { HeddleError } from './errors.ts';

/** Nano-dollars in a dollar: money is an integer of these inside, a Decimal text of dollars outside. */
const nanosPerDollar = 1_000_000_000n;

/** At most 20 digits before the point and 9 after it: more than nano-dollars within a BSON long can express. */
const decimalPattern = /^(-?)(\d{1,20})(?:\.(\d{1,9})0*)?$/;
const longMax = 2n ** 63n - 1n;

/**
 * Dollars as text ("0.0001234") to nano-dollars, exactly.
 * @param field named in the BAD_USER_INPUT that more than nine decimal places, or anything else, is refused with
 */
export function nanosOfDecimal(text: string, field = 'amount'): bigint {
  const match = decimalPattern.exec(text);
  const nanos = match
    ? BigInt(match[2] ?? '0') * nanosPerDollar + BigInt((match[3] ?? '').padEnd(9, '0'))
    : undefined;
  if (nanos === undefined || nanos > longMax) {
    throw new HeddleError(
      'BAD_USER_INPUT',
      `${field} must be an amount of dollars with at most nine decimal places, such as "0.25"; it is ${JSON.stringify(text)}.`,
    );
  }
  return match?.[1] === '-' ? -nanos : nanos;
}

/** Nano-dollars to dollars as text, always with nine decimal places: 123400n is "0.000123400". */
export function decimalOfNanos(nanos: bigint): string {
  const digits = (nanos < 0n ? -nanos : nanos).toString().padStart(10, '0');
  return `${nanos < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}
