import {
  addDecimals,
  type Decimal,
  decimalOfDouble,
  decimalOfInteger,
  divideDecimals,
  negateDecimal,
  pack,
  remainderDecimals,
  unpack,
} from './decimal.ts';
import { Decimal128, Int32, int32 } from './values.ts';

export type Numeric = number | bigint | Int32 | Decimal128;

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/** Arithmetic happens in the wider type of the two: int, long, double, decimal. */
function isDecimal(a: Numeric, b: Numeric): boolean {
  return a instanceof Decimal128 || b instanceof Decimal128;
}

/** A number as double. Longs may lose digits, as they do in the server. */
export function toDouble(value: Numeric): number {
  if (typeof value === 'number') return value;
  if (value instanceof Int32) return value.value;
  return typeof value === 'bigint' ? Number(value) : decimalToDouble(value);
}

function decimalToDouble(value: Decimal128): number {
  const exact = unpack(value);
  if (exact.kind === 'nan') return Number.NaN;
  if (exact.kind === 'infinity') return exact.negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(`${exact.negative ? '-' : ''}${exact.coefficient}e${exact.exponent}`);
}

/** A number as decimal; a double is rounded to 15 digits, as the server does in arithmetic. */
export function toDecimal(value: Numeric): Decimal {
  if (value instanceof Decimal128) return unpack(value);
  if (value instanceof Int32) return decimalOfInteger(BigInt(value.value));
  return typeof value === 'bigint' ? decimalOfInteger(value) : decimalOfDouble(value);
}

function toBigInt(value: bigint | Int32): bigint {
  return typeof value === 'bigint' ? value : BigInt(value.value);
}

export function fitsInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

/** What a whole result beyond int64 becomes: undefined for an update (an error there), a double in expressions. */
export type Overflow = 'double' | 'none';

type Operation = {
  double(a: number, b: number): number;
  long(a: bigint, b: bigint): bigint;
  decimal(a: Decimal, b: Decimal): Decimal;
};

const ADD: Operation = { double: (a, b) => a + b, long: (a, b) => a + b, decimal: addDecimals };
const SUBTRACT: Operation = {
  double: (a, b) => a - b,
  long: (a, b) => a - b,
  decimal: (a, b) => addDecimals(a, negateDecimal(b)),
};

function combine(a: Numeric, b: Numeric, operation: Operation, overflow: Overflow): Numeric | undefined {
  if (isDecimal(a, b)) return pack(operation.decimal(toDecimal(a), toDecimal(b)));
  if (typeof a === 'number' || typeof b === 'number') return operation.double(toDouble(a), toDouble(b));
  if (a instanceof Int32 && b instanceof Int32) {
    const small = operation.double(a.value, b.value);
    if (small >= INT32_MIN && small <= INT32_MAX) return int32(small + 0);
  }
  const result = operation.long(toBigInt(a as bigint), toBigInt(b as bigint));
  if (fitsInt64(result)) return result;
  return overflow === 'double' ? Number(result) : undefined;
}

export const add = (a: Numeric, b: Numeric, overflow: Overflow) => combine(a, b, ADD, overflow);
export const subtract = (a: Numeric, b: Numeric, overflow: Overflow) => combine(a, b, SUBTRACT, overflow);

/** Quotient as double, or as decimal where one operand is. The caller refuses a zero divisor. */
export function divide(a: Numeric, b: Numeric): Numeric {
  if (isDecimal(a, b)) return pack(divideDecimals(toDecimal(a), toDecimal(b)));
  return toDouble(a) / toDouble(b);
}

/** Remainder with the sign of the dividend, in the wider type. The caller refuses a zero divisor. */
export function remainder(a: Numeric, b: Numeric): Numeric {
  if (isDecimal(a, b)) return pack(remainderDecimals(toDecimal(a), toDecimal(b)));
  if (typeof a === 'number' || typeof b === 'number') return toDouble(a) % toDouble(b);
  const result = toBigInt(a as bigint) % toBigInt(b as bigint);
  return a instanceof Int32 && b instanceof Int32 ? int32(Number(result)) : result;
}

/** The smallest type that holds a whole number: int where it fits, else long; undefined beyond. */
export function wholeNumber(value: bigint): Int32 | bigint | undefined {
  if (value >= INT32_MIN && value <= INT32_MAX) return int32(Number(value));
  return fitsInt64(value) ? value : undefined;
}
