import { describe, expect, it } from 'vitest';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { checkedPatterns, coversPattern, intersectPatterns, matchesLists } from './name-patterns.ts';

const lists = (...patterns: string[][]) => patterns.map((one) => ({ subject: 'key:k', patterns: one }));

describe('names that a caller may use', () => {
  it.each<[string[][], string, boolean]>([
    [[], 'openai/gpt-5', true],
    [[[]], 'openai/gpt-5', false],
    [[['openai/gpt-5']], 'openai/gpt-5', true],
    [[['openai/gpt-5']], 'openai/gpt-5-pro', false],
    [[['openai/gpt-5']], 'openai/GPT-5', false],
    [[['openai/*']], 'openai/gpt-5', true],
    [[['openai/*']], 'openai-eu/gpt-5', false],
    [[['openai/*']], 'openai/', true],
    [[['openai/*']], 'xopenai/gpt-5', false],
    [[['openai/gpt-5*']], 'openai/gpt-5-pro', true],
    [[['*']], '', true],
    [[['.*']], 'openai/gpt-5', false],
    [[['fast', 'openai/*']], 'fast', true],
    [[['fast', 'openai/*']], 'faster', false],
    [[['openai/*'], ['openai/gpt-5', 'fast']], 'openai/gpt-5', true],
    [[['openai/*'], ['openai/gpt-5', 'fast']], 'fast', false],
    [[['openai/*'], []], 'openai/gpt-5', false],
  ])('%j: %s is %s', (patterns, name, matches) => {
    const given = lists(...patterns);
    expect(matchesLists(given, name)).toBe(matches);
    expect(matchesLists(given, name)).toBe(matches);
  });

  it.each(['', ' ', 'a b', 'a*b', '**', '*a', 'a\n', 'a\u200b', 'x'.repeat(257)])('are never %j', (wrong) => {
    expect(() => checkedPatterns(['fine', wrong], 'input.models')).toThrow(/^input\.models\[1\]/);
  });

  it('are at most 100, without repetitions; null and none differ', () => {
    const many = Array.from({ length: 101 }, (_, index) => `m${index}`);
    expect(() => checkedPatterns(many, 'input.models')).toThrow('more than 100');
    expect(checkedPatterns(['a', 'a*', 'a'], 'input.models')).toEqual(['a', 'a*']);
    expect(checkedPatterns(null, 'x')).toBeNull();
    expect(checkedPatterns(undefined, 'x')).toBeNull();
    expect(checkedPatterns([], 'x')).toEqual([]);
  });

  it('of several lists as one are those that every list matches', () => {
    const random = createRandom(printedSeed('patterns'));
    const text = () => Array.from({ length: random.below(3) }, () => random.pick(['a', 'b'])).join('');
    const pattern = () => (random.below(2) === 0 ? `${text()}*` : `${text()}a`);
    let matched = 0;
    for (let round = 0; round < 2_000; round++) {
      const given = Array.from({ length: 1 + random.below(3) }, () =>
        Array.from({ length: random.below(4) }, pattern),
      );
      const one = intersectPatterns(given) ?? ['*'];
      for (const name of ['', 'a', 'b', 'aa', 'ab', 'ba', 'bb', 'aaa', 'aba', 'bab', 'abab']) {
        const all = matchesLists(lists(...given), name);
        if (all) matched += 1;
        expect(matchesLists(lists([...one]), name), JSON.stringify({ given, one, name })).toBe(all);
      }
      const [outer = '', inner = ''] = [pattern(), pattern()];
      if (coversPattern(outer, inner)) {
        for (const name of ['', 'a', 'aa', 'ab', 'aba', 'b', 'ba']) {
          const within = matchesLists(lists([inner]), name);
          if (within) expect(matchesLists(lists([outer]), name)).toBe(true);
        }
      }
    }
    expect(matched).toBeGreaterThan(1_000);
    expect(intersectPatterns([])).toBeNull();
  });
});
