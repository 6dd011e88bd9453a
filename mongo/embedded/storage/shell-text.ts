import { decimalToString, unpack } from '../bson/decimal.ts';
import {
  Binary,
  BsonSymbol,
  Code,
  DateTime,
  Decimal128,
  Int32,
  MAX_KEY,
  MIN_KEY,
  ObjectId,
  Regex,
  Timestamp,
  UNDEFINED,
  type Value,
} from '../bson/values.ts';

/** A value as the server writes it into its messages. */
export function shellText(value: Value): string {
  if (value === null) return 'null';
  if (value === UNDEFINED) return 'undefined';
  if (value === MIN_KEY) return 'MinKey';
  if (value === MAX_KEY) return 'MaxKey';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Number.isInteger(value) ? value.toFixed(1) : String(value);
  if (value instanceof Int32) return String(value.value);
  if (value instanceof ObjectId) return `ObjectId('${value.toHex()}')`;
  if (value instanceof DateTime) return `new Date(${value.ms})`;
  if (value instanceof Decimal128) return `NumberDecimal('${decimalToString(unpack(value))}')`;
  if (value instanceof Timestamp) return `Timestamp(${value.t}, ${value.i})`;
  if (value instanceof Regex) return `/${value.pattern}/${value.options}`;
  if (value instanceof Binary) {
    return `BinData(${value.subtype}, ${Buffer.from(value.bytes).toString('hex').toUpperCase()})`;
  }
  if (value instanceof Code) return value.code;
  if (value instanceof BsonSymbol) return value.value;
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[ ${value.map(shellText).join(', ')} ]`;
  if (value instanceof Map) {
    const fields = [...value].map(([name, field]) => `${name}: ${shellText(field)}`);
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  }
  return String(value);
}
