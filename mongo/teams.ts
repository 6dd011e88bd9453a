import type { LimitSetter } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';
import { type LimitRecord, limitsPath } from './limit.ts';

/** A team of a tenant: apps with limits, budgets and usage in common. */
export interface TeamRecord {
  readonly _id: string;
  readonly tenantId: string;
  /** Unique in the tenant; of an archived team followed by its id, between spaces. */
  readonly name: string;
  readonly limits: readonly LimitRecord[];
  readonly createdAt: Date;
  /** Null or absent: it is not archived. */
  readonly archivedAt?: Date | null;
  /** Who archived it. */
  readonly archivedBy?: LimitSetter | null;
  /** True: it or its tenant is archived, and lists leave it out. Absent: neither is. */
  readonly hidden?: boolean | null;
}

const text = { type: String, required: true };

export const teams = defineCollection<TeamRecord>(
  'teams',
  {
    _id: text,
    tenantId: text,
    name: text,
    limits: limitsPath,
    createdAt: { type: Date, required: true },
    archivedAt: Date,
    archivedBy: String,
    hidden: Boolean,
  },
  [
    [{ tenantId: 1, name: 1 }, { unique: true }],
    // For those who see every tenant.
    [{ createdAt: 1, _id: 1 }],
  ],
);
