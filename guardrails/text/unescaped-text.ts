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
/** An escape at a place: what it stands for, and its length. */
interface Escape {
  readonly character: string;
  readonly length: number;
}

/** Characters on both sides of an escape that belong to what it is a part of, and more of them up to white space. */
const around = 128;
const space = 0x20;
const [wordCharsBefore, wordCharsAfter] = [512, 8_192];

/** What the last text had: rules look at the same text one after the other. */
let last: { readonly text: string; readonly found: readonly VisibleText[] } = { text: '', found: [] };

/**
 * The stretches of a text around its escapes of printable ASCII in URLs, HTML and strings of code, with these undone, once: `ann%40x.com`,
 * `ann&#64;x.com` and `ann\u0040x.com` as `ann@x.com`. Takes time linear in the length.
 */
export function readUnescaped(text: string): readonly VisibleText[] {
  if (text !== last.text) last = { text, found: undoEscapes(text) };
  return last.found;
}

function undoEscapes(text: string): readonly VisibleText[] {
  const stretches: VisibleText[] = [];
  const places = new Beginnings(text);
  let stretch: Stretch | undefined;
  for (let at = places.findFrom(0); at < text.length; ) {
    const found = readEscape(text, at);
    if (found !== null) {
      if (stretch === undefined || at - around > stretch.end + around) {
        if (stretch !== undefined) stretches.push(stretch.finish());
        stretch = new Stretch(text, at);
      }
      stretch.add(at, found);
    }
    at = places.findFrom(at + (found?.length ?? 1));
  }
  if (stretch !== undefined) stretches.push(stretch.finish());
  return stretches;
}

/** A stretch of a text around escapes, from the first one on. */
class Stretch {
  readonly #source: string;
  readonly #start: number;
  readonly #offsets = new Offsets();
  #text = '';
  /** Where the last escape ends. */
  end: number;

  constructor(source: string, at: number) {
    this.#source = source;
    let start = Math.max(0, at - around);
    const first = Math.max(0, start - wordCharsBefore);
    while (start > first && source.charCodeAt(start - 1) > space) start -= 1;
    this.#start = start;
    this.end = this.#start;
  }

  add(at: number, { character, length }: Escape): void {
    this.#text += this.#source.slice(this.end, at);
    this.end = at + length;
    this.#offsets.add(this.#text.length, this.#text.length + 1, at - this.#start, this.end - this.#start);
    this.#text += character;
  }

  finish(): VisibleText {
    const [start, offsets] = [this.#start, this.#offsets];
    const after = this.#source.slice(this.end + around, this.end + around + wordCharsAfter);
    const gap = after.search(/\s/);
    const end = this.end + around + (gap === -1 ? after.length : gap);
    return {
      text: this.#text + this.#source.slice(this.end, end),
      toStart: (offset) => start + offsets.toSourceStart(offset),
      toEnd: (offset) => start + offsets.toSourceEnd(offset),
    };
  }
}

/** The places of the signs that escapes begin with. */
class Beginnings {
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

  #find(beginning: string, at: number): number {
    const found = this.#text.indexOf(beginning, at);
    return found === -1 ? this.#text.length : found;
  }
}

function readEscape(text: string, at: number): Escape | null {
  const [unit, next] = [text.charCodeAt(at), text.charCodeAt(at + 1)];
  // Most of them are operators of code, or begin another escape.
  if (unit === 0x26) return next === 0x23 || next > 0x40 ? readReference(text, at) : null;
  if (unit === 0x25) return readDigits(text, at + 1, 3);
  if (next === 0x78) return readDigits(text, at + 2, 4);
  return next === 0x75 && text.startsWith('00', at + 2) ? readDigits(text, at + 4, 6) : null;
}

/** Two hexadecimal digits of a printable character. */
function readDigits(text: string, at: number, length: number): Escape | null {
  const [high, low] = [readDigit(text.charCodeAt(at)), readDigit(text.charCodeAt(at + 1))];
  const isPrintable = high >= 2 && high <= 7 && low >= 0;
  return isPrintable ? { character: String.fromCharCode(16 * high + low), length } : null;
}

/** -1: it is none. */
function readDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const small = unit | 0x20;
  return small >= 0x61 && small <= 0x66 ? small - 0x57 : -1;
}

function readReference(text: string, at: number): Escape | null {
  reference.lastIndex = at;
  const found = reference.exec(text);
  if (found === null) return null;
  const [{ length }, hex, decimal, name] = found;
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  const character = name === undefined ? String.fromCharCode(code) : (named[name.toLowerCase()] ?? '');
  return { character, length };
}
