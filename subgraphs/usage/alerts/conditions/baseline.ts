import { findMedian, scaledMad } from './statistics.ts';

const hoursPerDay = 24;
export const hoursPerWeek = 168;

/** The value of each hour, the oldest first, without gaps; the last ends where the judged hour begins. Null: nothing was measured. */
export type HourlyValues = readonly (number | null)[];

/** Complete weeks from which on hours of the week are compared. */
const weeksMin = 3;
/** Complete days from which on, until then, hours of the day are compared. */
export const daysMin = 7;
/** Older hours are not read. */
export const weeksMax = 8;

export interface SeasonalBaseline {
  /** What is usual for the hour. */
  readonly center: number;
  /** The usual deviation from it, as a standard deviation; always above 0. */
  readonly scale: number;
  readonly season: 'HOUR_OF_WEEK' | 'HOUR_OF_DAY';
  /** Values that it is made of. */
  readonly samples: number;
}

export interface BaselineOptions {
  /** True: values are counts, which scatter by at least the square root of what is usual (Poisson). */
  readonly isCount: boolean;
}

/** A deviation is never taken to be smaller than this part of what is usual: few samples may be equal by chance. */
const relativeScaleMin = 0.1;
/** Without any usual value, a count of this many is nothing unusual. */
const countScaleMin = 3;

/**
 * What is usual for the hour after `values`: a seasonal median with a robust deviation.
 *
 * Of each earlier season (week, or day while there are fewer than three weeks) the same hour and its two neighbors are
 * samples. Growth is taken out first: samples are divided by the level of their own week and multiplied by the level of the
 * last seven days, a level being the median of the sums of days. The center is the median of the samples of the same hour, the scale
 * the largest of: the scaled MAD of all samples around the medians of their own hours; the center times the noise of the series, at least a tenth; and of counts
 * the square root of the center. The noise, of all busy hours against those a season before, makes up for the few samples of one hour.
 *
 * Null, and no anomaly is stated, with less than seven complete days.
 */
export function computeBaseline(hours: HourlyValues, { isCount }: BaselineOptions): SeasonalBaseline | null {
  const values = sinceFirstUse(hours);
  if (values.length < daysMin * hoursPerDay) return null;
  const isWeekly = values.length >= weeksMin * hoursPerWeek;
  const period = isWeekly ? hoursPerWeek : hoursPerDay;
  const seasons = Math.min(Math.floor(values.length / period), isWeekly ? weeksMax : daysMin * 2);
  // Weeks are compared at the present level, so that growth is no anomaly.
  const levels = Array.from({ length: isWeekly ? seasons : 0 }, (_, index) =>
    readLevel(values, values.length - index * period, isCount),
  );
  const [level = 0] = levels;
  const sample = (season: number, shift: number): number | null => {
    const at = values.length - season * period + shift;
    const value = values[at];
    if (value === null || value === undefined) return null;
    const own = levels[season - 1] ?? 0;
    return own > 0 && level > 0 ? (value * level) / own : value;
  };
  const ofShift = (shift: number) =>
    Array.from({ length: seasons }, (_, index) => sample(index + 1, shift)).filter((value) => value !== null);
  const same = ofShift(0);
  if (same.length < Math.min(weeksMin, seasons)) return null;
  const center = findMedian(same);
  const deviations = [-1, 0, 1].flatMap((shift) => {
    const around = ofShift(shift);
    const own = findMedian(around);
    return around.map((value) => value - own);
  });
  const scale = Math.max(
    scaledMad(deviations, 0),
    Math.max(relativeScaleMin, readNoise(values, period)) * center,
    isCount ? Math.sqrt(center) : 0,
    isCount ? countScaleMin : Number.MIN_VALUE,
  );
  return { center, scale, season: isWeekly ? 'HOUR_OF_WEEK' : 'HOUR_OF_DAY', samples: same.length };
}

/** From the first hour with a value on: before it nothing was in use. */
function sinceFirstUse(hours: HourlyValues): HourlyValues {
  const first = hours.findIndex((value) => value !== null && value > 0);
  return first === -1 ? [] : hours.slice(first);
}

/**
 * The relative deviation of single values: the scaled MAD of the logarithms of the hours of the last season against those of the season before, over √2 as
 * both deviate. Only of the busier half of the hours: few calls scatter by chance.
 */
function readNoise(values: HourlyValues, period: number): number {
  const last = values.slice(-period).map((value) => value ?? 0);
  const before = values.slice(-2 * period, -period).map((value) => value ?? 0);
  const busy = findMedian(before);
  const ratios = last.flatMap((value, hour) => {
    const earlier = before[hour] ?? 0;
    return value > 0 && earlier > 0 && earlier >= busy ? [Math.log(value / earlier)] : [];
  });
  return ratios.length === 0 ? 0 : scaledMad(ratios) / Math.SQRT2;
}

/** How much there is in the week before `end`: of counts and amounts the median of the sums of its days, otherwise the median of its values. */
function readLevel(values: HourlyValues, end: number, isCount: boolean): number {
  const week = values.slice(Math.max(0, end - hoursPerWeek), Math.max(0, end));
  const known = week.filter((value) => value !== null);
  if (known.length === 0) return 0;
  if (!isCount) return findMedian(known);
  const sums: number[] = [];
  for (let at = 0; at < week.length; at += hoursPerDay) {
    sums.push(week.slice(at, at + hoursPerDay).reduce<number>((sum, value) => sum + (value ?? 0), 0));
  }
  return findMedian(sums);
}
