import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { forecastSpend } from '../../forecast/forecast-spend.ts';
import { judgeAnomaly } from './anomaly.ts';
import { computeBaseline, hoursPerWeek } from './baseline.ts';
import { judgeBudgetShare, judgeBurnRate } from './budget-use.ts';
import { judgeForecast } from './judge-forecast.ts';
import { compareAbove, compareBelow, toWords } from './judgement.ts';
import { type KeyConduct, patternJudges } from './security.ts';
import { findMedian, scaledMad } from './statistics.ts';
import { judgeThreshold } from './threshold.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describe('a threshold', () => {
  it.each([
    [101, 'FIRING'],
    [100, 'HOLD'],
    [90.5, 'HOLD'],
    [90, 'CLEAR'],
    [0, 'CLEAR'],
  ])('of 100 from above: %s is %s', (value, state) => expect(compareAbove(value, 100)).toBe(state));

  it.each([
    [99, 'FIRING'],
    [100, 'HOLD'],
    [109, 'HOLD'],
    [111, 'CLEAR'],
  ])('of 100 from below: %s is %s', (value, state) => expect(compareBelow(value, 100)).toBe(state));

  it('of 0 fires for anything more, and clears at 0', () => {
    expect(compareAbove(0.001, 0)).toBe('FIRING');
    expect(compareAbove(0, 0)).toBe('CLEAR');
  });

  it('is clear where there is nothing to measure', () => {
    expect(judgeThreshold({ side: 'ABOVE', value: null, threshold: 5, measure: 'latency' }).state).toBe(
      'CLEAR',
    );
  });

  it.each([
    [1234567.8, '1234568'],
    [0.0000123451, '0.00001235'],
    [12, '12'],
    [Number.POSITIVE_INFINITY, 'unlimited'],
  ])('is stated in words: %s as %s', (value, words) => expect(toWords(value)).toBe(words));
});

describe('the median and the MAD', () => {
  it('are those of a known sample', () => {
    // Median 2, absolute deviations 1 1 0 0 2 4 7, their findMedian 1.
    expect(findMedian([1, 1, 2, 2, 4, 6, 9])).toBe(2);
    expect(scaledMad([1, 1, 2, 2, 4, 6, 9])).toBeCloseTo(1.4826, 10);
    expect(findMedian([1, 3])).toBe(2);
    expect(findMedian([])).toBeNaN();
  });

  it('are not moved by fewer than half of the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 3, maxLength: 50 }),
        (values) => {
          const outliers = new Array(Math.floor((values.length - 1) / 2)).fill(1e12);
          expect(findMedian([...values, ...outliers])).toBeLessThanOrEqual(100);
        },
      ),
    );
  });
});

/** Weeks of hours: busy by day, quiet by night and at weekends. */
function weeks(count: number, growth = 1): number[] {
  return Array.from({ length: count * hoursPerWeek }, (_, hour) => {
    const isBusy = hour % 24 >= 8 && hour % 24 < 18 && Math.floor(hour / 24) % 7 < 5;
    return (isBusy ? 1_000 : 100) * growth ** Math.floor(hour / hoursPerWeek);
  });
}

