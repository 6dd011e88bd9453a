import { compareDecimals, type Decimal, decimalOfInteger, exactDouble, unpack } from './decimal.ts';
import {
  Binary,
  BsonSymbol,
  Code,
  DateTime,
  type DBPointer,
  Decimal128,
  type Doc,
  Int32,
  MIN_KEY,
  ObjectId,
  Regex,
  Timestamp,
  UNDEFINED,
  type Value,
} from './values.ts';

/** Places of the types in the server's order (its "canonical" types). Missing and undefined share a place. */
export const RANK = {
  minKey: -1,
  undefined: 0,
  null: 5,
  number: 10,
  string: 15,
  object: 20,
  array: 25,
  binData: 30,
  objectId: 35,
  bool: 40,
  date: 45,
  timestamp: 47,
  regex: 50,
  dbPointer: 55,
  code: 60,
  codeWithScope: 65,
  maxKey: 127,
} as const;

/** The place of a value's type in the order: values of one rank compare by content, others by rank. */
export function toRank(value: Value | undefined): number {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return RANK.number;
    case 'string':
      return RANK.string;
    case 'boolean':
      return RANK.bool;
    case 'undefined':
      return RANK.undefined;
    case 'symbol':
      return value === UNDEFINED ? RANK.undefined : value === MIN_KEY ? RANK.minKey : RANK.maxKey;
  }
  if (value === null) return RANK.null;
  if (value instanceof Int32 || value instanceof Decimal128) return RANK.number;
  if (value instanceof Map) return RANK.object;
  if (Array.isArray(value)) return RANK.array;
  if (value instanceof ObjectId) return RANK.objectId;
  if (value instanceof DateTime) return RANK.date;
  if (value instanceof Binary) return RANK.binData;
  if (value instanceof Timestamp) return RANK.timestamp;
  if (value instanceof Regex) return RANK.regex;
  if (value instanceof BsonSymbol) return RANK.string;
  if (value instanceof Code) return value.scope === null ? RANK.code : RANK.codeWithScope;
  return RANK.dbPointer;
}

/** The server's order over all values, across types. Missing (undefined) sorts with BSON undefined. */
export function compareValues(a: Value | undefined, b: Value | undefined): number {
  if (a === b) return 0;
  const rank = toRank(a);
  const other = toRank(b);
  if (rank !== other) return rank < other ? -1 : 1;
  return compareSameRank(a, b, rank);
}

/** The server's equality: numbers by value across types, documents by key order too. */
export function equalValues(a: Value | undefined, b: Value | undefined): boolean {
  return compareValues(a, b) === 0;
}

function compareSameRank(a: Value | undefined, b: Value | undefined, rank: number): number {
  switch (rank) {
    case RANK.number:
      return compareNumbers(a as Numeric, b as Numeric);
    case RANK.string:
      return compareStrings(toText(a as string | BsonSymbol), toText(b as string | BsonSymbol));
    case RANK.object:
      return compareDocs(a as Doc, b as Doc);
    case RANK.array:
      return compareArrays(a as Value[], b as Value[]);
    case RANK.objectId:
      return order((a as ObjectId).id, (b as ObjectId).id);
    case RANK.date:
      return order((a as DateTime).ms, (b as DateTime).ms);
    case RANK.bool:
      return order(a as boolean, b as boolean);
    case RANK.binData:
      return compareBinaries(a as Binary, b as Binary);
    case RANK.timestamp:
      return order((a as Timestamp).t, (b as Timestamp).t) || order((a as Timestamp).i, (b as Timestamp).i);
    case RANK.regex:
      return (
        compareStrings((a as Regex).pattern, (b as Regex).pattern) ||
        compareStrings((a as Regex).options, (b as Regex).options)
      );
    case RANK.dbPointer:
      return (
        order((a as DBPointer).namespace.length, (b as DBPointer).namespace.length) ||
        compareStrings((a as DBPointer).namespace, (b as DBPointer).namespace) ||
        order((a as DBPointer).id.id, (b as DBPointer).id.id)
      );
    case RANK.code:
      return compareStrings((a as Code).code, (b as Code).code);
    case RANK.codeWithScope:
      return (
        compareStrings((a as Code).code, (b as Code).code) ||
        compareDocs((a as Code).scope as Doc, (b as Code).scope as Doc)
      );
    default:
      return 0;
  }
}

function order<T extends string | number | bigint | boolean>(a: T, b: T): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function toText(value: string | BsonSymbol): string {
  return typeof value === 'string' ? value : value.value;
}

type Numeric = number | bigint | Int32 | Decimal128;

/** Exact comparison of numbers of any two types. NaN is the smallest number and equals itself. */
export function compareNumbers(a: Numeric, b: Numeric): number {
  const left = a instanceof Int32 ? a.value : a;
  const right = b instanceof Int32 ? b.value : b;
  if (typeof left === 'number' && typeof right === 'number') {
    if (left === right) return 0;
    if (left < right) return -1;
    if (left > right) return 1;
    return Number.isNaN(left) ? (Number.isNaN(right) ? 0 : -1) : 1;
  }
  if (left instanceof Decimal128 || right instanceof Decimal128) {
    return compareDecimals(exactDecimal(left), exactDecimal(right));
  }
  if (Number.isNaN(left)) return -1;
  if (Number.isNaN(right)) return 1;
  // JavaScript compares number and bigint exactly
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A number's exact value, doubles included. */
export function exactDecimal(value: Numeric): Decimal {
  if (value instanceof Decimal128) return unpack(value);
  if (value instanceof Int32) return decimalOfInteger(BigInt(value.value));
  return typeof value === 'bigint' ? decimalOfInteger(value) : exactDouble(value);
}

/** By UTF-8 bytes, which differs from UTF-16 order where surrogates meet U+E000–U+FFFF. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    if (left >= 0xd800 && right >= 0xd800) return order(byUtf8(left), byUtf8(right));
    return left < right ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}

function byUtf8(unit: number): number {
  return unit < 0xe000 ? unit + 0x10000 : unit;
}

/** Field by field: type, then name, then value; the shorter document is the smaller. */
function compareDocs(a: Doc, b: Doc): number {
  const right = b[Symbol.iterator]();
  for (const [name, value] of a) {
    const next = right.next();
    if (next.done) return 1;
    const [otherName, otherValue] = next.value;
    const rank = toRank(value);
    const otherRank = toRank(otherValue);
    const result =
      order(rank, otherRank) || compareStrings(name, otherName) || compareSameRank(value, otherValue, rank);
    if (result !== 0) return result;
  }
  return a.size < b.size ? -1 : 0;
}

function compareArrays(a: Value[], b: Value[]): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const result = compareValues(a[index], b[index]);
    if (result !== 0) return result;
  }
  return order(a.length, b.length);
}

function compareBinaries(a: Binary, b: Binary): number {
  // the old subtype 2 stores its length inside, which counts
  const sizeA = a.bytes.length + (a.subtype === 2 ? 4 : 0);
  const sizeB = b.bytes.length + (b.subtype === 2 ? 4 : 0);
  return order(sizeA, sizeB) || order(a.subtype, b.subtype) || Buffer.compare(a.bytes, b.bytes);
}
