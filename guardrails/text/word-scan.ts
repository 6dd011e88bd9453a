import { isAscii, TextUnits } from '#core/text/text-units.ts';
import { wordEdge } from './required-words.ts';

/** The words that a text holds: the number of each with its end. Valid until the next scan. */
export interface WordHits {
  readonly count: number;
  readonly words: Uint16Array;
  readonly ends: Uint32Array;
}

export type WordScan = (text: string) => WordHits;

/** UTF-16 units that count as another one each. */
export type UnitAliases = ReadonlyMap<number, number>;

/** A word of a scan. */
interface ScannedWord {
  readonly number: number;
  /** Its units. */
  readonly body: readonly number[];
  readonly startsAtEdge: boolean;
  readonly endsAtEdge: boolean;
}

/** The steps of an automaton: a state is its first place in `next`, and negative where words end. */
interface WordTable {
  /** By UTF-16 unit; 0: it is in no word. */
  readonly columnByUnit: Uint16Array;
  readonly columns: number;
  readonly next: Int32Array;
  /** By state. */
  readonly ending: readonly (readonly ScannedWord[])[];
}

/**
 * Finds all of some words, also within others unless they have a `wordEdge`, in one pass (Aho-Corasick, each step a look into one table). Words with other characters
 * than ASCII have a table of their own, so that the one for all texts stays in the caches of the processor.
 *
 * @param words different from each other, none of them empty
 * @param aliases hold in words as in texts, at no cost: with `0` for `o`, `rot` is found in `r0t` too
 */
export function createWordScan(words: readonly string[], aliases: UnitAliases = new Map()): WordScan {
  const scanned = words.map((word, number): ScannedWord => {
    const body = word.replaceAll(wordEdge, '');
    return {
      number,
      body: Array.from({ length: body.length }, (_, at) => {
        const unit = body.charCodeAt(at);
        return aliases.get(unit) ?? unit;
      }),
      startsAtEdge: word.startsWith(wordEdge),
      endsAtEdge: word.endsWith(wordEdge),
    };
  });
  const isPlain = ({ body }: ScannedWord) => body.every((unit) => unit < 128);
  const plain = buildTable(scanned.filter(isPlain), aliases);
  const foreign = buildTable(
    scanned.filter((word) => !isPlain(word)),
    aliases,
  );
  const reader = new TextUnits();
  const hits = new Hits();
  return (text) => {
    const units = reader.read(text);
    hits.count = 0;
    collect(plain, units, text.length, hits);
    if (foreign.ending.length > 1 && !isAscii(text)) collect(foreign, units, text.length, hits);
    return hits;
  };
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

function collect(
  { columnByUnit, columns, next, ending }: WordTable,
  units: Uint16Array,
  length: number,
  hits: Hits,
): void {
  let state = 0;
  for (let at = 0; at < length; at += 1) {
    state = next[state + (columnByUnit[units[at] as number] as number)] as number;
    if (state >= 0) continue;
    state = -state;
    for (const word of ending[state / columns] as readonly ScannedWord[]) {
      if (standsAtEdges(word, units, at + 1)) hits.add(word.number, at + 1);
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

function buildTable(words: readonly ScannedWord[], aliases: UnitAliases): WordTable {
  const columnByUnit = new Uint16Array(65_536);
  let columns = 1;
  let statesMax = 1;
  for (const { body } of words) {
    for (const unit of body) if (columnByUnit[unit] === 0) columnByUnit[unit] = columns++;
    statesMax += body.length;
  }
  for (const [alias, unit] of aliases) columnByUnit[alias] = columnByUnit[unit] as number;
  const next = new Int32Array(statesMax * columns);
  const ending: ScannedWord[][] = [[]];
  for (const word of words) {
    let state = 0;
    for (const unit of word.body) {
      const place = state * columns + (columnByUnit[unit] as number);
      if (next[place] === 0) next[place] = ending.push([]) - 1;
      state = next[place] as number;
    }
    ending[state]?.push(word);
  }
  completeTable(next, columns, ending);
  const table = next.slice(0, ending.length * columns);
  for (let place = 0; place < table.length; place += 1) {
    const to = table[place] as number;
    table[place] = ending[to]?.length === 0 ? to * columns : -to * columns;
  }
  return { columnByUnit, columns, next: table, ending };
}

/** Replaces the missing steps of a trie by those of the longest suffix that also begins a word, and adds the words that end in it. */
function completeTable(next: Int32Array, columns: number, ending: ScannedWord[][]): void {
  const suffix = new Int32Array(ending.length);
  const queue = [0];
  for (const state of queue) {
    for (let column = 1; column < columns; column += 1) {
      const place = state * columns + column;
      const to = next[place] ?? 0;
      const shorter = state === 0 ? 0 : (next[(suffix[state] ?? 0) * columns + column] ?? 0);
      if (to === 0) next[place] = shorter;
      else {
        suffix[to] = shorter;
        ending[to]?.push(...(ending[shorter] ?? []));
        queue.push(to);
      }
    }
  }
}
