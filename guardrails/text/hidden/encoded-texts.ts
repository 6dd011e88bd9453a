import { TextUnits } from '#core/text/text-units.ts';
import type { VisibleText } from '#core/text/visible-text.ts';

/** A text that stands encoded in another one; its offsets lead back to what encodes each character. */
export interface EncodedText extends VisibleText {
  /** Its place in the one that was given. */
  readonly start: number;
  readonly end: number;
}

/** Digits of base64 for the shortest address of mail or number that is looked for. */
const base64CharsMin = 16;
const bytesMin = 12;
const hexCharsMin = 2 * bytesMin;

/** What a UTF-16 unit can be part of. */
const isBase64 = 1;
const isHex = 2;
const usesByUnit = Uint8Array.from({ length: 65_536 }, (_, unit) => {
  const character = unit < 128 ? String.fromCharCode(unit) : '';
  return (
    (/[A-Za-z0-9+/_-]/.test(character) ? isBase64 : 0) | (/[0-9a-fA-F :,\\x%]/.test(character) ? isHex : 0)
  );
});

interface Run {
  readonly start: number;
  readonly end: number;
}

/** Where in the source the bytes of a run stand: `byte` may be their number. */
interface BytePlaces {
  toStart(byte: number): number;
  toEnd(byte: number): number;
}

const reader = new TextUnits();

/**
 * The texts in base64 and in hexadecimal digits that stand in a source, of any length and wherever their digits begin: also behind a
 * path or a word. Decoded once: UTF-8 without control characters but those of white space, of at least 12 bytes. Where they do not begin with the digits, 11 characters of
 * ASCII in a row distinguish them from other bytes. Those that begin at `until` or behind it may be left out. Takes time linear in the length.
 */
export function readEncoded(source: string, until = source.length): readonly EncodedText[] {
  const units = reader.read(source);
  const found: EncodedText[] = [];
  const range = [until, source.length] as const;
  for (const run of findRuns(units, range, isBase64, base64CharsMin)) readBase64(source, units, run, found);
  for (const run of findRuns(units, range, isHex, hexCharsMin)) readHex(source, units, run, found);
  return found;
}

/** The longest runs of characters with a use that begin before `until`, of at least so many: most others are left after a look at their last one. */
function findRuns(
  units: Uint16Array,
  [until, length]: readonly [until: number, length: number],
  use: number,
  charsMin: number,
): readonly Run[] {
  const runs: Run[] = [];
  const lastMax = Math.min(length, until + charsMin);
  for (let last = charsMin - 1; last < lastMax; ) {
    const first = last - charsMin + 1;
    let at = last;
    while (at >= first && hasUse(units[at] as number, use)) at -= 1;
    if (at >= first) {
      last = at + charsMin;
      continue;
    }
    let end = last + 1;
    while (end < length && hasUse(units[end] as number, use)) end += 1;
    runs.push({ start: first, end });
    last = end + charsMin;
  }
  return runs;
}

function hasUse(unit: number, use: number): boolean {
  return ((usesByUnit[unit] as number) & use) !== 0;
}

/** Four digits of base64 are three bytes, which may begin at any digit of a run. */
const digitsPerGroup = 4;
const bytesPerGroup = 3;

function readBase64(source: string, units: Uint16Array, { start, end }: Run, found: EncodedText[]): void {
  for (let from = start; from < start + digitsPerGroup; from += 1) {
    const mayBeText = hasPlainGroups(units, from, end) || (from === start && beginsAsText(units, start));
    if (!mayBeText) continue;
    const toStart = (byte: number) => from + digitsPerGroup * Math.floor(byte / bytesPerGroup);
    const toEnd = (byte: number) => {
      const last = toStart(byte + bytesPerGroup - 1);
      return last < end ? last : end + countPadding(source, end);
    };
    const bytes = Buffer.from(source.slice(from, end), 'base64');
    collectTexts(bytes, from === start, { toStart, toEnd }, found);
  }
}

/** The signs that end base64. */
function countPadding(source: string, end: number): number {
  let padding = 0;
  while (padding < 2 && source[end + padding] === '=') padding += 1;
  return padding;
}

function readHex(source: string, units: Uint16Array, { start, end }: Run, found: EncodedText[]): void {
  if (!canHoldHex(units, start, end)) return;
  for (let from = start; from < end; from += 1) {
    const signChars = countSigns(units, from);
    const to = skipBytes(units, from, end, signChars);
    if (to === -1) continue;
    // A digit before them would have them read as others.
    for (const shift of countDigits(units, from, to) === to - from ? [0, 1] : [0]) {
      const bytes = decodeHex(units, from + shift, to);
      collectTexts(bytes, shift === 0, new HexPlaces(source, from + shift, to, signChars), found);
    }
    from = to - 1;
  }
}

const [percent, backslash, smallX] = [0x25, 0x5c, 0x78];

