import { compareNumbers } from '../../bson/compare.ts';
import { type Decimal, finite, pack, pow10 } from '../../bson/decimal.ts';
import {
  add,
  divide,
  type Numeric,
  remainder,
  subtract,
  toDecimal,
  toDouble,
  wholeNumber,
} from '../../bson/numbers.ts';
import { DateTime, Decimal128, Int32, int32, isNumeric, typeName, type Value } from '../../bson/values.ts';
import { CommandError, unsupported } from '../../errors.ts';
import { toExactLong } from '../../query/operands.ts';
import type { OperatorTable } from '../scope.ts';
import { binary, isNullish, unary, variadic } from './operands.ts';

const mismatch = (message: string) => new CommandError('TypeMismatch', message);

function sum(values: (Value | undefined)[]): Value {
  let total: Numeric = int32(0);
  let isDate = false;
  for (const value of values) {
    if (isNullish(value)) return null;
    let part: Value = value;
    if (value instanceof DateTime) {
      if (isDate) throw new CommandError(16612, 'only one date allowed in an $add expression');
      isDate = true;
      part = value.ms;
    }
    if (!isNumeric(part)) {
      throw mismatch(`$add only supports numeric or date types, not ${typeName(value)}`);
    }
    total = add(total, part, 'double')!;
  }
  return isDate ? toDate(total) : total;
}

function toDate(value: Numeric): DateTime {
  if (typeof value === 'bigint') return new DateTime(value);
  const ms = Math.round(toDouble(value));
  if (!Number.isFinite(ms) || Math.abs(ms) >= 2 ** 63) throw new CommandError('Overflow', 'date overflow');
  return new DateTime(BigInt(ms));
}

function difference(left: Value | undefined, right: Value | undefined): Value {
  if (isNullish(left) || isNullish(right)) return null;
  if (isNumeric(left) && isNumeric(right)) return subtract(left, right, 'double')!;
  if (left instanceof DateTime) {
    if (right instanceof DateTime) return left.ms - right.ms;
    if (isNumeric(right)) return toDate(subtract(left.ms, right, 'double')!);
  }
  throw mismatch(`can't $subtract ${typeName(right)} from ${typeName(left)}`);
}

/** Two numbers, the second not zero; null where either is. */
function compileQuotient(operation: (a: Numeric, b: Numeric) => Numeric, zeroCode: number, typeCode: number) {
  return binary((left, right, name) => {
    if (isNullish(left) || isNullish(right)) return null;
    if (!isNumeric(left) || !isNumeric(right)) {
      throw new CommandError(
        typeCode,
        `${name} only supports numeric types, not ${typeName(left)} and ${typeName(right)}`,
      );
    }
    if (compareNumbers(right, 0) === 0) throw new CommandError(zeroCode, `can't ${name} by zero`);
    return operation(left, right);
  });
}

function notNumeric(value: Value, name: string): CommandError {
  const code = name === '$round' ? 51081 : 28765;
  return new CommandError(code, `${name} only supports numeric types, not ${typeName(value)}`);
}

type Rounding = 'even' | 'down';

/** Rounds to `place` decimal digits, a negative place to tens and hundreds. */
function quantize(value: Decimal, place: number, rounding: Rounding): Decimal {
  if (value.kind !== 'finite' || -value.exponent <= place) return value;
  const unit = pow10(Math.min(-place - value.exponent, 6200));
  let quotient = value.coefficient / unit;
  const rest = value.coefficient % unit;
  const away =
    rounding === 'even'
      ? rest * 2n > unit || (rest * 2n === unit && quotient % 2n === 1n)
      : rest !== 0n && value.negative;
  if (away) quotient++;
  return finite(value.negative, quotient, -place);
}

function rounded(value: Value | undefined, place: number, rounding: Rounding, name: string): Value {
  if (isNullish(value)) return null;
  if (!isNumeric(value)) throw notNumeric(value, name);
  if (value instanceof Decimal128) return pack(quantize(toDecimal(value), place, rounding));
  if (typeof value === 'number') {
    if (place === 0 && rounding === 'down') return Math.floor(value);
    const result = quantize(toDecimal(value), place, rounding);
    return result.kind === 'finite' ? toDouble(pack(result)) : value;
  }
  if (place >= 0) return value;
  const whole = quantize(toDecimal(value), place, rounding) as Extract<Decimal, { kind: 'finite' }>;
  const size = whole.coefficient * pow10(whole.exponent);
  const result = wholeNumber(whole.negative ? -size : size);
  if (result === undefined) throw new CommandError(51080, `invalid conversion from ${name} result to long`);
  return value instanceof Int32 || typeof result === 'bigint' ? result : BigInt(result.value);
}

const round = variadic(
  ([value, place], name) => {
    if (place !== undefined && isNullish(place)) return null;
    const digits = place === undefined ? 0n : toExactLong(place);
    if (digits === undefined)
      throw new CommandError(51082, `precision argument to ${name} must be an integral value`);
    if (digits < -20n || digits > 100n) {
      throw new CommandError(
        51083,
        `cannot apply ${name} with precision value ${digits} value must be in [-20, 100]`,
      );
    }
    return rounded(value, Number(digits), 'even', name);
  },
  1,
  2,
);

function naturalLogarithm(value: Value | undefined): Value {
  if (isNullish(value)) return null;
  if (!isNumeric(value)) throw notNumeric(value, '$ln');
  if (value instanceof Decimal128) throw unsupported('$ln of a Decimal128');
  const double = toDouble(value);
  if (double <= 0)
    throw new CommandError(28766, `$ln's argument must be a positive number, but is ${double}`);
  return Math.log(double);
}

export const arithmetic: OperatorTable = {
  $add: variadic(sum),
  $subtract: binary(difference),
  $divide: compileQuotient(divide, 2, 14),
  $mod: compileQuotient(remainder, 16610, 16611),
  $floor: unary((value, name) => rounded(value, 0, 'down', name)),
  $round: round,
  $ln: unary(naturalLogarithm),
  $rand: (_operand) => () => Math.random(),
};
