import { secretParts } from '#core/secrets/find-secrets.ts';
import { findInParts, withoutOverlaps } from '#core/text/find-in-parts.ts';
import type { TextSpan } from '#core/text/text-span.ts';
import { toVisible, type VisibleText } from '#core/text/visible-text.ts';
import type { GuardedText } from '../../guardrail.ts';
import { holdTagsFrom, readTags } from './disguised-texts.ts';
import { type HiddenText, type ReadText, readPart } from './hidden-texts.ts';

/** Encodings that are undone, one within the other. */
const layersMax = 2;

/** Searches a text without what a reader does not see (`toVisible`). What begins at `until` or behind it may be left out. */
export type VisibleSearch<Match> = (text: string, until?: number) => readonly Match[];

/**
 * What a search finds in a text of any length as a reader sees it, and behind escapes, base64, hexadecimal digits and tag characters, also where one of them
 * stands within another; at the places in the text that was given, in their order and without overlaps. Of base64 a place has whole groups of digits, so that
 * the rest stays what it is. All searches of a long text look at the same parts, which are read once.
 * @param range as in `findInParts`, in parts of `secretParts`
 */
export function findVisibleAndHidden<Match extends TextSpan>(
  guarded: Pick<GuardedText, 'text' | 'format'>,
  search: VisibleSearch<Match>,
  range?: TextSpan,
): Promise<readonly Match[]> {
  const { length, around } = secretParts;
  const find = (part: string, from: number, until: number) =>
    findInPart(part, readPart(guarded, part, from, until), search);
  return findInParts(guarded.text, length, around, find, range);
}

function findInPart<Match extends TextSpan>(
  part: string,
  read: ReadText,
  search: VisibleSearch<Match>,
): readonly Match[] {
  const { visible } = read;
  const shown = search(visible.text, read.until);
  const found = visible.text === part ? shown : placeIn(visible, shown);
  // They are not visible.
  const tags = readTags(part);
  if (read.hidden.length === 0 && tags.length === 0) return found;
  const tagged = tags.flatMap((one) => placeIn(one, search(one.text)));
  const hidden = findHidden(read.hidden, search, layersMax);
  return withoutOverlaps([...found, ...placeIn(visible, hidden), ...tagged]);
}

function findHidden<Match extends TextSpan>(
  texts: readonly HiddenText[],
  search: VisibleSearch<Match>,
  layers: number,
): readonly Match[] {
  return texts.flatMap((hidden) => {
    const within = layers > 1 ? findHidden(hidden.within, search, layers - 1) : [];
    return placeIn(hidden, [...search(hidden.text), ...within]);
  });
}

/** The matches of a view of a text at their places in that text. */
function placeIn<Match extends TextSpan>(
  view: Pick<VisibleText, 'toStart' | 'toEnd'>,
  found: readonly Match[],
): readonly Match[] {
  return found.map((match) => ({ ...match, start: view.toStart(match.start), end: view.toEnd(match.end) }));
}

const heldCharsMax = 100;
/** What may become an escape, or what escapes stand in. */
const escaped = /[A-Za-z0-9À-ɏ._%+'@&#;\\-]{1,100}$/;
/** Digits of base64, and what shows that they are no word. */
const base64 = /[A-Za-z0-9+/_-]{1,100}={0,2}$/;
const noWord = /\d|[a-z][A-Z]|[A-Z]{2}[a-z]|=/;

/** The offset from which the end of a text may still become something hidden; at most 100 characters before the end. */
export function holdHiddenFrom(text: string): number {
  const cut = Math.max(0, text.length - heldCharsMax);
  const given = text.slice(cut);
  const visible = toVisible(given);
  const tail = visible.text;
  const patterns = [
    ...(/[%&\\]/.test(tail) ? [escaped] : []),
    ...(noWord.test(base64.exec(tail)?.[0] ?? '') ? [base64] : []),
  ];
  const from = Math.min(tail.length, ...patterns.map((pattern) => pattern.exec(tail)?.index ?? tail.length));
  return cut + Math.min(visible.toStart(from), holdTagsFrom(given));
}
