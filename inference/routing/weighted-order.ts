/** All items in random order, each next one with a chance in proportion to its weight; those of weight 0 last. */
export function weightedOrder<T>(
  items: readonly T[],
  readWeight: (item: T) => number,
  random: () => number,
): readonly T[] {
  return items
    .map((item) => {
      const weight = readWeight(item);
      // Efraimidis and Spirakis: the largest u^(1/w) first; in logarithms, so that small weights do not underflow.
      return { item, rank: weight > 0 ? Math.log(1 - random()) / weight : Number.NEGATIVE_INFINITY };
    })
    .toSorted((a, b) => b.rank - a.rank)
    .map(({ item }) => item);
}
