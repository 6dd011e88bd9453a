import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { findLengthMax } from './length-max.ts';

describe('the longest match of a pattern', () => {
  it.for([
    ['abc', 6],
    ['a|bcd', 6],
    ['a{3}', 6],
    ['a{2,5}b?', 12],
    ['(?:ab){3}', 12],
    ['(?P<name>ab)(?i:c)(?i)d', 8],
    ['[a-z\\]]{4}', 8],
    ['[]a]{2}', 4],
    ['[^]a]', 2],
    ['[[:alpha:]]{3}', 6],
    ['\\d{3}\\p{L}\\pN', 10],
    ['\\x{1F600}', 2],
    ['\\Qa+b\\E', 14],
    ['a{,3}', 10],
    ['a+', Number.POSITIVE_INFINITY],
    ['(a|b*)c', Number.POSITIVE_INFINITY],
    ['(ab+){2}', Number.POSITIVE_INFINITY],
    ['a{2,}?', Number.POSITIVE_INFINITY],
  ] as const)('%s has %i units at most', ([source, length]) => {
    expect(findLengthMax(source)).toBe(length);
  });

  it('is at least as long as any match', () => {
    const { pattern } = fc.letrec<{ pattern: string; atom: string }>((tie) => ({
      atom: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom('a', 'b', '.', '\\w', '[ab]', '[^c]', '\\x61', '\\Qa\\E'),
        tie('pattern').map((inner) => `(?:${inner})`),
        fc
          .tuple(tie('atom'), fc.constantFrom('?', '{2}', '{0,3}', '{1,2}?'))
          .map(([atom, times]) => `(${atom})${times}`),
      ),
      pattern: fc
        .tuple(fc.array(tie('atom'), { minLength: 1, maxLength: 3 }), fc.array(tie('atom'), { maxLength: 2 }))
        .map(([first, second]) =>
          [first.join(''), ...(second.length === 0 ? [] : [second.join('')])].join('|'),
        ),
    }));
    fc.assert(
      fc.property(
        pattern,
        fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 60 }),
        (source, text) => {
          const matcher = RE2JS.compile(source).matcher(text);
          while (matcher.find())
            expect(matcher.end() - matcher.start()).toBeLessThanOrEqual(findLengthMax(source));
        },
      ),
    );
  });
});
