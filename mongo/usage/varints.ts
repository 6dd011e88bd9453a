/** A column of integers from 0 to 2^53 - 1, each in 7 bits a byte, lowest first (LEB128). */
export class VarintWriter {
  #bytes = Buffer.allocUnsafe(64);
  #length = 0;

  /** Throws RangeError for what is no such integer. */
  write(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`${value} cannot be kept in a column.`);
    if (this.#length + 8 > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(this.#bytes.length * 2);
      this.#bytes.copy(grown);
      this.#bytes = grown;
    }
    let rest = value;
    // Beyond 31 bits the bit operators of JavaScript do not reach.
    while (rest >= 0x8000_0000) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** The column so far. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** Reads what a VarintWriter has written. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next integer. Throws RangeError behind the last one. */
  read(): number {
    let byte = this.#bytes[this.#at++];
    if (byte !== undefined && byte < 128) return byte;
    let value = 0;
    let factor = 1;
    while (byte !== undefined) {
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
      byte = this.#bytes[this.#at++];
    }
    throw new RangeError('A column of usage ends before its last value.');
  }
}
