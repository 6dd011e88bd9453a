import { CommandError } from '../errors.ts';
import { MAX_DEPTH } from './decode.ts';
import { invalidBson } from './invalid.ts';
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
  TYPE,
  UNDEFINED,
  type Value,
} from './values.ts';

/** A buffer never grows beyond this: a message is at most 48 MB, a stored document 16 MB. */
const BUFFER_BYTES_MAX = 64 * 1024 * 1024;
const KEEP_BYTES_MAX = 4 * 1024 * 1024;
const SMALL_STRING = 32;
/** The names of an array's first elements. */
const POSITIONS = Array.from({ length: 256 }, (_, index) => String(index));

interface FastBuffer extends Buffer {
  latin1Write(text: string, offset: number, length: number): number;
  utf8Write(text: string, offset: number, length: number): number;
}

const FIRST_BYTES = 256 * 1024;
let shared: FastBuffer = Buffer.allocUnsafeSlow(FIRST_BYTES) as FastBuffer;
let at = 0;

/** The document's BSON in a buffer of its own. Throws InvalidBSON for NUL in names, nesting too deep, or sheer size. */
export function encodeDocument(doc: Doc): Buffer {
  at = 0;
  writeDocument(doc, 1);
  const result = Buffer.allocUnsafe(at);
  shared.copy(result, 0, 0, at);
  if (shared.length > KEEP_BYTES_MAX) shared = Buffer.allocUnsafeSlow(FIRST_BYTES) as FastBuffer;
  return result;
}

/**
 * The BSON of plain objects, one document behind the other, in a buffer of its own. Values are written as drivers write
 * them: whole numbers of 32 bits as int32, others as double, bigint as int64, Date, bytes and binaries, undefined as
 * null. Throws TypeError for anything else, InvalidBSON as encodeDocument().
 */
export function encodeRecords(records: readonly object[]): Uint8Array<ArrayBuffer> {
  at = 0;
  for (const record of records) writeRecord(record, 1);
  const result = new Uint8Array(at);
  result.set(shared.subarray(0, at));
  if (shared.length > KEEP_BYTES_MAX) shared = Buffer.allocUnsafeSlow(FIRST_BYTES) as FastBuffer;
  return result;
}

function room(bytes: number): void {
  if (at + bytes <= shared.length) return;
  const wanted = Math.max(shared.length * 2, at + bytes);
  if (at + bytes > BUFFER_BYTES_MAX) {
    throw new CommandError('BSONObjectTooLarge', 'BSONObj exceeds maximum nested object size');
  }
  const next = Buffer.allocUnsafeSlow(Math.min(wanted, BUFFER_BYTES_MAX)) as FastBuffer;
  shared.copy(next, 0, 0, at);
  shared = next;
}

function writeInt(value: number): void {
  const buffer = shared;
  buffer[at] = value;
  buffer[at + 1] = value >> 8;
  buffer[at + 2] = value >> 16;
  buffer[at + 3] = value >> 24;
  at += 4;
}

function writeText(text: string): void {
  const length = text.length;
  room(length * 3 + 8);
  const buffer = shared;
  if (length < SMALL_STRING) {
    let index = 0;
    let bits = 0;
    const start = at;
    for (; index < length; index++) {
      const code = text.charCodeAt(index);
      bits |= code;
      buffer[start + index] = code;
    }
    if (bits < 0x80) {
      at = start + length;
      return;
    }
  }
  at += buffer.utf8Write(text, at, length * 3);
}

/** A field name or pattern: mostly short and ASCII, so byte by byte. */
function writeCstring(text: string): void {
  const length = text.length;
  room(length * 3 + 8);
  const buffer = shared;
  const start = at;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0) throw invalidBson('a field name or pattern holds a NUL');
    if (code >= 0x80) {
      if (text.includes('\0')) throw invalidBson('a field name or pattern holds a NUL');
      at = start + buffer.utf8Write(text, start, length * 3);
      shared[at++] = 0;
      return;
    }
    buffer[start + index] = code;
  }
  buffer[start + length] = 0;
  at = start + length + 1;
}

function writeString(text: string): void {
  room(8);
  const start = at;
  at += 4;
  writeText(text);
  shared[at++] = 0;
  shared.writeInt32LE(at - start - 4, start);
}

function writeDocument(doc: Doc, depth: number): void {
  if (depth > MAX_DEPTH) throw invalidBson(`nested deeper than ${MAX_DEPTH} levels`);
  room(16);
  const start = at;
  at += 4;
  for (const [name, value] of doc) writeElement(name, value, depth);
  room(1);
  shared[at++] = 0;
  shared.writeInt32LE(at - start, start);
}

function writeArray(items: Value[], depth: number): void {
  if (depth > MAX_DEPTH) throw invalidBson(`nested deeper than ${MAX_DEPTH} levels`);
  room(16);
  const start = at;
  at += 4;
  for (let index = 0; index < items.length; index++) {
    writeElement(index < POSITIONS.length ? POSITIONS[index]! : String(index), items[index]!, depth);
  }
  room(1);
  shared[at++] = 0;
  shared.writeInt32LE(at - start, start);
}

/** Type byte, name, value. The type byte is written last, when the value has shown what it is. */
function writeElement(name: string, value: Value, depth: number): void {
  room(2);
  const mark = at++;
  writeCstring(name);
  room(32);
  const type = writeValue(value, depth); // may replace `shared`
  shared[mark] = type;
}

