import { exactDecimal, RANK, toRank } from '../bson/compare.ts';
import { compareDecimals, type Decimal, decimalToNumber, exactDouble, pow10 } from '../bson/decimal.ts';
import {
  type Binary,
  type BsonSymbol,
  type Code,
  type DateTime,
  type DBPointer,
  type Decimal128,
  type Doc,
  Int32,
  type ObjectId,
  type Regex,
  type Timestamp,
  type Value,
} from '../bson/values.ts';

/**
 * Order-preserving keys: memcmp of two encodings is compareValues of the values, and no encoding is a prefix of
 * another. A part starts with a tag between 0x05 and 0xfa, so 0x00 and 0xff serve as bounds before and after
 * everything. Equal values of different types (1, 1.0, Decimal 1) have the same bytes.
 *
 *   tag          10 + 2 · rank (bson/compare.ts)
 *   number       class (NaN, negative, zero, positive), the largest double not above the magnitude, then 0x00 when
 *                that is exact, or 0x01 and the decimal (exponent, 34 digits); negative numbers inverted
 *   string       UTF-8 with 0x00 written as 0x00 0xff, ended by 0x00 0x01
 *   document     for each field the value's tag, the name, the value; ended by 0x00
 *   array        its values, ended by 0x00
 */
const CLASS = { nan: 0, negative: 1, zero: 2, positive: 3 } as const;

export function toTag(rank: number): number {
  return rank === RANK.minKey ? 5 : rank === RANK.maxKey ? 250 : 10 + 2 * rank;
}

let buffer = Buffer.allocUnsafeSlow(4096);
let at = 0;

function room(bytes: number): void {
  if (at + bytes <= buffer.length) return;
  const next = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, at + bytes));
  buffer.copy(next, 0, 0, at);
  buffer = next;
}

function byte(value: number): void {
  room(1);
  buffer[at++] = value;
}

/**
 * The key of several values, one part each; a descending part (-1) is inverted. A missing value counts as null, as
 * in the server's indexes.
 */
export function encodeKey(values: readonly (Value | undefined)[], directions: readonly number[]): Buffer {
  at = 0;
  for (let index = 0; index < values.length; index++) {
    const start = at;
    writePart(values[index] ?? null);
    if (directions[index]! < 0) invert(start, at);
  }
  const key = Buffer.allocUnsafe(at);
  buffer.copy(key, 0, 0, at);
  if (buffer.length > 1 << 20) buffer = Buffer.allocUnsafeSlow(4096);
  return key;
}

/** One part of a key. */
export function encodeKeyPart(value: Value | undefined, direction: number): Buffer {
  return encodeKey([value], [direction]);
}

function invert(start: number, end: number): void {
  for (let index = start; index < end; index++) buffer[index] = ~buffer[index]!;
}

function writePart(value: Value): void {
  const rank = toRank(value);
  byte(toTag(rank));
  writeBody(value, rank);
}

function writeBody(value: Value, rank: number): void {
  switch (rank) {
    case RANK.number:
      writeNumber(value as number);
      return;
    case RANK.string:
      writeText(typeof value === 'string' ? value : (value as BsonSymbol).value);
      return;
    case RANK.object:
      writeDoc(value as Doc);
      return;
    case RANK.array:
      for (const item of value as Value[]) writePart(item);
      byte(0);
      return;
    case RANK.objectId:
      room(12);
      for (let index = 0; index < 12; index++) buffer[at++] = (value as ObjectId).id.charCodeAt(index);
      return;
    case RANK.bool:
      byte(value === true ? 1 : 0);
      return;
    case RANK.date:
      room(8);
      at = buffer.writeBigInt64BE((value as DateTime).ms, at);
      buffer[at - 8]! ^= 0x80;
      return;
    case RANK.timestamp:
      room(8);
      at = buffer.writeUInt32BE((value as Timestamp).t, at);
      at = buffer.writeUInt32BE((value as Timestamp).i, at);
      return;
    case RANK.binData:
      writeBinary(value as Binary);
      return;
    case RANK.regex:
      writeText((value as Regex).pattern);
      writeText((value as Regex).options);
      return;
    case RANK.dbPointer:
      room(4);
      at = buffer.writeUInt32BE((value as DBPointer).namespace.length, at);
      writeText((value as DBPointer).namespace);
      writeBody((value as DBPointer).id, RANK.objectId);
      return;
    case RANK.code:
      writeText((value as Code).code);
      return;
    case RANK.codeWithScope:
      writeText((value as Code).code);
      writeDoc((value as Code).scope as Doc);
      return;
  }
}

