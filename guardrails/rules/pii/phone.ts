import { phoneWords } from './announcing/announcing-words.ts';
import { isEnd, isLetterUnit, matchAt, type NumberFinder, readDigits } from './finder.ts';
import { createNationalNumberCheck, isInternationalNumber } from './numbering-plans.ts';

const international = /\+\(?\d(?:(?:\.(?=\d)|[ ()/-]{1,3})?\d){6,14}(?:x\d{1,6})?/y;
/** Area codes and exchanges begin with 2 to 9 there. */
const northAmerican =
  /(?:(?:001|1)[-. ]\(?)?(?:[2-9]\d{2}([-.])[2-9]\d{2}\1\d{4}|[2-9]\d{2}\) ?[2-9]\d{2}[-. ]\d{4})(?: ?(?:x|ext\.?) ?\d{1,6})?/y;
/** As Japan and Korea write them. */
const eastAsian = /0(?:[5-9]0|1[016-9]|[236]|[3-6][1-5])-\d{3,4}-\d{4}/y;
const national = /\d(?:(?:\.(?=\d)|[ ()/-]{1,3})?\d){5,14}/y;
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
  return ({ text, at, length, from, context, mayAnnounce }) => {
    if (text[from] === '+') return findInternational(text, from);
    if (from !== at || length > 13) return null;
    const start = text[at - 1] === '(' ? at - 1 : at;
    const american = hasAmerican && (length === 3 || length === 1) ? matchAt(northAmerican, text, at) : null;
    if (american !== null && isAmerican(readNumber(american)))
      return { kind: 'PHONE', start, end: at + american.length };
    const asian = regions === undefined && text[at] === '0' ? matchAt(eastAsian, text, at) : null;
    if (asian !== null && isEastAsian(readNumber(asian)))
      return { kind: 'PHONE', start: at, end: at + asian.length };
    const mayBeAnnounced = mayAnnounce('PHONE');
    if (regions === undefined && !mayBeAnnounced) return null;
    const written = readNational(text, at);
    if (written === null || !isEnd(text, at + written.length)) return null;
    const isAnnounced = mayBeAnnounced && announced.test(context());
    const isOwn = regions !== undefined && (written.startsWith('0') || /[ ()/-]/.test(written));
    if (!isAnnounced && !isOwn) return null;
    return isNational(readDigits(written)) ? { kind: 'PHONE', start, end: at + written.length } : null;
  };
}

function findInternational(text: string, from: number): ReturnType<NumberFinder> {
  let written = readAt(international, text, from);
  for (let trims = 0; written !== null && trims < 4; trims += 1) {
    const end = from + written.length;
    if (isEndOfNumber(text, end) && isInternationalNumber(readNumber(written)))
      return { kind: 'PHONE', start: from, end };
    const shorter: string = written.replace(/[ ()./-]+\d+$/, '');
    written = shorter === written ? null : shorter;
  }
  return null;
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

/** Neither a date, nor an amount in thousands or with decimals; of the digits that national numbers have. */
function readNational(text: string, at: number): string | null {
  const written = readAt(national, text, at);
  if (written === null) return null;
  const digits = readDigits(written).length;
  const isDate = digits < 10 && /^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}/.test(written);
  const isAmount = (digits < 9 && /^\d{1,3}(?:[ .]\d{3})+$/.test(written)) || written.startsWith('0.');
  const isMixed = written.includes(' ') && written.includes('.');
  return digits < 6 || digits > 13 || isDate || isAmount || isMixed ? null : written;
}

function readAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}
