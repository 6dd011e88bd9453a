import { describe, expect, it } from 'vitest';
import { toGroupKey } from '../aggregate/accumulators.ts';
import { anyValue } from '../bson/arbitrary.ts';
import { equalValues } from '../bson/compare.ts';
import { fc } from '../spec/properties.ts';
import { valueSet } from './value-set.ts';

describe('sets of values', () => {
  it('hold exactly the values that equal one of theirs', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 8 }), anyValue, (values, value) => {
        expect(valueSet(values).has(value)).toBe(values.some((other) => equalValues(other, value)));
      }),
      { numRuns: 3000 },
    );
  });

  it('key equal values, and only them, alike', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        expect(Object.is(toGroupKey(a), toGroupKey(b)) || toGroupKey(a) === toGroupKey(b)).toBe(
          equalValues(a, b),
        );
      }),
      { numRuns: 10_000 },
    );
  });
});
