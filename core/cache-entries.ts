/**
 * Options of an LRUCache of at most so many entries. It takes memory as it fills: with `max` alone it takes what all of
 * them need when it is made, a millisecond and a quarter of a megabyte for 10,000.
 */
export function limitEntries(max: number): {
  readonly maxSize: number;
  readonly sizeCalculation: () => number;
} {
  return { maxSize: max, sizeCalculation: countOne };
}

const countOne = () => 1;
