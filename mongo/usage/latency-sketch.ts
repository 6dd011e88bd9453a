/**
 * A quantile sketch of latencies: DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch
 * with relative-error guarantees", VLDB 2019). It counts latencies by step; step `s` holds those from 1.05^s to
 * 1.05^(s+1) milliseconds, so that each quantile is within 2.44 percent. Sketches are merged by adding their counts. Up
 * to an hour there are 310 steps, however many calls there were.
 */
export type LatencySketch = ReadonlyMap<number, number>;

const growth = 1.05;

/** The step of a latency in milliseconds. */
export function toLatencyStep(latencyMs: number): number {
  return Math.floor(Math.log(Math.max(latencyMs, 1)) / Math.log(growth));
}

/** The latency in milliseconds that this share of all kept within (nearest rank); null when none has ended. */
export function percentile(sketch: LatencySketch, share: number): number | null {
  const rank = Math.max(1, Math.ceil([...sketch.values()].reduce((sum, count) => sum + count, 0) * share));
  let seen = 0;
  for (const [step, count] of [...sketch].sort(([a], [b]) => a - b)) {
    seen += count;
    // The value with the same relative distance to both ends of the step.
    if (seen >= rank) return Number(((2 * growth ** (step + 1)) / (growth + 1)).toPrecision(4));
  }
  return null;
}
