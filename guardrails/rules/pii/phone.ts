import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { isEnd, matchAt, type NumberFinder } from './finder.ts';

const international = /\+\(?\d[\d ()./-]{5,24}\d/y;
const northAmerican = /\d{3}([-.])\d{3}\1\d{4}|\d{3}\) ?\d{3}[-. ]\d{4}/y;
const national = /\d[\d ()./-]{4,20}\d/y;
const words =
  /(?:tele?f|t[eé]l(?![a-z])|phone|mob[ií]|cell|call(?:ed)? |fax|whatsapp|sms|handy|ruf|appel|llam|ligu|chiam|bel(?:len)? |puhelin|gsm|контакт|тел|звон|电话|電話|手机|携帯|전화|휴대폰|هاتف|جوال|फ़ोन|मोबाइल)/;

/** Where a number without the prefix of its country is tried beside a word that announces it. */
const usualRegions: readonly CountryCode[] = [
  ...([
    'US',
    'GB',
    'DE',
    'FR',
    'ES',
    'IT',
    'NL',
    'BE',
    'PL',
    'SE',
    'NO',
    'DK',
    'FI',
    'PT',
    'AT',
    'CH',
  ] as const),
  ...(['IE', 'BR', 'MX', 'IN', 'JP', 'KR', 'CN', 'AU', 'ZA', 'TR', 'RU', 'SA', 'EG'] as const),
];

/**
 * Numbers of telephones that exist in their country's plan: with the country's prefix, as North America writes them, or
 * after a word that announces one. With `regions`, as those write them too.
 */
export function createPhoneFinder(regions: readonly string[] | undefined): NumberFinder {
  const own = regions?.filter((region): region is CountryCode => isSupportedCountry(region));
  return ({ text, at, length, from, context }) => {
    if (text[from] === '+') return findInternational(text, from);
    if (from !== at || length > 13) return null;
    const start = text[at - 1] === '(' ? at - 1 : at;
    const american =
      own === undefined || own.includes('US') || own.includes('CA') ? matchAt(northAmerican, text, at) : null;
    if (american !== null && isValid(american, ['US']))
      return { kind: 'PHONE', start, end: at + american.length };
    const written = trim(readAt(national, text, at));
    if (written === null || !isEnd(text, at + written.length)) return null;
    const isAnnounced = words.test(context());
    const isOwn = own !== undefined && (written.startsWith('0') || /[ ()/-]/.test(written));
    if (!isAnnounced && !isOwn) return null;
    return isValid(written, own ?? usualRegions) ? { kind: 'PHONE', start, end: at + written.length } : null;
  };
}

function findInternational(text: string, from: number): ReturnType<NumberFinder> {
  let written = readAt(international, text, from);
  for (let trims = 0; written !== null && trims < 4; trims += 1) {
    const end = from + written.length;
    if (isEnd(text, end) && isValid(written, [])) return { kind: 'PHONE', start: from, end };
    const shorter: string = written.replace(/[ ()./-]+\d+$/, '');
    written = shorter === written ? null : shorter;
  }
  return null;
}

function isValid(written: string, regions: readonly CountryCode[]): boolean {
  if (regions.length === 0) return parsePhoneNumberFromString(written)?.isValid() === true;
  return regions.some((region) => parsePhoneNumberFromString(written, region)?.isValid() === true);
}

/** Without what begins another number or a date after it. */
function trim(written: string | null): string | null {
  if (written === null) return null;
  const digits = written.replace(/\D/g, '').length;
  return digits < 6 || digits > 13 || /\d{2,4}[./-]\d{1,2}[./-]\d{2,4}/.test(written) ? null : written;
}

function readAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}
