import { contextChars } from '../announcing/announcements.ts';
import { phoneWords } from '../announcing/announcing-words.ts';
import {
  isDigitUnit,
  isEndBefore,
  isLetterUnit,
  matchAt,
  type NumberFinder,
  type NumberPlace,
  readDigits,
} from '../finder.ts';
import { isDate, isInThousands, skipExtension } from '../number-forms.ts';
import { createNationalNumberCheck, isInternationalNumber } from './numbering-plans.ts';

const [zero, one, fullStop, space, plus] = [0x30, 0x31, 0x2e, 0x20, 0x2b];
const [openingBracket, closingBracket, hyphen, slash] = [0x28, 0x29, 0x2d, 0x2f];
/** Area codes and exchanges begin with 2 to 9 there. */
const northAmerican =
  /(?:(?:001|1)[-. ]\(?)?(?:[2-9]\d{2}([-.])[2-9]\d{2}\1\d{4}|[2-9]\d{2}\) ?[2-9]\d{2}[-. ]\d{4})(?: ?(?:x|ext\.?) ?\d{1,6})?/y;
/** As Japan and Korea write them. */
const eastAsian = /0(?:[5-9]0|1[016-9]|[236]|[3-6][1-5])-\d{3,4}-\d{4}/y;
/** A word that announces a number, and nothing but words such as "number is" up to the number. */
const announced = new RegExp(
  String.raw`(?:${phoneWords.source})(?:[\s:=."'()#°º_/-]|\\[nrt]|(?<!\p{L})(?:no|nr|num|number|nummer|numer[oy]?|n[uú]mero|numéro|номер|is|ist|es|est|at|on|under|unter|de|号码|番号|는|은)(?!\p{L})|[èéは是号码番])*$`,
  'u',
);

/** Where a number without the prefix of its country is tried beside a word that announces it. */
const usualRegions: readonly string[] = [
  ...['US', 'GB', 'DE', 'FR', 'ES', 'IT', 'NL', 'BE', 'PL', 'SE', 'NO', 'DK', 'FI', 'PT', 'AT', 'CH'],
  ...['IE', 'BR', 'MX', 'IN', 'JP', 'KR', 'CN', 'AU', 'ZA', 'TR', 'RU', 'SA', 'EG'],
];

/**
 * Numbers of telephones that exist in their country's plan: with the country's prefix, as North America, Japan and Korea write them, or
 * after a word that announces one. With `regions`, as those write them too.
 */
export function createPhoneFinder(regions: readonly string[] | undefined): NumberFinder {
  const isNational = createNationalNumberCheck(regions ?? usualRegions);
  const hasAmerican = regions === undefined || regions.includes('US') || regions.includes('CA');
  const isAnnounced = createAnnouncedCheck();
  return ({ text, units, at, length, from, mayAnnounce }) => {
    if (units[from] === plus) return findInternational({ text, units }, from);
    if (from !== at || length > 13) return null;
    const start = units[at - 1] === openingBracket ? at - 1 : at;
    const american =
      hasAmerican && mayBeAmerican(units, at, length) ? matchAt(northAmerican, text, at) : null;
    if (american !== null && isAmerican(readNumber(american)))
      return { kind: 'PHONE', start, end: at + american.length };
    const mayBeAsian = regions === undefined && units[at] === zero && units[at + length] === hyphen;
    const asian = mayBeAsian ? matchAt(eastAsian, text, at) : null;
    if (asian !== null && isEastAsian(readNumber(asian)))
      return { kind: 'PHONE', start: at, end: at + asian.length };
    const mayBeAnnounced = mayAnnounce('PHONE');
    if (regions === undefined && !mayBeAnnounced) return null;
    const written = readNational(text, units, at);
    if (written === null || !isEndBefore(units[written.end] as number, units[written.end + 1] as number))
      return null;
    const isOwn = regions !== undefined && (written.digits.startsWith('0') || written.joints > stops);
    if (!isOwn && !(mayBeAnnounced && isAnnounced(text, units, from))) return null;
    return isNational(written.digits) ? { kind: 'PHONE', start, end: written.end } : null;
  };
}

/** What stands behind the first group of a number as North America writes it. */
function mayBeAmerican(units: Uint16Array, at: number, length: number): boolean {
  if (length === 1) return units[at] === one;
  if (length !== 3) return false;
  const next = units[at + 3] as number;
  if (next === fullStop || next === hyphen || next === closingBracket) return true;
  return next === space && units[at] === zero && units[at + 1] === zero && units[at + 2] === one;
}

