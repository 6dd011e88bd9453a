import { Decimal128 } from './values.ts';

/**
 * Decimal128 arithmetic over bigint: value = sign · coefficient · 10^exponent, coefficient below 10^34.
 * Results are rounded half to even at 34 digits (IEEE 754-2008), exponents clamp to the format's range.
 */
export type Decimal =
  | { kind: 'finite'; negative: boolean; coefficient: bigint; exponent: number }
  | { kind: 'infinity'; negative: boolean }
  | { kind: 'nan' };

type Finite = Extract<Decimal, { kind: 'finite' }>;

const DIGITS = 34;
const EXPONENT_MIN = -6176;
const EXPONENT_MAX = 6111;
const COEFFICIENT_END = 10n ** 34n;
const LOW_MASK = (1n << 64n) - 1n;

const NAN: Decimal = { kind: 'nan' };
const infinity = (negative: boolean): Decimal => ({ kind: 'infinity', negative });
export const finite = (negative: boolean, coefficient: bigint, exponent: number): Finite => ({
  kind: 'finite',
  negative,
  coefficient,
  exponent,
});

export function pow10(n: number): bigint {
  return 10n ** BigInt(n);
}

export function unpack(bits: Decimal128): Decimal {
  const { high, low } = bits;
  const negative = high >> 63n === 1n;
  const combination = Number((high >> 58n) & 0x1fn);
  if (combination === 0x1f) return NAN;
  if (combination === 0x1e) return infinity(negative);
  // the second form's coefficient is beyond 34 digits, hence zero by the standard
  if (combination >= 0x18) return finite(negative, 0n, Number((high >> 47n) & 0x3fffn) + EXPONENT_MIN);
  const coefficient = ((high & 0x1ffffffffffffn) << 64n) | low;
  const exponent = Number((high >> 49n) & 0x3fffn) + EXPONENT_MIN;
  return finite(negative, coefficient < COEFFICIENT_END ? coefficient : 0n, exponent);
}

/** Packs after rounding to 34 digits; too large becomes infinity, too small zero. */
export function pack(value: Decimal): Decimal128 {
  if (value.kind === 'nan') return new Decimal128(0x7c00000000000000n, 0n);
  const sign = value.negative ? 1n << 63n : 0n;
  if (value.kind === 'infinity') return new Decimal128(sign | 0x7800000000000000n, 0n);
  const rounded = clamp(value);
  if (rounded.kind !== 'finite') return pack(rounded);
  const biased = BigInt(rounded.exponent - EXPONENT_MIN);
  return new Decimal128(
    sign | (biased << 49n) | (rounded.coefficient >> 64n),
    rounded.coefficient & LOW_MASK,
  );
}

function dropDigits(coefficient: bigint, count: number): bigint {
  if (count > DIGITS * 400) return 0n;
  const unit = pow10(count);
  const quotient = coefficient / unit;
  const twice = (coefficient % unit) * 2n;
  return twice > unit || (twice === unit && (quotient & 1n) === 1n) ? quotient + 1n : quotient;
}

function clamp(value: Finite): Decimal {
  let { coefficient, exponent } = value;
  if (coefficient >= COEFFICIENT_END) {
    const excess = coefficient.toString().length - DIGITS;
    coefficient = dropDigits(coefficient, excess);
    exponent += excess;
    if (coefficient >= COEFFICIENT_END) {
      coefficient /= 10n;
      exponent++;
    }
  }
  if (exponent < EXPONENT_MIN) {
    coefficient = dropDigits(coefficient, EXPONENT_MIN - exponent);
    exponent = EXPONENT_MIN;
  }
  if (exponent > EXPONENT_MAX) {
    if (coefficient === 0n) return finite(value.negative, 0n, EXPONENT_MAX);
    const shift = exponent - EXPONENT_MAX;
    if (shift > DIGITS || coefficient * pow10(shift) >= COEFFICIENT_END) return infinity(value.negative);
    coefficient *= pow10(shift);
    exponent = EXPONENT_MAX;
  }
  return finite(value.negative, coefficient, exponent);
}

const PATTERN = /^([+-]?)(?:(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,15}))?|(inf|infinity)|(nan))$/i;

/** Parses the text form; undefined when it is not a number. Rounds at 34 digits. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0', inf, nan] = match;
  if (nan !== undefined) return NAN;
  if (inf !== undefined) return infinity(sign === '-');
  if (whole === '' && fraction === '') return undefined;
  return clamp(finite(sign === '-', BigInt(whole + fraction), Number(exponent) - fraction.length));
}

/** The specification's text form: plain where it can be, scientific otherwise. */
export function decimalToString(value: Decimal): string {
  if (value.kind === 'nan') return 'NaN';
  const sign = value.negative ? '-' : '';
  if (value.kind === 'infinity') return `${sign}Infinity`;
  const digits = value.coefficient.toString();
  const scientific = value.exponent + digits.length - 1;
  if (value.exponent > 0 || scientific < -6) {
    const tail = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits[0]}${tail}E${scientific < 0 ? '' : '+'}${scientific}`;
  }
  if (value.exponent === 0) return sign + digits;
  const point = digits.length + value.exponent;
  return point > 0
    ? `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
    : `${sign}0.${'0'.repeat(-point)}${digits}`;
}

export function decimalOfInteger(value: bigint): Decimal {
  return finite(value < 0n, value < 0n ? -value : value, 0);
}

