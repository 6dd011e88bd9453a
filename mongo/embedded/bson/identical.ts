import {
  Binary,
  BsonSymbol,
  Code,
  DateTime,
  DBPointer,
  Decimal128,
  type Doc,
  Int32,
  ObjectId,
  Regex,
  Timestamp,
  type Value,
} from './values.ts';

/** Whether two values have the same BSON bytes: unlike equalValues it distinguishes 1 from 1.0 and 0 from -0. */
export function identicalValues(a: Value | undefined, b: Value | undefined): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Map) return b instanceof Map && identicalDocs(a, b);
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) && a.length === b.length && a.every((item, index) => identicalValues(item, b[index]))
    );
  }
  if (a instanceof Int32) return b instanceof Int32 && a.value === b.value;
  if (a instanceof ObjectId) return b instanceof ObjectId && a.id === b.id;
  if (a instanceof DateTime) return b instanceof DateTime && a.ms === b.ms;
  if (a instanceof Decimal128) return b instanceof Decimal128 && a.high === b.high && a.low === b.low;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.t === b.t && a.i === b.i;
  if (a instanceof Binary) {
    return b instanceof Binary && a.subtype === b.subtype && Buffer.compare(a.bytes, b.bytes) === 0;
  }
  if (a instanceof Regex) return b instanceof Regex && a.pattern === b.pattern && a.options === b.options;
  if (a instanceof BsonSymbol) return b instanceof BsonSymbol && a.value === b.value;
  if (a instanceof DBPointer)
    return b instanceof DBPointer && a.namespace === b.namespace && a.id.id === b.id.id;
  return a instanceof Code && b instanceof Code && a.code === b.code && identicalValues(a.scope, b.scope);
}

function identicalDocs(a: Doc, b: Doc): boolean {
  if (a.size !== b.size) return false;
  const other = b[Symbol.iterator]();
  for (const [name, value] of a) {
    const [otherName, otherValue] = other.next().value!;
    if (name !== otherName || !identicalValues(value, otherValue)) return false;
  }
  return true;
}
