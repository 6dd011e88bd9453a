import { TextUnits } from '#core/text/text-units.ts';

/** Scripts that write no spaces: each character is a word. */
const dense = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
const wordCharacter = /[\p{L}\p{N}\p{M}]/u;

const [unknown, between, withinWord, wholeWord] = [0, 1, 2, 3];

/** What each UTF-16 unit is, once it has been seen. */
const seen = new Uint8Array(65_536);

function classify(character: string): number {
  if (dense.test(character)) return wholeWord;
  return wordCharacter.test(character) ? withinWord : between;
}

/** @param hash of the characters of the word: equal words have equal ones */
export type VisitWord = (start: number, end: number, hash: number) => void;

const reader = new TextUnits();

/** Visits the words of a text in their order: runs of letters, marks and digits, or a character of a script without spaces. `visit` visits no other words. */
export function visitWords(text: string, visit: VisitWord): void {
  const units = reader.read(text);
  const { length } = text;
  let start = -1;
  let hash = 0;
  let width = 1;
  for (let at = 0; at < length; at += width) {
    const unit = units[at] as number;
    width = 1;
    let is = seen[unit] as number;
    if (is === unknown) {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      width = character.length;
      is = classify(character);
      // A unit of a pair is no character alone.
      if (unit < 0xd800 || unit > 0xdfff) seen[unit] = is;
    }
    if (is === withinWord) {
      if (start < 0) {
        start = at;
        hash = 0;
      }
      hash = (Math.imul(hash, 31) + unit) | 0;
      if (width === 2) hash = (Math.imul(hash, 31) + (units[at + 1] as number)) | 0;
      continue;
    }
    if (start >= 0) visit(start, at, hash);
    start = -1;
    if (is === wholeWord)
      visit(at, at + width, width === 1 ? unit : (Math.imul(unit, 31) + (units[at + 1] as number)) | 0);
  }
  if (start >= 0) visit(start, length, hash);
}
