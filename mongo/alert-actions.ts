import type { ActingAlertAction } from '#core/alert-actions.ts';
import type { AlertActionState } from '#core/graph-enums.generated.ts';
import type { LimitAmount } from '#core/limit-amount.ts';
import type { SeriesKeys } from './alert-episodes.ts';
import { defineCollection } from './collection.ts';
import { limitAmountPath } from './limit.ts';

/** Whoever saved an alert, whose rights its action has: the line of an API key, or a person. */
export interface AlertSaver {
  readonly tenantId: string | null;
  readonly keyLineId: string | null;
  readonly issuerId: string | null;
  readonly subject: string | null;
}

/** What of an action is published as an event. */
export type ActionTurn = 'ACTED' | 'UNDONE';

/**
 * What an alert does in an episode. While it is ACTIVE it lies over what is configured, which it does not change: keys, limits, AI models and routes
 * are as they were when it is undone.
 */
export interface AlertActionRecord {
  /** The id of the episode: of each there is one. */
  _id: string;
  alertId: string;
  /** The tenant that the alert belongs to; null: the mesh. */
  tenantId: string | null;
  action: ActingAlertAction;
  /** The series, with the key, app and AI model that the alert measures. */
  keys: SeriesKeys;
  /** What the target may use at most while it is in force; null: not with LOWER_LIMIT. */
  limit: LimitAmount | null;
  /** The route, and its target that calls go to first; null: not with MOVE_ROUTE. */
  routeId: string | null;
  modelId: string | null;
  savedBy: AlertSaver;
  state: AlertActionState;
  /** `key:<line>`, `app:<id>`, `team:<id>`, `tenant:<id>`, `model:<id>` or `route:<id>`; null until it is known. */
  target: string | null;
  /** The tenant of the target; null: the mesh, or not known. */
  targetTenantId: string | null;
  /** Why it was refused; null: it was not. */
  reason: string | null;
  requestedAt: Date;
  /** When it was applied or refused. */
  decidedAt: Date | null;
  undoneAt: Date | null;
  unpublished: ActionTurn[];
  /** When it is removed. Absent while it is PENDING or ACTIVE. */
  expiresAt?: Date;
  /** The same while a legal hold of its tenant is in force, which keeps it. */
  heldExpiresAt?: Date;
}

/** How long actions that are over are retained. */
export const actionsKeptMs = 90 * 86_400_000;

const text = { type: String, required: true };
const optional = { type: String, default: null };
const date = { type: Date, required: true };
const optionalDate = { type: Date, default: null };

export const alertActions = defineCollection<AlertActionRecord>(
  'alertActions',
  {
    _id: text,
    alertId: text,
    tenantId: optional,
    action: text,
    keys: { type: Object, required: true },
    limit: { type: limitAmountPath, default: null },
    routeId: optional,
    modelId: optional,
    savedBy: {
      _id: false,
      tenantId: optional,
      keyLineId: optional,
      issuerId: optional,
      subject: optional,
    },
    state: text,
    target: optional,
    targetTenantId: optional,
    reason: optional,
    requestedAt: date,
    decidedAt: optionalDate,
    undoneAt: optionalDate,
    unpublished: [String],
    expiresAt: Date,
    heldExpiresAt: Date,
  },
  [
    [{ state: 1, target: 1 }],
    [{ state: 1, requestedAt: 1 }],
    [{ tenantId: 1, requestedAt: -1, _id: -1 }],
    // For those who see every tenant.
    [{ requestedAt: -1, _id: -1 }],
    [{ unpublished: 1, requestedAt: 1 }],
    [{ expiresAt: 1 }, { expireAfterSeconds: 0 }],
    [{ heldExpiresAt: 1 }, { sparse: true }],
  ],
);
