import { defineCollection } from './collection.ts';
import { type LimitRecord, limitsPath } from './limit.ts';

/** What tenants get: the limits of everything that a tenant does together. */
export interface PlanRecord {
  /** Chosen by the admin. */
  _id: string;
  /** Unique. */
  name: string;
  limits: LimitRecord[];
  /** AI models and routes that may be called: a name each, or a beginning followed by `*`; null: all. Absent on older records. */
  models?: string[] | null;
  /** A tenant is assigned to it after an approved request for access. Absent on older records: it is open. */
  requiresApproval?: boolean;
}

const text = { type: String, required: true };

export const plans = defineCollection<PlanRecord>(
  'plans',
  {
    _id: text,
    name: text,
    limits: limitsPath,
    models: { type: [String], default: null },
    requiresApproval: Boolean,
  },
  [[{ name: 1 }, { unique: true }]],
);
