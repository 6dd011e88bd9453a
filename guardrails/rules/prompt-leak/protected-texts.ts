import { LRUCache } from 'lru-cache';
import { reverseText, rotateText } from '../../text/disguised-texts.ts';
import { foldText } from '../../text/folded-text.ts';
import { visitWords } from '../../text/visit-words.ts';

/** A text that no answer has to repeat, as comparisons see it: also reversed, and in ROT13. */
export interface ProtectedText {
  /** All runs of so many words. */
  readonly runs: ReadonlySet<string>;
  /** All words. */
  readonly words: ReadonlySet<string>;
  /** 1 where words with such a hash are among them; as long as a power of two. */
  readonly hashes: Uint8Array;
}

/** Characters of all texts that are remembered, and for how long. */
const rememberedCharsMax = 262_144;
const rememberedMs = 60_000;
/** Places for a hash of each word, so that nearly all others are known not to be among them. */
const placesPerWord = 16;

/** Calls of an app mostly have the same system message: what it consists of is read once. */
export function createProtectedTexts(wordsMin: number): { read(text: string): ProtectedText } {
  const known = new LRUCache<string, ProtectedText>({
    maxSize: rememberedCharsMax,
    sizeCalculation: (_, text) => Math.max(1, text.length),
    ttl: rememberedMs,
  });
  return {
    read(text) {
      let found = known.get(text);
      if (found === undefined) {
        found = protect(text, wordsMin);
        known.set(text, found);
      }
      return found;
    },
  };
}

function protect(text: string, wordsMin: number): ProtectedText {
  const [runs, hashByWord] = [new Set<string>(), new Map<string, number>()];
  for (const form of [text, rotateText(text), reverseText(text)]) {
    const folded = foldText(form).text;
    const words: string[] = [];
    visitWords(folded, (start, end, hash) => {
      const word = folded.slice(start, end);
      hashByWord.set(word, hash);
      words.push(word);
    });
    for (let at = 0; at + wordsMin <= words.length; at += 1)
      runs.add(words.slice(at, at + wordsMin).join(' '));
  }
  const hashes = new Uint8Array(2 ** Math.ceil(Math.log2(placesPerWord * (hashByWord.size + 1))));
  for (const hash of hashByWord.values()) hashes[hash & (hashes.length - 1)] = 1;
  return { runs, words: new Set(hashByWord.keys()), hashes };
}

/** The places in a folded text of all words that are part of a run. */
export function findRuns(
  folded: string,
  { runs, words, hashes }: ProtectedText,
  wordsMin: number,
): readonly { readonly start: number; readonly end: number }[] {
  const found: { readonly start: number; end: number; nextWord: number }[] = [];
  // The last words up to this one, while the text has each of them.
  let known: { readonly word: string; readonly start: number }[] = [];
  let count = 0;
  visitWords(folded, (start, end, hash) => {
    count += 1;
    const word = hashes[hash & (hashes.length - 1)] === 1 ? folded.slice(start, end) : '';
    if (!words.has(word)) {
      if (known.length > 0) known = [];
      return;
    }
    known.push({ word, start });
    if (known.length > wordsMin) known.shift();
    if (known.length < wordsMin || !runs.has(known.map((each) => each.word).join(' '))) return;
    const last = found.at(-1);
    if (last !== undefined && count - wordsMin <= last.nextWord) {
      last.end = end;
      last.nextWord = count;
    } else found.push({ start: known[0]?.start ?? 0, end, nextWord: count });
  });
  return found;
}
