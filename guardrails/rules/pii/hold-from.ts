import { toVisible } from '#core/text/visible-text.ts';
import { holdHiddenFrom } from '../../text/hidden/hidden-matches.ts';
import { birthWords } from './announcing/announcing-words.ts';

const heldCharsMax = 100;

/** A word, as long as an address of mail or of the net may be. */
const word = /[A-Za-z0-9À-ɏͰ-ԯ._%+'@:-]{1,100}$/;
/** A name in quotes, and what may follow it in an address of mail. */
const quoted = /(?<![\p{L}\d])"(?:[^"\r\n\\]|\\(?:[^\r\n]|$)){0,64}(?:"(?:@[A-Za-z0-9À-ɏͰ-ԯ.-]{0,100})?)?$/u;
/** A word that is no plain one: with digits, or of capitals, which a number may follow. */
const numbered = /(?:[A-Za-z0-9._@:-]{0,40}\d[A-Za-z0-9._@:-]{0,40}|[A-Z]{1,6})$/;
/** Groups of digits with what stands between them, and an extension. */
const number = /(?:[A-Z]{1,6}[ -]?|\+\(?|\()?\d[\d ()./-]{0,60}(?:(?:x|e|ext?\.?) ?\d{0,6})?$|[+(]{1,2}$/;
/** Groups of an account number, and letters before the first group. */
const groups = /(?<![A-Za-z0-9])[A-Za-z]{2} ?(?:\d{2}(?:[ -]?[A-Za-z0-9]{1,4}){0,8}[ -]?)?$/;
/** A date with the name of a month, after a word for birth. */
const date =
  /\d{1,2}(?:st|nd|rd|th|er|º|\.)? ?(?:of |de )?\p{L}{0,12}\.?,? ?(?:of |de |del )?\d{0,4}$|\p{L}{3,9}\.? (?:\d{1,2}(?:st|nd|rd|th)?,? ?\d{0,4})?$|[\d年년月월日일 ]{2,20}$/u;

/** The offset from which the end of a text may still become what the rule finds; at most 100 characters before the end. */
export function holdPiiFrom(text: string, kinds: readonly string[]): number {
  const cut = Math.max(0, text.length - heldCharsMax);
  const visible = toVisible(text.slice(cut));
  const tail = visible.text;
  const patterns = [
    kinds.includes('EMAIL') ? word : numbered,
    ...(kinds.includes('EMAIL') ? [quoted] : []),
    number,
    ...(kinds.includes('IBAN') || kinds.includes('NATIONAL_ID') ? [groups] : []),
    ...(kinds.includes('DATE_OF_BIRTH') && birthWords.test(tail.toLowerCase()) ? [date] : []),
  ];
  const from = Math.min(...patterns.map((pattern) => pattern.exec(tail)?.index ?? tail.length));
  return Math.min(cut + visible.toStart(from), holdHiddenFrom(text));
}
