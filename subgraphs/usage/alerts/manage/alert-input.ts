import type { AlertCondition } from '#core/graph-enums.generated.ts';
import { badInput, checkedList } from '#core/input.ts';
import type { AlertDimension, AlertRecord, AlertWindow } from '#mongo/alerts.ts';
import type { AlertInput } from '../../generated.ts';
import { type ActionContent, checkedAction } from '../actions/checked-action.ts';
import { deviationDefault } from '../conditions/anomaly.ts';
import { securityPatterns } from '../evaluate/security.ts';
import { windows } from '../evaluate/thresholds.ts';
import { metrics } from '../measures/metrics.ts';
import { keyNames } from '../series.ts';

/** What of an alert an input states. */
export type AlertContent = ActionContent &
  Omit<
    AlertRecord,
    | keyof ActionContent
    | '_id'
    | 'tenantId'
    | 'createdAt'
    | 'updatedAt'
    | 'dueAt'
    | 'turn'
    | 'evaluatedAt'
    | 'problem'
    | 'savedBy'
  >;

interface ConditionRule {
  /** What the threshold is where none is stated; null: it must be; NONE: it must not. */
  readonly threshold: number | null | 'NONE';
  readonly about: 'SERIES' | 'BUDGETS' | 'KEYS';
  /** The only window; absent: all. */
  readonly window?: AlertWindow;
}

const rules = {
  ABOVE: { threshold: null, about: 'SERIES' },
  BELOW: { threshold: null, about: 'SERIES' },
  BUDGET_SHARE: { threshold: null, about: 'BUDGETS' },
  BURN_RATE: { threshold: null, about: 'BUDGETS' },
  FORECAST: { threshold: 1, about: 'BUDGETS' },
  ANOMALY: { threshold: deviationDefault, about: 'SERIES', window: 'HOUR' },
  SECURITY: { threshold: 'NONE', about: 'KEYS', window: 'HOUR' },
} as const satisfies Readonly<Record<AlertCondition, ConditionRule>>;

const thresholdMax = 1e15;
const requestsMinMax = 1_000_000_000;
/** With fewer calls a share or a percentile states little. */
const requestsMinOfRatios = 20;

/** The content of an alert. BAD_USER_INPUT that names what is wrong, or what does not go with the condition. */
export function checkedAlert(input: AlertInput): AlertContent {
  const { metric, condition } = input;
  const rule: ConditionRule = rules[condition];
  const window = checkedWindow(input, rule);
  const perRequest = input.perRequest ?? false;
  if (perRequest && metrics[metric].perRequestWords === null) {
    badInput('input.perRequest', `cannot be combined with ${metric}.`);
  }
  const isRatio = perRequest || metric === 'LATENCY_P95';
  const by = checkedDimensions(input, rule);
  const calls = checkedCalls(input, rule);
  return {
    ...{ metric, condition, window, perRequest, by },
    threshold: checkedThreshold(input, rule),
    ...calls,
    requestsMin: checkedRequestsMin(input, isRatio),
    side: checkedSide(input),
    patterns: checkedPatterns(input, rule),
    ...checkedAction(input, { condition, by, ...calls }),
    enabled: input.enabled ?? true,
  };
}

function checkedWindow({ window, condition, metric }: AlertInput, rule: ConditionRule): AlertWindow {
  if (window === 'SECOND' || window === 'INFLIGHT') {
    return badInput('input.window', `must be one of ${Object.keys(windows).join(', ')}.`);
  }
  if (rule.window !== undefined && window !== rule.window) {
    badInput('input.window', `must be ${rule.window} with ${condition}.`);
  }
  if (metric === 'REFUSALS' && window === 'MINUTE') {
    badInput('input.window', 'must be HOUR or longer with REFUSALS: they are counted by hours.');
  }
  return window;
}

function checkedThreshold({ threshold, condition, metric }: AlertInput, rule: ConditionRule): number | null {
  if (rule.about === 'BUDGETS' && metric !== 'COST')
    badInput('input.metric', `must be COST with ${condition}.`);
  if (rule.about === 'KEYS' && metric !== 'REQUESTS')
    badInput('input.metric', `must be REQUESTS with ${condition}.`);
  if (rule.threshold === 'NONE') {
    if (threshold != null) badInput('input.threshold', `cannot be combined with ${condition}.`);
    return null;
  }
  const value = threshold ?? rule.threshold;
  if (value === null) return badInput('input.threshold', `is required with ${condition}.`);
  // Nothing is below 0, and everything is above a negative number.
  const min = condition === 'ABOVE' ? 0 : Number.MIN_VALUE;
  if (!(value >= min && value <= thresholdMax)) {
    badInput(
      'input.threshold',
      `must be ${min === 0 ? 'at least' : 'more than'} 0 and at most ${thresholdMax}.`,
    );
  }
  return value;
}

function checkedDimensions({ by, condition }: AlertInput, rule: ConditionRule): AlertDimension[] {
  const wanted = checkedList(by ?? [], 'input.by', 10);
  if (rule.about !== 'SERIES' && wanted.length > 0)
    badInput('input.by', `cannot be combined with ${condition}.`);
  return wanted.map((dimension, i) => {
    const known = (Object.keys(keyNames) as AlertDimension[]).find((one) => one === dimension);
    if (known === undefined) {
      return badInput(`input.by[${i}]`, `must be one of ${Object.keys(keyNames).join(', ')}.`);
    }
    return known;
  });
}

function checkedCalls(
  { appId = null, keyId = null, modelId = null, budgetId = null, condition }: AlertInput,
  { about }: ConditionRule,
): Pick<AlertContent, 'appId' | 'keyId' | 'modelId' | 'budgetId'> {
  const place = { appId, keyId, modelId, budgetId };
  for (const field of about === 'BUDGETS'
    ? (['appId', 'keyId', 'modelId'] as const)
    : (['budgetId'] as const)) {
    if (place[field] !== null) badInput(`input.${field}`, `cannot be combined with ${condition}.`);
  }
  return place;
}

function checkedRequestsMin({ requestsMin }: AlertInput, isRatio: boolean): number {
  const value = requestsMin ?? (isRatio ? requestsMinOfRatios : 0);
  if (value < 0 || value > requestsMinMax) {
    badInput('input.requestsMin', `must lie between 0 and ${requestsMinMax}; it is ${value}.`);
  }
  return value;
}

function checkedSide({ side, condition }: AlertInput): AlertContent['side'] {
  if (side != null && condition !== 'ANOMALY')
    badInput('input.side', `cannot be combined with ${condition}.`);
  return side ?? 'HIGH';
}

function checkedPatterns(
  { patterns, condition }: AlertInput,
  { about }: ConditionRule,
): AlertContent['patterns'] {
  if (about !== 'KEYS') {
    if (patterns != null) badInput('input.patterns', `cannot be combined with ${condition}.`);
    return [];
  }
  const wanted = checkedList(patterns ?? securityPatterns, 'input.patterns', securityPatterns.length);
  if (wanted.length === 0) badInput('input.patterns', 'must not be empty.');
  return wanted;
}
