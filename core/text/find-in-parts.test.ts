import { expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { findInParts, withoutOverlaps } from './find-in-parts.ts';

/** The longest is as long as what parts are shown behind them. */
const words = /ab{0,3}c?/g;
const around = [2, 5] as const;

function find(text: string, until = text.length) {
  const found = Array.from(text.matchAll(words), ({ 0: { length }, index: start }) => ({
    start,
    end: start + length,
  }));
  return withoutOverlaps(found.filter(({ start }) => start < until));
}

it('finds in parts what it finds in the whole, each part with as much around it as stated', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 12 }), async (whole, length) => {
      const found = await findInParts(whole, length, around, (part, _, until) => find(part, until));
      expect(found).toEqual(find(whole));
    }),
  );
});

it('states where each part begins, and where what belongs to the next one begins', async () => {
  const shown: unknown[] = [];
  await findInParts('0123456789abcdefghij', 8, around, (part, from, until) => {
    shown.push([from, part.slice(0, until)]);
    return [];
  });
  expect(shown).toEqual([
    [0, '01234567'],
    [6, '6789abcdef'],
    [14, 'efghij'],
  ]);
});

it('shows the parts of a range alone', async () => {
  const shown: unknown[] = [];
  const range = { start: 8, end: 16 };
  const look = (part: string, from: number, until: number) => {
    shown.push([from, part.slice(0, until)]);
    return [];
  };
  await findInParts('0123456789abcdefghij', 8, around, look, range);
  expect(shown).toEqual([[6, '6789abcdef']]);
});
