import { compareAbove, type Judgement, toWords } from './judgement.ts';

/** A budget in its present window. Amounts in US dollars. */
export interface BudgetUse {
  readonly amount: number;
  readonly spent: number;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
}

/** The spent share of a budget, compared with a share such as 0.8. */
export function judgeBudgetShare({ amount, spent }: BudgetUse, share: number): Judgement {
  const value = spent / amount;
  const reason = `${toWords(spent)} of ${toWords(amount)} US dollars are spent, a share of ${toWords(value)}; the threshold is ${toWords(share)}.`;
  // A share at the threshold fires, as `budget.threshold` does; it never falls within a window.
  return { state: value >= share ? 'FIRING' : 'CLEAR', value, bound: share, reason };
}

/** What was spent in the window of an alert and in its last twelfth. */
export interface RecentSpend {
  readonly longMs: number;
  readonly longSpent: number;
  readonly shortSpent: number;
}

/** The short window is this part of the long one. */
export const shortWindowPart = 12;

/**
 * The burn rate of a budget: how many times faster money is spent than would use up the budget exactly at the end of its
 * window. It fires where both a long and a short window exceed the threshold, so that it begins with certainty and ends
 * soon after the spending does: Google, "The Site Reliability Workbook", chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
 */
export function judgeBurnRate(budget: BudgetUse, recent: RecentSpend, threshold: number): Judgement {
  const perMs = budget.amount / (budget.windowEndMs - budget.windowStartMs);
  const long = recent.longSpent / recent.longMs / perMs;
  const short = recent.shortSpent / (recent.longMs / shortWindowPart) / perMs;
  const value = Math.min(long, short);
  const reason =
    `The budget of ${toWords(budget.amount)} US dollars is spent ${toWords(long)} times as fast as its window allows, ` +
    `and ${toWords(short)} times in the last twelfth of that time; the threshold is ${toWords(threshold)}.`;
  return { state: compareAbove(value, threshold), value, bound: threshold, reason };
}
