import { expect, it } from 'vitest';
import { hourLengthMs as hourMs } from '#core/time-lengths.ts';
import { forecastSpend } from './forecast-spend.ts';

const nowMs = 700_000 * hourMs + hourMs / 4;
const history = { endMs: 700_000 * hourMs, hours: new Array<number>(48).fill(2) };
const windowEndMs = nowMs + 100 * hourMs;

it.each([
  ['evenly within its hour', 10, 5, nowMs + 2.5 * hourMs],
  ['in the hour in progress', 10, 9.5, nowMs + hourMs / 4],
  ['with the last hour', 210, 10, windowEndMs],
  ['at present, where it is used up', 10, 10, nowMs],
])('an amount is used up %s', (_when, amount, spent, atMs) => {
  expect(forecastSpend({ amount, spent, windowEndMs }, history, nowMs)?.exhaustedAtMs).toBeCloseTo(atMs, -1);
});

it('an amount is not used up in its window where less is expected', () => {
  const forecast = forecastSpend({ amount: 211, spent: 10, windowEndMs }, history, nowMs);
  expect(forecast).toEqual({ total: expect.closeTo(210), exhaustedAtMs: null });
});

it('a window without an amount is never used up', () => {
  expect(forecastSpend({ spent: 10, windowEndMs }, history, nowMs)?.exhaustedAtMs).toBeNull();
});

const forecastHour = (...weeks: readonly number[]) => {
  const hours = weeks.flatMap((value) => new Array<number>(168).fill(value));
  return forecastSpend({ spent: 0, windowEndMs: nowMs + hourMs }, { ...history, hours }, nowMs)?.total;
};

it.each([
  ['the median of the same hours, scaled by the last week', [1, 3], 3],
  ['the same of no more than two weeks', [10, 1], 2.75],
  ['at most twice the median', [1, 1, 1, 10], 2],
  ['at least half of it', [10, 10, 10, 1], 5],
  ['of four weeks at most', [3, 3, 3, 1, 1], 1],
])('an hour costs %s, of weeks with %j', (_what, weeks, expected) => {
  expect(forecastHour(...weeks)).toBeCloseTo(expected);
});

it('an hour costs the mean of the last seven days where there are less than two weeks', () => {
  const hours = [...new Array<number>(72).fill(10), ...new Array<number>(168).fill(1)];
  const forecast = forecastSpend({ spent: 5, windowEndMs: nowMs + hourMs }, { ...history, hours }, nowMs);
  expect(forecast?.total).toBeCloseTo(6);
});
