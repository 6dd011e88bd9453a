import { countrySpecs, isValidIBAN } from 'ibantools';
import { hasLuhnSum } from './check-digits.ts';
import { isDigitUnit, isEndBefore, type NumberFinder } from './finder.ts';
import { findCardEnd } from './number-forms.ts';

/** Issuers by their first digits, with the lengths of their numbers (ISO/IEC 7812, as the networks publish them). */
const issuers: readonly (readonly [first: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^3(?:0[0-5]|095|[689])/, [14, 16]],
  [/^(?:6011|64[4-9]|65)/, [16, 19]],
  [/^35(?:2[89]|[3-8])/, [16, 19]],
  [/^62/, [16, 17, 18, 19]],
  [/^(?:50[0-9]|5[6-8]|6[0137])/, [16, 19]],
  [/^220[0-4]/, [16]],
];

/** Lengths that few cards have: a word has to announce them. */
const rareIssuers: typeof issuers = [
  [/^4/, [13]],
  [/^(?:1800|2131)/, [15]],
  [/^(?:50[0-9]|5[6-8]|6[0137])/, [12, 13, 14, 15, 17, 18]],
];
const cardWords =
  /(?:card|karte|carte|tarjeta|cart[aã]o|kaart|kart[aęy]|kort|карт|カード|卡|카드|visa|maestro)/;

const beginnings = 10_000;
const unknown = -1;

/** By the first four digits, which distinguish issuers: a bit for each length that numbers of these digits have. Looked up as digits come: all of them take 12 ms. */
function createLengths(list: typeof issuers): (beginning: number) => number {
  const known = new Int32Array(beginnings).fill(unknown);
  return (beginning) => {
    const bits = known[beginning] as number;
    if (bits !== unknown) return bits;
    const digits = String(beginning).padStart(4, '0');
    const lengths = list.filter(([first]) => first.test(digits)).flatMap(([, ofIssuer]) => ofIssuer);
    known[beginning] = lengths.reduce((all, length) => all | (1 << length), 0);
    return known[beginning];
  };
}

const readIssuedLengths = createLengths(issuers);
const readRareLengths = createLengths(rareIssuers);

/** The first four digits of a group as a number. */
function readBeginning(units: Uint16Array, at: number): number {
  let digits = 0;
  for (let digit = at; digit < at + 4; digit += 1) digits = 10 * digits + (units[digit] as number) - 0x30;
  return digits;
}

/** Numbers of payment cards: of a known issuer, in its length and groups, with the right check digit (Luhn). */
export const findCard: NumberFinder = ({ text, units, at, from, length, context }) => {
  if (from !== at || length < 4) return null;
  const beginning = readBeginning(units, at);
  const lengths = readIssuedLengths(beginning);
  const rare = readRareLengths(beginning);
  if ((lengths | rare) === 0) return null;
  const end = findCardEnd(units, at);
  if (end === -1 || !isEndBefore(units[end] as number, units[end + 1] as number)) return null;
  const bit = 1 << countDigits(units, at, end);
  if (((lengths | rare) & bit) === 0) return null;
  const written = text.slice(at, end);
  if (!hasLuhnSum(written)) return null;
  if ((lengths & bit) === 0 && !cardWords.test(context())) return null;
  return { kind: 'CREDIT_CARD', start: at, end };
};

function countDigits(units: Uint16Array, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at += 1) if (isDigitUnit(units[at] as number)) count += 1;
  return count;
}

/** The characters that an IBAN of a country has (ISO 13616), by the two letters of the country. */
const ibanLengths = new Map(
  Object.entries(countrySpecs).map(([country, { chars }]) => [country, chars ?? 0]),
);
const groupChars = 4;

/** International bank account numbers, with the length and form of their country and the right check digits (mod 97). */
export const findIban: NumberFinder = ({ text, units, at, length, from }) => {
  if (at - from !== 2 || length < 2) return null;
  const chars = ibanLengths.get(text.slice(from, at).toUpperCase());
  const end = chars === undefined ? -1 : findGroupsEnd(units, from, chars);
  if (end === -1) return null;
  const compact = text.slice(from, end).replace(/[ -]/g, '').toUpperCase();
  return hasCheckDigits(compact) && isValidIBAN(compact) ? { kind: 'IBAN', start: from, end } : null;
};

/** Where so many letters and digits end, between which a space or a hyphen may stand behind each four; -1: they are fewer, or more follow at once. */
function findGroupsEnd(units: Uint16Array, from: number, chars: number): number {
  let at = from;
  for (let count = 0; count < chars; count += 1) {
    const sign = units[at] as number;
    if (count > 0 && count % groupChars === 0 && (sign === 0x20 || sign === 0x2d)) at += 1;
    if (!isPlainWordUnit(units[at] as number)) return -1;
    at += 1;
  }
  return isPlainWordUnit(units[at] as number) || units[at] === 0x5f ? -1 : at;
}

function isPlainWordUnit(unit: number): boolean {
  return isDigitUnit(unit) || ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a);
}

/** Whether the check digits are right (ISO 7064, MOD 97-10), of capitals and digits. Most of what is none ends here: to compare the form costs more. */
function hasCheckDigits(iban: string): boolean {
  let rest = 0;
  for (let count = 0; count < iban.length; count += 1) {
    const unit = iban.charCodeAt((count + 4) % iban.length);
    rest = unit > 0x39 ? (100 * rest + unit - 0x37) % 97 : (10 * rest + unit - 0x30) % 97;
  }
  return rest === 1;
}