describe('the baseline', () => {
  it('is silent for a week, then by hour of the day, and from three weeks on by hour of the week', () => {
    const options = { isCount: true };
    expect(computeBaseline(weeks(1).slice(1), options)).toBeNull();
    expect(computeBaseline(weeks(1), options)?.season).toBe('HOUR_OF_DAY');
    expect(computeBaseline(weeks(3).slice(1), options)?.season).toBe('HOUR_OF_DAY');
    expect(computeBaseline(weeks(3), options)?.season).toBe('HOUR_OF_WEEK');
  });

  it('starts with the first value: hours before anything was used are no history', () => {
    const unused = new Array(7 * hoursPerWeek).fill(0);
    expect(computeBaseline([...unused, ...weeks(1).slice(0, 100)], { isCount: true })).toBeNull();
  });

  it('knows busy hours from quiet ones, by the week', () => {
    const known = weeks(5);
    // Ends where Monday 09:00 begins, and where Saturday 09:00 begins.
    const monday = computeBaseline([...known, ...weeks(1).slice(0, 9)], { isCount: true });
    const saturday = computeBaseline([...known, ...weeks(1).slice(0, 5 * 24 + 9)], { isCount: true });
    expect(monday?.center).toBeCloseTo(1_000);
    expect(saturday?.center).toBeCloseTo(100);
  });

  it('follows growth: what grows by a tenth every week is usual at its present level', () => {
    const center = computeBaseline(
      [
        ...weeks(7, 1.1),
        ...weeks(1)
          .slice(0, 9)
          .map((v) => v * 1.1 ** 7),
      ],
      {
        isCount: true,
      },
    )?.center;
    expect((center ?? 0) / (1_000 * 1.1 ** 6)).toBeGreaterThan(0.95);
  });

  it('is not moved by an outage or a burst of a whole day', () => {
    for (const value of [0, 50_000]) {
      const known = weeks(6).map((usual, hour) => (hour >= 30 * 24 && hour < 31 * 24 ? value : usual));
      const { center = 0 } = computeBaseline([...known, ...weeks(1).slice(0, 57)], { isCount: true }) ?? {};
      expect(center).toBeCloseTo(1_000, 0);
    }
  });

  it('has a scale above 0 where all values are equal', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 1_000), fc.boolean(), (value, isCount) => {
        const hours = [1, ...new Array(4 * hoursPerWeek).fill(value)];
        expect(computeBaseline(hours, { isCount })?.scale).toBeGreaterThan(0);
      }),
    );
  });
});

describe('an anomaly', () => {
  const judge = (value: number | null, side: 'HIGH' | 'LOW' | 'BOTH', hours = weeks(5)) =>
    judgeAnomaly({ earlier: hours, value, side, threshold: 6, isCount: true, measure: 'number of calls' });

  it.each([
    [100, 'BOTH', 'CLEAR'],
    [150, 'HIGH', 'HOLD'],
    [200, 'HIGH', 'FIRING'],
    [200, 'LOW', 'CLEAR'],
    [10, 'LOW', 'FIRING'],
    [10, 'HIGH', 'CLEAR'],
    [10, 'BOTH', 'FIRING'],
  ] as const)('where 100 are usual: %s to the side %s is %s', (value, side, state) => {
    expect(judge(value, side).state).toBe(state);
  });

  it('states what is usual, of how many samples, and by how much it deviates', () => {
    const { reason, baseline, bound } = judge(200, 'HIGH');
    expect(reason).toBe(
      'The number of calls is 200; usual for this hour of the week is 100 (median of 5), so that it deviates by 10 standard deviations; the threshold is 6.',
    );
    expect([baseline, bound]).toEqual([100, 160]);
  });

  it('is unknown without history, and where nothing was measured', () => {
    expect(judge(200, 'HIGH', weeks(1).slice(1)).state).toBe('UNKNOWN');
    expect(judge(null, 'BOTH').state).toBe('UNKNOWN');
  });
});

