import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type BenchBudget, computeRatios, findOverruns } from './budget.ts';

const committed = JSON.parse(readFileSync(new URL('./budget.json', import.meta.url), 'utf8')) as BenchBudget;
const budget = { ...committed, release: '1.0.0', percentMax: 10, ratios: { complete: 2, token: 1 } };

describe('the budget of the bench', () => {
  it('lets a ratio pass up to its percentage, and names each one beyond it', () => {
    expect(findOverruns({ complete: 2, token: 1 }, budget)).toEqual([]);
    expect(findOverruns({ complete: 2.19, token: 1.09 }, budget)).toEqual([]);
    expect(findOverruns({ complete: 2.21, token: 1 }, budget)).toEqual([
      'complete: 2.21 times the pass-through; 1.0.0 took 2, and at most 2.20 pass.',
    ]);
    expect(findOverruns({ complete: 9, token: 9 }, budget)).toHaveLength(2);
  });

  it('fails a ratio that could not be measured', () => {
    const ratios = computeRatios({ call: [], floorCall: [1], token: [4], floorToken: [0] });
    expect(findOverruns(ratios, budget)).toHaveLength(2);
  });

  it('compares the medians over all rounds', () => {
    const figures = { call: [900, 20, 30], floorCall: [10, 1, 15], token: [5, 6, 7], floorToken: [3, 2, 1] };
    expect(computeRatios(figures)).toEqual({ complete: 3, token: 3 });
  });

  it('is a committed file whose ratios and load mean something', () => {
    const { load, percentMax, ratios } = committed;
    expect(Object.values({ ...load, ...ratios }).every((value) => value > 0)).toBe(true);
    expect(percentMax).toBeGreaterThan(0);
    expect(percentMax).toBeLessThanOrEqual(25);
  });
});
