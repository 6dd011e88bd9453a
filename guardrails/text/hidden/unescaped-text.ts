import { Offsets } from '#core/text/offsets.ts';
import type { VisibleText } from '#core/text/visible-text.ts';

/** References of HTML. The semicolon behind a decimal one may be left out, as browsers let it. */
const reference =
  /&(?:#x0{0,4}([2-7][\da-f]);|#0{0,4}(3[2-9]|[4-9]\d|1[01]\d|12[0-6]);?|(commat|plus|period|lowbar|nbsp);)/iy;
const named: Readonly<Record<string, string>> = {
  commat: '@',
  plus: '+',
  period: '.',
  lowbar: '_',
  nbsp: ' ',
};
/** Characters on both sides of an escape that belong to what it is a part of, and more of them up to white space. */
const around = 128;
const space = 0x20;
const [wordCharsBefore, wordCharsAfter] = [512, 8_192];

const [percent, ampersand, backslash] = [0x25, 0x26, 0x5c];
/** Characters that are read one by one behind an escape, before a search. */
const nearChars = 24;

/**
 * The stretches of a text around its escapes of printable ASCII in URLs, HTML and strings of code, with these undone, once: `ann%40x.com`,
 * `ann&#64;x.com` and `ann\u0040x.com` as `ann@x.com`. Takes time linear in the length.
 */
export function readUnescaped(text: string): readonly VisibleText[] {
  const stretches: VisibleText[] = [];
  const signs = new Signs(text);
  let stretch: Stretch | undefined;
  for (let at = signs.findFrom(0); at < text.length; ) {
    const found = readEscape(text, at);
    if (found === notAnEscape) {
      at = signs.findFrom(at + 1);
      continue;
    }
    if (stretch === undefined || at - around > stretch.last + around) {
      if (stretch !== undefined) stretches.push(stretch.finish());
      stretch = new Stretch(text, at);
    }
    stretch.add(at, found);
    at = signs.findNear(stretch.last);
  }
  if (stretch !== undefined) stretches.push(stretch.finish());
  return stretches;
}

/** Where a text has the signs that escapes begin with. */
class Signs {
  readonly #text: string;
  #percent = -1;
  #ampersand = -1;
  #backslash = -1;

  constructor(text: string) {
    this.#text = text;
  }

  /** The first place from here on, or behind the end. Places come in ascending order. */
  findFrom(at: number): number {
    if (this.#percent < at) this.#percent = this.#find('%', at);
    if (this.#ampersand < at) this.#ampersand = this.#find('&', at);
    if (this.#backslash < at) this.#backslash = this.#find('\\', at);
    return Math.min(this.#percent, this.#ampersand, this.#backslash);
  }

  /** The same, fast where the next one is near. */
  findNear(from: number): number {
    const end = Math.min(this.#text.length, from + nearChars);
    for (let at = from; at < end; at += 1) if (isSign(this.#text.charCodeAt(at))) return at;
    return this.findFrom(end);
  }

  #find(sign: string, at: number): number {
    const found = this.#text.indexOf(sign, at);
    return found === -1 ? this.#text.length : found;
  }
}

function isSign(unit: number): boolean {
  return unit === percent || unit === ampersand || unit === backslash;
}

/** A stretch of a text around escapes, from the first one on. */
class Stretch {
  readonly #source: string;
  readonly #start: number;
  readonly #first: number;
  #text: string;
  /** Where the last escape ends. */
  last: number;

  constructor(source: string, first: number) {
    this.#source = source;
    this.#start = findStart(source, first);
    this.#first = first;
    this.#text = source.slice(this.#start, first);
    this.last = first;
  }

  add(at: number, found: Escape): void {
    if (at > this.last) this.#text += this.#source.slice(this.last, at);
    this.#text += String.fromCharCode(readCode(found));
    this.last = at + readLength(found);
  }

  finish(): VisibleText {
    const [source, start, first, last] = [this.#source, this.#start, this.#first, this.last];
    let offsets: Offsets | undefined;
    // Most stretches have nothing whose place is needed.
    const readOffsets = () => {
      offsets ??= findOffsets(source, start, first, last);
      return offsets;
    };
    return {
      text: this.#text + source.slice(last, findEnd(source, last)),
      toStart: (offset) => start + readOffsets().toSourceStart(offset),
      toEnd: (offset) => start + readOffsets().toSourceEnd(offset),
    };
  }
}

/** Where the stretch begins whose first escape stands at a place. */
function findStart(text: string, first: number): number {
  let start = Math.max(0, first - around);
  const least = Math.max(0, start - wordCharsBefore);
  while (start > least && text.charCodeAt(start - 1) > space) start -= 1;
  return start;
}

/** Where the stretch ends whose last escape ends at a place. */
function findEnd(text: string, last: number): number {
  const after = text.slice(last + around, last + around + wordCharsAfter);
  const gap = after.search(/\s/);
  return last + around + (gap === -1 ? after.length : gap);
}

/** The places of the escapes between `first` and `last` in a stretch from `start` on. */
function findOffsets(text: string, start: number, first: number, last: number): Offsets {
  const offsets = new Offsets();
  let shownAt = first - start;
  for (let at = first; at < last; shownAt += 1) {
    const found = isSign(text.charCodeAt(at)) ? readEscape(text, at) : notAnEscape;
    const end = at + (found === notAnEscape ? 1 : readLength(found));
    if (found !== notAnEscape) offsets.add(shownAt, shownAt + 1, at - start, end - start);
    at = end;
  }
  return offsets;
}

/** An escape as one number, since texts can consist of them: the code of the character that it stands for, and its length. */
type Escape = number;
const notAnEscape: Escape = 0;
const codeBits = 7;

function createEscape(code: number, length: number): Escape {
  return (length << codeBits) | code;
}

function readCode(found: Escape): number {
  return found & ((1 << codeBits) - 1);
}

function readLength(found: Escape): number {
  return found >> codeBits;
}

/** The escape that begins with the sign at a place, or `notAnEscape`. */
function readEscape(text: string, at: number): Escape {
  const [unit, next] = [text.charCodeAt(at), text.charCodeAt(at + 1)];
  // Most of them are operators of code, or begin another escape.
  if (unit === ampersand) return next === 0x23 || next > 0x40 ? readReference(text, at) : notAnEscape;
  if (unit === percent) return readDigits(text, at + 1, 3);
  if (next === 0x78) return readDigits(text, at + 2, 4);
  return next === 0x75 && text.startsWith('00', at + 2) ? readDigits(text, at + 4, 6) : notAnEscape;
}

/** Two hexadecimal digits of a printable character. */
function readDigits(text: string, at: number, length: number): Escape {
  const [high, low] = [readDigit(text.charCodeAt(at)), readDigit(text.charCodeAt(at + 1))];
  const isPrintable = high >= 2 && high <= 7 && low >= 0;
  return isPrintable ? createEscape(16 * high + low, length) : notAnEscape;
}

/** -1: it is none. */
function readDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const small = unit | 0x20;
  return small >= 0x61 && small <= 0x66 ? small - 0x57 : -1;
}

function readReference(text: string, at: number): Escape {
  reference.lastIndex = at;
  const found = reference.exec(text);
  if (found === null) return notAnEscape;
  const [{ length }, hex, decimal, name] = found;
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return createEscape(name === undefined ? code : (named[name.toLowerCase()] ?? '').charCodeAt(0), length);
}
