import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { createWordScan, wordEdge } from './word-scan.ts';
import type { UnitAliases } from './word-table.ts';

/** The ends of each word of a scan, by its number. */
function scanFor(
  words: readonly string[],
  searched: string,
  aliases?: UnitAliases,
): readonly (readonly number[])[] {
  const { count, words: numbers, ends } = createWordScan(words, aliases)(searched);
  const found = words.map((): number[] => []);
  for (let at = 0; at < count; at += 1) found[numbers[at] as number]?.push(ends[at] as number);
  return found;
}

const word = fc.tuple(
  fc.constantFrom('', wordEdge),
  fc.string({ unit: fc.constantFrom('a', 'b', '_', ' ', '注', '\u{1f512}'), minLength: 1, maxLength: 4 }),
  fc.constantFrom('', wordEdge),
);
const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', '_', ' ', '9', '注', '\u{1f512}', 'é'),
  maxLength: 60,
});

/** The ends of a word, as the search for each alone finds them. */
function findEnds(
  searched: string,
  [start, body, end]: readonly [string, string, string],
): readonly number[] {
  const ends: number[] = [];
  for (let at = searched.indexOf(body); at >= 0; at = searched.indexOf(body, at + 1)) {
    const isAtEdges =
      (start === '' || !/\w/.test(searched[at - 1] ?? ' ')) &&
      (end === '' || !/\w/.test(searched[at + body.length] ?? ' '));
    if (isAtEdges) ends.push(at + body.length);
  }
  return ends;
}

describe('a scan for words', () => {
  it('finds a word that is the end of another', () => {
    expect(scanFor(['abc', 'bc', 'c'], 'abc')).toEqual([[3], [3], [3]]);
  });

  it('finds all of them, within others and at edges', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { selector: (parts) => parts.join(''), maxLength: 12 }),
        text,
        (words, searched) => {
          const found = scanFor(
            words.map((parts) => parts.join('')),
            searched,
          );
          expect(found).toEqual(words.map((parts) => findEnds(searched, parts)));
        },
      ),
    );
  });

  it('finds words in all their spellings, of more hits than it has places for at first', () => {
    const aliases = new Map([...'0о'].map((alias) => [alias.charCodeAt(0), 'o'.charCodeAt(0)] as const));
    const unalias = (written: string) => written.replace(/[0о]/g, 'o');
    const letters = fc.string({
      unit: fc.constantFrom('o', '0', 'о', 'r', '注'),
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.uniqueArray(letters, { maxLength: 6 }), letters, (words, searched) => {
        const expected = words.map((word) => findEnds(unalias(searched), ['', unalias(word), '']));
        expect(scanFor(words, searched, aliases)).toEqual(expected);
      }),
    );
    expect(scanFor(['o'], 'o0'.repeat(1_000), aliases)[0]).toHaveLength(2_000);
  });
});
