import type { AlertCondition } from '#core/graph-enums.generated.ts';
import { evaluateAnomalies } from './anomalies.ts';
import { evaluateBudgets } from './budgets.ts';
import type { Evaluate } from './evaluation-input.ts';
import { evaluateSecurity } from './security.ts';
import { evaluateThresholds } from './thresholds.ts';

/** How the series of an alert are judged by each condition. */
export const evaluations = {
  ABOVE: evaluateThresholds,
  BELOW: evaluateThresholds,
  BUDGET_SHARE: evaluateBudgets('BUDGET_SHARE'),
  BURN_RATE: evaluateBudgets('BURN_RATE'),
  FORECAST: evaluateBudgets('FORECAST'),
  ANOMALY: evaluateAnomalies,
  SECURITY: evaluateSecurity,
} as const satisfies Readonly<Record<AlertCondition, Evaluate>>;