/** How the server turns a double into a decimal: rounded to 15 significant digits (arithmetic and $toDecimal). */
export function decimalOfDouble(value: number): Decimal {
  if (Number.isNaN(value)) return NAN;
  if (!Number.isFinite(value)) return infinity(value < 0);
  if (value === 0) return finite(Object.is(value, -0), 0n, 0);
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential(14).split('e');
  return finite(value < 0, BigInt(mantissa.replace('.', '')), Number(exponent) - 14);
}

export function decimalToNumber(value: Decimal): number {
  return Number(decimalToString(value));
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  if (a.kind === 'nan' || b.kind === 'nan') return NAN;
  if (a.kind === 'infinity') return b.kind === 'infinity' && a.negative !== b.negative ? NAN : a;
  if (b.kind === 'infinity') return b;
  // far apart: the smaller one only matters for rounding, one digit of it is enough
  const [big, small] = a.exponent >= b.exponent ? [a, b] : [b, a];
  if (big.coefficient === 0n && small.coefficient === 0n) {
    return finite(big.negative && small.negative, 0n, small.exponent);
  }
  if (big.coefficient === 0n) return clamp(small);
  const gap = big.exponent - small.exponent;
  if (small.coefficient === 0n) {
    const room = Math.min(gap, DIGITS - big.coefficient.toString().length);
    return finite(big.negative, big.coefficient * pow10(room), big.exponent - room);
  }
  const kept = gap > 80 ? { ...small, coefficient: 1n, exponent: big.exponent - 80 } : small;
  const scaled = big.coefficient * pow10(big.exponent - kept.exponent);
  const sum = (big.negative ? -scaled : scaled) + (kept.negative ? -kept.coefficient : kept.coefficient);
  return clamp(finite(sum < 0n, sum < 0n ? -sum : sum, kept.exponent));
}

export function negateDecimal(a: Decimal): Decimal {
  return a.kind === 'nan' ? a : { ...a, negative: !a.negative };
}

export function divideDecimals(a: Decimal, b: Decimal): Decimal {
  if (a.kind === 'nan' || b.kind === 'nan') return NAN;
  const negative = a.negative !== b.negative;
  if (a.kind === 'infinity') return b.kind === 'infinity' ? NAN : infinity(negative);
  if (b.kind === 'infinity') return finite(negative, 0n, EXPONENT_MIN);
  if (b.coefficient === 0n) return a.coefficient === 0n ? NAN : infinity(negative);
  const ideal = a.exponent - b.exponent;
  if (a.coefficient === 0n) return clamp(finite(negative, 0n, ideal));
  const shift = Math.max(0, DIGITS + 2 + b.coefficient.toString().length - a.coefficient.toString().length);
  const numerator = a.coefficient * pow10(shift);
  let coefficient = numerator / b.coefficient;
  let exponent = ideal - shift;
  // a remainder only has to break ties: it becomes one further digit
  if (numerator % b.coefficient !== 0n) {
    coefficient = coefficient * 10n + 1n;
    exponent--;
  } else {
    while (exponent < ideal && coefficient % 10n === 0n) {
      coefficient /= 10n;
      exponent++;
    }
  }
  return clamp(finite(negative, coefficient, exponent));
}

/** Remainder with the sign of the dividend, as the server's $mod. */
export function remainderDecimals(a: Decimal, b: Decimal): Decimal {
  if (a.kind !== 'finite' || b.kind === 'nan' || isZero(b)) return NAN;
  if (b.kind === 'infinity') return a;
  const exponent = Math.min(a.exponent, b.exponent);
  const left = a.coefficient * pow10(a.exponent - exponent);
  return clamp(finite(a.negative, left % (b.coefficient * pow10(b.exponent - exponent)), exponent));
}

function isZero(a: Decimal): boolean {
  return a.kind === 'finite' && a.coefficient === 0n;
}

/** The server's order: NaN is the smallest and equals itself, zeros are equal. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.kind === 'nan' || b.kind === 'nan') return a.kind === b.kind ? 0 : a.kind === 'nan' ? -1 : 1;
  const signA = isZero(a) ? 0 : a.negative ? -1 : 1;
  const signB = isZero(b) ? 0 : b.negative ? -1 : 1;
  if (signA !== signB) return signA < signB ? -1 : 1;
  if (signA === 0) return 0;
  if (a.kind === 'infinity' || b.kind === 'infinity') {
    return a.kind === b.kind ? 0 : a.kind === 'infinity' ? signA : -signA;
  }
  return compareMagnitudes(a, b) * signA || 0; // no negative zero
}

function compareMagnitudes(a: Finite, b: Finite): number {
  const sizeA = a.coefficient.toString().length + a.exponent;
  const sizeB = b.coefficient.toString().length + b.exponent;
  if (sizeA !== sizeB) return sizeA < sizeB ? -1 : 1;
  const exponent = Math.min(a.exponent, b.exponent);
  const left = a.coefficient * pow10(a.exponent - exponent);
  const right = b.coefficient * pow10(b.exponent - exponent);
  return left === right ? 0 : left < right ? -1 : 1;
}

const view = new DataView(new ArrayBuffer(8));

/** A double exactly, as many digits as it takes (not rounded to 34). For comparison only. */
export function exactDouble(value: number): Decimal {
  if (Number.isNaN(value)) return NAN;
  if (!Number.isFinite(value)) return infinity(value < 0);
  if (Number.isInteger(value)) return decimalOfInteger(BigInt(value));
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigUint64(0);
  const stored = Number(bits >> 52n);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = stored === 0 ? fraction : fraction | 0x10000000000000n;
  const power = (stored === 0 ? 1 : stored) - 1075; // negative: integers were dealt with
  return finite(value < 0, mantissa * 5n ** BigInt(-power), power);
}
