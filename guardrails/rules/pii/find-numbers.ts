import { TextUnits } from '#core/text/text-units.ts';
import { type Announced, announcements, contextChars } from './announcing/announcements.ts';
import {
  digitsCountedMax,
  digitsGapMax,
  type FoundPii,
  isDigitUnit,
  isLetterUnit,
  type NumberFinder,
  type NumberPlace,
} from './finder.ts';

/** Digits in a row that are another number. */
const digitsApart = 4;
const lettersMax = 6;
/** Digits of one group beyond which it is none of a person, unless letters begin it. */
const groupDigitsMax = 19;

/** A group of digits with its surroundings. One object has the groups of a text one after the other; the context of each is read at most once. */
class Place implements NumberPlace {
  readonly text: string;
  readonly units: Uint16Array;
  at = 0;
  length = 0;
  from = 0;
  #context: string | undefined;

  constructor(text: string, units: Uint16Array) {
    this.text = text;
    this.units = units;
  }

  move(at: number, length: number, from: number): void {
    this.at = at;
    this.length = length;
    this.from = from;
    this.#context = undefined;
  }

  readonly context = (): string => {
    this.#context ??= readContext(this.text, this.from);
    return this.#context;
  };

  readonly mayAnnounce = (announced: Announced): boolean => announcements.has(announced, this.from);
}

/** Characters of what is found that may stand before its first digit: the name of a month, letters of an id, brackets. */
const beforeDigitsMax = 16;

/** Groups of fewer digits are a number of a person only where something joins them to another. */
const shortMax = 6;

/** What a UTF-16 unit is for the numbers around it: the sum of these, read from one table for each unit of a text. */
const [digit, letter, underscore, blocking, joint, capital] = [1, 2, 4, 8, 16, 32];
/** What a number does not begin behind: words, numbers, addresses, prices, and the signs of currencies. */
const joined = digit | letter | underscore | blocking;
const uses = Uint8Array.from({ length: 0x1_0000 }, (_, unit) => {
  const isCapital = unit >= 0x41 && unit <= 0x5a;
  return (
    (isDigitUnit(unit) ? digit : 0) |
    (isLetterUnit(unit) ? letter : 0) |
    (unit === 0x5f ? underscore : 0) |
    ('#$%&+-./@\\^~€£¥'.includes(String.fromCharCode(unit)) ? blocking : 0) |
    // What joins a short group to another: also `st`, `nd`, `rd`, `th` after a day, and letters of other scripts.
    (' ()./-,snrt'.includes(String.fromCharCode(unit)) || isCapital || unit > 0x7f ? joint : 0) |
    (isCapital ? capital : 0)
  );
});

function hasUse(unit: number, use: number): boolean {
  return ((uses[unit] as number) & use) !== 0;
}

/** Empty where nothing before the number can be a word. */
function readContext(text: string, from: number): string {
  const first = Math.max(0, from - contextChars);
  let start = from;
  let digits = 0;
  let hasLetters = false;
  while (start > first) {
    const unit = text.charCodeAt(start - 1);
    digits = isDigitUnit(unit) ? digits + 1 : 0;
    if (digits === digitsApart) {
      start += digitsApart - 1;
      break;
    }
    hasLetters ||= unit > 0x7f || isLetterUnit(unit);
    start -= 1;
  }
  return hasLetters ? text.slice(start, from).toLowerCase() : '';
}

/** The finders for a group of so many digits, with so many in all that can be of one number (`digitsCountedMax`: or more). */
export type SelectFinders = (length: number, digits: number, hasLetters: boolean) => readonly NumberFinder[];

const reader = new TextUnits();

/**
 * What the finders know among the numbers of a text. A number begins at a group of digits that no word and no other number
 * leads into; letters and a plus sign before it belong to it. The first finder that knows it decides. What begins at `until` or behind it
 * may be left out.
 */
export function findNumbers(text: string, finders: SelectFinders, until = text.length): readonly FoundPii[] {
  const found: FoundPii[] = [];
  const units = reader.read(text);
  announcements.read(units);
  const place = new Place(text, units);
  const last = Math.min(text.length, until + beforeDigitsMax);
  for (let at = 0; at < last; at += 1) {
    if (!isDigit(units[at] as number)) continue;
    let end = at + 1;
    while (isDigit(units[end] as number)) end += 1;
    const length = end - at;
    const before = at === 0 ? 0 : (units[at - 1] as number);
    const isAlone = length < shortMax && !hasUse(units[end] as number, joint) && !hasUse(before, letter);
    const from = isAlone ? -1 : findBeginning(units, at, length, before);
    if (from !== -1 && (length <= groupDigitsMax || from < at)) {
      place.move(at, length, from);
      const digits = countDigits(units, end, length, text.length);
      for (const find of finders(length, digits, from < at && hasUse(units[from] as number, letter))) {
        const one = find(place);
        if (one === null) continue;
        found.push(one);
        end = Math.max(end, one.end);
        break;
      }
    }
    at = end - 1;
  }
  return found;
}

/** As `isDigitUnit` with one comparison, for units of an array alone: NaN, which `charCodeAt` has behind a text, would be one. */
function isDigit(unit: number): boolean {
  return (unit - 0x30) >>> 0 <= 9;
}

/** The digits that can be of one number with a group that ends at `from`. */
function countDigits(units: Uint16Array, from: number, length: number, textLength: number): number {
  let digits = length;
  let gap = 0;
  for (let at = from; at < textLength && gap <= digitsGapMax && digits < digitsCountedMax; at += 1) {
    if (isDigit(units[at] as number)) {
      digits += 1;
      gap = 0;
    } else gap += 1;
  }
  return Math.min(digits, digitsCountedMax);
}

/** Where the number with the digits at `at` begins; -1: it is part of something else. */
function findBeginning(units: Uint16Array, at: number, length: number, before: number): number {
  if (before === plus) return isFree(units, at - 1) || isFreeAfterEscape(units, at - 1) ? at - 1 : -1;
  // Letters before it, also before a space (AB 12 34 56 C) or a hyphen (X-1234567-L).
  const isSpaced =
    ((length === 2 && before === space) || (length > 1 && before === hyphen)) &&
    hasUse(unitBefore(units, at - 1), capital);
  if (!isSpaced && !hasUse(before, letter)) return hasUse(before, joined) ? -1 : at;
  let letters = isSpaced ? at - 1 : at;
  while (at - letters <= lettersMax && hasUse(unitBefore(units, letters), letter)) letters -= 1;
  if (isSpaced && (at - letters > 3 || !isFree(units, letters))) letters = at;
  return isFree(units, letters) ? letters : isFreeAfterEscape(units, at) ? at : -1;
}

const [space, plus, hyphen] = [0x20, 0x2b, 0x2d];

/** 0 before the first one. */
function unitBefore(units: Uint16Array, at: number): number {
  return at > 0 ? (units[at - 1] as number) : 0;
}

/** Whether what begins at an offset is not part of a word, a number, an address or a price. */
function isFree(units: Uint16Array, at: number): boolean {
  return !hasUse(unitBefore(units, at), joined);
}

/** After `\n` as JSON within a text has it. */
function isFreeAfterEscape(units: Uint16Array, at: number): boolean {
  const before = unitBefore(units, at);
  // n, r, t
  return (before === 0x6e || before === 0x72 || before === 0x74) && unitBefore(units, at - 1) === 0x5c;
}
