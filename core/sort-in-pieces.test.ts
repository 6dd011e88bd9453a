import { expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { sortInPieces } from './sort-in-pieces.ts';
import { workAtOnce } from './work-turns.ts';

const compare = (one: readonly [number, number], other: readonly [number, number]) => one[0] - other[0];

it('sorts as toSorted does: equal items stay in their order, and the given ones as they are', () => {
  const items = fc
    .array(fc.integer({ min: 0, max: 40 }), { maxLength: 3_000, size: 'max' })
    .map((keys) => keys.map((key, at) => [key, at] as const));
  fc.assert(
    fc.property(items, (given) => {
      const before = [...given];
      expect(workAtOnce(sortInPieces(given, compare))).toEqual(given.toSorted(compare));
      expect(given).toEqual(before);
    }),
  );
});

it('stops at least once for each 500 items, in each pass over them', () => {
  const work = sortInPieces(
    Array.from({ length: 4_000 }, (_, at) => [(at * 7) % 1_000, at] as const),
    compare,
  );
  let stops = 0;
  while (work.next().done !== true) stops += 1;
  // Eight runs, which are merged three times; the rest of a longer run is taken over at once.
  expect(stops).toBeGreaterThanOrEqual(7 + 3 * 5);
});
