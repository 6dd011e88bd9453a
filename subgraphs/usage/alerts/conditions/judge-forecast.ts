import { forecastSpend, type HourlySpend } from '../../forecast/forecast-spend.ts';
import type { BudgetUse } from './budget-use.ts';
import { compareAbove, type Judgement, toWords } from './judgement.ts';

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
  const { total } = forecast;
  const reason =
    `By the end of its window ${toWords(total)} US dollars are expected to be spent of a budget of ${toWords(budget.amount)}, ` +
    `${toWords(budget.spent)} of them until now; the threshold is ${toWords(bound)}.`;
  return { state: compareAbove(total, bound), value: total, bound, reason };
}
