/** The median; of an even number the mean of the two in the middle. NaN of nothing. */
export function findMedian(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Makes the median absolute deviation of normally distributed values their standard deviation: 1 / Φ⁻¹(3/4). */
const normalConsistency = 1.4826;

/**
 * The scaled median absolute deviation, a standard deviation that outliers do not move: Rousseeuw and Croux, "Alternatives
 * to the Median Absolute Deviation", JASA 88 (1993).
 */
export function scaledMad(values: readonly number[], center = findMedian(values)): number {
  return normalConsistency * findMedian(values.map((value) => Math.abs(value - center)));
}
