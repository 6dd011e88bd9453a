import type {
  AlertCondition,
  AlertEndReason,
  AlertMetric,
  SecurityPattern,
} from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';

/** The dimensions of a series, as `keys` of usage names them; of a condition of budgets, the budget. */
export type SeriesKeys = Readonly<
  Partial<Record<'tenant' | 'app' | 'key' | 'model' | 'budget', string | null>>
>;

/** What an episode is still to cause: the request of what its alert does, and its events. */
export type EpisodeTurn = 'ACTION' | 'STARTED' | 'ENDED';

/** The time in which the condition of an alert held for one series. */
export interface AlertEpisodeRecord {
  _id: string;
  alertId: string;
  tenantId: string | null;
  metric: AlertMetric;
  condition: AlertCondition;
  pattern: SecurityPattern | null;
  keys: SeriesKeys;
  startedAt: Date;
  endedAt: Date | null;
  endReason: AlertEndReason | null;
  reason: string;
  value: number | null;
  peakValue: number | null;
  lastValue: number | null;
  bound: number | null;
  baseline: number | null;
  /** The calls behind it. */
  callsFrom: Date;
  callsTo: Date;
  /** The last evaluation that it was part of. */
  checkedAt: Date;
  /** Evaluations in a row in which the condition did not hold. */
  clearCount: number;
  /** The alert and the series: of each there is one open episode. Absent once it has ended. */
  openKey?: string;
  /** What of it is not done yet, in order. */
  unpublished: EpisodeTurn[];
  /** When it is removed. Absent while it is open. */
  expiresAt?: Date;
  /** The same while a legal hold of its tenant is in force, which keeps it. */
  heldExpiresAt?: Date;
}

const text = { type: String, required: true };
const optional = { type: String, default: null };
const number = { type: Number, default: null };
const date = { type: Date, required: true };

export const alertEpisodes = defineCollection<AlertEpisodeRecord>(
  'alertEpisodes',
  {
    _id: text,
    alertId: text,
    tenantId: optional,
    metric: text,
    condition: text,
    pattern: optional,
    keys: { type: Object, required: true },
    startedAt: date,
    endedAt: { type: Date, default: null },
    endReason: optional,
    reason: text,
    value: number,
    peakValue: number,
    lastValue: number,
    bound: number,
    baseline: number,
    callsFrom: date,
    callsTo: date,
    checkedAt: date,
    clearCount: { type: Number, required: true },
    openKey: String,
    unpublished: [String],
    expiresAt: Date,
    heldExpiresAt: Date,
  },
  [
    [{ openKey: 1 }, { unique: true, sparse: true }],
    [{ alertId: 1, startedAt: -1, _id: -1 }],
    [{ tenantId: 1, startedAt: -1, _id: -1 }],
    // For those who see every tenant.
    [{ startedAt: -1, _id: -1 }],
    [{ unpublished: 1, startedAt: 1 }],
    [{ checkedAt: 1 }, { partialFilterExpression: { openKey: { $exists: true } } }],
    [{ expiresAt: 1 }, { expireAfterSeconds: 0 }],
    [{ heldExpiresAt: 1 }, { sparse: true }],
  ],
);
