const keptUnitsMax = 131_072;

/**
 * The UTF-16 units of texts as numbers, for loops over every character: to read them from an array takes a third of the time of `charCodeAt`. One array
 * serves all texts of a reader, one after the other.
 */
export class TextUnits {
  #units = new Uint16Array(0);
  #bytes = Buffer.alloc(0);

  /** The units of a text, and 0 behind the last one. They are valid until the next call. */
  read(text: string): Uint16Array<ArrayBuffer> {
    if (this.#units.length <= text.length || this.#units.length > keptUnitsMax) {
      this.#units = new Uint16Array(Math.max(1_024, text.length + (text.length >> 1) + 1));
      this.#bytes = Buffer.from(this.#units.buffer);
    }
    this.#bytes.write(text, 0, 'utf16le');
    this.#units[text.length] = 0;
    return this.#units;
  }
}

/** Whether a text is of ASCII alone: as UTF-8 it has a byte for each character then. */
export function isAscii(text: string): boolean {
  return Buffer.byteLength(text, 'utf8') === text.length;
}