function writeDoc(value: Doc): void {
  for (const [name, field] of value) {
    const rank = toRank(field);
    byte(toTag(rank));
    writeText(name);
    writeBody(field, rank);
  }
  byte(0);
}

function writeBinary({ bytes, subtype }: Binary): void {
  room(bytes.length + 5);
  at = buffer.writeUInt32BE(bytes.length + (subtype === 2 ? 4 : 0), at);
  buffer[at++] = subtype;
  buffer.set(bytes, at);
  at += bytes.length;
}

function writeText(text: string): void {
  const { length } = text;
  room(length * 3 + 2);
  const start = at;
  let index = 0;
  for (; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0 || code >= 0x80) break;
    buffer[start + index] = code;
  }
  at = start + length;
  if (index < length) {
    at = start;
    writeUnusualText(text);
  }
  buffer[at++] = 0;
  buffer[at++] = 1;
}

/** Text that is not ASCII, or holds 0x00. */
function writeUnusualText(text: string): void {
  for (const [index, piece] of text.split('\0').entries()) {
    room(piece.length * 3 + 4);
    if (index > 0) {
      buffer[at++] = 0;
      buffer[at++] = 0xff;
    }
    at += buffer.write(piece, at, 'utf8');
  }
  room(2);
}

function writeNumber(value: number | bigint | Int32 | Decimal128): void {
  room(32);
  const near =
    typeof value === 'number'
      ? value
      : value instanceof Int32
        ? value.value
        : typeof value === 'bigint'
          ? Number(value)
          : decimalToNumber(exactDecimal(value));
  if (Number.isNaN(near)) {
    byte(CLASS.nan);
    return;
  }
  const simple = typeof value === 'number' || value instanceof Int32;
  if (simple || (typeof value === 'bigint' && Number.isSafeInteger(near))) {
    if (near === 0) {
      byte(CLASS.zero);
      return;
    }
    writeMagnitude(near < 0, Math.abs(near), undefined);
    return;
  }
  const exact = exactDecimal(value);
  if (exact.kind === 'nan') {
    byte(CLASS.nan);
    return;
  }
  if (exact.kind === 'infinity') {
    writeMagnitude(exact.negative, Number.POSITIVE_INFINITY, undefined);
    return;
  }
  if (exact.coefficient === 0n) {
    byte(CLASS.zero);
    return;
  }
  const size: Decimal = { ...exact, negative: false };
  const below = notAbove(Math.abs(near), size);
  const isExact = compareDecimals(exactDouble(below), size) === 0;
  writeMagnitude(exact.negative, below, isExact ? undefined : exact);
}

/** The largest double that is not above the decimal, from the nearest one. */
function notAbove(near: number, size: Decimal): number {
  if (near === Number.POSITIVE_INFINITY) return Number.MAX_VALUE;
  if (compareDecimals(exactDouble(near), size) <= 0) return near;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, near);
  view.setBigUint64(0, view.getBigUint64(0) - 1n);
  return view.getFloat64(0);
}

function writeMagnitude(
  negative: boolean,
  below: number,
  exact: Extract<Decimal, { kind: 'finite' }> | undefined,
): void {
  buffer[at++] = negative ? CLASS.negative : CLASS.positive;
  const start = at;
  at = buffer.writeDoubleBE(below, at);
  buffer[at++] = exact === undefined ? 0 : 1;
  if (exact !== undefined) {
    // exactly 34 digits, so that exponent and coefficient compare as bytes
    const shift = 34 - exact.coefficient.toString().length;
    const coefficient = exact.coefficient * pow10(shift);
    at = buffer.writeUInt16BE(exact.exponent - shift + 0x4000, at);
    at = buffer.writeBigUInt64BE(coefficient >> 64n, at);
    at = buffer.writeBigUInt64BE(coefficient & 0xffffffffffffffffn, at);
  }
  if (negative) invert(start, at);
}
