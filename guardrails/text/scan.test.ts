import { describe, expect, it } from 'vitest';
import { WorkTooLong, WorkTurns } from '#core/work-turns.ts';
import { guardedText } from '#test/support/guardrail-rules.ts';
import { findingsMax, type Search, scanTexts } from './scan.ts';

/** Finds runs of x. */
const search: Search = function* (text) {
  for (const match of text.matchAll(/x+/g)) {
    yield { start: match.index, end: match.index + match[0].length, kind: 'X' };
  }
};

async function findIn(text: string): Promise<readonly (readonly number[])[]> {
  const result = await scanTexts([guardedText(text)], search, 'it has x');
  return result.fired ? result.findings.map(({ start, end }) => [start, end]) : [];
}

describe('a scan', () => {
  it.for([0, 100, 8_180, 8_191, 8_192, 8_193, 9_000, 16_380, 50_000])(
    'finds what stands at %i of a long text, once',
    async (at) => {
      const text = `${'.'.repeat(at)}${'x'.repeat(40)}${'.'.repeat(20_000)}`;
      expect(await findIn(text)).toEqual([[at, at + 40]]);
    },
  );

  it('numbers findings by their text', async () => {
    const result = await scanTexts([guardedText('.'), guardedText('.x')], search, 'it has x');
    expect(result).toEqual({
      fired: true,
      reason: 'it has x',
      findings: [{ text: 1, start: 1, end: 2, kind: 'X' }],
    });
  });

  it('fires without places where it finds more than it keeps', async () => {
    expect(await findIn('x.'.repeat(findingsMax))).toHaveLength(findingsMax);
    const result = await scanTexts([guardedText('x.'.repeat(findingsMax + 1))], search, 'it has x');
    expect(result).toEqual({ fired: true, reason: 'it has x', findings: [] });
  });

  it.for([
    ['between its windows', 100_000, 1],
    ['within one, where the search is slow', 100, 20],
  ] as const)('lets other work have its turn %s', async ([, length, steps]) => {
    let clockMs = 0;
    let turns = 0;
    const count = () => {
      turns += 1;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    const slow: Search = function* () {
      for (let step = 0; step < steps; step += 1) {
        clockMs += 3;
        yield null;
      }
    };
    await scanTexts([guardedText('.'.repeat(length))], slow, 'never', new WorkTurns({ now: () => clockMs }));
    clearImmediate(immediate);
    expect(turns).toBeGreaterThanOrEqual(Math.floor(clockMs / 6) - 1);
    expect(clockMs).toBeGreaterThan(30);
  });

  it('rejects where all turns together have taken longer than they may', async () => {
    let clockMs = 0;
    const endless: Search = function* () {
      for (;;) {
        clockMs += 7;
        yield null;
      }
    };
    const turns = new WorkTurns({ now: () => clockMs, workMsMax: 20 });
    await expect(scanTexts([guardedText('.')], endless, 'never', turns)).rejects.toThrow(WorkTooLong);
    expect(clockMs).toBe(21);
  });
});
