import { LRUCache } from 'lru-cache';
import { foldText } from '../../text/folded-text.ts';
import { reverseText, rotateText } from '../../text/hidden/disguised-texts.ts';
import { visitWords } from '../../text/visit-words.ts';

/** A text that no answer has to repeat, as comparisons see it: also reversed, and in ROT13. */
export interface ProtectedText {
  /** All runs of so many words. */
  readonly runs: ReadonlySet<string>;
  readonly wordHashes: HashFilter;
  readonly runHashes: HashFilter;
}

/** Characters of all texts that are remembered, and for how long. */
const rememberedCharsMax = 262_144;
const rememberedMs = 60_000;
/** Places for each hash, so that nearly all others are known not to be among them. */
const placesPerHash = 16;

/** Which numbers are among some, or may be: nearly all others are not. */
class HashFilter {
  readonly #places: Uint8Array;

  constructor(hashes: ReadonlySet<number>) {
    this.#places = new Uint8Array(2 ** Math.ceil(Math.log2(placesPerHash * (hashes.size + 1))));
    for (const hash of hashes) this.#places[hash & (this.#places.length - 1)] = 1;
  }

  mayHave(hash: number): boolean {
    return this.#places[hash & (this.#places.length - 1)] === 1;
  }
}

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
  const runs = new Set<string>();
  const [wordHashes, runHashes] = [new Set<number>(), new Set<number>()];
  for (const form of [text, rotateText(text), reverseText(text)]) {
    const folded = foldText(form).text;
    const last = new LastWords(wordsMin);
    visitWords(folded, (start, end, hash) => {
      wordHashes.add(hash);
      last.add(start, end, hash);
      if (!last.isFull) return;
      runHashes.add(last.hash);
      runs.add(last.join(folded));
    });
  }
  return { runs, wordHashes: new HashFilter(wordHashes), runHashes: new HashFilter(runHashes) };
}

/** The last words of a text, of a fixed number, with a hash of all of them that each word changes in constant time. */
class LastWords {
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #hashes: Int32Array;
  /** The weight that the oldest word has in `hash`. */
  readonly #oldest: number;
  #count = 0;
  #next = 0;
  hash = 0;

  constructor(wordsMax: number) {
    this.#starts = new Uint32Array(wordsMax);
    this.#ends = new Uint32Array(wordsMax);
    this.#hashes = new Int32Array(wordsMax);
    let weight = 1;
    for (let word = 1; word < wordsMax; word += 1) weight = Math.imul(weight, multiplier);
    this.#oldest = weight;
  }

  get isFull(): boolean {
    return this.#count === this.#hashes.length;
  }

  /** Where the first of them begins. */
  get start(): number {
    return this.#starts[this.isFull ? this.#next : 0] ?? 0;
  }

  add(start: number, end: number, hash: number): void {
    const at = this.#next;
    const rest = this.isFull ? this.hash - Math.imul(this.#hashes[at] as number, this.#oldest) : this.hash;
    this.hash = (Math.imul(rest, multiplier) + hash) | 0;
    this.#starts[at] = start;
    this.#ends[at] = end;
    this.#hashes[at] = hash;
    this.#next = at + 1 === this.#hashes.length ? 0 : at + 1;
    if (!this.isFull) this.#count += 1;
  }

  clear(): void {
    this.#count = 0;
    this.#next = 0;
    this.hash = 0;
  }

  /** All of them, when it is full. */
  join(text: string): string {
    const words: string[] = [];
    for (let word = 0; word < this.#hashes.length; word += 1) {
      const at = (this.#next + word) % this.#hashes.length;
      words.push(text.slice(this.#starts[at], this.#ends[at]));
    }
    return words.join(' ');
  }
}

/** Odd, so that no hash of a word is lost. */
const multiplier = 0x0100_0193;

/** The places in a folded text of all words that are part of a run. */
export function findRuns(
  folded: string,
  { runs, wordHashes, runHashes }: ProtectedText,
  wordsMin: number,
): readonly { readonly start: number; readonly end: number }[] {
  const found: { readonly start: number; end: number; nextWord: number }[] = [];
  // Those up to this one, while the text has each of them.
  const last = new LastWords(wordsMin);
  let count = 0;
  visitWords(folded, (start, end, hash) => {
    count += 1;
    if (!wordHashes.mayHave(hash)) {
      last.clear();
      return;
    }
    last.add(start, end, hash);
    if (!last.isFull || !runHashes.mayHave(last.hash) || !runs.has(last.join(folded))) return;
    const before = found.at(-1);
    if (before !== undefined && count - wordsMin <= before.nextWord) {
      before.end = end;
      before.nextWord = count;
    } else found.push({ start: last.start, end, nextWord: count });
  });
  return found;
}
