/** Each step of latency is this much longer than the one before: what is returned is at most 2.5 percent off. */
const growth = 1.05;

/** How many latencies lie in one step. */
export interface LatencyStep {
  /** Null: has not ended, and does not count. */
  readonly step: number | null;
  readonly count: number;
}

/**
 * An aggregation expression: the step of a row's latency. Steps grow with the latency, so that a day of calls
 * becomes a few hundred numbers however many calls there were: up to an hour there are 310.
 */
export const latencyStep = {
  $cond: [
    { $eq: [{ $ifNull: ['$latencyMs', null] }, null] },
    null,
    { $floor: { $divide: [{ $ln: { $max: ['$latencyMs', 1] } }, Math.log(growth)] } },
  ],
};

/** The latency in milliseconds that this share of all kept within (nearest rank); null when none has ended. */
export function percentile(steps: readonly LatencyStep[], share: number): number | null {
  const ended = steps.filter((step): step is { step: number; count: number } => step.step !== null);
  const rank = Math.ceil(ended.reduce((sum, { count }) => sum + count, 0) * share);
  let seen = 0;
  for (const { step, count } of ended.toSorted((a, b) => a.step - b.step)) {
    seen += count;
    // The middle of the step, on the scale on which steps are equally long.
    if (seen >= rank) return Number((growth ** (step + 0.5)).toPrecision(4));
  }
  return null;
}
