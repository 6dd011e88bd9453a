import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type BenchBudget, type BenchRatios, computeRatios, findOverruns } from './budget.ts';
import { type BenchCosts, units } from './measure.ts';

const committed = JSON.parse(readFileSync(new URL('./budget.json', import.meta.url), 'utf8')) as BenchBudget;
const budget = { ...committed, release: '1.0.0', percentMax: 10, ratios: { complete: 2, token: 1 } };
const within: BenchRatios = { complete: 2, token: 1, ...committed.ratiosMax };

/** Each unit costs the same. */
const costs = Object.fromEntries(units.map((unit) => [unit, [1]])) as unknown as BenchCosts;

describe('the budget of the bench', () => {
  it('lets a ratio to the pass-through exceed that of the release up to its percentage, and names each one beyond it', () => {
    expect(findOverruns(within, budget)).toEqual([]);
    expect(findOverruns({ ...within, complete: 2.19, token: 1.09 }, budget)).toEqual([]);
    expect(findOverruns({ ...within, complete: 2.21 }, budget)).toEqual([
      'complete: 2.21 times the pass-through; 1.0.0 took 2, and at most 2.20 pass.',
    ]);
    expect(findOverruns({ ...within, complete: 9, token: 9 }, budget)).toHaveLength(2);
  });

  it.each([
    ['jwtComplete', 1.15],
    ['chatComplete', 1.15],
    ['messagesComplete', 1.15],
    ['chatToken', 1],
    ['messagesToken', 1],
  ] as const)('lets %s cost at most %f times the same by GraphQL', (name, max) => {
    expect(findOverruns({ ...within, [name]: max }, budget)).toEqual([]);
    expect(findOverruns({ ...within, [name]: max + 0.01 }, budget)).toEqual([
      `${name}: ${(max + 0.01).toFixed(2)} times the same by GraphQL, and at most ${max.toFixed(2)} pass.`,
    ]);
  });

  it('fails a ratio that could not be measured', () => {
    const ratios = computeRatios({ ...costs, call: [], token: [4], floorToken: [0], chatToken: [] });
    expect(findOverruns(ratios, budget).map((line) => line.split(':')[0])).toEqual([
      'complete',
      'token',
      'jwtComplete',
      'chatComplete',
      'messagesComplete',
      'chatToken',
    ]);
  });

  it('compares each round with itself, and takes the median', () => {
    const measured = {
      ...costs,
      call: [900, 20, 30],
      floorCall: [10, 1, 15],
      token: [5, 6, 7],
      floorToken: [3, 2, 1],
      messagesToken: [7, 1, 6],
      eventToken: [2, 2, 2],
    };
    expect(computeRatios(measured)).toMatchObject({ complete: 20, token: 3, messagesToken: 3 });
  });

  it('is a committed file whose ratios and load mean something', () => {
    const { load, percentMax, ratios } = committed;
    expect(Object.values({ ...load, ...ratios }).every((value) => value > 0)).toBe(true);
    expect(percentMax).toBeGreaterThan(0);
    expect(percentMax).toBeLessThanOrEqual(25);
  });
});