describe('a budget', () => {
  const budget = { amount: 100, spent: 80, windowStartMs: 700 * dayMs, windowEndMs: 730 * dayMs };

  it.each([
    [79.9, 'CLEAR'],
    [80, 'FIRING'],
    [300, 'FIRING'],
  ])('of which %s of 100 are spent, with the share 0.8, is %s', (spent, state) => {
    expect(judgeBudgetShare({ ...budget, spent }, 0.8).state).toBe(state);
  });

  it('burns where both the window and its last twelfth are fast', () => {
    // 100 in 30 days are 0.1389 an hour: 2 an hour are 14.4 times as fast.
    const burn = (longSpent: number, shortSpent: number) =>
      judgeBurnRate(budget, { longMs: hourMs, longSpent, shortSpent }, 14).state;
    expect(burn(2, 2 / 12)).toBe('FIRING');
    expect(burn(2, 0)).toBe('CLEAR');
    expect(burn(0.1, 2 / 12)).toBe('CLEAR');
    expect(burn(1.9, 1.9 / 12)).toBe('HOLD');
  });

  const endMs = 710 * dayMs;
  const forecast = (hours: readonly number[], spent: number) =>
    forecastSpend({ ...budget, spent }, { endMs, hours }, endMs)?.total ?? null;

  it('is forecast by the mean of whole days, until there are two weeks', () => {
    expect(forecast(new Array(23).fill(1), 23)).toBeNull();
    expect(forecast(new Array(48).fill(0.1), 4.8)).toBeCloseTo(4.8 + 20 * 24 * 0.1);
    expect(forecast([...new Array(600).fill(0), ...new Array(24).fill(0.1)], 0)).toBeCloseTo(48);
  });

  it('is forecast by the hours of the week after that: free weekends cost nothing', () => {
    const hours = Array.from({ length: 28 * 24 }, (_, hour) =>
      isWorkday(endMs - (28 * 24 - hour) * hourMs) ? 1 : 0,
    );
    let expected = 0;
    for (let atMs = endMs; atMs < budget.windowEndMs; atMs += hourMs) expected += isWorkday(atMs) ? 1 : 0;
    expect(forecast(hours, 5)).toBeCloseTo(5 + expected);
  });

  it('is forecast to exceed its amount, with the numbers, and unknown without a day of history', () => {
    const share = { nowMs: endMs, share: 1 };
    const judged = judgeForecast({ ...budget, spent: 50 }, { endMs, hours: new Array(48).fill(0.2) }, share);
    expect(judged).toMatchObject({ state: 'FIRING', bound: 100 });
    expect(judged.reason).toContain(
      '146 US dollars are expected to be spent of a budget of 100, 50 of them until now',
    );
    const hours = [0, 0, 1];
    expect(judgeForecast({ ...budget, spent: 50 }, { endMs, hours }, share).state).toBe('UNKNOWN');
    expect(judgeForecast({ ...budget, spent: 101 }, { endMs, hours }, share).state).toBe('FIRING');
  });
});

function isWorkday(atMs: number): boolean {
  return Math.floor(atMs / dayMs) % 7 < 5;
}

describe('the patterns', () => {
  const quiet: KeyConduct = {
    ...{ requests: 10, refusals: 0, networks: 1, injections: 0, newNetworks: [], newModels: [] },
    earlierRequests: new Array(100).fill(20),
  };

  it.each([
    ['a new network', patternJudges.NEW_NETWORK, { newNetworks: ['203.0.113.0/24'] }, {}],
    ['a new AI model', patternJudges.NEW_MODEL, { newModels: ['demo/echo'] }, {}],
    ['many refusals', patternJudges.MANY_REFUSALS, { refusals: 51 }, { refusals: 45 }],
    [
      'refusals that are few beside the calls',
      patternJudges.MANY_REFUSALS,
      { refusals: 51, requests: 100 },
      { refusals: 60, requests: 5_000 },
    ],
    ['many networks', patternJudges.MANY_NETWORKS, { networks: 10 }, { networks: 8 }],
    ['a sudden volume', patternJudges.VOLUME_BURST, { requests: 201 }, { requests: 150 }],
    [
      'a volume beside busy hours',
      patternJudges.VOLUME_BURST,
      { requests: 501, earlierRequests: new Array(50).fill(100) },
      { requests: 449, earlierRequests: new Array(50).fill(100) },
    ],
    ['injections', patternJudges.INJECTION, { injections: 5 }, { injections: 3 }],
  ] as const)('find %s, and are clear below', (_what, judge, found, clear) => {
    expect(judge({ ...quiet, ...found }).state).toBe('FIRING');
    expect(judge({ ...quiet, ...clear }).state).toBe('CLEAR');
  });

  it('name at most five of what is new', () => {
    const newModels = Array.from({ length: 7 }, (_, n) => `demo/m${n}`);
    expect(patternJudges.NEW_MODEL({ ...quiet, newModels }).reason).toContain('demo/m4 and 2 more.');
  });

  it('know no sudden volume of a key without a day of calls', () => {
    expect(patternJudges.VOLUME_BURST({ ...quiet, requests: 10_000, earlierRequests: [1, 2] }).state).toBe(
      'UNKNOWN',
    );
  });
});
