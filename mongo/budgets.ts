import type { LimitSetter, LimitWindow } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';

/** How much a tenant, or one of its teams, apps or keys, may spend in a window. What was spent is kept by the quota state. */
export interface BudgetRecord {
  _id: string;
  tenantId: string;
  /** Null: of the whole tenant. */
  appId: string | null;
  /** The team that it is of; null or absent: of an app or the whole tenant. */
  teamId?: string | null;
  /** The line of the key that it is of, which belongs to `appId`; null or absent: of all keys. */
  keyLineId?: string | null;
  amountNanos: bigint;
  window: Exclude<LimitWindow, 'INFLIGHT'>;
  /** Parts of the amount, e.g. 0.8. */
  alertAt: number[];
  /** A hard budget refuses, a soft one only counts. */
  hard: boolean;
  /** Absent in records of versions that did not keep it: then it counts as an operator's. */
  setBy?: LimitSetter;
  /** Tenant, app, window and setter, and the team or key where there is one: of each there is one budget. Absent in records of versions that did not keep it. */
  slot?: string;
  createdAt: Date;
  /** True: it is below an archived app or tenant, and left out of lists. Absent: it is not. */
  hidden?: boolean | null;
}

const text = { type: String, required: true };

export const budgets = defineCollection<BudgetRecord>(
  'budgets',
  {
    _id: text,
    tenantId: text,
    appId: { type: String, default: null },
    teamId: String,
    keyLineId: String,
    amountNanos: { type: BigInt, required: true },
    window: text,
    alertAt: [Number],
    hard: { type: Boolean, required: true },
    setBy: String,
    slot: String,
    createdAt: { type: Date, required: true },
    hidden: Boolean,
  },
  [
    [{ tenantId: 1, createdAt: 1, _id: 1 }],
    [{ slot: 1 }, { unique: true, partialFilterExpression: { slot: { $exists: true } } }],
    [{ keyLineId: 1, createdAt: 1, _id: 1 }, { sparse: true }],
    // For those who see every tenant.
    [{ createdAt: 1, _id: 1 }],
  ],
);
