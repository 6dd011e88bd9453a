import { decimalToString, unpack } from './decimal.ts';
import {
  Binary,
  DateTime,
  Decimal128,
  Int32,
  ObjectId,
  Regex,
  Timestamp,
  typeName,
  type Value,
} from './values.ts';

const LENGTH_MAX = 300;

/** A value for an error message, in the server's notation, cut off when long. */
export function show(value: Value | undefined): string {
  const text = write(value);
  return text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}…` : text;
}

function write(value: Value | undefined): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, LENGTH_MAX));
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}.0` : String(value);
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Int32) return String(value.value);
  if (value instanceof Map) {
    const fields = [...value].slice(0, 20).map(([name, field]) => `${name}: ${write(field)}`);
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  }
  if (Array.isArray(value))
    return value.length === 0 ? '[]' : `[ ${value.slice(0, 20).map(write).join(', ')} ]`;
  if (value instanceof ObjectId) return `ObjectId('${value.toHex()}')`;
  if (value instanceof DateTime) return `new Date(${value.ms})`;
  if (value instanceof Decimal128) return decimalToString(unpack(value));
  if (value instanceof Timestamp) return `Timestamp(${value.t}, ${value.i})`;
  if (value instanceof Binary)
    return `BinData(${value.subtype}, ${Buffer.from(value.bytes.subarray(0, 64)).toString('hex').toUpperCase()})`;
  if (value instanceof Regex) return `/${value.pattern}/${value.options}`;
  return typeName(value);
}
