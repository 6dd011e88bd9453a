/** Items between two stops. */
const pieceLength = 500;

/**
 * The items in the order of `compare`, equal ones in the order that they had, as `toSorted`. Stops after pieces of less than some
 * milliseconds (work-turns.ts): a sort of 200,000 items takes tenths of a second.
 */
export function* sortInPieces<Item>(
  items: readonly Item[],
  compare: (one: Item, other: Item) => number,
): Generator<void, readonly Item[]> {
  let runs: (readonly Item[])[] = [];
  for (let from = 0; from < items.length; from += pieceLength) {
    if (from > 0) yield;
    runs.push(items.slice(from, from + pieceLength).sort(compare));
  }
  while (runs.length > 1) {
    const merged: (readonly Item[])[] = [];
    for (let at = 0; at < runs.length; at += 2) {
      const [one = [], other] = [runs[at], runs[at + 1]];
      merged.push(other === undefined ? one : yield* merge(one, other, compare));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge<Item>(
  one: readonly Item[],
  other: readonly Item[],
  compare: (one: Item, other: Item) => number,
): Generator<void, readonly Item[]> {
  const merged: Item[] = [];
  let [at, otherAt] = [0, 0];
  while (at < one.length && otherAt < other.length) {
    const isFirst = compare(one[at] as Item, other[otherAt] as Item) <= 0;
    merged.push(isFirst ? (one[at++] as Item) : (other[otherAt++] as Item));
    if (merged.length % pieceLength === 0) yield;
  }
  return [...merged, ...one.slice(at), ...other.slice(otherAt)];
}
