import { BsonCursor } from './cursor.ts';
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
  Regex,
  Timestamp,
  TYPE,
  UNDEFINED,
  type Value,
} from './values.ts';

/** Documents nested deeper than this are refused, as the server does. */
export const MAX_DEPTH = 200;

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

/**
 * As `decodeDocument`, of a document that its values are not used longer than: long ones are views of the bytes, where a copy takes several times what
 * all else of a small document does.
 */
export function decodeWithin(bytes: Uint8Array): Doc {
  const reader = new Reader(bytes, 0, true);
  if (reader.end !== bytes.length) throw invalidBson('document length does not match');
  return reader.document(1);
}

/** Decodes only the named top-level fields; the others are skipped over. The bytes are ones that encodeDocument made. */
export function decodeFields(bytes: Uint8Array, fields: ReadonlySet<string>): Doc {
  return new Reader(bytes, 0).fields(fields);
}

/** The stated length of the document at `offset`; throws when it cannot be one within `bytes`. */
export function documentLength(bytes: Uint8Array, offset: number): number {
  return new Reader(bytes, offset).end - offset;
}

class Reader extends BsonCursor {
  readonly #hasViews: boolean;

  constructor(bytes: Uint8Array, offset: number, hasViews = false) {
    super(bytes, offset);
    this.#hasViews = hasViews;
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
      // positions are not read: an array is in the order of its bytes
      while (this.buffer[this.at] !== 0) {
        if (this.at >= last) throw invalidBson('a field name is not terminated');
        this.at++;
      }
      this.at++;
      result.push(this.value(type, last, depth));
    }
    if (this.at !== last) throw invalidBson('a value runs over the end of its array');
    this.at = end;
    return result;
  }

  value(type: number, last: number, depth: number): Value {
    switch (type) {
      case TYPE.string:
        return this.string(last);
      case TYPE.int:
        this.need(4, last);
        return int32(this.int());
      case TYPE.double:
        return this.double(last);
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
    const { buffer } = this;
    const bytes = this.#hasViews
      ? new Uint8Array(buffer.buffer, buffer.byteOffset + start, length)
      : Uint8Array.prototype.slice.call(buffer, start, this.at);
    return new Binary(bytes, subtype);
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
