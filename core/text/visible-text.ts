import { readShortEscape } from '../json/json-escapes.ts';
import { Offsets } from './offsets.ts';
import { isAscii, TextUnits } from './text-units.ts';

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

/** Whether a text is of ASCII without what shows nothing. */
function isPlain(text: string): boolean {
  // Long texts of other scripts mostly show it soon, where counting the bytes of all of them takes longer than to read them.
  const isMaybe = text.length <= beginningChars || isAscii(text.slice(0, beginningChars));
  return isMaybe && isAscii(text) && !text.includes('\0') && !text.includes('\x7f');
}

const beginningChars = 2_048;

/**
 * The text without invisible characters, with wide and styled letters, digits of all scripts, dashes and spaces as the
 * plain ones; of JSON also without the escapes of its strings. Takes time linear in the length.
 */
export function toVisible(text: string, format: 'TEXT' | 'JSON' = 'TEXT'): VisibleText {
  const hasEscapes = format === 'JSON' && text.includes('\\');
  return !hasEscapes && isPlain(text) ? plain(text) : build(text, hasEscapes);
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

const backslash = 0x5c;
const reader = new TextUnits();

function build(given: string, hasEscapes: boolean): VisibleText {
  const offsets = new Offsets();
  const units = reader.read(given);
  let text = '';
  /** What of the given text is in `text`. */
  let from = 0;
  const { length: end } = given;
  // Behind the last unit stands a 0, which shows nothing.
  for (let at = skipShown(units, 0, hasEscapes); at < end; at = skipShown(units, at, hasEscapes)) {
    const isEscape = hasEscapes && units[at] === backslash;
    const code = given.codePointAt(at) ?? 0;
    const [shown, length] = isEscape ? readEscape(given, at) : [show(code), code > 0xffff ? 2 : 1];
    if (length !== shown.length || !given.startsWith(shown, at)) {
      text += given.slice(from, at);
      from = at + length;
      if (length > 1 || shown.length !== 1) offsets.add(text.length, text.length + shown.length, at, from);
      text += shown;
    }
    at += length;
  }
  if (from === 0) return plain(given);
  return {
    text: text + given.slice(from),
    toStart: (offset) => offsets.toSourceStart(offset),
    toEnd: (offset) => offsets.toSourceEnd(offset),
  };
}

/** The first place from `at` on of what does not show itself, or of a backslash that counts. */
function skipShown(units: Uint16Array, at: number, hasEscapes: boolean): number {
  let next = at;
  while ((shownUnits[units[next] as number] as number) > otherwise) {
    if (hasEscapes && units[next] === backslash) break;
    next += 1;
  }
  return next;
}

function readEscape(given: string, at: number): [shown: string, length: number] {
  const letter = given[at + 1] ?? '';
  if (letter !== 'u') return [readShortEscape(letter), 2];
  const code = Number.parseInt(given.slice(at + 2, at + 6), 16);
  return Number.isNaN(code) ? ['\\', 1] : [show(code), 6];
}
