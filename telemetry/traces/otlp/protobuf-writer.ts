/** Wire types: https://protobuf.dev/programming-guides/encoding/ */
const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;
const two32 = 2 ** 32;

/** Writes one message of protobuf. Fields are numbered below 2,048. */
export class ProtobufWriter {
  #bytes: Buffer = Buffer.allocUnsafe(16_384);
  #length = 0;

  /** The message, as it is written so far. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  text(field: number, value: string): void {
    this.#tag(field, delimited);
    if (this.#shortAscii(value)) return;
    const length = Buffer.byteLength(value);
    this.#varint(length);
    this.#room(length);
    this.#length += this.#bytes.write(value, this.#length);
  }

  /** Bytes, as hex digits. */
  hex(field: number, digits: string): void {
    const length = digits.length / 2;
    this.#tag(field, delimited);
    this.#varint(length);
    this.#room(length);
    for (let at = 0; at < digits.length; at += 2) {
      this.#bytes[this.#length++] =
        toNibble(digits.charCodeAt(at)) * 16 + toNibble(digits.charCodeAt(at + 1));
    }
  }

  /** A whole number from 0 to 2^53. */
  integer(field: number, value: number): void {
    this.#tag(field, varint);
    this.#varint(value);
  }

  /** A whole number of either sign, as `int64` has it. */
  signed(field: number, value: number): void {
    this.#tag(field, varint);
    if (value >= 0) this.#varint(value);
    else this.#varint64(BigInt.asUintN(64, BigInt(value)));
  }

  double(field: number, value: number): void {
    this.#tag(field, fixed64);
    this.#room(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, fixed32);
    this.#room(4);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
  }

  /** A whole number from 0 to 2^64, as exact as a double is. */
  fixed64(field: number, value: number): void {
    this.#tag(field, fixed64);
    this.#room(8);
    const high = Math.floor(value / two32);
    this.#length = this.#bytes.writeUInt32LE(value - high * two32, this.#length);
    this.#length = this.#bytes.writeUInt32LE(high, this.#length);
  }

  /** A message within this one. */
  message(field: number, write: () => void): void {
    const at = this.begin(field);
    write();
    this.end(at);
  }

  /** Begins a message within this one: `end` with what this returns ends it. Its length stands before it, and is known after it. */
  begin(field: number): number {
    this.#tag(field, delimited);
    this.#room(1);
    this.#length += 1;
    return this.#length;
  }

  end(begin: number): void {
    const length = this.#length - begin;
    if (length < 0x80) {
      this.#bytes[begin - 1] = length;
      return;
    }
    const more = sizeOfVarint(length) - 1;
    this.#room(more);
    this.#bytes.copyWithin(begin + more, begin, this.#length);
    const end = this.#length + more;
    this.#length = begin - 1;
    this.#varint(length);
    this.#length = end;
  }

  /** Most texts are short and of ASCII: written here they take a fraction of two calls into the runtime. False: it is another one. */
  #shortAscii(value: string): boolean {
    const { length } = value;
    if (length >= 0x80) return false;
    this.#room(length + 1);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = length;
    for (let index = 0; index < length; index += 1) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) return false;
      bytes[at++] = code;
    }
    this.#length = at;
    return true;
  }

  #tag(field: number, type: number): void {
    this.#varint(field * 8 + type);
  }

  #varint(value: number): void {
    this.#room(10);
    let left = value;
    for (; left >= 0x80; left = Math.floor(left / 0x80)) this.#bytes[this.#length++] = (left % 0x80) + 0x80;
    this.#bytes[this.#length++] = left;
  }

  #varint64(value: bigint): void {
    this.#room(10);
    let left = value;
    for (; left >= 0x80n; left >>= 7n) this.#bytes[this.#length++] = Number(left & 0x7fn) + 0x80;
    this.#bytes[this.#length++] = Number(left);
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** The value of a hex digit. */
function toNibble(code: number): number {
  return (code & 0xf) + (code >> 6) * 9;
}

function sizeOfVarint(value: number): number {
  let size = 1;
  for (let left = value; left >= 0x80; left = Math.floor(left / 0x80)) size += 1;
  return size;
}
