import type { BudgetUse } from './budget-use.ts';
import { compareAbove, type Judgement, toWords } from './judgement.ts';
import { findMedian } from './statistics.ts';

const hourMs = 3_600_000;
const hoursPerDay = 24;
const hoursPerWeek = 168;

/** Spending by hour, in US dollars, the oldest first, without gaps; the last hour ends at `endMs`. */
export interface HourlySpend {
  readonly endMs: number;
  readonly hours: readonly number[];
}

/** Hours of history without which nothing is forecast: a day. */
const historyHoursMin = hoursPerDay;
const weeksMin = 2;
const weeksMax = 4;

/**
 * What is spent by the end of the budget's window: what is spent so far, and for each hour that is left what is usual for it.
 * With two weeks of history that is the median of the same hour of up to four weeks, scaled by the last seven days against the
 * seven before, within a half and twice; with less, the mean of the last up to seven whole days. Null with less than a day.
 */
export function forecastSpend(
  budget: BudgetUse,
  { endMs, hours }: HourlySpend,
  nowMs: number,
): number | null {
  const first = hours.findIndex((value) => value > 0);
  const known = first === -1 ? 0 : hours.length - first;
  if (known < historyHoursMin) return null;
  const expected = known >= weeksMin * hoursPerWeek ? byHourOfWeek(hours, endMs) : byMean(hours.slice(first));
  let total = budget.spent;
  for (let atMs = nowMs; atMs < budget.windowEndMs; ) {
    const nextMs = Math.min(budget.windowEndMs, (Math.floor(atMs / hourMs) + 1) * hourMs);
    total += (expected(atMs) * (nextMs - atMs)) / hourMs;
    atMs = nextMs;
  }
  return total;
}

type Expected = (atMs: number) => number;

function byMean(hours: readonly number[]): Expected {
  const days = Math.min(7, Math.floor(hours.length / hoursPerDay));
  const recent = hours.slice(-days * hoursPerDay);
  const mean = sum(recent) / recent.length;
  return () => mean;
}

function byHourOfWeek(hours: readonly number[], endMs: number): Expected {
  const weeks = Math.min(weeksMax, Math.floor(hours.length / hoursPerWeek));
  const slots = Array.from({ length: hoursPerWeek }, (_, slot) => {
    const samples: number[] = [];
    for (let week = 1; week <= weeks; week++)
      samples.push(hours[hours.length - week * hoursPerWeek + slot] ?? 0);
    return findMedian(samples);
  });
  // The level of the medians is that of the middle of the history: the last week states the present one.
  const usual = sum(slots);
  const growth = usual > 0 ? Math.min(2, Math.max(0.5, sum(hours.slice(-hoursPerWeek)) / usual)) : 1;
  const firstHour = Math.floor(endMs / hourMs);
  return (atMs) => (slots[(Math.floor(atMs / hourMs) - firstHour) % hoursPerWeek] ?? 0) * growth;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The forecast for the end of a budget's window, compared with a share of its amount. */
export function judgeForecast(
  budget: BudgetUse,
  history: HourlySpend,
  { nowMs, share }: { readonly nowMs: number; readonly share: number },
): Judgement {
  const forecast = forecastSpend(budget, history, nowMs);
  const bound = share * budget.amount;
  if (forecast === null) {
    const reason = 'There is less than a day of history: nothing is forecast yet.';
    return { state: budget.spent > bound ? 'FIRING' : 'UNKNOWN', value: null, bound, reason };
  }
  const reason =
    `By the end of its window ${toWords(forecast)} US dollars are expected to be spent of a budget of ${toWords(budget.amount)}, ` +
    `${toWords(budget.spent)} of them until now; the threshold is ${toWords(bound)}.`;
  return { state: compareAbove(forecast, bound), value: forecast, bound, reason };
}
