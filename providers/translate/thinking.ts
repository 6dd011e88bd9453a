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

/** They refuse a call of a tool in the history without the thinking that led to it, which is not kept. */
const demandsThinking = /\bkimi-(?:k2[.-]?(?:\d|thinking)|for-coding)|\bdeepseek-(?:reasoner|v[4-9])/i;

/** What stands in the place of that thinking: a space, the least that they take. Null where none is demanded. */
export function thinkingPlace(model: string): string | null {
  return demandsThinking.test(model) ? ' ' : null;
}
