import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { createWordMatcher } from './word-matcher.ts';

describe('a word matcher', () => {
  it('finds in one pass what a search for each word finds', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { minLength: 1, maxLength: 6 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 30 }),
        (words, text) => {
          const found = createWordMatcher(words, 'PART').find(text);
          const ends = new Map<number, number>();
          for (const { start, end, entry } of found) {
            expect(text.slice(start, end)).toBe(words[entry]);
            ends.set(end, start);
          }
          // Of those that end at one place, the longest.
          for (let end = 1; end <= text.length; end += 1) {
            const longest = words
              .filter((each) => text.slice(0, end).endsWith(each))
              .sort((a, b) => b.length - a.length)[0];
            expect(ends.get(end)).toBe(longest === undefined ? undefined : end - longest.length);
          }
        },
      ),
    );
  });

  it('reads white space of any length as one space', () => {
    const matcher = createWordMatcher(['two  words'], 'WORD');
    const text = 'so two \n\t words';
    expect(matcher.find(text).map(({ start, end }) => text.slice(start, end))).toEqual(['two \n\t words']);
  });

  it('finds whole words alone, and everywhere in scripts without spaces', () => {
    const matcher = createWordMatcher(['ass', '傻'], 'WORD');
    const find = (text: string) => matcher.find(text).length;
    expect(find('ass, (ass) «ass»')).toBe(3);
    expect(find('class assess assay 1ass')).toBe(0);
    expect(find('你傻了')).toBe(1);
    expect(find('𐐀ass ass𐐀')).toBe(0);
  });

  it('falls back to a shorter word where a longer one is no whole word', () => {
    const matcher = createWordMatcher(['xx yy', 'yy'], 'WORD');
    const text = 'axx yy';
    expect(matcher.find(text).map(({ start, end }) => text.slice(start, end))).toEqual(['yy']);
  });

  it('counts what may still become a word', () => {
    const matcher = createWordMatcher(['son of a', 'of'], 'WORD');
    expect(matcher.countOpen('nothing')).toBe(0);
    expect(matcher.countOpen('the son  of')).toBe(7);
    expect(matcher.countOpen('the son of b')).toBe(0);
    expect(matcher.countOpen('of')).toBe(2);
  });
});
