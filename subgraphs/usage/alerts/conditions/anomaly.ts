import type { AlertSide } from '#core/graph-enums.generated.ts';
import { type BaselineOptions, computeBaseline, daysMin, type HourlyValues } from './baseline.ts';
import { type Judgement, type JudgementState, toWords } from './judgement.ts';

/**
 * The deviation, in standard deviations, that is an anomaly where the alert states none. Iglewicz and Hoaglin ("How to Detect
 * and Handle Outliers", 1993) label outliers at 3.5; a year has 8,760 hours, and hours of traffic have heavier tails than the
 * normal distribution, so that more is needed here: docs/alerts.md has the measurement.
 */
export const deviationDefault = 7;

export interface AnomalyInput extends BaselineOptions {
  /** The hours before the one that is judged. */
  readonly earlier: HourlyValues;
  /** The value of the complete hour that is judged; null: nothing was measured in it. */
  readonly value: number | null;
  readonly side: AlertSide;
  /** In standard deviations. */
  readonly threshold: number;
  readonly measure: string;
}

/** Compares the value of an hour with what is usual for that hour of the week: a modified z-score of median and MAD. */
export function judgeAnomaly({
  earlier,
  value,
  side,
  threshold,
  measure,
  ...options
}: AnomalyInput): Judgement {
  const baseline = computeBaseline(earlier, options);
  if (baseline === null) {
    const reason = `There is less than ${daysMin} days of history: nothing is known to be usual yet.`;
    return { state: 'UNKNOWN', value, bound: null, reason };
  }
  const { center, scale, season, samples } = baseline;
  if (value === null) {
    return {
      state: 'UNKNOWN',
      value,
      bound: null,
      baseline: center,
      reason: `There were no calls to measure the ${measure} of.`,
    };
  }
  const deviation = (value - center) / scale;
  const judged = side === 'HIGH' ? deviation : side === 'LOW' ? -deviation : Math.abs(deviation);
  const bound = Math.max(0, center + (deviation < 0 ? -1 : 1) * threshold * scale);
  const hour = season === 'HOUR_OF_WEEK' ? 'this hour of the week' : 'this hour of the day';
  const reason =
    `The ${measure} is ${toWords(value)}; usual for ${hour} is ${toWords(center)} (median of ${samples}), ` +
    `so that it deviates by ${toWords(Math.abs(deviation))} standard deviations; the threshold is ${toWords(threshold)}.`;
  return { state: toState(judged, threshold), value, bound, baseline: center, reason };
}

/** An episode ends within this part of the threshold: after a burst the next hours are often still high. */
const endShare = 0.5;

function toState(deviation: number, threshold: number): JudgementState {
  if (deviation > threshold) return 'FIRING';
  return deviation <= threshold * endShare ? 'CLEAR' : 'HOLD';
}
