import { hourLengthMs } from '#core/time-lengths.ts';
import { findMedian } from '../alerts/conditions/statistics.ts';

const hoursPerDay = 24;
const hoursPerWeek = 168;

/** Spending by hour, in US dollars, the oldest first, without gaps; the last hour ends at `endMs`. */
export interface HourlySpend {
  readonly endMs: number;
  readonly hours: readonly number[];
}

/** What a window has seen of spending until now, in US dollars. */
export interface WindowSpend {
  readonly spent: number;
  readonly windowEndMs: number;
  /** The amount that may be spent; absent: there is none. */
  readonly amount?: number;
}

/** What is expected of a window. */
export interface SpendForecast {
  /** Spent by its end, in US dollars. */
  readonly total: number;
  /** When the amount is used up, evenly within an hour; the present where it is already. Null: not in the window. */
  readonly exhaustedAtMs: number | null;
}

/** Hours of history without which nothing is forecast: a day. */
const historyHoursMin = hoursPerDay;
const weeksMin = 2;
const weeksMax = 4;
/** How much history a forecast looks at. */
export const historyMs = weeksMax * hoursPerWeek * hourLengthMs;

/**
 * What is spent by the end of a window: what is spent so far, and for each hour that is left what is usual for it.
 * With two weeks of history that is the median of the same hour of up to four weeks, scaled by the last seven days against the
 * seven before, within a half and twice; with less, the mean of the last up to seven whole days. Null with less than a day.
 */
export function forecastSpend(
  { spent, windowEndMs, amount = Number.POSITIVE_INFINITY }: WindowSpend,
  { endMs, hours }: HourlySpend,
  nowMs: number,
): SpendForecast | null {
  const first = hours.findIndex((value) => value > 0);
  const known = first === -1 ? 0 : hours.length - first;
  if (known < historyHoursMin) return null;
  const expected = known >= weeksMin * hoursPerWeek ? byHourOfWeek(hours, endMs) : byMean(hours.slice(first));
  let total = spent;
  let exhaustedAtMs = spent >= amount ? nowMs : null;
  for (let atMs = nowMs; atMs < windowEndMs; ) {
    const nextMs = Math.min(windowEndMs, (Math.floor(atMs / hourLengthMs) + 1) * hourLengthMs);
    const added = (expected(atMs) * (nextMs - atMs)) / hourLengthMs;
    if (exhaustedAtMs === null && total + added >= amount)
      exhaustedAtMs = atMs + ((nextMs - atMs) * (amount - total)) / added;
    total += added;
    atMs = nextMs;
  }
  return { total, exhaustedAtMs };
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
  const firstHour = Math.floor(endMs / hourLengthMs);
  return (atMs) => (slots[(Math.floor(atMs / hourLengthMs) - firstHour) % hoursPerWeek] ?? 0) * growth;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
