import { toLatinLetter } from '#core/text/look-alike.ts';
import { Offsets } from '#core/text/offsets.ts';

/** A text as comparisons see it, and where its characters stand in the source. */
export interface FoldedText {
  readonly text: string;
  /** Null: at the same offsets. */
  readonly offsets: Offsets | null;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: everything but ASCII
const nonAscii = /[^\x00-\x7f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a character of ASCII with marks, or any other with its marks
const cluster = /[\x00-\x7f][\u0300-\u036f]+|[^\x00-\x7f][\u0300-\u036f\u064b-\u0655]*/gu;
/** Marks on letters of Latin, Greek, Cyrillic and Arabic. Those of other scripts are letters to their readers, and stay. */
const marks = /[\u0300-\u036f\u064b-\u0655\u0670]/g;
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;
/** Letters that NFKD leaves whole. */
const plain: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};
const ofSeveralScripts = /[a-z\u0370-\u058f]+/g;
const latin = /[a-z]/;
const lookingLatin = /[\u0370-\u058f]/;

const foldedClusters = new Map<string, string>();
const rememberedMax = 10_000;

function foldCluster(source: string): string {
  const known = foldedClusters.get(source);
  if (known !== undefined) return known;
  const folded = source
    .toLowerCase()
    .normalize('NFKD')
    .replace(marks, '')
    .replace(invisible, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[ßæœøłđðþı]/g, (letter) => plain[letter] ?? letter);
  if (foldedClusters.size < rememberedMax) foldedClusters.set(source, folded);
  return folded;
}

/**
 * The text in small letters, without marks and invisible characters, wide and styled letters as the plain ones, and in a word
 * that mixes Latin letters with others that look like them, those as Latin ones.
 */
export function foldText(source: string): FoldedText {
  if (!nonAscii.test(source)) return { text: source.toLowerCase(), offsets: null };
  const offsets = new Offsets();
  let isMoved = false;
  let text = '';
  let at = 0;
  for (const match of source.matchAll(cluster)) {
    const [found] = match;
    text += source.slice(at, match.index).toLowerCase();
    const folded = foldCluster(found);
    at = match.index + found.length;
    if (folded.length !== found.length) {
      offsets.add(text.length, text.length + folded.length, match.index, at);
      isMoved = true;
    }
    text += folded;
  }
  text += source.slice(at).toLowerCase();
  if (lookingLatin.test(text)) {
    text = text.replace(ofSeveralScripts, (word) =>
      latin.test(word) && lookingLatin.test(word) ? Array.from(word, toLatinLetter).join('') : word,
    );
  }
  return { text, offsets: isMoved ? offsets : null };
}
