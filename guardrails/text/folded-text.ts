import { toLatinLetter } from '#core/text/look-alike.ts';
import { Offsets } from '#core/text/offsets.ts';
import { isAscii, TextUnits } from '#core/text/text-units.ts';

/** A text as comparisons see it, and where its characters stand in the source. */
export interface FoldedText {
  readonly text: string;
  /** Null: at the same offsets. */
  readonly offsets: Offsets | null;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a character of ASCII with marks, or any other with its marks
const cluster = /[\x00-\x7f][\u0300-\u036f]+|[^\x00-\x7f][\u0300-\u036f\u064b-\u0655]*/uy;
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

/** By UTF-16 unit: what it folds to where no mark follows, plus 2; 0: not known yet, 1: not one unit. */
const foldedUnits = new Uint16Array(65_536);

/** The unit that a unit folds to; -1: it needs its cluster. */
function foldUnit(code: number): number {
  if (code < 128) return code >= 65 && code <= 90 ? code + 32 : code;
  const known = foldedUnits[code] ?? 0;
  if (known !== 0) return known - 2;
  const folded = foldCluster(String.fromCharCode(code));
  const isOne = folded.length === 1 && (code < 0xd800 || code > 0xdfff) && code < 0xfff0;
  foldedUnits[code] = isOne ? folded.charCodeAt(0) + 2 : 1;
  return isOne ? folded.charCodeAt(0) : -1;
}

/** Marks that clusters are read with. */
function isMark(code: number): boolean {
  return (code >= 0x300 && code <= 0x36f) || (code >= 0x64b && code <= 0x655);
}

const reader = new TextUnits();
/** What texts of usual lengths are folded into, one after the other. */
const scratch = new Uint16Array(32_768);

function grow(units: Uint16Array<ArrayBuffer>, more: number): Uint16Array<ArrayBuffer> {
  const grown = new Uint16Array(2 * units.length + more);
  grown.set(units);
  return grown;
}

/**
 * The text in small letters, without marks and invisible characters, wide and styled letters as the plain ones, and in a word
 * that mixes Latin letters with others that look like them, those as Latin ones.
 */
export function foldText(source: string): FoldedText {
  if (isAscii(source)) return { text: source.toLowerCase(), offsets: null };
  const offsets = new Offsets();
  let isMoved = false;
  const given = reader.read(source);
  let units = source.length + 32 > scratch.length ? new Uint16Array(source.length + 32) : scratch;
  let count = 0;
  for (let at = 0; at < source.length; at += 1) {
    const unit = foldUnit(given[at] as number);
    if (unit >= 0 && !isMark(given[at + 1] as number)) {
      units[count++] = unit;
      continue;
    }
    cluster.lastIndex = at;
    const found = cluster.exec(source)?.[0] ?? source.charAt(at);
    const folded = foldCluster(found);
    if (folded.length !== found.length) {
      offsets.add(count, count + folded.length, at, at + found.length);
      isMoved = true;
    }
    if (count + folded.length + source.length - at > units.length) units = grow(units, folded.length);
    for (let place = 0; place < folded.length; place += 1) units[count++] = folded.charCodeAt(place);
    at += found.length - 1;
  }
  const text = Buffer.from(units.buffer, 0, 2 * count).toString('utf16le');
  return { text: unifyScripts(text), offsets: isMoved ? offsets : null };
}

/** In words that mix Latin letters with others that look like them, those as Latin ones. */
export function unifyScripts(folded: string): string {
  if (!lookingLatin.test(folded)) return folded;
  return folded.replace(ofSeveralScripts, (word) =>
    latin.test(word) && lookingLatin.test(word) ? Array.from(word, toLatinLetter).join('') : word,
  );
}
