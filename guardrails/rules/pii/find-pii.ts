import { withoutOverlaps } from '#core/text/find-in-parts.ts';
import { findCard, findIban } from './bank.ts';
import { findBirthDate } from './birth-date.ts';
import { findEmails } from './email.ts';
import { findNumbers } from './find-numbers.ts';
import { type CountedFinder, digitsCountedMax, type FoundPii, type NumberFinder } from './finder.ts';
import { createIpv4Finder, findIpv6 } from './ip-address.ts';
import { createNationalIdFinders } from './national-ids.ts';
import type { PiiOptions } from './options.ts';
import { findPassport } from './passport.ts';
import { createPhoneFinder } from './phone/phone.ts';

const groupDigitsMax = 19;

/** Searches visible texts for what the options state; in the order of their places, and apart from each other. What begins at `until` or behind it may be left out. */
export function createPiiSearch({
  kinds,
  regions,
  words,
  privateIps,
  allow,
}: PiiOptions): (text: string, until?: number) => readonly FoundPii[] {
  const has = (kind: PiiOptions['kinds'][number]) => kinds.includes(kind);
  const ids = has('NATIONAL_ID') ? createNationalIdFinders(regions, words) : null;
  const last: readonly CountedFinder[] = [
    ...(has('PASSPORT') ? [{ find: findPassport, digitsMin: 7 }] : []),
    ...(has('PHONE') ? [{ find: createPhoneFinder(regions), digitsMin: 6 }] : []),
    ...(has('IP_ADDRESS') ? [{ find: createIpv4Finder(privateIps), digitsMin: 4 }] : []),
    // The name of a month may stand between the digits.
    ...(has('DATE_OF_BIRTH') ? [{ find: findBirthDate, digitsMin: 1 }] : []),
  ];
  const cards: readonly CountedFinder[] = has('CREDIT_CARD') ? [{ find: findCard, digitsMin: 12 }] : [];
  /** By the digits of the first group, and by all that are counted. */
  const byGroup = Array.from({ length: groupDigitsMax + 1 }, (_, length) => {
    const all = [
      ...(length === 4 || length >= 12 ? cards : []),
      ...(ids?.byGroup.get(length) ?? []),
      ...last,
    ];
    return Array.from({ length: digitsCountedMax + 1 }, (__, digits) =>
      all.filter(({ digitsMin }) => digits >= digitsMin).map(({ find }) => find),
    );
  });
  const afterLetters: readonly NumberFinder[] = [
    ...(has('IBAN') ? [findIban] : []),
    ...(ids === null ? [] : [ids.afterLetters]),
    ...last.map(({ find }) => find).filter((find) => find === findPassport || find === findBirthDate),
  ];
  const allowed = new Set(allow.map((value) => value.toLowerCase()));
  const isAllowed = (value: string) =>
    allowed.has(value) || (value.includes('@') && allowed.has(value.slice(value.lastIndexOf('@'))));
  const finders = (length: number, digits: number, hasLetters: boolean) =>
    hasLetters ? afterLetters : (byGroup[length]?.[digits] ?? []);
  return (text, until) => {
    if (!isWanted(text)) return [];
    const found = [
      ...(has('EMAIL') ? findEmails(text) : []),
      ...findNumbers(text, finders, until),
      ...(has('IP_ADDRESS') ? findIpv6(text, privateIps) : []),
    ];
    const kept =
      allowed.size === 0
        ? found
        : found.filter(({ start, end }) => !isAllowed(text.slice(start, end).toLowerCase()));
    return withoutOverlaps(kept);
  };
}

/** Whether a text has what every kind has some of. */
function isWanted(text: string): boolean {
  return /[\d@:]/.test(text);
}
