import type { Connection } from 'mongoose';
import type { AlertRecord } from '#mongo/alerts.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { type BudgetRecord, budgets } from '#mongo/budgets.ts';
import { alignedWindow } from '#state/quota/windows.ts';
import {
  type BudgetUse,
  judgeBudgetShare,
  judgeBurnRate,
  shortWindowPart,
} from '../conditions/budget-use.ts';
import { judgeForecast } from '../conditions/forecast.ts';
import type { Judgement } from '../conditions/judgement.ts';
import { type AmountQuery, readAmounts } from '../measures/amounts.ts';
import type { SeriesJudgement } from '../series.ts';
import { clockAheadMs, type Evaluate, type EvaluationInput } from './evaluation-input.ts';
import { windows } from './thresholds.ts';

const hourMs = 3_600_000;
const nanosPerDollar = 1e9;
/** Budgets of one alert that are judged: as many as a tenant may have. */
const budgetsMax = 100;
/** Hours of history that a forecast is made of. */
const historyMs = 4 * 7 * 24 * hourMs;
/** Keys of one line whose calls count for its budget. */
const lineKeysMax = 20;

/** What was spent of a budget between two instants. */
type ReadSpend = (fromMs: number, toMs: number) => Promise<number>;

interface JudgedBudget {
  readonly alert: AlertRecord;
  readonly use: BudgetUse;
  readonly nowMs: number;
  readonly readSpend: ReadSpend;
  readonly readHours: (fromMs: number, toMs: number) => Promise<readonly number[]>;
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
  FORECAST: async ({ use, alert, nowMs, readHours }) => {
    const endMs = nowMs - (nowMs % hourMs);
    const hours = await readHours(endMs - historyMs, endMs);
    return judgeForecast(use, { endMs, hours }, { nowMs, share: alert.threshold ?? 1 });
  },
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
  const filters = await toFilters(budget, connection);
  const read = async (fromMs: number, toMs: number, interval: AmountQuery['interval']) => {
    const query = { tenantId: budget.tenantId, fromMs, toMs, interval, by: [], latencies: false };
    return (await Promise.all(filters.map((filter) => readAmounts(connection, { ...query, filter })))).flat();
  };
  const readSpend: ReadSpend = async (fromMs, toMs) =>
    (await read(fromMs, toMs, 'ALL')).reduce((sum, { cost }) => sum + cost, 0);
  const readHours = async (fromMs: number, toMs: number) => {
    const hours = new Array<number>(Math.round((toMs - fromMs) / hourMs)).fill(0);
    for (const { startMs: hourStartMs, cost } of await read(fromMs, toMs, 'HOUR')) {
      const index = Math.round(((hourStartMs ?? fromMs) - fromMs) / hourMs);
      hours[index] = (hours[index] ?? 0) + cost;
    }
    return hours;
  };
  const use = {
    amount: Number(budget.amountNanos) / nanosPerDollar,
    spent: await readSpend(startMs, nowMs + clockAheadMs),
    windowStartMs: startMs,
    windowEndMs: endMs,
  };
  const judgement = await judges[condition]({ alert, use, nowMs, readSpend, readHours });
  return { ...judgement, keys: { budget: budget._id }, fromMs: startMs, toMs: nowMs };
}

/** The calls that count for a budget: of a key those of the present and former keys of its line, each by itself. */
async function toFilters(
  { appId, teamId, keyLineId }: BudgetRecord,
  connection: Connection,
): Promise<readonly AmountQuery['filter'][]> {
  if (keyLineId == null) return [{ appId, ...(teamId == null ? {} : { teamId }) }];
  const ofLine = await apiKeys(connection)
    .find({ lineId: keyLineId }, { _id: 1 })
    .sort({ createdAt: -1 })
    .limit(lineKeysMax)
    .lean();
  return ofLine.map(({ _id }) => ({ keyId: _id }));
}
