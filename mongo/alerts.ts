import type {
  AlertAction,
  AlertCondition,
  AlertMetric,
  AlertSide,
  LimitWindow,
  SecurityPattern,
  UsageDimension,
} from '#core/graph-enums.generated.ts';
import type { LimitAmount } from '#core/limit-amount.ts';
import type { AlertSaver } from './alert-actions.ts';
import { defineCollection } from './collection.ts';
import { limitAmountPath } from './limit.ts';

/** The windows that an alert may measure. */
export type AlertWindow = Exclude<LimitWindow, 'SECOND' | 'INFLIGHT'>;
/** The dimensions that an alert may measure apart by. */
export type AlertDimension = Extract<UsageDimension, 'TENANT' | 'APP' | 'KEY' | 'MODEL'>;

/** A condition on the calls of a tenant that is evaluated again and again. */
export interface AlertRecord {
  /** `toOwnedId` of its owner and the name. */
  _id: string;
  /** The tenant that it belongs to; null: the mesh, which is about the calls of all tenants. */
  tenantId: string | null;
  metric: AlertMetric;
  condition: AlertCondition;
  /** Null: with SECURITY. */
  threshold: number | null;
  window: AlertWindow;
  by: AlertDimension[];
  /** Only these calls are measured; null: all. */
  appId: string | null;
  keyId: string | null;
  modelId: string | null;
  /** Null: all budgets of the tenant, with a condition of budgets. */
  budgetId: string | null;
  perRequest: boolean;
  requestsMin: number;
  side: AlertSide;
  patterns: SecurityPattern[];
  action: AlertAction;
  /** With LOWER_LIMIT; null: another action. Absent on alerts of versions without actions, as the others. */
  actionLimit?: LimitAmount | null;
  /** With MOVE_ROUTE the route, and its target that calls go to first. */
  actionRouteId?: string | null;
  actionModelId?: string | null;
  /** Whose rights the action has; null: it only notifies. */
  savedBy?: AlertSaver | null;
  enabled: boolean;
  createdAt: Date;
  updatedAt: Date;
  /** When it is evaluated next; while it is evaluated, when another process may do so. */
  dueAt: Date;
  /** Changes whenever it is saved or an evaluation begins: an evaluation with another one has no effect. */
  turn: string;
  evaluatedAt: Date | null;
  /** Why the last evaluation was not complete; null: it was. */
  problem: string | null;
}

const text = { type: String, required: true };
const optional = { type: String, default: null };
const date = { type: Date, required: true };

export const alerts = defineCollection<AlertRecord>(
  'alerts',
  {
    _id: text,
    tenantId: optional,
    metric: text,
    condition: text,
    threshold: { type: Number, default: null },
    window: text,
    by: [String],
    appId: optional,
    keyId: optional,
    modelId: optional,
    budgetId: optional,
    perRequest: { type: Boolean, required: true },
    requestsMin: { type: Number, required: true },
    side: text,
    patterns: [String],
    action: text,
    actionLimit: { type: limitAmountPath, default: null },
    actionRouteId: optional,
    actionModelId: optional,
    savedBy: {
      type: { _id: false, tenantId: optional, keyLineId: optional, issuerId: optional, subject: optional },
      default: null,
    },
    enabled: { type: Boolean, required: true },
    createdAt: date,
    updatedAt: date,
    dueAt: date,
    turn: text,
    evaluatedAt: { type: Date, default: null },
    problem: optional,
  },
  [[{ tenantId: 1, _id: 1 }], [{ enabled: 1, dueAt: 1 }]],
);