function writeValue(value: Value, depth: number): number {
  switch (typeof value) {
    case 'string':
      writeString(value);
      return TYPE.string;
    case 'number':
      at = shared.writeDoubleLE(value, at);
      return TYPE.double;
    case 'bigint':
      at = shared.writeBigInt64LE(value, at);
      return TYPE.long;
    case 'boolean':
      shared[at++] = value ? 1 : 0;
      return TYPE.bool;
    case 'symbol':
      return value === UNDEFINED ? TYPE.undefined : value === MIN_KEY ? TYPE.minKey : TYPE.maxKey;
  }
  if (value === null) return TYPE.null;
  if (value instanceof Int32) {
    writeInt(value.value);
    return TYPE.int;
  }
  if (value instanceof Map) {
    writeDocument(value, depth + 1);
    return TYPE.object;
  }
  if (Array.isArray(value)) {
    writeArray(value, depth + 1);
    return TYPE.array;
  }
  if (value instanceof ObjectId) {
    at += shared.latin1Write(value.id, at, 12);
    return TYPE.objectId;
  }
  if (value instanceof DateTime) {
    at = shared.writeBigInt64LE(value.ms, at);
    return TYPE.date;
  }
  return writeRare(value, depth);
}

function writeRare(
  value: Binary | Decimal128 | Timestamp | Regex | Code | BsonSymbol | DBPointer,
  depth: number,
): number {
  if (value instanceof Binary) {
    const old = value.subtype === 2;
    const length = value.bytes.length;
    room(length + 16);
    writeInt(old ? length + 4 : length);
    shared[at++] = value.subtype;
    if (old) writeInt(length);
    shared.set(value.bytes, at);
    at += length;
    return TYPE.binData;
  }
  if (value instanceof Decimal128) {
    at = shared.writeBigUInt64LE(value.low, at);
    at = shared.writeBigUInt64LE(value.high, at);
    return TYPE.decimal;
  }
  if (value instanceof Timestamp) {
    writeInt(value.i);
    writeInt(value.t);
    return TYPE.timestamp;
  }
  if (value instanceof Regex) {
    writeCstring(value.pattern);
    room(8);
    writeCstring(value.options);
    return TYPE.regex;
  }
  if (value instanceof Code) {
    if (value.scope === null) {
      writeString(value.code);
      return TYPE.javascript;
    }
    const start = at;
    at += 4;
    writeString(value.code);
    writeDocument(value.scope, depth + 1);
    shared.writeInt32LE(at - start, start);
    return TYPE.javascriptWithScope;
  }
  if (value instanceof BsonSymbol) {
    writeString(value.value);
    return TYPE.symbol;
  }
  writeString(value.namespace);
  room(16);
  at += shared.latin1Write(value.id.id, at, 12);
  return TYPE.dbPointer;
}

function writeRecord(record: object, depth: number): void {
  if (depth > MAX_DEPTH) throw invalidBson(`nested deeper than ${MAX_DEPTH} levels`);
  room(16);
  const start = at;
  at += 4;
  if (Array.isArray(record)) {
    for (let index = 0; index < record.length; index++) {
      writeRecordElement(index < POSITIONS.length ? POSITIONS[index]! : String(index), record[index], depth);
    }
  } else {
    for (const name in record) writeRecordElement(name, record[name as keyof typeof record], depth);
  }
  room(1);
  shared[at++] = 0;
  shared.writeInt32LE(at - start, start);
}

function writeRecordElement(name: string, value: unknown, depth: number): void {
  room(2);
  const mark = at++;
  writeCstring(name);
  room(32);
  const type = writeRecordValue(value, depth); // may replace `shared`
  shared[mark] = type;
}

function writeRecordValue(value: unknown, depth: number): number {
  switch (typeof value) {
    case 'string':
      writeString(value);
      return TYPE.string;
    case 'number':
      if ((value | 0) === value && !Object.is(value, -0)) {
        writeInt(value);
        return TYPE.int;
      }
      at = shared.writeDoubleLE(value, at);
      return TYPE.double;
    case 'bigint':
      at = shared.writeBigInt64LE(value, at);
      return TYPE.long;
    case 'boolean':
      shared[at++] = value ? 1 : 0;
      return TYPE.bool;
    case 'undefined':
      return TYPE.null;
    case 'object':
      return value === null ? TYPE.null : writeRecordObject(value, depth);
    default:
      throw new TypeError(`a ${typeof value} is no value of BSON`);
  }
}

function writeRecordObject(value: object, depth: number): number {
  if (value instanceof Date) {
    at = shared.writeBigInt64LE(BigInt(value.getTime()), at);
    return TYPE.date;
  }
  if (value instanceof Uint8Array) return writeRare(new Binary(value), depth);
  if ('_bsontype' in value) {
    if (!isDriverBinary(value)) throw new TypeError(`a ${String(value._bsontype)} is not taken here`);
    return writeRare(new Binary(value.buffer.subarray(0, value.position), value.sub_type), depth);
  }
  writeRecord(value, depth + 1);
  return Array.isArray(value) ? TYPE.array : TYPE.object;
}

/** The driver's class of binary values, of whichever version. */
type DriverBinary = {
  readonly _bsontype: 'Binary';
  readonly sub_type: number;
  readonly buffer: Uint8Array;
  readonly position: number;
};

function isDriverBinary(value: { readonly _bsontype: unknown }): value is DriverBinary {
  return value._bsontype === 'Binary';
}
