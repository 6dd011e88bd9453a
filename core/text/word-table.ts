/** UTF-16 units that count as another one each. */
export type UnitAliases = ReadonlyMap<number, number>;

/** The steps of an automaton that finds words: a state is its first place in `next`, and negative where words end. The first state is 0. */
export interface WordTable {
  /** By UTF-16 unit; 0: it is in no word. */
  readonly columnByUnit: Uint16Array;
  readonly columns: number;
  readonly next: Int32Array;
  /** By the number of the state, which is its place over `columns`: the numbers of the words that end there. */
  readonly ending: readonly (readonly number[])[];
}

/** Counts capitals of ASCII as small letters. */
export const asciiCaseAliases: UnitAliases = new Map(
  Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ', (capital) => [
    capital.charCodeAt(0),
    capital.toLowerCase().charCodeAt(0),
  ]),
);

/**
 * The table that finds words, also within others, in one pass over a text (Aho-Corasick, each step a look into one table).
 *
 * @param words none of them empty
 * @param aliases hold in words as in texts, at no cost: with `0` for `o`, `rot` is found in `r0t` too
 */
export function buildWordTable(words: readonly string[], aliases: UnitAliases = new Map()): WordTable {
  const bodies = words.map((word) =>
    Array.from({ length: word.length }, (_, at) => {
      const unit = word.charCodeAt(at);
      return aliases.get(unit) ?? unit;
    }),
  );
  const columnByUnit = new Uint16Array(0x1_0000);
  let columns = 1;
  let statesMax = 1;
  for (const body of bodies) {
    for (const unit of body) if (columnByUnit[unit] === 0) columnByUnit[unit] = columns++;
    statesMax += body.length;
  }
  for (const [alias, unit] of aliases) columnByUnit[alias] = columnByUnit[unit] as number;
  const next = new Int32Array(statesMax * columns);
  const ending: number[][] = [[]];
  for (const [number, body] of bodies.entries()) {
    let state = 0;
    for (const unit of body) {
      const place = state * columns + (columnByUnit[unit] as number);
      if (next[place] === 0) next[place] = ending.push([]) - 1;
      state = next[place] as number;
    }
    ending[state]?.push(number);
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
function completeTable(next: Int32Array, columns: number, ending: number[][]): void {
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
