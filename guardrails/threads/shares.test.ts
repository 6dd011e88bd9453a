import { describe, expect, it } from 'vitest';
import { secretParts } from '#core/secrets/find-secrets.ts';
import { guardedText, ruleContext, ruleSamples } from '#test/support/guardrail-rules.ts';
import { fc } from '#test/support/properties.ts';
import type { Finding, GuardedText, PreparedRule, RuleResult } from '../guardrail.ts';
import { knownRules } from '../rules.ts';
import { divideTexts, joinResults } from './shares.ts';

const { length: partLength } = secretParts;
const ofLength = (length: number, more: Partial<GuardedText> = {}) => guardedText(' '.repeat(length), more);

async function lookInShares(rule: PreparedRule, texts: readonly GuardedText[], count: number) {
  const shares = divideTexts(texts, count);
  const results = shares.map((share) => rule.check(texts, { ...ruleContext, share }));
  return joinResults(await Promise.all(results));
}

/** Filler with values where parts meet, where texts meet, and anywhere else. */
function drawTexts(values: readonly string[]): fc.Arbitrary<readonly GuardedText[]> {
  const value = fc.constantFrom(...values);
  const nearEnd = fc.record({ back: fc.integer({ min: -3, max: 60 }), value });
  const anywhere = fc.record({ at: fc.integer({ min: 0, max: 5 * partLength }), value });
  const text = fc.record({
    length: fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 2 * partLength, max: 5 * partLength }),
    ),
    ofParts: fc.array(nearEnd, { maxLength: 4 }),
    others: fc.array(anywhere, { maxLength: 4 }),
    first: value,
    last: value,
    cut: fc.integer({ min: 0, max: 60 }),
    kind: fc.constantFrom('message' as const, 'message' as const, 'url' as const),
  });
  return fc.array(text, { minLength: 1, maxLength: 4 }).map((drawn) =>
    drawn.map(({ length, ofParts, others, first, last, cut, kind }) => {
      let written = ' a word,'.repeat(Math.ceil(length / 8)).slice(0, length);
      const put = (at: number, what: string) => {
        if (at >= 0 && at < written.length)
          written = `${written.slice(0, at)} ${what} ${written.slice(at + what.length + 2)}`;
      };
      for (const { at, value: what } of others) put(at, what);
      for (const [number, { back, value: what }] of ofParts.entries())
        put((number + 1) * partLength - back, what);
      // A value that two texts share begins in one and ends in the next.
      return guardedText(`${first.slice(cut)} ${written} ${last.slice(0, cut)}`, { kind });
    }),
  );
}

describe('shares of texts', () => {
  it.each(knownRules.filter(({ isDivisible }) => isDivisible === true))(
    'have together what $name finds in the whole',
    async (rule) => {
      const [sample, , options = {}] = ruleSamples[rule.name] ?? ['', ''];
      const prepared = rule.prepare(options, {});
      const values = [
        sample,
        'jane@example.com',
        'card 4111 1111 1111 1111',
        '+49 30 901820',
        'https://user:pa55word@host.test',
        `token ghp_${'aB3dE5fG7h'.repeat(4).slice(0, 36)}`,
        Buffer.from(`AKIA${'ABCDEFGH23456777'} jane@example.com`).toString('base64'),
      ];
      await fc.assert(
        fc.asyncProperty(drawTexts(values), fc.integer({ min: 2, max: 5 }), async (texts, count) => {
          const whole = await prepared.check(texts, ruleContext);
          expect(await lookInShares(prepared, texts, count)).toEqual(whole);
        }),
        { numRuns: 60 },
      );
    },
  );

  it('are of about the same length, and meet where parts of a text do', () => {
    expect(divideTexts([ofLength(8 * partLength)], 2)).toEqual([
      { start: 0, end: 4 * partLength },
      { start: 4 * partLength, end: 8 * partLength },
    ]);
    const [before] = divideTexts([ofLength(7 * partLength - 1_000)], 2);
    expect(before).toEqual({ start: 0, end: 3 * partLength });
    expect(divideTexts([ofLength(1_000), ofLength(6 * partLength)], 3).map(({ end }) => end)).toEqual([
      1_000 + 2 * partLength,
      1_000 + 4 * partLength,
      1_000 + 6 * partLength,
    ]);
  });

  it('have a part of a long text on both sides of where they meet', () => {
    const all = (length: number) => [{ start: 0, end: length }];
    expect(divideTexts([ofLength(2 * partLength - 1)], 2)).toEqual(all(2 * partLength - 1));
    expect(divideTexts([ofLength(2 * partLength)], 4)).toHaveLength(2);
    const short = Array.from({ length: 40 }, () => ofLength(partLength));
    expect(divideTexts(short, 4)).toEqual(all(40 * partLength));
    expect(divideTexts([ofLength(8 * partLength, { kind: 'url' })], 4)).toEqual(all(8 * partLength));
    expect(divideTexts([], 4)).toEqual(all(0));
  });

  it('leave out what begins within what another share has found', () => {
    const find = (
      ...places: readonly (readonly [text: number, start: number, end: number])[]
    ): RuleResult => ({
      fired: true,
      reason: `${places.length}`,
      findings: places.map(([text, start, end]): Finding => ({ text, start, end, kind: 'A' })),
    });
    const nothing: RuleResult = { fired: false };
    expect(joinResults([nothing, nothing])).toEqual(nothing);
    expect(joinResults([nothing, find([0, 1, 2])])).toEqual(find([0, 1, 2]));
    const joined = joinResults([find([0, 1, 9]), nothing, find([0, 8, 10], [0, 9, 11], [1, 2, 3])]);
    expect(joined).toEqual({ ...find([0, 1, 9], [0, 9, 11], [1, 2, 3]), reason: '1' });
  });
});
