import { buildWordTable, type UnitAliases, type WordTable } from '#core/text/word-table.ts';
import { readNeededWords } from './required-words.ts';

/** An end before every place. */
const nowhere = -0x4000_0000;

/** Counts letters of both cases as one: each unit as the small one. */
const caseAliases: UnitAliases = new Map(
  Array.from({ length: 0x1_0000 }, (_, unit) => [unit, toSmallUnit(unit)] as const).filter(
    ([unit, small]) => unit !== small,
  ),
);

/** The first unit in small letters. The two forms of the small sigma are one: which of them a capital becomes depends on what follows. */
function toSmallUnit(unit: number): number {
  const small = String.fromCharCode(unit).toLowerCase();
  return small === 'ς' ? 'σ'.charCodeAt(0) : small.charCodeAt(0);
}

/**
 * Reports which of some patterns cannot match before a place of a text, so that they are only tried where one of their words stands. Reads what
 * stands before places of a text once, however many places and patterns there are. One text at a time.
 */
export class WordsBefore<Name extends string> {
  readonly #distance: number;
  readonly #numbers: Readonly<Record<Name, number>>;
  readonly #table: WordTable;
  /** By word of the table: the numbers of the patterns that need it. */
  readonly #patterns: readonly (readonly number[])[];
  /** By pattern: where the last of its words ends. */
  readonly #ends: Int32Array;
  /** Where the last word of any pattern ends. */
  #lastEnd = nowhere;
  #units = new Uint16Array(0);
  #at = 0;
  #state = 0;

  /**
   * @param sources of patterns that are tried on small letters, in the syntax of `readNeededWords`, without pairs of units. Throws over one that
   *   can match without a word.
   * @param distance the characters before a place that they are tried on
   */
  constructor(sources: Readonly<Record<Name, string>>, distance: number) {
    this.#distance = distance;
    const names = Object.keys(sources) as Name[];
    this.#numbers = Object.fromEntries(names.map((name, number) => [name, number])) as Record<Name, number>;
    const patterns = new Map<string, number[]>();
    for (const [number, name] of names.entries()) {
      for (const { clauses } of readNeededWords(sources[name])) {
        const [clause] = clauses;
        if (clause === undefined) throw new Error(`A pattern matches without a word: ${sources[name]}`);
        for (const word of clause) patterns.set(word, [...(patterns.get(word) ?? []), number]);
      }
    }
    this.#table = buildWordTable([...patterns.keys()], caseAliases);
    this.#patterns = [...patterns.values()];
    this.#ends = new Int32Array(names.length);
  }

  /** Begins with the units of a text, which have to stay as they are up to the next one. */
  read(units: Uint16Array<ArrayBuffer>): void {
    this.#units = units;
    this.#at = 0;
    this.#state = 0;
    this.#ends.fill(nowhere);
    this.#lastEnd = nowhere;
  }

  /** Whether a pattern can match what stands before a place. Places come in ascending order. */
  has(name: Name, place: number): boolean {
    if (place > this.#at) this.#advance(place);
    const first = place - this.#distance;
    return this.#lastEnd > first && (this.#ends[this.#numbers[name]] as number) > first;
  }

  #advance(place: number): void {
    const { columnByUnit, columns, next, ending } = this.#table;
    const units = this.#units;
    const first = place - this.#distance;
    // Words that begin further back are too far from this place and from all that follow.
    let state = this.#at < first ? 0 : this.#state;
    let at = Math.max(this.#at, first);
    while (at < place) {
      do {
        state = next[state + (columnByUnit[units[at] as number] as number)] as number;
        at += 1;
      } while (state >= 0 && at < place);
      if (state >= 0) break;
      state = -state;
      this.#lastEnd = at;
      for (const word of ending[state / columns] as readonly number[]) {
        for (const pattern of this.#patterns[word] as readonly number[]) this.#ends[pattern] = at;
      }
    }
    this.#at = at;
    this.#state = state;
  }
}
