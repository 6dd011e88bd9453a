import { passportWords } from './announcing/announcing-words.ts';
import { matchAt, type NumberFinder } from './finder.ts';

const form =
  /[A-Z]{1,3}\d{6,9}|\d{7,9}[A-Z]{0,2}|[A-Z]\d{6}[A-Z]{2}|\d{2}[A-Z]{2}\d{5}|[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}/y;

/** What has the form of a passport's number, after a word for passport. */
export const findPassport: NumberFinder = ({ text, from, context, mayAnnounce }) => {
  if (!mayAnnounce('PASSPORT')) return null;
  // It begins with a digit or a capital.
  if (text[from] === '+' || text.charCodeAt(from) > 0x5a) return null;
  const written = matchAt(form, text, from);
  if (written === null || !passportWords.test(context())) return null;
  return { kind: 'PASSPORT', start: from, end: from + written.length };
};
