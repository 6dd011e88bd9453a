import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { visitWords } from './visit-words.ts';

function readWords(text: string): readonly string[] {
  const words: string[] = [];
  visitWords(text, (start, end) => words.push(text.slice(start, end)));
  return words;
}

const word =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]|[[\p{L}\p{N}\p{M}]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]]+/gv;

describe('the words of a text', () => {
  it.for([
    ['One, two_three 4th', ['One', 'two', 'three', '4th']],
    ['注文は2つ', ['注', '文', 'は', '2', 'つ']],
    ['straße e\u0301té', ['straße', 'e\u0301té']],
    ['a𝐛𝐜 𠀀x', ['a𝐛𝐜', '𠀀', 'x']],
    ['a\ud800b', ['a', 'b']],
  ] as const)('of %s', ([text, words]) => {
    expect(readWords(text)).toEqual(words);
  });

  it('are those of their definition', () => {
    const unit = fc.oneof(
      fc.constantFrom('a', 'é', '\u0301', '注', '𝐛', '𠀀', '\ud800', '\udc00', ' ', '_', '7'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), (units) => {
        const text = units.join('');
        expect(readWords(text)).toEqual(text.match(word) ?? []);
      }),
    );
  });

  it('have a hash that is that of equal ones, in any text', () => {
    const hashes = new Map<string, number>();
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '注', '𝐛', '𠀀', '7'), maxLength: 3 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        const text = words.join(' ');
        visitWords(text, (start, end, hash) => {
          const seen = text.slice(start, end);
          expect(hash).toBe(hashes.get(seen) ?? hash);
          hashes.set(seen, hash);
        });
      }),
    );
    expect(new Set(hashes.values()).size).toBe(hashes.size);
  });
});
