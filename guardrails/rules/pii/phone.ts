import { contextChars } from './announcing/announcements.ts';
import { phoneWords } from './announcing/announcing-words.ts';
import {
  isDigitUnit,
  isEnd,
  isLetterUnit,
  matchAt,
  type NumberFinder,
  readDigits,
  skipDigits,
} from './finder.ts';
import { createNationalNumberCheck, isInternationalNumber } from './numbering-plans.ts';

const smallX = 0x78;
const extensionDigitsMax = 6;
const [zero, one, fullStop, space] = [0x30, 0x31, 0x2e, 0x20];
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
  return ({ text, at, length, from, mayAnnounce }) => {
    if (text[from] === '+') return findInternational(text, from);
    if (from !== at || length > 13) return null;
    const start = text[at - 1] === '(' ? at - 1 : at;
    const american = hasAmerican && mayBeAmerican(text, at, length) ? matchAt(northAmerican, text, at) : null;
    if (american !== null && isAmerican(readNumber(american)))
      return { kind: 'PHONE', start, end: at + american.length };
    const mayBeAsian = regions === undefined && text[at] === '0' && text[at + length] === '-';
    const asian = mayBeAsian ? matchAt(eastAsian, text, at) : null;
    if (asian !== null && isEastAsian(readNumber(asian)))
      return { kind: 'PHONE', start: at, end: at + asian.length };
    const mayBeAnnounced = mayAnnounce('PHONE');
    if (regions === undefined && !mayBeAnnounced) return null;
    const written = readNational(text, at);
    if (written === null || !isEnd(text, written.end)) return null;
    const isOwn = regions !== undefined && (written.digits.startsWith('0') || written.joints > stops);
    if (!isOwn && !(mayBeAnnounced && isAnnounced(text, from))) return null;
    return isNational(written.digits) ? { kind: 'PHONE', start, end: written.end } : null;
  };
}

/** What stands behind the first group of a number as North America writes it. */
function mayBeAmerican(text: string, at: number, length: number): boolean {
  if (length === 1) return text.charCodeAt(at) === one;
  if (length !== 3) return false;
  const next = text.charCodeAt(at + 3);
  if (next === fullStop || next === hyphen || next === closingBracket) return true;
  return next === space && text.charCodeAt(at) === zero && text.startsWith('001', at);
}

/** Whether a word announces the number at a place. Numbers of one text are mostly announced alike. */
function createAnnouncedCheck(): (text: string, at: number) => boolean {
  let last = { before: '', isAnnounced: false };
  return (text, at) => {
    const before = readLetters(text, at);
    if (before !== last.before) last = { before, isAnnounced: announced.test(before.toLowerCase()) };
    return last.isAnnounced;
  };
}

/** What stands before a place, up to another number; empty where it has no letters. */
function readLetters(text: string, at: number): string {
  const first = Math.max(0, at - contextChars);
  let [start, hasLetters] = [at, false];
  while (start > first) {
    const unit = text.charCodeAt(start - 1);
    if (isDigitUnit(unit)) break;
    hasLetters ||= unit > 0x7f || isLetterUnit(unit);
    start -= 1;
  }
  return hasLetters ? text.slice(start, at) : '';
}

function findInternational(text: string, from: number): ReturnType<NumberFinder> {
  const read = readGroups(text, from + 1);
  if (read.digits.length < 7) return null;
  let { digits } = read;
  let end = skipExtension(text, read.end);
  for (let trims = 0; trims < 4; trims += 1) {
    if (isEndOfNumber(text, end) && isInternationalNumber(digits)) return { kind: 'PHONE', start: from, end };
    // What follows behind a space may be another number.
    let group = end;
    while (isDigitUnit(text.charCodeAt(group - 1))) group -= 1;
    const count = end - group;
    while (toJoint(text.charCodeAt(group - 1)) > 0) group -= 1;
    if (count === 0 || group === end - count) return null;
    end = group;
    digits = digits.slice(0, -count);
  }
  return null;
}

/** Where an extension of up to six digits ends. */
function skipExtension(text: string, at: number): number {
  if (text.charCodeAt(at) !== smallX) return at;
  const end = skipDigits(text, at + 1);
  return end === at + 1 ? at : Math.min(end, at + 1 + extensionDigitsMax);
}

/** Also before a word that a hyphen joins: `+48 732 880 571-office`. */
function isEndOfNumber(text: string, at: number): boolean {
  return isEnd(text, at) || (text[at] === '-' && isLetterUnit(text.charCodeAt(at + 1)));
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
function readGroups(text: string, at: number): ReadNumber {
  let [end, digits, joints] = [at, '', 0];
  for (let next = at; next !== -1; next = skipJoints(text, end)) {
    for (let joint = end; joint < next; joint += 1) joints |= toJoint(text.charCodeAt(joint));
    const last = next + groupedDigitsMax - digits.length;
    end = next;
    while (end < last && isDigitUnit(text.charCodeAt(end))) end += 1;
    digits += text.slice(next, end);
    if (digits.length === groupedDigitsMax) break;
  }
  return { end, digits, joints };
}

/** Where the next group of digits begins behind what joins it to the one before; -1: there is none. */
function skipJoints(text: string, at: number): number {
  let next = at;
  if (text.charCodeAt(at) === fullStop) next += 1;
  else while (next - at < jointsMax && toJoint(text.charCodeAt(next)) > stops) next += 1;
  return next > at && isDigitUnit(text.charCodeAt(next)) ? next : -1;
}

/** 0: it joins no groups. */
function toJoint(unit: number): number {
  if (unit === space) return spaces;
  if (unit === hyphen || unit === slash || unit === openingBracket || unit === closingBracket) return others;
  return unit === fullStop ? stops : 0;
}

/** Neither a date, nor an amount in thousands or with decimals; of the digits that national numbers have. */
function readNational(text: string, at: number): ReadNumber | null {
  const read = readGroups(text, at);
  const count = read.digits.length;
  if (count < 6 || count > 13) return null;
  if (read.end - at === count) return read;
  if (count < 10 && isDate(text, at)) return null;
  if (count < 9 && isInThousands(text, at, read.end)) return null;
  const isFraction = text.charCodeAt(at) === zero && text.charCodeAt(at + 1) === fullStop;
  const isMixed = (read.joints & stops) !== 0 && (read.joints & spaces) !== 0;
  return isFraction || isMixed ? null : read;
}

/** Up to four digits, up to two, and more, with a full stop, a slash or a hyphen between. */
function isDate(text: string, at: number): boolean {
  let next = skipDigits(text, at);
  if (next - at > 4 || !isDateSign(text.charCodeAt(next))) return false;
  const second = next + 1;
  next = skipDigits(text, second);
  const length = next - second;
  return (
    length > 0 && length <= 2 && isDateSign(text.charCodeAt(next)) && isDigitUnit(text.charCodeAt(next + 1))
  );
}

/** Up to three digits, and groups of three behind a space or a full stop. */
function isInThousands(text: string, at: number, end: number): boolean {
  let next = skipDigits(text, at);
  if (next - at > 3) return false;
  while (next < end) {
    const unit = text.charCodeAt(next);
    if (unit !== space && unit !== fullStop) return false;
    const group = next + 1;
    next = skipDigits(text, group);
    if (next - group !== 3) return false;
  }
  return next === end;
}

function isDateSign(unit: number): boolean {
  return unit === fullStop || unit === slash || unit === hyphen;
}
