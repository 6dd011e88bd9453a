import { describe, expect, it } from 'vitest';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { TupleIndex } from './tuple-index.ts';

describe('an index of tuples', () => {
  it.each([0, 1, 2, 9])('of %i integers numbers them in their order, equal ones alike', (width) => {
    const random = createRandom(printedSeed(`tuples of ${width}`));
    const index = new TupleIndex(width);
    const numbers = new Map<string, number>();
    const tuples: (readonly number[])[] = [];
    for (let n = 0; n < 5_000; n += 1) {
      const tuple = Array.from({ length: width }, () => random.below(width === 9 ? 3 : 60));
      const key = tuple.join();
      const known = numbers.get(key) ?? numbers.size;
      if (known === numbers.size) tuples.push(tuple);
      numbers.set(key, known);
      expect(index.toNumber(tuple)).toBe(known);
    }
    expect(index.size).toBe(numbers.size);
    const items = tuples.map((tuple, number) => tuple.map((_, at) => index.item(number, at)));
    expect(items).toEqual(tuples);
  });
});
