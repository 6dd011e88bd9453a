import { findCard, findIban } from './bank.ts';
import { findBirthDate } from './birth-date.ts';
import { findEmails } from './email.ts';
import { findNumbers } from './find-numbers.ts';
import type { FoundPii, NumberFinder } from './finder.ts';
import { createIpv4Finder, findIpv6 } from './ip-address.ts';
import { createNationalIdFinders } from './national-ids.ts';
import type { PiiOptions } from './options.ts';
import { findPassport } from './passport.ts';
import { createPhoneFinder } from './phone.ts';

const groupDigitsMax = 19;

/** Searches visible texts for what the options state; in the order of their places, and apart from each other. */
export function createPiiSearch({
  kinds,
  regions,
  words,
  privateIps,
  allow,
}: PiiOptions): (text: string) => readonly FoundPii[] {
  const has = (kind: PiiOptions['kinds'][number]) => kinds.includes(kind);
  const ids = has('NATIONAL_ID') ? createNationalIdFinders(regions, words) : null;
  const last: readonly NumberFinder[] = [
    ...(has('PASSPORT') ? [findPassport] : []),
    ...(has('PHONE') ? [createPhoneFinder(regions)] : []),
    ...(has('IP_ADDRESS') ? [createIpv4Finder(privateIps)] : []),
    ...(has('DATE_OF_BIRTH') ? [findBirthDate] : []),
  ];
  const cards = has('CREDIT_CARD') ? [findCard] : [];
  const byGroup = Array.from({ length: groupDigitsMax + 1 }, (_, length): readonly NumberFinder[] => [
    ...(length === 4 || length >= 12 ? cards : []),
    ...(ids?.byGroup.get(length) ?? []),
    ...last,
  ]);
  const afterLetters: readonly NumberFinder[] = [
    ...(has('IBAN') ? [findIban] : []),
    ...(ids?.afterLetters ?? []),
    ...last.filter((find) => find === findPassport || find === findBirthDate),
  ];
  const allowed = new Set(allow.map((value) => value.toLowerCase()));
  const isAllowed = (value: string) =>
    allowed.has(value) || (value.includes('@') && allowed.has(value.slice(value.lastIndexOf('@'))));
  const finders = (length: number, hasLetters: boolean) =>
    hasLetters ? afterLetters : (byGroup[length] ?? []);
  return (text) => {
    const found = [
      ...(has('EMAIL') ? findEmails(text) : []),
      ...findNumbers(text, finders),
      ...(has('IP_ADDRESS') ? findIpv6(text, privateIps) : []),
    ];
    const kept =
      allowed.size === 0
        ? found
        : found.filter(({ start, end }) => !isAllowed(text.slice(start, end).toLowerCase()));
    return kept.length < 2 ? kept : apart(kept);
  };
}

function apart(found: readonly FoundPii[]): readonly FoundPii[] {
  const result: FoundPii[] = [];
  let at = 0;
  for (const one of [...found].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (one.start < at) continue;
    result.push(one);
    at = one.end;
  }
  return result;
}
