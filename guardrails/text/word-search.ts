import type { PreparedRule } from '../guardrail.ts';
import { type FoldedText, foldText } from './folded-text.ts';
import type { Search, TextMatch } from './scan.ts';
import type { WordMatch, WordMatcher } from './word-matcher.ts';

/** Characters of the end of a text that a word list looks at to decide what is held. */
const tailChars = 200;
/** A word that is not at its end: its next letter can change how its letters fold, and whether it is whole. */
const openWord =
  /[[\p{L}\p{N}\p{M}\p{Cf}@$]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]]+$/v;

/** The forms of a folded text that are searched: each as long as it is, letter by letter. */
export type ReadForms = (folded: string) => readonly string[];

const asItIs: ReadForms = (folded) => [folded];

/** Searches texts for the words of a matcher. */
export function createWordSearch(matcher: WordMatcher, kind: string, readForms = asItIs): Search {
  return function* search(source): Generator<TextMatch> {
    const folded = foldText(source);
    const seen = new Set<string>();
    for (const form of readForms(folded.text)) {
      for (const { start, end } of matcher.find(form)) {
        const place = `${start}-${end}`;
        if (!seen.has(place)) yield { ...placeInSource(folded, { start, end }), kind };
        seen.add(place);
      }
    }
  };
}

/** The place in the source of a match in its folded text. */
export function placeInSource(
  { offsets }: FoldedText,
  { start, end }: Pick<WordMatch, 'start' | 'end'>,
): Pick<WordMatch, 'start' | 'end'> {
  return {
    start: offsets?.toSourceStart(start) ?? start,
    end: offsets?.toSourceEnd(end) ?? end,
  };
}

/** What a rule over the words of a matcher holds back of a text that still grows. */
export function createWordHold(
  matcher: WordMatcher,
  readForms = asItIs,
): NonNullable<PreparedRule['holdFrom']> {
  return (text) => {
    const from = Math.max(0, text.length - tailChars);
    const tail = text.slice(from);
    // An escape of JSON can stand for any letter.
    if (tail.includes('\\')) return from;
    const folded = foldText(tail);
    const held = readForms(folded.text).map((form) => {
      const open = matcher.countOpen(form);
      if (open === 0) return tail.length;
      const start = form.length - open;
      return placeInSource(folded, { start, end: start + 1 }).start;
    });
    return from + Math.min(...held, openWord.exec(tail)?.index ?? tail.length);
  };
}
