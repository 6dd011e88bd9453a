import { toVisible } from '#core/text/visible-text.ts';
import { readEncoded } from './disguised-texts.ts';
import type { TextMatch } from './scan.ts';
import { readUnescaped } from './unescaped-text.ts';

/** Digits of base64 for the shortest address of mail or number that is looked for. */
const base64CharsMin = 16;
/** What escapes begin with. */
const beginnings = ['%', '&', '\\'] as const;
/** The sign of an address of mail or of a telephone number as an escape: without one, nothing that is looked for hides behind others. */
const escapedSign = /%(?:40|2b)|&(?:#0{0,4}(?:64|43)|#x0{0,4}(?:40|2b);|commat;|plus;)|\\(?:u00|x)(?:40|2b)/i;

type Search = (text: string) => readonly TextMatch[];

/**
 * What a search finds in a text whose escapes are undone, and in the texts that stand in it in base64 or hexadecimal digits: there the finding is all of
 * what is decoded, by the kind of the first. Both are undone once.
 */
export function findHidden(text: string, search: Search): readonly TextMatch[] {
  const found: TextMatch[] = [];
  if (beginnings.some((beginning) => text.includes(beginning)) && escapedSign.test(text)) {
    const unescaped = readUnescaped(text);
    for (const { kind, start, end } of search(unescaped.text))
      found.push({ kind, start: unescaped.toStart(start), end: unescaped.toEnd(end) });
  }
  for (const { text: decoded, start, end } of readEncoded(text, base64CharsMin)) {
    const [first] = search(toVisible(decoded).text);
    if (first !== undefined) found.push({ kind: first.kind, start, end });
  }
  return found;
}
