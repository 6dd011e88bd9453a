import { readNeededWords } from './required-words.ts';
import { createWordScan } from './word-scan.ts';

/** A match of one of several patterns. */
export interface PatternMatch {
  /** The number of the pattern. */
  readonly pattern: number;
  readonly start: number;
  readonly end: number;
}

/** Finds the matches that `matchAll` finds of each pattern, in the order of the patterns, at most so many of each. */
export type PatternSearch = (text: string, matchesMax: number) => PatternMatch[];

/** An alternative of a pattern. */
interface Alternative {
  readonly pattern: number;
  /** Clauses, as the numbers of their words. */
  readonly clauses: readonly (readonly number[])[];
  readonly lengthMax: number;
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * Searches a text for many patterns at once: one pass finds the words without which none of them matches, and each pattern is tried only
 * where its words stand.
 *
 * @param patterns global, with the flag `u` alone, in the syntax of `readNeededWords`
 */
export function createPatternSearch(patterns: readonly RegExp[]): PatternSearch {
  const words = new Map<string, number>();
  const number = (word: string) => {
    const known = words.get(word) ?? words.size;
    words.set(word, known);
    return known;
  };
  const alternatives = patterns.flatMap(({ source }, pattern) =>
    readNeededWords(source).map(({ clauses, lengthMax }): Alternative => {
      if (clauses.length === 0) throw new Error(`A pattern matches without a word: ${source}`);
      return { pattern, lengthMax, clauses: clauses.map((clause) => clause.map(number)) };
    }),
  );
  const scan = createWordScan([...words.keys()]);
  /** By word: the alternatives that it is a word of, with the bits of their clauses. */
  const uses = Array.from(words, (): [alternative: number, bits: number][] => []);
  for (const [index, { clauses }] of alternatives.entries()) {
    for (const [clause, members] of clauses.entries()) {
      for (const word of members) uses[word]?.push([index, 1 << clause]);
    }
  }
  const complete = alternatives.map(({ clauses }) => (1 << clauses.length) - 1);

  return (text, matchesMax) => {
    const found = scan(text);
    if (found.size === 0) return [];
    const seen = new Map<number, number>();
    for (const word of found.keys()) {
      for (const [index, bits] of uses[word] ?? []) seen.set(index, (seen.get(index) ?? 0) | bits);
    }
    const stretches = new Map<number, Stretch[]>();
    for (const [index, bits] of seen) {
      const alternative = alternatives[index];
      if (alternative === undefined || bits !== complete[index]) continue;
      const near = findStretches(alternative, found, text.length);
      if (near.length === 0) continue;
      stretches.set(alternative.pattern, [...(stretches.get(alternative.pattern) ?? []), ...near]);
    }
    const matches: PatternMatch[] = [];
    for (const pattern of [...stretches.keys()].sort((a, b) => a - b)) {
      const expression = patterns[pattern] as RegExp;
      let count = 0;
      for (const place of merge(stretches.get(pattern) ?? [])) {
        for (const { start, end } of matchWithin(expression, text, place)) {
          if (count < matchesMax) matches.push({ pattern, start, end });
          count += 1;
        }
      }
    }
    return matches;
  };
}

/** Where matches of an alternative can stand: around words of the rarest clause that have a word of each other one near. */
function findStretches(
  { clauses, lengthMax }: Alternative,
  found: ReadonlyMap<number, readonly number[]>,
  textLength: number,
): readonly Stretch[] {
  const places = clauses
    .map((words) => words.flatMap((word) => found.get(word) ?? []).sort((a, b) => a - b))
    .sort((a, b) => a.length - b.length);
  const [rarest = [], ...others] = places;
  return rarest
    .filter((at) => others.every((ends) => hasNear(ends, at, lengthMax)))
    .map((at) => ({ start: Math.max(0, at - lengthMax), end: Math.min(textLength, at + lengthMax) }));
}

/** Whether one of some numbers in ascending order is so close. */
function hasNear(numbers: readonly number[], at: number, distance: number): boolean {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < at - distance) low = middle + 1;
    else high = middle;
  }
  return (numbers[low] ?? Number.POSITIVE_INFINITY) <= at + distance;
}

function merge(stretches: readonly Stretch[]): readonly Stretch[] {
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of stretches.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

/** The characters around a stretch that \b and ^ look at, of which one may be a pair. */
const around = 2;

function* matchWithin(expression: RegExp, text: string, { start, end }: Stretch): Generator<Stretch> {
  const from = Math.max(0, start - around);
  const part = text.slice(from, end + around);
  expression.lastIndex = start - from;
  // An expression with the flag `u` steps back from the middle of a pair.
  for (let match = expression.exec(part); match !== null; match = expression.exec(part)) {
    yield { start: from + match.index, end: from + match.index + match[0].length };
  }
}
