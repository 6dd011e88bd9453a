import { describe, expect, it } from 'vitest';
import { createSampler } from './sampler.ts';
import { newTraceId } from './trace-ids.ts';

const parent = (isSampled: boolean) => ({ traceId: newTraceId(), spanId: '00f067aa0ba902b7', isSampled });

describe('a sampler', () => {
  it.each([
    ['always_on', true, true, true],
    ['always_off', false, false, false],
    ['parentbased_always_on', true, true, false],
    ['parentbased_always_off', false, true, false],
  ] as const)(
    '%s decides %s without a parent, %s and %s as that is sampled or not',
    (name, alone, on, off) => {
      const sample = createSampler(name, 1);
      expect(sample(newTraceId(), undefined)).toBe(alone);
      expect(sample(newTraceId(), parent(true))).toBe(on);
      expect(sample(newTraceId(), parent(false))).toBe(off);
    },
  );

  it('by ratio takes that part of traces, the same each time, and more of them the larger the ratio', () => {
    const ids = Array.from({ length: 20_000 }, newTraceId);
    const [tenth, again, half] = [0.1, 0.1, 0.5].map((ratio) => createSampler('traceidratio', ratio));
    const taken = ids.filter((id) => tenth?.(id, undefined));
    expect(taken.length).toBeGreaterThan(1_700);
    expect(taken.length).toBeLessThan(2_300);
    expect(taken.every((id) => again?.(id, parent(false)) && half?.(id, undefined))).toBe(true);
    for (const [ratio, all] of [
      [0, false],
      [1, true],
    ] as const) {
      expect(ids.every((id) => createSampler('traceidratio', ratio)(id, undefined) === all)).toBe(true);
    }
  });

  it('by ratio below a parent does as the parent states', () => {
    const sample = createSampler('parentbased_traceidratio', 0);
    expect([sample(newTraceId(), parent(true)), sample(newTraceId(), undefined)]).toEqual([true, false]);
  });
});
