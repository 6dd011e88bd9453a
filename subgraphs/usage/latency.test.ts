import { describe, expect, it } from 'vitest';
import { type LatencyStep, percentile } from './latency.ts';

/** The step of a latency, as the database computes it. */
const buildStep = (latencyMs: number): LatencyStep => ({
  step: Math.floor(Math.log(Math.max(latencyMs, 1)) / Math.log(1.05)),
  count: 1,
});

describe('percentile', () => {
  it('is at most 2.5 percent off the nearest rank, from a millisecond to an hour', () => {
    for (let latencyMs = 1; latencyMs < 3_600_000; latencyMs = Math.ceil(latencyMs * 1.07)) {
      const told = percentile([buildStep(latencyMs)], 0.5) ?? Number.NaN;
      expect(Math.abs(told / latencyMs - 1), `${latencyMs} ms`).toBeLessThanOrEqual(0.0251);
    }
  });

  it('takes the nearest rank of many', () => {
    const steps = Array.from({ length: 100 }, (_, index) => buildStep((index + 1) * 10));
    expect(Math.abs((percentile(steps, 0.5) ?? 0) / 500 - 1)).toBeLessThan(0.026);
    expect(Math.abs((percentile(steps, 0.95) ?? 0) / 950 - 1)).toBeLessThan(0.026);
    expect(percentile([{ step: 0, count: 99 }, buildStep(1000)], 0.95)).toBeLessThan(2);
  });

  it('leaves out what has not ended, and is null when nothing has', () => {
    expect(percentile([{ step: null, count: 5 }], 0.5)).toBeNull();
    expect(percentile([], 0.95)).toBeNull();
    expect(percentile([{ step: null, count: 100 }, buildStep(100)], 0.5)).toBeGreaterThan(97);
  });
});
