import type { AlertRecord } from '#mongo/alerts.ts';
import { type BudgetRecord, budgets } from '#mongo/budgets.ts';
import { alignedWindow } from '#state/quota/windows.ts';
import { clockAheadMs } from '../../clocks.ts';
import type { HourlySpend } from '../../forecast/forecast-spend.ts';
import { findBudgetCalls, readHourlySpend, readSpend, toDollars } from '../../forecast/read-spend.ts';
import {
  type BudgetUse,
  judgeBudgetShare,
  judgeBurnRate,
  shortWindowPart,
} from '../conditions/budget-use.ts';
import { judgeForecast } from '../conditions/judge-forecast.ts';
import type { Judgement } from '../conditions/judgement.ts';
import type { SeriesJudgement } from '../series.ts';
import type { Evaluate, EvaluationInput } from './evaluation-input.ts';
import { windows } from './thresholds.ts';

/** Budgets of one alert that are judged: as many as a tenant may have. */
const budgetsMax = 100;

/** What was spent of a budget between two instants. */
type ReadSpend = (fromMs: number, toMs: number) => Promise<number>;

interface JudgedBudget {
  readonly alert: AlertRecord;
  readonly use: BudgetUse;
  readonly nowMs: number;
  readonly readSpend: ReadSpend;
  readonly readHistory: () => Promise<HourlySpend>;
}

type JudgeBudget = (budget: JudgedBudget) => Promise<Judgement>;

const judges = {
  BUDGET_SHARE: async ({ use, alert }) => judgeBudgetShare(use, alert.threshold ?? 1),
  BURN_RATE: async ({ use, alert, nowMs, readSpend }) => {
    const longMs = windows[alert.window].ms;
    const [longSpent, shortSpent] = await Promise.all([
      readSpend(nowMs - longMs, nowMs + clockAheadMs),
      readSpend(nowMs - longMs / shortWindowPart, nowMs + clockAheadMs),
    ]);
    return judgeBurnRate(use, { longMs, longSpent, shortSpent }, alert.threshold ?? 1);
  },
  FORECAST: async ({ use, alert, nowMs, readHistory }) =>
    judgeForecast(use, await readHistory(), { nowMs, share: alert.threshold ?? 1 }),
} as const satisfies Readonly<Record<'BUDGET_SHARE' | 'BURN_RATE' | 'FORECAST', JudgeBudget>>;

/** BUDGET_SHARE, BURN_RATE and FORECAST, of each budget of the alert in its present window. */
export function evaluateBudgets(condition: keyof typeof judges): Evaluate {
  return async (input) => {
    const { alert, deps } = input;
    const where = {
      hidden: null,
      ...(alert.budgetId === null ? {} : { _id: alert.budgetId }),
      ...(alert.tenantId === null ? {} : { tenantId: alert.tenantId }),
    };
    const found = await budgets(deps.connection)
      .find(where)
      .sort({ createdAt: 1, _id: 1 })
      .limit(budgetsMax + 1)
      .lean();
    const judgements: SeriesJudgement[] = [];
    for (const budget of found.slice(0, budgetsMax))
      judgements.push(await judgeOne(budget, condition, input));
    const problem =
      found.length > budgetsMax ? `There are more than ${budgetsMax} budgets: name one as budgetId.` : null;
    return { judgements, problem };
  };
}

async function judgeOne(
  budget: BudgetRecord,
  condition: keyof typeof judges,
  { alert, nowMs, deps: { connection } }: EvaluationInput,
): Promise<SeriesJudgement> {
  const { startMs, endMs } = alignedWindow(budget.window, nowMs);
  const calls = await findBudgetCalls(budget, connection);
  const spendBetween: ReadSpend = async (fromMs, toMs) =>
    toDollars(await readSpend(connection, calls, { fromMs, toMs }));
  const use = {
    amount: toDollars(budget.amountNanos),
    spent: await spendBetween(startMs, nowMs + clockAheadMs),
    windowStartMs: startMs,
    windowEndMs: endMs,
  };
  const readHistory = () => readHourlySpend(connection, calls, nowMs);
  const judgement = await judges[condition]({ alert, use, nowMs, readSpend: spendBetween, readHistory });
  return { ...judgement, keys: { budget: budget._id }, fromMs: startMs, toMs: nowMs };
}
