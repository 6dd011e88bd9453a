import { compareNumbers } from '../../bson/compare.ts';
import { pack, parseDecimal } from '../../bson/decimal.ts';
import { toDecimal, toDouble } from '../../bson/numbers.ts';
import {
  BsonSymbol,
  DateTime,
  Decimal128,
  Int32,
  int32,
  isNumeric,
  ObjectId,
  Timestamp,
  TYPE,
  type TypeName,
  typeName,
  type Value,
} from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { toExactLong, toLong } from '../../query/operands.ts';
import type { Expr, OperatorTable, Scope } from '../scope.ts';
import { dateMs, isoDate } from './date-parts.ts';
import { numberText } from './number-text.ts';
import { isNullish, named, unary } from './operands.ts';

const failure = (message: string) => new CommandError('ConversionFailure', message);

type Target = 'double' | 'string' | 'objectId' | 'bool' | 'date' | 'int' | 'long' | 'decimal';

function convert(value: Value, target: Target): Value {
  switch (target) {
    case 'string':
      return toText(value);
    case 'bool':
      return isNumeric(value) ? compareNumbers(value, 0) !== 0 : typeof value === 'boolean' ? value : true;
    case 'objectId':
      return toObjectId(value);
    case 'date':
      return toDate(value);
    default:
      return toNumber(value, target);
  }
}

function unsupportedPair(value: Value, target: Target): CommandError {
  return failure(
    `Unsupported conversion from ${typeName(value)} to ${target} in $convert with no onError value`,
  );
}

function toText(value: Value): Value {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (isNumeric(value)) return numberText(value);
  if (value instanceof ObjectId) return value.toHex();
  if (value instanceof DateTime) return isoDate(value.ms);
  if (value instanceof BsonSymbol) return value.value;
  throw unsupportedPair(value, 'string');
}

function toObjectId(value: Value): Value {
  if (value instanceof ObjectId) return value;
  if (typeof value !== 'string') throw unsupportedPair(value, 'objectId');
  if (!/^[0-9a-f]{24}$/i.test(value)) {
    throw failure(
      `Failed to parse objectId '${value}' in $convert with no onError value: Invalid string length for parsing to OID, expected 24 but found ${value.length}`,
    );
  }
  return ObjectId.fromHex(value);
}

function toDate(value: Value): Value {
  if (value instanceof DateTime) return value;
  if (value instanceof ObjectId || value instanceof Timestamp) return new DateTime(BigInt(dateMs(value)));
  if (typeof value === 'string') {
    const ms = /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(ms)) throw failure(`Error parsing date string '${value}'`);
    return new DateTime(BigInt(ms));
  }
  if (!isNumeric(value) || value instanceof Int32) throw unsupportedPair(value, 'date');
  const ms = toLong(value);
  if (ms === undefined)
    throw failure('Conversion would overflow target type in $convert with no onError value');
  return new DateTime(ms);
}

function toNumber(value: Value, target: 'double' | 'int' | 'long' | 'decimal'): Value {
  if (typeof value === 'boolean') return numberOf(int32(value ? 1 : 0), target);
  if (typeof value === 'string') return parse(value, target);
  if (value instanceof DateTime && target !== 'int') {
    return numberOf(value.ms, target);
  }
  if (!isNumeric(value)) throw unsupportedPair(value, target);
  return numberOf(value, target);
}

function numberOf(
  value: number | bigint | Int32 | Decimal128,
  target: 'double' | 'int' | 'long' | 'decimal',
): Value {
  if (target === 'decimal') return value instanceof Decimal128 ? value : pack(toDecimal(value));
  if (target === 'double') {
    const double = toDouble(value);
    if (value instanceof Decimal128 && !Number.isFinite(double) && toDecimal(value).kind === 'finite') {
      throw failure('Conversion would overflow target type in $convert with no onError value');
    }
    return double;
  }
  const long = toLong(value);
  if (long === undefined) {
    const finite = Number.isFinite(toDouble(value));
    throw failure(
      finite
        ? 'Conversion would overflow target type in $convert with no onError value'
        : 'Attempt to convert NaN or infinity value to integer type in $convert with no onError value',
    );
  }
  if (target === 'long') return long;
  if (BigInt.asIntN(32, long) !== long) {
    throw failure(`Conversion would overflow target type in $convert with no onError value: ${long}`);
  }
  return int32(Number(long));
}

function parse(text: string, target: 'double' | 'int' | 'long' | 'decimal'): Value {
  const refuse = () => failure(`Failed to parse number '${text}' in $convert with no onError value`);
  const decimal = parseDecimal(text);
  if (decimal === undefined) throw refuse();
  if (target === 'decimal') return pack(decimal);
  if (target === 'double') return decimal.kind === 'finite' ? Number(text) : toDouble(pack(decimal));
  if (!/^[+-]?\d+$/.test(text)) throw refuse();
  const long = BigInt(text.replace('+', ''));
  const bits = target === 'int' ? 32 : 64;
  if (BigInt.asIntN(bits, long) !== long) throw refuse();
  return target === 'int' ? int32(Number(long)) : long;
}

const TARGETS: readonly Target[] = ['double', 'string', 'objectId', 'bool', 'date', 'int', 'long', 'decimal'];
const BY_CODE = new Map<number, TypeName>(
  Object.entries(TYPE).map(([name, code]) => [code, name as TypeName]),
);

function targetOf(value: Value): Target {
  const name = typeof value === 'string' ? value : BY_CODE.get(Number(toExactLong(value) ?? -2n));
  const target = TARGETS.find((candidate) => candidate === name);
  if (target !== undefined) return target;
  throw new CommandError(
    'BadValue',
    `Unknown type name: ${typeof value === 'string' ? value : typeName(value)}`,
  );
}

function convertTo(operand: Value, scope: Scope, name: string): Expr {
  const args = named(operand, scope, name, ['input', 'to'], ['onError', 'onNull']);
  return (root) => {
    const value = args.input!(root);
    const to = args.to!(root);
    if (isNullish(value)) return args.onNull === undefined ? null : args.onNull(root);
    if (isNullish(to)) return null;
    const target = targetOf(to);
    try {
      return convert(value, target);
    } catch (error) {
      if (args.onError === undefined || !(error instanceof CommandError)) throw error;
      return args.onError(root);
    }
  };
}

const to = (target: Target) => unary((value) => (isNullish(value) ? null : convert(value, target)));

export const types: OperatorTable = {
  $type: unary(typeName),
  $isNumber: unary((value) => isNumeric(value)),
  $toString: to('string'),
  $toInt: to('int'),
  $toLong: to('long'),
  $toDouble: to('double'),
  $toDecimal: to('decimal'),
  $toBool: to('bool'),
  $toDate: to('date'),
  $toObjectId: to('objectId'),
  $convert: convertTo,
};
