import { isValidIBAN } from 'ibantools';
import { luhnChecksumValidate } from 'stdnum/lib/cjs/util/checksum.js';
import { isEndBefore, type NumberFinder, readDigits } from './finder.ts';
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

/** By the first four digits, which distinguish issuers: 1 where one has them. */
const issuedBeginnings = Uint8Array.from({ length: 10_000 }, (_, digits) => {
  const written = String(digits).padStart(4, '0');
  return [...issuers, ...rareIssuers].some(([first]) => first.test(written)) ? 1 : 0;
});

function isIssuedBeginning(units: Uint16Array, at: number): boolean {
  let digits = 0;
  for (let digit = at; digit < at + 4; digit += 1) digits = 10 * digits + (units[digit] as number) - 0x30;
  return issuedBeginnings[digits] === 1;
}

/** Numbers of payment cards: of a known issuer, in its length and groups, with the right check digit (Luhn). */
export const findCard: NumberFinder = ({ text, units, at, from, context }) => {
  if (from !== at || !isIssuedBeginning(units, at)) return null;
  const end = findCardEnd(units, at);
  if (end === -1 || !isEndBefore(units[end] as number, units[end + 1] as number)) return null;
  const digits = readDigits(text.slice(at, end));
  const isIssuedBy = (list: typeof issuers) =>
    list.some(([first, lengths]) => lengths.includes(digits.length) && first.test(digits));
  const isIssued = isIssuedBy(issuers) || (isIssuedBy(rareIssuers) && cardWords.test(context()));
  if (!isIssued || /^(\d)\1+$/.test(digits) || !luhnChecksumValidate(digits)) return null;
  return { kind: 'CREDIT_CARD', start: at, end };
};

const iban = /[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,3})?/y;
/** What may follow one and seems to continue it. */
const trimmed = /[ -][A-Za-z0-9]*$/;

/** International bank account numbers, with the length and form of their country and the right check digits (mod 97). */
export const findIban: NumberFinder = ({ text, at, length, from }) => {
  if (at - from !== 2 || length < 2) return null;
  let written = readAt(iban, text, from);
  for (let trims = 0; written !== null && trims < 4; trims += 1) {
    const end = from + written.length;
    const isWhole = !/[A-Za-z0-9_]/.test(text[end] ?? '');
    const compact = isWhole ? written.replace(/[ -]/g, '').toUpperCase() : '';
    if (isWhole && hasCheckDigits(compact) && isValidIBAN(compact)) return { kind: 'IBAN', start: from, end };
    const shorter: string = written.replace(trimmed, '');
    written = shorter === written ? null : shorter;
  }
  return null;
};

/** Whether the check digits are right (ISO 7064, MOD 97-10), of capitals and digits. Most of what is none ends here: to compare the form costs more. */
function hasCheckDigits(iban: string): boolean {
  let rest = 0;
  for (let count = 0; count < iban.length; count += 1) {
    const unit = iban.charCodeAt((count + 4) % iban.length);
    rest = unit > 0x39 ? (100 * rest + unit - 0x37) % 97 : (10 * rest + unit - 0x30) % 97;
  }
  return rest === 1;
}

function readAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}
