import { isUtf8 } from 'node:buffer';
import { invalidBson } from './invalid.ts';
import {
  Binary,
  BsonSymbol,
  Code,
  DateTime,
  DBPointer,
  Decimal128,
  type Doc,
  int32,
  MAX_KEY,
  MIN_KEY,
  ObjectId,
  Regex,
  Timestamp,
  TYPE,
  UNDEFINED,
  type Value,
} from './values.ts';

/** Documents nested deeper than this are refused, as the server does. */
export const MAX_DEPTH = 200;

interface FastBuffer extends Buffer {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

/**
 * Decodes and validates one document. Without `offset` the bytes must be exactly one document.
 * Throws CommandError InvalidBSON (22) for anything that is not well-formed BSON. Never keeps a view of `bytes`.
 */
export function decodeDocument(bytes: Uint8Array, offset?: number): Doc {
  const reader = new Reader(bytes, offset ?? 0);
  if (offset === undefined && reader.end !== bytes.length)
    throw invalidBson('document length does not match');
  return reader.document(1);
}

/** Decodes only the named top-level fields; the others are skipped over. The bytes are ones that encodeDocument made. */
export function decodeFields(bytes: Uint8Array, fields: ReadonlySet<string>): Doc {
  return new Reader(bytes, 0).fields(fields);
}

/** One top-level field, or undefined when it is missing. */
export function decodeField(bytes: Uint8Array, field: string): Value | undefined {
  return new Reader(bytes, 0).fields(new Set([field])).get(field);
}

/** The stated length of the document at `offset`; throws when it cannot be one within `bytes`. */
export function documentLength(bytes: Uint8Array, offset: number): number {
  return new Reader(bytes, offset).end - offset;
}

/** Field names repeat: a small cache gives back one (hashed, internal) string per name without allocating. */
const NAME_CACHE_SIZE = 4096;
const NAME_LENGTH_MAX = 40;
const names: string[] = new Array<string>(NAME_CACHE_SIZE).fill('');

class Reader {
  readonly buffer: FastBuffer;
  /** One past the terminator of the outermost document. */
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.buffer = (
      bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    ) as FastBuffer;
    this.at = offset;
    if (offset < 0 || offset + 5 > bytes.length) throw invalidBson('document is truncated');
    this.end = this.documentEnd(bytes.length);
  }

