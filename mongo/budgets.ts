import { defineCollection } from './collection.ts';

/** How much a tenant, or one of its apps, may spend in a window. What was spent is told by the quota state. */
export interface BudgetRecord {
  _id: string;
  tenantId: string;
  /** Null: of the whole tenant. */
  appId: string | null;
  amountNanos: bigint;
  window: 'SECOND' | 'MINUTE' | 'HOUR' | 'DAY' | 'MONTH';
  /** Parts of the amount, e.g. 0.8. */
  alertAt: number[];
  /** A hard budget refuses, a soft one only counts. */
  hard: boolean;
  createdAt: Date;
}

const text = { type: String, required: true };

export const budgets = defineCollection<BudgetRecord>(
  'budgets',
  {
    _id: text,
    tenantId: text,
    appId: { type: String, default: null },
    amountNanos: { type: BigInt, required: true },
    window: text,
    alertAt: [Number],
    hard: { type: Boolean, required: true },
    createdAt: { type: Date, required: true },
  },
  [[{ tenantId: 1, createdAt: 1, _id: 1 }]],
);
