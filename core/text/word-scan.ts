import { isAscii, TextUnits } from './text-units.ts';
import { buildWordTable, type UnitAliases, type WordTable } from './word-table.ts';

/** The words that a text holds: the number of each with its end. Valid until the next scan. */
export interface WordHits {
  readonly count: number;
  readonly words: Uint16Array;
  readonly ends: Uint32Array;
}

/** The words of a text that end at `until` or before it, by default all. */
export type WordScan = (text: string, until?: number) => WordHits;

/** At an end of a word: no letter, digit or underscore of ASCII stands there. */
export const wordEdge = '\0';

/** A word of a scan. */
interface ScannedWord {
  readonly number: number;
  readonly body: string;
  readonly startsAtEdge: boolean;
  readonly endsAtEdge: boolean;
}

/** Some of the words of a scan, with their table. */
interface ScannedTable {
  readonly words: readonly ScannedWord[];
  readonly table: WordTable;
}

/**
 * Finds all of some words, also within others unless they have a `wordEdge`, in one pass. Words with other characters
 * than ASCII have a table of their own, so that the one for all texts stays in the caches of the processor.
 *
 * @param words different from each other, none of them empty
 * @param aliases as those of `buildWordTable`
 */
export function createWordScan(words: readonly string[], aliases: UnitAliases = new Map()): WordScan {
  const scanned = words.map(
    (word, number): ScannedWord => ({
      number,
      body: readAliases(word.replaceAll(wordEdge, ''), aliases),
      startsAtEdge: word.startsWith(wordEdge),
      endsAtEdge: word.endsWith(wordEdge),
    }),
  );
  const build = (some: readonly ScannedWord[]): ScannedTable => ({
    words: some,
    table: buildWordTable(
      some.map(({ body }) => body),
      aliases,
    ),
  });
  const isPlain = ({ body }: ScannedWord) => isAscii(body);
  const plain = build(scanned.filter(isPlain));
  const foreign = build(scanned.filter((word) => !isPlain(word)));
  const reader = new TextUnits();
  const hits = new Hits();
  return (text, until = text.length) => {
    const units = reader.read(text);
    const end = Math.min(until, text.length);
    hits.count = 0;
    collect(plain, units, end, hits);
    if (foreign.words.length > 0 && !isAscii(text)) collect(foreign, units, end, hits);
    return hits;
  };
}

function readAliases(word: string, aliases: UnitAliases): string {
  return Array.from({ length: word.length }, (_, at) => {
    const unit = word.charCodeAt(at);
    return String.fromCharCode(aliases.get(unit) ?? unit);
  }).join('');
}

class Hits implements WordHits {
  count = 0;
  words = new Uint16Array(256);
  ends = new Uint32Array(256);

  add(word: number, end: number): void {
    if (this.count === this.words.length) {
      const [words, ends] = [new Uint16Array(2 * this.count), new Uint32Array(2 * this.count)];
      words.set(this.words);
      ends.set(this.ends);
      this.words = words;
      this.ends = ends;
    }
    this.words[this.count] = word;
    this.ends[this.count] = end;
    this.count += 1;
  }
}

function collect({ words, table }: ScannedTable, units: Uint16Array, length: number, hits: Hits): void {
  const { columnByUnit, columns, next, ending } = table;
  let [state, at] = [0, 0];
  while (at < length) {
    // Without a call, so that V8 reads where the tables are once for the loop.
    do {
      state = next[state + (columnByUnit[units[at] as number] as number)] as number;
      at += 1;
    } while (state >= 0 && at < length);
    if (state >= 0) return;
    state = -state;
    for (const number of ending[(state / columns) | 0] as readonly number[]) {
      const word = words[number] as ScannedWord;
      if (standsAtEdges(word, units, at)) hits.add(word.number, at);
    }
  }
}

/** Behind the last unit stands a 0. */
function standsAtEdges(
  { body, startsAtEdge, endsAtEdge }: ScannedWord,
  units: Uint16Array,
  end: number,
): boolean {
  const start = end - body.length;
  if (startsAtEdge && start > 0 && isWordUnit(units[start - 1] as number)) return false;
  return !(endsAtEdge && isWordUnit(units[end] as number));
}

/** As \w has them. */
function isWordUnit(unit: number): boolean {
  return (
    (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || (unit >= 48 && unit <= 57) || unit === 95
  );
}
