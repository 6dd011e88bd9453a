import { exactDecimal } from '../bson/compare.ts';
import { type Decimal, pow10 } from '../bson/decimal.ts';
import { isNumeric, TYPE, type TypeName, type Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';

const bad = (message: string) => new CommandError('BadValue', message);

const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

/** The number truncated to an int64, or undefined when it is no number or out of range. */
export function toLong(value: Value | undefined): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (!isNumeric(value)) return undefined;
  const whole = truncate(exactDecimal(value));
  return whole === undefined || whole < LONG_MIN || whole > LONG_MAX ? undefined : whole;
}

function truncate(value: Decimal): bigint | undefined {
  if (value.kind !== 'finite') return undefined;
  if (value.exponent > 40) return value.coefficient === 0n ? 0n : undefined;
  const size =
    value.exponent >= 0
      ? value.coefficient * pow10(value.exponent)
      : value.coefficient / pow10(-value.exponent);
  return value.negative ? -size : size;
}

/** The number when it is a whole number of int64, otherwise undefined. */
export function toExactLong(value: Value | undefined): bigint | undefined {
  const long = toLong(value);
  if (long === undefined || typeof value === 'bigint' || !isNumeric(value)) return long;
  const exact = exactDecimal(value);
  if (exact.kind !== 'finite' || exact.exponent >= 0) return long;
  return exact.coefficient % pow10(-exact.exponent) === 0n ? long : undefined;
}

export function parseSize(operand: Value): number {
  const size = toExactLong(operand);
  if (size === undefined) {
    throw new CommandError(
      'BadValue',
      isNumeric(operand)
        ? 'Failed to parse $size. Expected an integer: $size'
        : 'Failed to parse $size. Expected a number in: $size',
    );
  }
  if (size < 0n) throw bad('Failed to parse $size. Expected a non-negative number in: $size');
  return Number(size);
}

export function parseMod(operand: Value): { divisor: bigint; remainder: bigint } {
  if (!Array.isArray(operand)) throw bad('malformed mod, needs to be an array');
  if (operand.length < 2) throw bad('malformed mod, not enough elements');
  if (operand.length > 2) throw bad('malformed mod, too many elements');
  const [first, second] = operand;
  if (!isNumeric(first)) throw bad('malformed mod, divisor not a number');
  if (!isNumeric(second)) throw bad('malformed mod, remainder not a number');
  const divisor = toLong(first);
  const remainder = toLong(second);
  if (divisor === undefined) throw bad('malformed mod, divisor value is invalid');
  if (remainder === undefined) throw bad('malformed mod, remainder value is invalid');
  if (divisor === 0n) throw bad('divisor cannot be 0');
  return { divisor, remainder };
}

const CODES = new Map<string, number>(Object.entries(TYPE));
const NUMBERS: readonly TypeName[] = ['int', 'long', 'double', 'decimal'];

/** The operand of `$type`: names and numbers, alone or in an array; "number" stands for the four numeric types. */
export function parseTypes(operand: Value): ReadonlySet<number> {
  const types = new Set<number>();
  const items: Value[] = Array.isArray(operand) ? operand : [operand];
  if (items.length === 0) throw new CommandError('FailedToParse', '$type must match at least one type');
  for (const item of items) {
    if (item === 'number') for (const name of NUMBERS) types.add(TYPE[name]);
    else types.add(typeof item === 'string' ? typeOfAlias(item) : typeOfNumber(item));
  }
  return types;
}

function typeOfAlias(name: string): number {
  const code = CODES.get(name);
  if (code === undefined) throw bad(`Unknown type name alias: ${name}`);
  return code;
}

function typeOfNumber(value: Value): number {
  if (!isNumeric(value))
    throw new CommandError('TypeMismatch', 'type must be represented as a number or a string');
  const code = toExactLong(value);
  const byte = code === -1n ? TYPE.minKey : Number(code ?? 0n);
  if (code === undefined || code === 255n || ![...CODES.values()].includes(byte)) {
    throw bad(`Invalid numerical type code: ${code ?? 'not an integer'}`);
  }
  return byte;
}