/** The characters of the sign that each byte has before its two digits: `%`, `\x` or none. */
function countSigns(units: Uint16Array, at: number): number {
  if (units[at] === percent) return 1;
  return units[at] === backslash && units[at + 1] === smallX ? 2 : 0;
}

/** Where at least 12 bytes of two digits end, each behind its sign, or without one before a space, a colon, a comma or nothing; -1: there are fewer. A single digit behind them belongs to them. */
function skipBytes(units: Uint16Array, from: number, end: number, signChars: number): number {
  let [at, bytes] = [from, 0];
  while (
    at + signChars + 2 <= end &&
    countSigns(units, at) === signChars &&
    isHexDigit(units[at + signChars] as number) &&
    isHexDigit(units[at + signChars + 1] as number)
  ) {
    at += signChars + 2;
    bytes += 1;
    if (signChars === 0 && at < end && isSeparator(units[at] as number)) at += 1;
  }
  if (bytes < bytesMin) return -1;
  return signChars === 0 && at < end && isHexDigit(units[at] as number) ? at + 1 : at;
}

function isHexDigit(unit: number): boolean {
  return hexValues[unit] !== noDigit;
}

function isSeparator(unit: number): boolean {
  return unit === 0x20 || unit === 0x3a || unit === 0x2c;
}

const noDigit = 255;
const hexValues = new Uint8Array(65_536).fill(noDigit);
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  hexValues[digit.charCodeAt(0)] = value;
  hexValues[digit.toUpperCase().charCodeAt(0)] = value;
}

function countDigits(units: Uint16Array, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at += 1) if (hexValues[units[at] as number] !== noDigit) count += 1;
  return count;
}

/** False for nearly all runs whose digits are no text: that needs bytes of text in a row, wherever the first digit stands. */
function canHoldHex(units: Uint16Array, start: number, end: number): boolean {
  let first = start;
  while (first < end && hexValues[units[first] as number] === noDigit) first += 1;
  const bytes = decodeHex(units, first, end);
  if (bytes.length < bytesMin) return false;
  return hasText(bytes) || hasText(decodeHex(units, first + 1, end));
}

/** The bytes of the digits between two places. */
function decodeHex(units: Uint16Array, from: number, to: number): Buffer {
  const bytes = Buffer.allocUnsafe((to - from) >> 1);
  let [count, first] = [0, noDigit];
  for (let at = from; at < to; at += 1) {
    const value = hexValues[units[at] as number] as number;
    if (value === noDigit) continue;
    if (first === noDigit) first = value;
    else {
      bytes[count++] = (first << 4) | value;
      first = noDigit;
    }
  }
  return bytes.subarray(0, count);
}

/** Two digits are a byte, behind the sign of an escape or before one that separates them. */
class HexPlaces implements BytePlaces {
  readonly #source: string;
  readonly #from: number;
  readonly #to: number;
  readonly #signChars: number;
  #digits: Uint32Array | undefined;

  constructor(source: string, from: number, to: number, signChars: number) {
    this.#source = source;
    this.#from = from;
    this.#to = to;
    this.#signChars = signChars;
  }

