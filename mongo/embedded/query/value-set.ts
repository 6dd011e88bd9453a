import { compareValues } from '../bson/compare.ts';
import { compareDecimals, decimalToNumber, exactDouble, pow10, unpack } from '../bson/decimal.ts';
import { BsonSymbol, DateTime, Decimal128, Int32, ObjectId, type Value } from '../bson/values.ts';

/** A set under the server's equality: constant time for scalars, logarithmic for the rest. */
export function valueSet(values: readonly Value[]): { has(value: Value): boolean } {
  const scalars = new Set<string | number | bigint | boolean | null>();
  const rest: Value[] = [];
  for (const value of values) {
    const key = scalarKey(value);
    if (key === undefined) rest.push(value);
    else scalars.add(key);
  }
  rest.sort(compareValues);
  return {
    has(value) {
      const key = scalarKey(value);
      return key === undefined ? rest.length > 0 && found(rest, value) : scalars.has(key);
    },
  };
}

/**
 * Equal values have equal keys, different ones different keys; undefined for values that need a comparison. A number
 * is keyed by its value whatever its type: as a double where one holds it exactly, otherwise as a bigint or text.
 */
export function scalarKey(value: Value): string | number | bigint | boolean | null | undefined {
  if (typeof value === 'string') return textKey(value);
  if (typeof value === 'number') return value;
  if (value instanceof Int32) return value.value;
  if (value instanceof ObjectId) return `\0o${value.id}`;
  if (typeof value === 'bigint') {
    const near = Number(value);
    return BigInt(near) === value ? near : value;
  }
  if (value instanceof DateTime) return `\0d${value.ms}`;
  if (value === null || typeof value === 'boolean') return value;
  if (value instanceof Decimal128) return decimalKey(value);
  return value instanceof BsonSymbol ? textKey(value.value) : undefined;
}

/** Text is its own key; what begins with NUL is left to the keys of other types, which all do. */
function textKey(text: string): string {
  return text.charCodeAt(0) === 0 ? `\0s${text}` : text;
}

function decimalKey(value: Decimal128): string | number | bigint {
  const exact = unpack(value);
  const near = decimalToNumber(exact);
  if (exact.kind !== 'finite' || compareDecimals(exact, exactDouble(near)) === 0) return near;
  let { coefficient, exponent } = exact;
  for (; coefficient % 10n === 0n; exponent++) coefficient /= 10n;
  const sign = exact.negative ? '-' : '';
  return exponent >= 0 && exponent < 20
    ? BigInt(sign + coefficient * pow10(exponent))
    : `\0m${sign}${coefficient}e${exponent}`;
}

function found(sorted: Value[], value: Value): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compareValues(sorted[middle], value);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}