/** Whether a word announces the number at a place. Numbers of one text are mostly announced alike. */
function createAnnouncedCheck(): (text: string, units: Uint16Array, at: number) => boolean {
  let last = { before: '', isAnnounced: false };
  return (text, units, at) => {
    const before = readLetters(text, units, at);
    if (before !== last.before) last = { before, isAnnounced: announced.test(before.toLowerCase()) };
    return last.isAnnounced;
  };
}

/** What stands before a place, up to another number; empty where it has no letters. */
function readLetters(text: string, units: Uint16Array, at: number): string {
  const first = Math.max(0, at - contextChars);
  let [start, hasLetters] = [at, false];
  while (start > first) {
    const unit = units[start - 1] as number;
    if (isDigitUnit(unit)) break;
    hasLetters ||= unit > 0x7f || isLetterUnit(unit);
    start -= 1;
  }
  return hasLetters ? text.slice(start, at) : '';
}

function findInternational(
  { text, units }: Pick<NumberPlace, 'text' | 'units'>,
  from: number,
): ReturnType<NumberFinder> {
  const read = readGroups(text, units, from + 1);
  if (read.digits.length < 7) return null;
  let { digits } = read;
  let end = skipExtension(units, read.end);
  for (let trims = 0; trims < 4; trims += 1) {
    if (isEndOfNumber(units, end) && isInternationalNumber(digits))
      return { kind: 'PHONE', start: from, end };
    // What follows behind a space may be another number.
    let group = end;
    while (isDigitUnit(units[group - 1] as number)) group -= 1;
    const count = end - group;
    while (toJoint(units[group - 1] as number) > 0) group -= 1;
    if (count === 0 || group === end - count) return null;
    end = group;
    digits = digits.slice(0, -count);
  }
  return null;
}

/** Also before a word that a hyphen joins: `+48 732 880 571-office`. */
function isEndOfNumber(units: Uint16Array, at: number): boolean {
  const [next, after] = [units[at] as number, units[at + 1] as number];
  return isEndBefore(next, after) || (next === hyphen && isLetterUnit(after));
}

const isAmerican = createNationalNumberCheck(['US']);
const isEastAsian = createNationalNumberCheck(['JP', 'KR']);

/** The digits without those of an extension. */
function readNumber(written: string): string {
  const extension = written.indexOf('x');
  return readDigits(extension < 0 ? written : written.slice(0, extension));
}

/** A number in groups of digits. */
interface ReadNumber {
  readonly end: number;
  readonly digits: string;
  /** What stands between its groups: the sum of `stops`, `spaces` and `others`. */
  readonly joints: number;
}

/** Full stops; spaces; brackets, slashes and hyphens. */
const [stops, spaces, others] = [1, 2, 4];
const groupedDigitsMax = 15;
const jointsMax = 3;

/** Groups of digits with a full stop or up to three signs between, from a digit on; up to 15 digits. */
function readGroups(text: string, units: Uint16Array, at: number): ReadNumber {
  let [end, digits, joints] = [at, '', 0];
  for (let next = at; next !== -1; next = skipJoints(units, end)) {
    for (let joint = end; joint < next; joint += 1) joints |= toJoint(units[joint] as number);
    const last = next + groupedDigitsMax - digits.length;
    end = next;
    while (end < last && isDigitUnit(units[end] as number)) end += 1;
    digits += text.slice(next, end);
    if (digits.length === groupedDigitsMax) break;
  }
  return { end, digits, joints };
}

/** Where the next group of digits begins behind what joins it to the one before; -1: there is none. */
function skipJoints(units: Uint16Array, at: number): number {
  let next = at;
  if (units[at] === fullStop) next += 1;
  else while (next - at < jointsMax && toJoint(units[next] as number) > stops) next += 1;
  return next > at && isDigitUnit(units[next] as number) ? next : -1;
}

/** 0: it joins no groups. */
function toJoint(unit: number): number {
  if (unit === space) return spaces;
  if (unit === hyphen || unit === slash || unit === openingBracket || unit === closingBracket) return others;
  return unit === fullStop ? stops : 0;
}

/** Neither a date, nor an amount in thousands or with decimals; of the digits that national numbers have. */
function readNational(text: string, units: Uint16Array, at: number): ReadNumber | null {
  const read = readGroups(text, units, at);
  const count = read.digits.length;
  if (count < 6 || count > 13) return null;
  if (read.end - at === count) return read;
  if (count < 10 && isDate(units, at)) return null;
  if (count < 9 && isInThousands(units, at, read.end)) return null;
  const isFraction = units[at] === zero && units[at + 1] === fullStop;
  const isMixed = (read.joints & stops) !== 0 && (read.joints & spaces) !== 0;
  return isFraction || isMixed ? null : read;
}
