import { describe, expect, it } from 'vitest';
import { WorkTooLong } from '#core/work-turns.ts';
import { expectFinalBeforeHold, guardedText, ruleContext, testRule } from '#test/support/guardrail-rules.ts';
import { pattern } from './pattern.ts';

const withPatterns = (...patterns: readonly string[]) =>
  testRule(pattern, { patterns: patterns.map((each) => ({ pattern: each })) });

describe('the rule pattern', () => {
  it('finds each match of each pattern, under the kind of the policy', async () => {
    const rule = testRule(pattern, {
      patterns: [
        { pattern: 'EMP-\\d{4}', kind: 'EMPLOYEE' },
        { pattern: 'falcon', ignoreCase: true },
      ],
    });
    expect(await rule.find('EMP-1234, FALCON and EMP-77 and EMP-9999')).toEqual([
      'EMP-1234',
      'EMP-9999',
      'FALCON',
    ]);
    expect(await rule.look('😀 EMP-1234')).toMatchObject({
      findings: [{ start: 3, end: 11, kind: 'EMPLOYEE' }],
    });
    expect(await rule.look('EMP-12')).toEqual({ fired: false });
  });

  it('finds nothing where a pattern matches no character', async () => {
    expect(await withPatterns('\\b').look('two words')).toEqual({ fired: false });
  });

  it('reads ^ and $ as the start and the end of a line', async () => {
    expect(await withPatterns('^a+$').find('a\naa\nba')).toEqual(['a', 'aa']);
  });

  it('looks at each string of JSON, and at numbers', async () => {
    const json = guardedText('{"id":1234,"text":"a\\nEMP-1234"}', { format: 'JSON' });
    expect(await withPatterns('\\bEMP-\\d+', '^\\d{4}$').find(json)).toEqual(['1234', 'EMP-1234']);
  });

  it.for(['(a+)+$', '(a|aa)*c', '(x+x+)+y', '(?:[a-z]*)*[0-9]{3}!', '(.*)(.*)(.*)(.*)(.*)z'])(
    'takes linear time for %s',
    async (source) => {
      // A backtracking engine would not return from this.
      const rule = withPatterns(source);
      for (const text of ['a'.repeat(50_000), 'x'.repeat(50_000)]) await rule.look(`${text}!`);
    },
  );

  it('costs as much as its largest pattern, and most patterns no more than other rules', () => {
    const list = Array.from({ length: 50 }, (_, number) => `EMP-${number}-\\d{4,8}`);
    expect(withPatterns(...list).cost).toBe(1);
    expect(withPatterns('EMP', '(?i)\\pL{500}').cost).toBeGreaterThan(70);
  });

  it('lets other work have its turn between places that each take a look at all that follows', async () => {
    let turns = 0;
    const count = () => {
      turns += 1;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    await withPatterns('a(?:.*z)?').look('a'.repeat(4_000));
    clearImmediate(immediate);
    // One is that of the whole window.
    expect(turns).toBeGreaterThan(2);
  });

  it('looks no longer than it may in this thread, also for places that each take a look at all that follows', async () => {
    const rule = withPatterns('a(?:.*z)?');
    const texts = [guardedText('a'.repeat(9_000))];
    await expect(rule.check(texts, { ...ruleContext, workMsMax: 1 })).rejects.toThrow(WorkTooLong);
  });

  it('holds back as much as its longest match, and lets whole answers be looked at where it has none', async () => {
    const rule = withPatterns('EMP-\\d{1,4}', '\\bab?c\\b');
    expect(rule.holdFrom?.('x'.repeat(100))).toBe(100 - 17);
    expect(rule.holdFrom?.('x')).toBe(0);
    await expectFinalBeforeHold(rule, ['EMP', '-', '1', '22', ' abc', ' ac', '\n', 'xx']);
    for (const unbounded of ['a+', 'a{2,}', 'x.*y', 'a{150}', '(ab{0,20}){30}']) {
      expect(withPatterns(unbounded).holdFrom, unbounded).toBeUndefined();
    }
  });

  it.for([
    ['(?=a)b', 'is no pattern of RE2'],
    ['(a)\\1', 'is no pattern of RE2'],
    ['[a', 'is no pattern of RE2'],
    ['a{1001}', 'is no pattern of RE2'],
    ['a*', 'must not match the empty text'],
    ['(?:ab{1000}){1}', 'is too large'],
    ['x'.repeat(501), ''],
    ['', ''],
  ])('refuses %s', ([source, problem]) => {
    const patterns = Array.from({ length: problem === 'is too large' ? 20 : 1 }, () => ({ pattern: source }));
    expect(() => pattern.prepare({ patterns }, {})).toThrow(problem);
  });

  it('refuses no pattern, and more than fifty', () => {
    expect(() => pattern.prepare({ patterns: [] }, {})).toThrow();
    expect(() => pattern.prepare({ patterns: Array(51).fill({ pattern: 'a' }) }, {})).toThrow();
  });
});
