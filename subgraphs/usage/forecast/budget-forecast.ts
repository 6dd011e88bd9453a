import type { Connection } from 'mongoose';
import { decimalOfNanos } from '#core/money.ts';
import type { BudgetRecord } from '#mongo/budgets.ts';
import { alignedWindow } from '#state/quota/windows.ts';
import { clockAheadMs } from '../clocks.ts';
import type { BudgetForecast } from '../generated.ts';
import { forecastSpend } from './forecast-spend.ts';
import { findBudgetCalls, readHourlySpend, readSpend, toDollars, toExpectedNanos } from './read-spend.ts';

/** What is expected of a budget in its present window, by the clock also where it slides; null with less than a day of history. */
export async function readBudgetForecast(
  budget: BudgetRecord,
  connection: Connection,
  nowMs: number,
): Promise<BudgetForecast | null> {
  const { startMs, endMs } = alignedWindow(budget.window, nowMs);
  const calls = await findBudgetCalls(budget, connection);
  const [spent, history] = await Promise.all([
    readSpend(connection, calls, { fromMs: startMs, toMs: nowMs + clockAheadMs }),
    readHourlySpend(connection, calls, nowMs),
  ]);
  const use = { amount: toDollars(budget.amountNanos), spent: toDollars(spent), windowEndMs: endMs };
  const forecast = forecastSpend(use, history, nowMs);
  if (forecast === null) return null;
  const { total, exhaustedAtMs } = forecast;
  return {
    from: new Date(startMs),
    to: new Date(endMs),
    spent: decimalOfNanos(spent),
    expected: decimalOfNanos(toExpectedNanos(total)),
    exhaustedAt: exhaustedAtMs === null ? null : new Date(exhaustedAtMs),
  };
}
