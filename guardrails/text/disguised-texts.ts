import { isUtf8 } from 'node:buffer';
import { TextUnits } from '#core/text/text-units.ts';

/** A text that stands in another one in disguise. */
export interface DisguisedText {
  readonly text: string;
  /** Its place in the one that was given. */
  readonly start: number;
  readonly end: number;
}

/** Runs that can be encoded text. Shorter ones hold too little, unless a caller states another number, and longer ones are files. */
const encodedCharsMin = 24;
const base64CharsMax = 8_192;
const hex = /(?:[0-9a-fA-F]{2}[ :,]?){12,4096}|(?:\\x[0-9a-fA-F]{2}){12,2048}|(?:%[0-9a-fA-F]{2}){12,2048}/g;
/** Letters with something between each two: "i g n o r e", "i-g-n-o-r-e". */
const spaced = /(?<!\p{L})\p{L}([ .\-_*|])(?:\p{L}\1){2,40}\p{L}(?!\p{L})/gu;
/** Of spaced letters there are at least four. */
const separatorsMin = 3;
/** Tag characters show nothing and stand for ASCII. */
const tags = /[\u{e0020}-\u{e007e}]{4,2000}/gu;
/** The unit that all tag characters begin with. */
const tagUnit = '\udb40';
/** What has no word holds no instruction. */
const word = /\p{L}{3}/u;
const readable = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\s]*$/u;

/** What a UTF-16 unit can be part of. */
const isBase64 = 1;
const isHex = 2;
const isSeparator = 4;
/** Not: a character of ASCII that is no letter. */
const isSpaced = 8;
const usesByUnit = Uint8Array.from({ length: 65_536 }, (_, unit) => {
  if (unit >= 128) return isSpaced;
  const character = String.fromCharCode(unit);
  const use = (pattern: RegExp, bit: number) => (pattern.test(character) ? bit : 0);
  return (
    use(/[A-Za-z0-9+/_-]/, isBase64) |
    use(/[0-9a-fA-F :,\\x%]/, isHex) |
    use(/[ .\-_*|]/, isSeparator) |
    use(/[A-Za-z]/, isSpaced)
  );
});

type Run = Pick<DisguisedText, 'start' | 'end'>;

const reader = new TextUnits();

/** The longest runs of characters with a use. One that is long enough covers one of the places that are so far apart. */
function findRuns(units: Uint16Array, length: number, use: number, charsMin: number): readonly Run[] {
  const runs: Run[] = [];
  const has = (at: number) => ((usesByUnit[units[at] as number] as number) & use) !== 0;
  let after = 0;
  for (let probe = charsMin - 1; probe < length; probe += charsMin) {
    if (!has(probe)) continue;
    let [start, end] = [probe, probe + 1];
    while (start > after && has(start - 1)) start -= 1;
    while (end < length && has(end)) end += 1;
    if (end - start >= charsMin) runs.push({ start, end });
    after = end;
    probe = end;
  }
  return runs;
}

/** Whether there can be letters with the same separator between each two. */
function canHaveSpaced(units: Uint16Array, length: number): boolean {
  let [separator, separatorAt, separators] = [0, 0, 0];
  for (let at = 0; at < length; at += 1) {
    const unit = units[at] as number;
    if (((usesByUnit[unit] as number) & isSeparator) === 0) continue;
    // Between two stands one letter, which can be a pair of units.
    const gap = at - separatorAt;
    const before = units[at - 1] as number;
    const isBehindLetter =
      unit === separator &&
      (gap === 2 ? ((usesByUnit[before] as number) & isSpaced) !== 0 : gap === 3 && isLowSurrogate(before));
    separators = isBehindLetter ? separators + 1 : 1;
    if (separators === separatorsMin) return true;
    separator = unit;
    separatorAt = at;
  }
  return false;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Texts with words of a source in base64, hexadecimal digits and tag characters, decoded once, and the source with its spaced letters together. */
export function readDisguised(source: string): readonly DisguisedText[] {
  const units = reader.read(source);
  const found = decodeRuns(source, units, encodedCharsMin).filter(({ text }) => word.test(text));
  if (canHaveSpaced(units, source.length)) {
    const joined = source.replace(spaced, (run) => run.replace(/[ .\-_*|]/g, ''));
    if (joined !== source) found.push({ text: joined, start: 0, end: source.length });
  }
  return found;
}

/**
 * Texts of a source in base64, hexadecimal digits and tag characters, decoded once.
 *
 * @param base64CharsMin the fewest digits of base64 that are decoded, from 8 on
 */
export function readEncoded(source: string, base64CharsMin: number): readonly DisguisedText[] {
  return decodeRuns(source, reader.read(source), base64CharsMin);
}

function decodeRuns(source: string, units: Uint16Array, base64CharsMin: number): DisguisedText[] {
  const found: DisguisedText[] = [];
  for (const run of findRuns(units, source.length, isBase64, base64CharsMin)) {
    for (const { start, end } of cutBase64(source, run, base64CharsMin)) {
      if (!beginsAsText(units, start)) continue;
      const text = decodeBytes(source.slice(start, end), 'base64');
      if (text !== null) found.push({ text, start, end });
    }
  }
  for (const { start, end } of findRuns(units, source.length, isHex, encodedCharsMin)) {
    for (const { 0: run, index } of source.slice(start, end).matchAll(hex)) {
      const text = decodeBytes(run.replace(/[^0-9a-fA-F]|x(?=[0-9a-fA-F]{2})/g, ''), 'hex');
      if (text !== null) found.push({ text, start: start + index, end: start + index + run.length });
    }
  }
  if (source.includes(tagUnit)) {
    for (const { 0: run, index } of source.matchAll(tags)) {
      const text = Array.from(run, (tag) => String.fromCharCode((tag.codePointAt(0) ?? 0) - 0xe0000)).join(
        '',
      );
      found.push({ text, start: index, end: index + run.length });
    }
  }
  return found;
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

const sniffedDigits = 8;

/**
 * False for nearly all runs that are no text in base64: identifiers, hashes and files. Looks at six bytes.
 */
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
      if (byte === 0x7f || (byte < 0x20 && (byte < 0x09 || byte > 0x0d))) return false;
    } else {
      if (byte < 0xc2 || byte > 0xf4) return false;
      continuing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    }
  }
  return true;
}

/** The parts of a run that are decoded each alone, with the signs that end base64. */
function cutBase64(source: string, { start, end }: Run, charsMin: number): readonly Run[] {
  const parts: Run[] = [];
  for (let from = start; end - from >= charsMin; from += base64CharsMax) {
    const to = Math.min(end, from + base64CharsMax);
    const padding = /={0,2}/.exec(source.slice(to, to + 2))?.[0].length ?? 0;
    parts.push({ start: from, end: to + padding });
  }
  return parts;
}

/** Null where it is no text. */
function decodeBytes(run: string, encoding: 'base64' | 'hex'): string | null {
  const bytes = Buffer.from(run, encoding);
  if (!isUtf8(bytes)) return null;
  const text = bytes.toString('utf8');
  return text.length >= 8 && !text.includes('\ufffd') && readable.test(text) ? text : null;
}

export function reverseText(text: string): string {
  return Array.from(text).toReversed().join('');
}

/** The text in ROT13, which is its own inverse. */
export function rotateText(text: string): string {
  return text.replace(/[a-zA-Z]/g, (letter) => {
    const base = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
}
