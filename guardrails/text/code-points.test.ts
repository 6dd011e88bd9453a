import { expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { toUtf16Offsets } from './code-points.ts';

it('finds the place of every code point, in any order', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat({ max: 40 })), (text, offsets) => {
      const points = [...text];
      const expected = offsets.map((at) => (at > points.length ? null : points.slice(0, at).join('').length));
      expect(toUtf16Offsets(text, offsets)).toEqual(expected);
    }),
  );
});

it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('has no place for %s', (offset) => {
  expect(toUtf16Offsets('abc', [offset, 1])).toEqual([null, 1]);
});