  /** The place of a digit, of all that are bytes; behind the last one the end. */
  #place(digit: number): number {
    if (this.#digits === undefined) {
      const digits = new Uint32Array(this.#to - this.#from);
      let count = 0;
      for (let at = this.#from; at < this.#to; at += 1)
        if (hexValues[this.#source.charCodeAt(at)] !== noDigit) digits[count++] = at;
      this.#digits = digits.subarray(0, count);
    }
    return this.#digits[digit] ?? this.#to;
  }

  toStart(byte: number): number {
    return this.#place(2 * byte) - this.#signChars;
  }

  toEnd(byte: number): number {
    return this.#place(2 * byte - 1) + 1;
  }
}

/**
 * Adds the texts among bytes.
 *
 * @param isBeginning the first byte is what the first digit begins, where text of any script counts
 */
function collectTexts(bytes: Buffer, isBeginning: boolean, places: BytePlaces, found: EncodedText[]): void {
  let end = 0;
  if (isBeginning) {
    end = skipText(bytes, 0);
    if (end >= bytesMin) found.push(createText(bytes, 0, end, places));
  }
  for (let at = findPlainBytes(bytes, end); at !== -1; at = findPlainBytes(bytes, end)) {
    let start = at;
    for (let length = measureBefore(bytes, start, end); length > 0; length = measureBefore(bytes, start, end))
      start -= length;
    end = skipText(bytes, at);
    if (end - start >= bytesMin) found.push(createText(bytes, start, end, places));
  }
}

function createText(bytes: Buffer, first: number, last: number, places: BytePlaces): EncodedText {
  const text = bytes.toString('utf8', first, last);
  const countBytes = (offset: number) => first + Buffer.byteLength(text.slice(0, offset), 'utf8');
  return {
    text,
    get start() {
      return places.toStart(first);
    },
    get end() {
      return places.toEnd(last);
    },
    toStart: (offset) => places.toStart(countBytes(offset)),
    toEnd: (offset) => places.toEnd(countBytes(offset)),
  };
}

/** Where the text that begins at a place ends. */
function skipText(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let length = measureCharacter(bytes, at); length > 0; length = measureCharacter(bytes, at))
    at += length;
  return at;
}

/** Whether as many bytes in a row are of text as one has at least. */
function hasText(bytes: Uint8Array): boolean {
  let start = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = measureCharacter(bytes, at);
    at += Math.max(1, length);
    if (length === 0) start = at;
    else if (at - start >= bytesMin) return true;
  }
  return false;
}

/** The bytes of the character that ends at a place and begins at `from` or behind it; 0: none of text does. */
function measureBefore(bytes: Uint8Array, end: number, from: number): number {
  for (let length = 1; length <= characterBytesMax && end - length >= from; length += 1)
    if (measureCharacter(bytes, end - length) === length) return length;
  return 0;
}

const characterBytesMax = 4;

/** The bytes of the character at a place, in valid UTF-8 (RFC 3629, section 4); 0: there is none, or one that controls. */
function measureCharacter(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first === undefined || first < 0x80) return first !== undefined && plainByBytes[first] === 1 ? 1 : 0;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  const second = bytes[at + 1] ?? 0;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (length === 0 || second < least || second > most) return 0;
  for (let more = 2; more < length; more += 1) if (((bytes[at + more] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}

/** What distinguishes text from other bytes. Any 11 bytes in a row have the 9 of three groups of base64 among them. */
const plainBytesMin = 11;

/** Where so many bytes of plain text in a row begin; -1: nowhere. Looks at every eleventh byte of most others. */
function findPlainBytes(bytes: Uint8Array, from: number): number {
  let inRow = 0;
  for (let last = from + plainBytesMin - 1; last < bytes.length; last += plainBytesMin - inRow) {
    inRow = 0;
    while (inRow < plainBytesMin && plainByBytes[bytes[last - inRow] as number] === 1) inRow += 1;
    if (inRow === plainBytesMin) return last - plainBytesMin + 1;
  }
  return -1;
}

/** The value of each digit of base64. */
const base64Values = new Uint8Array(128);
for (const [value, digit] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries()) {
  base64Values[digit.charCodeAt(0)] = value;
}
base64Values['-'.charCodeAt(0)] = 62;
base64Values['_'.charCodeAt(0)] = 63;

/** 1 for each byte of a character of ASCII that shows something or is white space. */
const plainByBytes = Uint8Array.from({ length: 256 }, (_, byte) =>
  (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d) ? 1 : 0,
);

/** Whether three groups of digits in a row are bytes of plain text: false for nearly all runs that are no text in base64, after a look at every twelfth digit. */
function hasPlainGroups(units: Uint16Array, from: number, end: number): boolean {
  let last = from + 2 * digitsPerGroup;
  while (last + digitsPerGroup <= end) {
    if (!isPlainGroup(units, last)) last += 3 * digitsPerGroup;
    else if (!isPlainGroup(units, last - digitsPerGroup)) last += 2 * digitsPerGroup;
    else if (!isPlainGroup(units, last - 2 * digitsPerGroup)) last += digitsPerGroup;
    else return true;
  }
  return false;
}

/** Whether the three bytes of four digits are of plain text. */
function isPlainGroup(units: Uint16Array, at: number): boolean {
  const first = base64Values[units[at] as number] as number;
  const second = base64Values[units[at + 1] as number] as number;
  if (plainByBytes[(first << 2) | (second >> 4)] === 0) return false;
  const third = base64Values[units[at + 2] as number] as number;
  if (plainByBytes[((second & 0xf) << 4) | (third >> 2)] === 0) return false;
  return plainByBytes[((third & 3) << 6) | (base64Values[units[at + 3] as number] as number)] === 1;
}

const sniffedDigits = 8;

/** False for nearly all runs whose first bytes are no text, in any script. Looks at six bytes. */
function beginsAsText(units: Uint16Array, start: number): boolean {
  let bits = 0;
  let bitCount = 0;
  let continuing = 0;
  for (let at = start; at < start + sniffedDigits; at += 1) {
    bits = ((bits << 6) | (base64Values[units[at] as number] as number)) & 0xffff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    const byte = (bits >> bitCount) & 0xff;
    if (continuing > 0) {
      if ((byte & 0xc0) !== 0x80) return false;
      continuing -= 1;
    } else if (byte < 0x80) {
      if (plainByBytes[byte] === 0) return false;
    } else {
      if (byte < 0xc2 || byte > 0xf4) return false;
      continuing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    }
  }
  return true;
}
