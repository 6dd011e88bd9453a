import { compareAbove, compareBelow, type Judgement, toWords } from './judgement.ts';

export interface ThresholdInput {
  readonly side: 'ABOVE' | 'BELOW';
  /** Null: nothing to compare, as of a latency without calls. */
  readonly value: number | null;
  readonly threshold: number;
  /** What is measured and over which time, e.g. "cost in US dollars within the last hour". */
  readonly measure: string;
}

/** The value of a metric within a window, compared with a fixed number. Nothing to compare is CLEAR: there are no calls. */
export function judgeThreshold({ side, value, threshold, measure }: ThresholdInput): Judgement {
  if (value === null) {
    return {
      state: 'CLEAR',
      value,
      bound: threshold,
      reason: `There are no calls to measure the ${measure} of.`,
    };
  }
  const state = side === 'ABOVE' ? compareAbove(value, threshold) : compareBelow(value, threshold);
  const relation = value === threshold ? 'equal to' : value > threshold ? 'above' : 'below';
  const reason = `The ${measure} is ${toWords(value)}, ${relation} the threshold of ${toWords(threshold)}.`;
  return { state, value, bound: threshold, reason };
}
