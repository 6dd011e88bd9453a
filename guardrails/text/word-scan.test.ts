import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { wordEdge } from './required-words.ts';
import { createWordScan } from './word-scan.ts';

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
    const found = createWordScan(['abc', 'bc', 'c'])('abc');
    expect([0, 1, 2].map((number) => found.get(number))).toEqual([[3], [3], [3]]);
  });

  it('finds all of them, within others and at edges', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { selector: (parts) => parts.join(''), maxLength: 12 }),
        text,
        (words, searched) => {
          const found = createWordScan(words.map((parts) => parts.join('')))(searched);
          for (const [number, parts] of words.entries()) {
            expect(found.get(number) ?? []).toEqual(findEnds(searched, parts));
          }
        },
      ),
    );
  });
});
