import type { Effort } from './call-parts.ts';

/** Shares of a model's longest answer that it thinks, for vendors that take a number of tokens in place of an effort. */
const shares: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 0.02,
  low: 0.1,
  medium: 0.3,
  high: 0.6,
  xhigh: 0.9,
  max: 0.95,
};

/** The tokens of thinking that an effort comes to. */
export function thinkingBudget(effort: Effort, answerTokensMax: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, Math.round(answerTokensMax * shares[effort])));
}
