import { describe, expect, it } from 'vitest';
import { percentile } from './latency-sketch.ts';

/** The step of a latency, as the database computes it. */
const toStep = (latencyMs: number) => Math.floor(Math.log(Math.max(latencyMs, 1)) / Math.log(1.05));
const toSketch = (...latencies: readonly number[]) => {
  const sketch = new Map<number, number>();
  for (const ms of latencies) sketch.set(toStep(ms), (sketch.get(toStep(ms)) ?? 0) + 1);
  return sketch;
};

describe('percentile', () => {
  it('is at most 2.5 percent off the nearest rank, from a millisecond to an hour', () => {
    for (let latencyMs = 1; latencyMs < 3_600_000; latencyMs = Math.ceil(latencyMs * 1.07)) {
      const stated = percentile(toSketch(latencyMs), 0.5) ?? Number.NaN;
      expect(Math.abs(stated / latencyMs - 1), `${latencyMs} ms`).toBeLessThanOrEqual(0.0245);
    }
  });

  it('takes the nearest rank of many', () => {
    const sketch = toSketch(...Array.from({ length: 100 }, (_, index) => (index + 1) * 10));
    expect(Math.abs((percentile(sketch, 0.5) ?? 0) / 500 - 1)).toBeLessThan(0.025);
    expect(Math.abs((percentile(sketch, 0.95) ?? 0) / 950 - 1)).toBeLessThan(0.025);
    expect(percentile(toSketch(...Array(99).fill(1), 1000), 0.95)).toBeLessThan(2);
  });

  it('is null when nothing has ended', () => {
    expect(percentile(new Map(), 0.95)).toBeNull();
  });
});
