import { wordEdge } from './required-words.ts';

/** The ends of all words that a text holds, ascending, by the number of the word. */
export type WordScan = (text: string) => ReadonlyMap<number, readonly number[]>;

/** A word of a scan. */
interface ScannedWord {
  readonly number: number;
  readonly body: string;
  readonly startsAtEdge: boolean;
  readonly endsAtEdge: boolean;
}

/**
 * Finds all of some words, also within others unless they have a `wordEdge`, in one pass (Aho-Corasick, each step a look into one table).
 *
 * @param words different from each other, none of them empty
 */
export function createWordScan(words: readonly string[]): WordScan {
  const scanned = words.map(
    (word, number): ScannedWord => ({
      number,
      body: word.replaceAll(wordEdge, ''),
      startsAtEdge: word.startsWith(wordEdge),
      endsAtEdge: word.endsWith(wordEdge),
    }),
  );
  /** By UTF-16 unit: the number of its column; 0: it is in no word. */
  const columnByUnit = new Uint16Array(65_536);
  let columns = 1;
  let statesMax = 1;
  for (const { body } of scanned) {
    for (let at = 0; at < body.length; at += 1) {
      const code = body.charCodeAt(at);
      if (columnByUnit[code] === 0) columnByUnit[code] = columns++;
    }
    statesMax += body.length;
  }
  const next = new Int32Array(statesMax * columns);
  const ending: ScannedWord[][] = [[]];
  for (const word of scanned) {
    let state = 0;
    for (let at = 0; at < word.body.length; at += 1) {
      const place = state * columns + (columnByUnit[word.body.charCodeAt(at)] ?? 0);
      if (next[place] === 0) next[place] = ending.push([]) - 1;
      state = next[place] ?? 0;
    }
    ending[state]?.push(word);
  }
  completeTable(next, columns, ending);
  // A state is the number of its first place in the table, and negative where a word ends.
  const table = next.slice(0, ending.length * columns);
  for (let place = 0; place < table.length; place += 1) {
    const to = table[place] ?? 0;
    table[place] = ending[to]?.length === 0 ? to * columns : -to * columns;
  }

  return (text) => {
    const ends = new Map<number, number[]>();
    let state = 0;
    for (let at = 0; at < text.length; at += 1) {
      state = table[state + (columnByUnit[text.charCodeAt(at)] ?? 0)] ?? 0;
      if (state >= 0) continue;
      state = -state;
      for (const word of ending[state / columns] ?? []) {
        if (!standsAtEdges(word, text, at + 1)) continue;
        const known = ends.get(word.number);
        if (known === undefined) ends.set(word.number, [at + 1]);
        else known.push(at + 1);
      }
    }
    return ends;
  };
}

function standsAtEdges({ body, startsAtEdge, endsAtEdge }: ScannedWord, text: string, end: number): boolean {
  if (startsAtEdge && isWordUnit(text.charCodeAt(end - body.length - 1))) return false;
  return !(endsAtEdge && isWordUnit(text.charCodeAt(end)));
}

/** As \w has them; NaN is none. */
function isWordUnit(code: number): boolean {
  return (
    (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95
  );
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