  int(): number {
    const { buffer, at } = this;
    this.at = at + 4;
    return buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24);
  }

  need(length: number, end: number): void {
    if (length < 0 || this.at + length > end) throw invalidBson('a value is longer than its document');
  }

  /** Reads a length at the cursor and leaves the cursor on it. */
  documentEnd(limit: number): number {
    this.need(5, limit);
    const length = this.int();
    this.at -= 4;
    const end = this.at + length;
    if (length < 5 || end > limit) throw invalidBson('a document has a wrong length');
    if (this.buffer[end - 1] !== 0) throw invalidBson('a document does not end with 0x00');
    return end;
  }

  document(depth: number, limit = this.end): Doc {
    const end = this.documentEnd(limit);
    const last = end - 1;
    if (depth > MAX_DEPTH) throw invalidBson(`nested deeper than ${MAX_DEPTH} levels`);
    this.at += 4;
    const result: Doc = new Map();
    while (this.at < last) {
      const type = this.buffer[this.at++]!;
      const name = this.name(last);
      result.set(name, this.value(type, last, depth));
    }
    if (this.at !== last) throw invalidBson('a value runs over the end of its document');
    this.at = end;
    return result;
  }

  fields(fields: ReadonlySet<string>): Doc {
    const last = this.end - 1;
    const result: Doc = new Map();
    let left = fields.size;
    this.at += 4;
    while (this.at < last && left > 0) {
      const type = this.buffer[this.at++]!;
      const name = this.name(last);
      if (fields.has(name)) {
        result.set(name, this.value(type, last, 1));
        left--;
      } else this.skip(type, last);
    }
    return result;
  }

  array(depth: number, limit: number): Value[] {
    const end = this.documentEnd(limit);
    const last = end - 1;
    if (depth > MAX_DEPTH) throw invalidBson(`nested deeper than ${MAX_DEPTH} levels`);
    this.at += 4;
    const result: Value[] = [];
    while (this.at < last) {
      const type = this.buffer[this.at++]!;
      const nameEnd = this.buffer.indexOf(0, this.at);
      if (nameEnd < 0 || nameEnd >= last) throw invalidBson('a field name is not terminated');
      this.at = nameEnd + 1;
      result.push(this.value(type, last, depth));
    }
    if (this.at !== last) throw invalidBson('a value runs over the end of its array');
    this.at = end;
    return result;
  }

  /** A field name: 0x00-terminated. */
  name(last: number): string {
    const { buffer } = this;
    const start = this.at;
    let at = start;
    let hash = 0;
    let bits = 0;
    for (let byte = buffer[at]!; byte !== 0; byte = buffer[++at]!) {
      if (at >= last) throw invalidBson('a field name is not terminated');
      hash = (hash * 31 + byte) | 0;
      bits |= byte;
    }
    if (at >= last) throw invalidBson('a field name is not terminated');
    this.at = at + 1;
    const length = at - start;
    if (bits >= 0x80) return this.utf8(start, at);
    if (length > NAME_LENGTH_MAX) return buffer.latin1Slice(start, at);
    const slot = (hash ^ (hash >>> 12)) & (NAME_CACHE_SIZE - 1);
    const cached = names[slot]!;
    if (cached.length === length) {
      let index = 0;
      while (index < length && cached.charCodeAt(index) === buffer[start + index]) index++;
      if (index === length) return cached;
    }
    const name = buffer.latin1Slice(start, at);
    names[slot] = name;
    return name;
  }

  cstring(last: number): string {
    const start = this.at;
    const stop = this.buffer.indexOf(0, start);
    if (stop < 0 || stop >= last) throw invalidBson('a string is not terminated');
    this.at = stop + 1;
    return this.utf8(start, stop);
  }

  utf8(start: number, stop: number): string {
    const { buffer } = this;
    if (stop - start < 24) {
      let bits = 0;
      for (let index = start; index < stop; index++) bits |= buffer[index]!;
      if (bits < 0x80) return buffer.latin1Slice(start, stop);
    }
    if (!isUtf8(buffer.subarray(start, stop))) throw invalidBson('a string is not valid UTF-8');
    return buffer.utf8Slice(start, stop);
  }

  string(last: number): string {
    this.need(5, last);
    const length = this.int();
    if (length < 1) throw invalidBson('a string has a wrong length');
    this.need(length, last);
    const start = this.at;
    this.at = start + length;
    if (this.buffer[this.at - 1] !== 0) throw invalidBson('a string does not end with 0x00');
    return this.utf8(start, this.at - 1);
  }

  objectId(last: number): ObjectId {
    this.need(12, last);
    this.at += 12;
    return new ObjectId(this.buffer.latin1Slice(this.at - 12, this.at));
  }

  int64(last: number): bigint {
    this.need(8, last);
    this.at += 8;
    return this.buffer.readBigInt64LE(this.at - 8);
  }

  value(type: number, last: number, depth: number): Value {
    switch (type) {
      case TYPE.string:
        return this.string(last);
      case TYPE.int:
        this.need(4, last);
        return int32(this.int());
      case TYPE.double:
        this.need(8, last);
        this.at += 8;
        return this.buffer.readDoubleLE(this.at - 8);
      case TYPE.long:
        return this.int64(last);
      case TYPE.object:
        return this.document(depth + 1, last);
      case TYPE.array:
        return this.array(depth + 1, last);
      case TYPE.objectId:
        return this.objectId(last);
      case TYPE.date:
        return new DateTime(this.int64(last));
      case TYPE.bool: {
        this.need(1, last);
        const byte = this.buffer[this.at++]!;
        if (byte > 1) throw invalidBson('a boolean is neither 0 nor 1');
        return byte === 1;
      }
      case TYPE.null:
        return null;
      default:
        return this.rareValue(type, last, depth);
    }
  }

  rareValue(type: number, last: number, depth: number): Value {
    switch (type) {
      case TYPE.binData:
        return this.binary(last);
      case TYPE.decimal: {
        const low = this.int64(last);
        return new Decimal128(BigInt.asUintN(64, this.int64(last)), BigInt.asUintN(64, low));
      }
      case TYPE.timestamp: {
        this.need(8, last);
        const i = this.int() >>> 0;
        return new Timestamp(this.int() >>> 0, i);
      }
      case TYPE.regex: {
        const pattern = this.cstring(last);
        return new Regex(pattern, [...this.cstring(last)].sort().join(''));
      }
      case TYPE.javascript:
        return new Code(this.string(last));
      case TYPE.javascriptWithScope: {
        this.need(14, last);
        const start = this.at;
        const end = start + this.int();
        if (end < start + 14 || end > last) throw invalidBson('code with scope has a wrong length');
        const code = this.string(end);
        const scope = this.document(depth + 1, end);
        if (this.at !== end) throw invalidBson('code with scope has a wrong length');
        return new Code(code, scope);
      }
      case TYPE.symbol:
        return new BsonSymbol(this.string(last));
      case TYPE.dbPointer: {
        const namespace = this.string(last);
        return new DBPointer(namespace, this.objectId(last));
      }
      case TYPE.undefined:
        return UNDEFINED;
      case TYPE.minKey:
        return MIN_KEY;
      case TYPE.maxKey:
        return MAX_KEY;
      default:
        throw invalidBson(`unknown BSON type ${type}`);
    }
  }

  binary(last: number): Binary {
    this.need(5, last);
    let length = this.int();
    const subtype = this.buffer[this.at++]!;
    this.need(length, last);
    if (subtype === 2) {
      // the old subtype repeats its length inside
      if (length < 4 || this.int() !== length - 4) throw invalidBson('binary subtype 2 has a wrong length');
      length -= 4;
    }
    const start = this.at;
    this.at = start + length;
    return new Binary(Uint8Array.prototype.slice.call(this.buffer, start, this.at), subtype);
  }

  skip(type: number, last: number): void {
    switch (type) {
      case TYPE.double:
      case TYPE.long:
      case TYPE.date:
      case TYPE.timestamp:
        this.at += 8;
        break;
      case TYPE.int:
        this.at += 4;
        break;
      case TYPE.bool:
        this.at += 1;
        break;
      case TYPE.null:
        break;
      case TYPE.objectId:
        this.at += 12;
        break;
      case TYPE.decimal:
        this.at += 16;
        break;
      case TYPE.string:
      case TYPE.javascript:
      case TYPE.symbol: {
        const length = this.int();
        this.need(length, last);
        this.at += length;
        break;
      }
      case TYPE.object:
      case TYPE.array:
        this.at = this.documentEnd(last);
        break;
      case TYPE.binData: {
        const length = this.int() + 1;
        this.need(length, last);
        this.at += length;
        break;
      }
      default:
        this.rareValue(type, last, 1);
    }
  }
}
