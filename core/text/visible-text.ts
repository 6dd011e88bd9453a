/** A text as a reader sees it, with the way back to the offsets of the text that was given. */
export interface VisibleText {
  readonly text: string;
  /** Where in the given text the character at `offset` of `text` begins. */
  toStart(offset: number): number;
  /** Where in the given text the character before `offset` of `text` ends. */
  toEnd(offset: number): number;
}

/** What shows nothing but can stand inside a word, or in the place of its letters. */
const ignorable = /[\0\p{Cf}\p{Mn}\u115f\u1160\u17b4\u17b5\u3164\uffa0]/gu;
const digit = /^\p{Nd}$/u;
const dash = /^[\p{Pd}\u2212]$/u;
const space = /^\p{Zs}$/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: everything but printable ASCII and line ends
const notPlain = /[^\x01-\x7e]/;

const escaped: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/**
 * The text without invisible characters, with wide and styled letters, digits of all scripts, dashes and spaces as the
 * plain ones; of JSON also without the escapes of its strings. Takes time linear in the length.
 */
export function toVisible(text: string, format: 'TEXT' | 'JSON' = 'TEXT'): VisibleText {
  const hasEscapes = format === 'JSON' && text.includes('\\');
  const first = hasEscapes ? text.indexOf('\\') : text.search(notPlain);
  if (first === -1) return plain(text);
  return new Builder(text, hasEscapes).build();
}

function plain(text: string): VisibleText {
  return { text, toStart: (offset) => offset, toEnd: (offset) => offset };
}

/** What each UTF-16 unit shows: itself, 0 (not read yet), or one of these. */
const nothing = 1;
const otherwise = 2;
const shownUnits = new Uint16Array(0x1_0000);
for (let unit = 3; unit < 0x7f; unit += 1) shownUnits[unit] = unit;

const shownTexts = new Map<number, string>();
const shownTextsMax = 10_000;

/** What a code point shows. */
function show(code: number): string {
  const known = shownTexts.get(code);
  if (known !== undefined) return known;
  const shown = readShown(String.fromCodePoint(code), code);
  if (shownTexts.size < shownTextsMax) shownTexts.set(code, shown);
  if (code < 0x1_0000) {
    shownUnits[code] =
      shown.length === 1 && shown.charCodeAt(0) === code ? code : shown === '' ? nothing : otherwise;
  }
  return shown;
}

function readShown(character: string, code: number): string {
  if (code < 0x7f) return code === 0 ? '' : character;
  const shown = character.normalize('NFKC').replace(ignorable, '');
  if (dash.test(shown)) return '-';
  if (space.test(shown)) return ' ';
  return digit.test(shown) ? String(readDigit(shown)) : shown;
}

/** Digits of a script stand together, from zero. */
function readDigit(shown: string): number {
  const code = shown.codePointAt(0) ?? 0;
  if (code < 0x80) return code - 0x30;
  let value = 0;
  while (value < 9 && digit.test(String.fromCodePoint(code - value - 1))) value += 1;
  return value;
}

class Builder {
  readonly #given: string;
  readonly #hasEscapes: boolean;
  readonly #pieces: string[] = [];
  /** Where the character at each offset begins and ends in the given text. */
  #starts: Uint32Array;
  #ends: Uint32Array;
  #length = 0;
  #isSame = true;

  constructor(given: string, hasEscapes: boolean) {
    this.#given = given;
    this.#hasEscapes = hasEscapes;
    this.#starts = new Uint32Array(given.length + 16);
    this.#ends = new Uint32Array(given.length + 16);
  }

  build(): VisibleText {
    const given = this.#given;
    let from = 0;
    for (let at = 0; at < given.length; ) {
      const unit = given.charCodeAt(at);
      if ((shownUnits[unit] ?? 0) > otherwise && !(this.#hasEscapes && unit === 0x5c)) {
        at += 1;
        continue;
      }
      const code = given.codePointAt(at) ?? 0;
      let length = code > 0xffff ? 2 : 1;
      let shown: string;
      if (this.#hasEscapes && code === 0x5c) [shown, length] = this.#readEscape(at);
      else shown = show(code);
      if (length === shown.length && given.startsWith(shown, at)) {
        at += length;
        continue;
      }
      this.#isSame = false;
      this.#keep(from, at);
      this.#put(shown, at, at + length);
      at += length;
      from = at;
    }
    if (this.#isSame) return plain(given);
    this.#keep(from, given.length);
    const [starts, ends] = [this.#starts, this.#ends];
    return {
      text: this.#pieces.join(''),
      toStart: (offset) => (offset < this.#length ? (starts[offset] as number) : given.length),
      toEnd: (offset) => (offset === 0 ? 0 : (ends[offset - 1] as number)),
    };
  }

  #readEscape(at: number): [shown: string, length: number] {
    const letter = this.#given[at + 1] ?? '';
    if (letter !== 'u') return [escaped[letter] ?? letter, 2];
    const code = Number.parseInt(this.#given.slice(at + 2, at + 6), 16);
    return Number.isNaN(code) ? ['\\', 1] : [show(code), 6];
  }

  #keep(from: number, to: number): void {
    if (from === to) return;
    this.#reserve(to - from);
    this.#pieces.push(this.#given.slice(from, to));
    for (let at = from; at < to; at += 1) {
      this.#starts[this.#length] = at;
      this.#ends[this.#length] = at + 1;
      this.#length += 1;
    }
  }

  #put(shown: string, start: number, end: number): void {
    this.#reserve(shown.length);
    this.#pieces.push(shown);
    for (let unit = 0; unit < shown.length; unit += 1) {
      this.#starts[this.#length] = start;
      this.#ends[this.#length] = end;
      this.#length += 1;
    }
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#starts.length) return;
    const [starts, ends] = [this.#starts, this.#ends];
    this.#starts = new Uint32Array((this.#length + count) * 2);
    this.#ends = new Uint32Array((this.#length + count) * 2);
    this.#starts.set(starts);
    this.#ends.set(ends);
  }
}
