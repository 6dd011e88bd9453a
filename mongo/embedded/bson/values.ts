/**
 * BSON values as the store holds them: every type is kept exactly, and a document keeps its key order
 * (integer-like keys included), which is why it is a Map and not an object. A missing value is JavaScript's
 * `undefined` and is never a Value. Values are immutable by convention: whoever changes a document builds a new Map
 * or array along the changed path (see update/).
 *
 * double = number, int64 = bigint, string, boolean and null are themselves, an array is an array.
 */
export type Value =
  | number
  | bigint
  | string
  | boolean
  | null
  | Int32
  | Decimal128
  | DateTime
  | ObjectId
  | Binary
  | Timestamp
  | Regex
  | Code
  | BsonSymbol
  | DBPointer
  | Doc
  | Value[]
  | typeof UNDEFINED
  | typeof MIN_KEY
  | typeof MAX_KEY;

export type Doc = Map<string, Value>;

/** BSON type 6, which the server still stores. Not the same as missing. */
export const UNDEFINED: unique symbol = Symbol('undefined');
export const MIN_KEY: unique symbol = Symbol('MinKey');
export const MAX_KEY: unique symbol = Symbol('MaxKey');

export class Int32 {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

const SMALL_INTS = Array.from({ length: 1280 }, (_, index) => new Int32(index - 256));

/** An Int32 of an integer within its range; small ones are shared. */
export function int32(value: number): Int32 {
  return value >= -256 && value < 1024 ? SMALL_INTS[value + 256]! : new Int32(value);
}

/** The 128 raw bits (IEEE 754-2008, binary integer significand), so that non-canonical encodings survive. */
export class Decimal128 {
  readonly high: bigint;
  readonly low: bigint;
  constructor(high: bigint, low: bigint) {
    this.high = high;
    this.low = low;
  }
}

/** Milliseconds since the epoch, the whole int64 range. */
export class DateTime {
  readonly ms: bigint;
  constructor(ms: bigint) {
    this.ms = ms;
  }
}

/** Twelve bytes, held as a string of twelve latin-1 characters: `<` on it is memcmp. */
export class ObjectId {
  readonly id: string;
  constructor(id: string) {
    this.id = id;
  }
  toHex(): string {
    return Buffer.from(this.id, 'latin1').toString('hex');
  }
  static fromHex(hex: string): ObjectId {
    return new ObjectId(Buffer.from(hex, 'hex').toString('latin1'));
  }
}

export class Binary {
  readonly subtype: number;
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array, subtype = 0) {
    this.bytes = bytes;
    this.subtype = subtype;
  }
}

/** Seconds `t` and ordinal `i`, both unsigned 32 bit. */
export class Timestamp {
  readonly t: number;
  readonly i: number;
  constructor(t: number, i: number) {
    this.t = t;
    this.i = i;
  }
}

export class Regex {
  readonly pattern: string;
  readonly options: string;
  constructor(pattern: string, options = '') {
    this.pattern = pattern;
    this.options = options;
  }
}

/** JavaScript code (type 13), or code with scope (type 15) when `scope` is a document. Stored, never run. */
export class Code {
  readonly code: string;
  readonly scope: Doc | null;
  constructor(code: string, scope: Doc | null = null) {
    this.code = code;
    this.scope = scope;
  }
}

export class BsonSymbol {
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
}

export class DBPointer {
  readonly namespace: string;
  readonly id: ObjectId;
  constructor(namespace: string, id: ObjectId) {
    this.namespace = namespace;
    this.id = id;
  }
}

/** BSON's type bytes. */
export const TYPE = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  javascript: 13,
  symbol: 14,
  javascriptWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  minKey: 255,
  maxKey: 127,
} as const;

export type TypeName = keyof typeof TYPE;

const NAMES = new Map<number, TypeName>(
  (Object.entries(TYPE) as [TypeName, number][]).map(([name, code]) => [code, name]),
);

/** The BSON type byte of a value. */
export function toTypeByte(value: Value): number {
  switch (typeof value) {
    case 'number':
      return TYPE.double;
    case 'string':
      return TYPE.string;
    case 'bigint':
      return TYPE.long;
    case 'boolean':
      return TYPE.bool;
    case 'symbol':
      return value === UNDEFINED ? TYPE.undefined : value === MIN_KEY ? TYPE.minKey : TYPE.maxKey;
  }
  if (value === null) return TYPE.null;
  if (value instanceof Int32) return TYPE.int;
  if (value instanceof Map) return TYPE.object;
  if (Array.isArray(value)) return TYPE.array;
  if (value instanceof ObjectId) return TYPE.objectId;
  if (value instanceof DateTime) return TYPE.date;
  if (value instanceof Binary) return TYPE.binData;
  if (value instanceof Decimal128) return TYPE.decimal;
  if (value instanceof Timestamp) return TYPE.timestamp;
  if (value instanceof Regex) return TYPE.regex;
  if (value instanceof Code) return value.scope === null ? TYPE.javascript : TYPE.javascriptWithScope;
  if (value instanceof BsonSymbol) return TYPE.symbol;
  return TYPE.dbPointer;
}

/** The type's name as `$type` and the server's messages write it ("int", "object", "objectId" …). */
export function typeName(value: Value | undefined): TypeName | 'missing' {
  return value === undefined ? 'missing' : NAMES.get(toTypeByte(value))!;
}

export function isDoc(value: Value | undefined): value is Doc {
  return value instanceof Map;
}

export function isNumeric(value: Value | undefined): value is number | bigint | Int32 | Decimal128 {
  return (
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    value instanceof Int32 ||
    value instanceof Decimal128
  );
}

/** A literal document in key order: `doc({ a: 1 })` for keys that are not integer-like. */
export function doc(fields: { [key: string]: Value | undefined }): Doc {
  const result: Doc = new Map();
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) result.set(key, value);
  return result;
}
