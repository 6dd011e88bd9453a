import { isUtf8 } from 'node:buffer';
import { invalidBson } from './invalid.ts';
import { ObjectId } from './values.ts';

/** Buffer's own readers, which take any Uint8Array: making a Buffer of each document costs more than reading it. */
type Readers = {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  readBigInt64LE(this: Uint8Array, offset: number): bigint;
  readDoubleLE(this: Uint8Array, offset: number): number;
};
const { latin1Slice, utf8Slice, readBigInt64LE, readDoubleLE } = Buffer.prototype as Readers;

/** Field names repeat: a small cache returns one (hashed, internal) string per name without allocating. */
const NAME_CACHE_SIZE = 4096;
const NAME_LENGTH_MAX = 40;
const names: string[] = new Array<string>(NAME_CACHE_SIZE).fill('');

/** Reads the parts of a BSON document, checking every length against the end of what it lies in. */
export class BsonCursor {
  readonly buffer: Uint8Array;
  /** One past the terminator of the outermost document. */
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.buffer = bytes;
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
    if (length > NAME_LENGTH_MAX) return latin1Slice.call(buffer, start, at);
    const slot = (hash ^ (hash >>> 12)) & (NAME_CACHE_SIZE - 1);
    const cached = names[slot]!;
    if (cached.length === length) {
      let index = 0;
      while (index < length && cached.charCodeAt(index) === buffer[start + index]) index++;
      if (index === length) return cached;
    }
    const name = latin1Slice.call(buffer, start, at);
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
      if (bits < 0x80) return latin1Slice.call(buffer, start, stop);
    }
    if (!isUtf8(buffer.subarray(start, stop))) throw invalidBson('a string is not valid UTF-8');
    return utf8Slice.call(buffer, start, stop);
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
    return new ObjectId(latin1Slice.call(this.buffer, this.at - 12, this.at));
  }

  double(last: number): number {
    this.need(8, last);
    this.at += 8;
    return readDoubleLE.call(this.buffer, this.at - 8);
  }

  int64(last: number): bigint {
    this.need(8, last);
    this.at += 8;
    return readBigInt64LE.call(this.buffer, this.at - 8);
  }
}
