import { createWordScan, type WordHits } from '#core/text/word-scan.ts';
import type { UnitAliases } from '#core/text/word-table.ts';
import { readNeededWords } from './required-words.ts';

/** A match of one of several patterns. */
export interface PatternMatch {
  /** The number of the pattern. */
  readonly pattern: number;
  readonly start: number;
  readonly end: number;
}

/** Finds the matches that `matchAll` finds of each pattern, in the order of the patterns, at most so many of each. */
export type PatternSearch = (text: string, matchesMax: number) => PatternMatch[];

/** A second way to read a text. */
export interface OtherReading {
  /** Which characters it reads as another one, wherever they stand. */
  readonly aliases: UnitAliases;
  /** The text as it is read, as long as it was; the same text where nothing in it is read in another way. */
  readonly read: (text: string) => string;
}

/** An alternative of a pattern. */
interface Alternative {
  readonly pattern: number;
  /** Clauses, as the numbers of their words. */
  readonly clauses: readonly ReadonlySet<number>[];
  /** The bits of all clauses. */
  readonly complete: number;
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
 * @param patterns global, with the flag `u` alone, in the syntax of `readNeededWords`, which look around at up to 14 characters
 * @param other its matches are found too, each place once
 */
export function createPatternSearch(patterns: readonly RegExp[], other?: OtherReading): PatternSearch {
  const words = new Map<string, number>();
  const number = (word: string) => {
    const known = words.get(word) ?? words.size;
    words.set(word, known);
    return known;
  };
  const alternatives = patterns.flatMap(({ source }, pattern) =>
    readNeededWords(source).map(({ clauses, lengthMax }): Alternative => {
      if (clauses.length === 0) throw new Error(`A pattern matches without a word: ${source}`);
      return {
        pattern,
        lengthMax,
        clauses: clauses.map((clause) => new Set(clause.map(number))),
        complete: (1 << clauses.length) - 1,
      };
    }),
  );
  const scan = createWordScan([...words.keys()], other?.aliases);
  /** By word: the alternatives that it is a word of, with the bits of their clauses. */
  const uses = Array.from(words, (): { readonly alternative: number; readonly bit: number }[] => []);
  for (const [alternative, { clauses }] of alternatives.entries()) {
    for (const [clause, members] of clauses.entries()) {
      for (const word of members) uses[word]?.push({ alternative, bit: 1 << clause });
    }
  }
  const seen = new Uint32Array(alternatives.length);
  const seenWords = new Uint8Array(words.size);

  /** The alternatives that have a word of each of their clauses in a text. */
  function findPossible(hits: WordHits): readonly Alternative[] {
    seen.fill(0);
    seenWords.fill(0);
    const possible: Alternative[] = [];
    for (let at = 0; at < hits.count; at += 1) {
      const word = hits.words[at] as number;
      if (seenWords[word] === 1) continue;
      seenWords[word] = 1;
      for (const { alternative, bit } of uses[word] ?? []) {
        const before = seen[alternative] as number;
        if ((before & bit) !== 0) continue;
        seen[alternative] = before | bit;
        const found = alternatives[alternative] as Alternative;
        if (seen[alternative] === found.complete) possible.push(found);
      }
    }
    return possible;
  }

  return (text, matchesMax) => {
    const hits = scan(text);
    if (hits.count === 0) return [];
    const possible = findPossible(hits);
    if (possible.length === 0) return [];
    const stretches = new Map<number, Stretch[]>();
    for (const alternative of possible) {
      const near = findStretches(alternative, hits, text.length);
      if (near.length === 0) continue;
      stretches.set(alternative.pattern, [...(stretches.get(alternative.pattern) ?? []), ...near]);
    }
    if (stretches.size === 0) return [];
    const otherText = other?.read(text) ?? text;
    return [...stretches.keys()]
      .sort((a, b) => a - b)
      .flatMap((pattern) => {
        const expression = patterns[pattern] as RegExp;
        const places = merge(stretches.get(pattern) ?? []);
        const matches = matchWithin(expression, text, places, matchesMax);
        if (otherText !== text) {
          const more = matchWithin(expression, otherText, places, matchesMax);
          const isKnown = (one: Stretch) =>
            matches.some(({ start, end }) => start === one.start && end === one.end);
          matches.push(...more.filter((one) => !isKnown(one)));
        }
        return matches.map((match) => ({ pattern, ...match }));
      });
  };
}

/** Where matches of an alternative can stand: around words of the rarest clause that have a word of each other one near. */
function findStretches(
  { clauses, lengthMax }: Alternative,
  hits: WordHits,
  textLength: number,
): readonly Stretch[] {
  const places = clauses
    .map((words) => {
      const ends: number[] = [];
      for (let at = 0; at < hits.count; at += 1) {
        if (words.has(hits.words[at] as number)) ends.push(hits.ends[at] as number);
      }
      return ends.sort((a, b) => a - b);
    })
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

/** The characters around a stretch that \b, ^ and looks around look at. */
const around = 16;

function matchWithin(
  expression: RegExp,
  text: string,
  stretches: readonly Stretch[],
  matchesMax: number,
): Stretch[] {
  const matches: Stretch[] = [];
  for (const { start, end } of stretches) {
    const from = Math.max(0, start - around);
    const part = text.slice(from, end + around);
    expression.lastIndex = start - from;
    // An expression with the flag `u` steps back from the middle of a pair.
    for (let match = expression.exec(part); match !== null; match = expression.exec(part)) {
      if (matches.length === matchesMax) return matches;
      // What begins behind the stretch belongs to another one, or has no word.
      if (from + match.index >= end) break;
      matches.push({ start: from + match.index, end: from + match.index + match[0].length });
    }
  }
  return matches;
}
