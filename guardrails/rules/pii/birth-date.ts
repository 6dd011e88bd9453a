import { birthWords } from './announcing/announcing-words.ts';
import type { NumberFinder } from './finder.ts';

const numeric = /(?:\d{4}([./-])\d{1,2}\1\d{1,2}|\d{1,2}([./-])\d{1,2}\2(?:\d{4}|\d{2}))(?!\d)/y;
const eastern = /\d{4} ?[年년] ?\d{1,2} ?[月월] ?\d{1,2} ?[日일]/y;
const named = /\d{1,2}(?:st|nd|rd|th|er|º|\.)? ?(?:of |de )?\p{L}{3,12}\.?,? ?(?:of |de |del )?\d{4}(?!\d)/uy;
const dayLast = /\d{1,2}(?:st|nd|rd|th)?,? \d{4}(?!\d)/y;
const monthBefore = /(?<!\p{L})\p{L}{3,9}\.? $/u;

/** Dates after a word for birth. */
export const findBirthDate: NumberFinder = ({ text, at, from, length, context, mayAnnounce }) => {
  if (length !== 1 && length !== 2 && length !== 4) return null;
  if (!mayAnnounce('BIRTH')) return null;
  if (from !== at && !/^[A-Za-z]/.test(text[from] ?? '')) return null;
  for (const pattern of [numeric, eastern, named, dayLast]) {
    pattern.lastIndex = at;
    const written = pattern.exec(text)?.[0];
    if (written === undefined) continue;
    if (!birthWords.test(context())) return null;
    const month = pattern === dayLast ? monthBefore.exec(text.slice(Math.max(0, at - 12), at))?.[0] : '';
    if (month === undefined || !isYear(written)) return null;
    return { kind: 'DATE_OF_BIRTH', start: at - month.length, end: at + written.length };
  }
  return null;
};

/** Whether one can be born in the year of a date; of two digits any. */
function isYear(written: string): boolean {
  const year = /\d{4}/.exec(written)?.[0];
  return year === undefined || /^(?:1[89]|20)/.test(year);
}
