import { describe, expect, it } from 'vitest';
import { guardedText, testRule } from '#test/support/guardrail-rules.ts';
import { length } from './length.ts';

describe('the rule length', () => {
  it.for([
    [{ charactersMax: 5 }, 'abcde', null],
    [{ charactersMax: 5 }, 'abcdef', 'it has more than 5 characters'],
    [{ charactersMin: 3 }, 'abc', null],
    [{ charactersMin: 3 }, 'ab', 'it has fewer than 3 characters'],
    [{ wordsMax: 3 }, "don't state-of-the-art it", null],
    [{ wordsMax: 3 }, 'one two three four', 'it has more than 3 words'],
    [{ wordsMin: 2 }, 'one', 'it has fewer than 2 words'],
    [{ wordsMin: 4, wordsMax: 4 }, '你好世界', null],
    [{ wordsMin: 2, wordsMax: 2 }, 'हिन्दी भाषा', null],
    [{ wordsMin: 1, charactersMax: 3 }, '....', 'it has fewer than 1 words'],
  ] as const)('%o: %s', async ([options, text, reason]) => {
    expect(await testRule(length, options).look(text)).toMatchObject(
      reason === null ? { fired: false } : { fired: true, reason },
    );
  });

  it('counts all texts together, or each on its own', async () => {
    const options = { charactersMax: 5 };
    expect(await testRule(length, options).look('abc', 'def')).toMatchObject({ fired: true, findings: [] });
    expect(await testRule(length, { ...options, of: 'TEXT' }).look('abc', 'def')).toEqual({ fired: false });
  });

  it('cuts off what is too much of each text, and halves no character', async () => {
    const rule = testRule(length, { charactersMax: 3, of: 'TEXT' });
    expect(await rule.find('abc', 'abcdef', 'ab😀cd')).toEqual(['def', '😀cd']);
    expect(await rule.look('abcd')).toMatchObject({ findings: [{ start: 3, end: 4, replacement: '' }] });
    const both = testRule(length, { charactersMin: 2, charactersMax: 3, of: 'TEXT' });
    expect(await both.look('a', 'abcd')).toMatchObject({ fired: true, findings: [] });
  });

  it('counts no names, options and schemas', async () => {
    const rule = testRule(length, { charactersMax: 1 });
    expect(await rule.look(guardedText('long', { kind: 'tool-name' }))).toEqual({ fired: false });
    expect(await testRule(length, { charactersMin: 1 }).look(guardedText('', { kind: 'id' }))).toEqual({
      fired: false,
    });
  });

  it.for([{}, { of: 'TEXT' }, { charactersMax: -1 }, { wordsMax: 1.5 }, { wordsMax: 1, more: 1 }])(
    'refuses the options %o',
    (options) => {
      expect(() => length.prepare(options, {})).toThrow();
    },
  );
});
