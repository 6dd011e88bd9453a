import type { AccessStatus } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';

/** A request of one app to use something that requests approval: one per app and resource, in its present state. */
export interface AccessGrantRecord {
  _id: string;
  tenantId: string;
  appId: string;
  /** What is requested: an AI model's id, a prompt's name. */
  resource: string;
  status: AccessStatus;
  /** The last word of either side. */
  reason: string | null;
  decidedBy: string | null;
  decidedAt: Date | null;
  createdAt: Date;
  /** The event of the last change, which shows that the change was made. Absent on older records. */
  eventId?: string;
  /** True: it is below an archived app or tenant, and left out of lists. Absent: it is not. */
  hidden?: boolean | null;
}

const text = { type: String, required: true };
const optional = { type: String, default: null };

export const accessGrants = defineCollection<AccessGrantRecord>(
  'access_grants',
  {
    _id: text,
    tenantId: text,
    appId: text,
    resource: text,
    status: text,
    reason: optional,
    decidedBy: optional,
    decidedAt: { type: Date, default: null },
    createdAt: { type: Date, required: true },
    eventId: String,
    hidden: Boolean,
  },
  [
    [{ appId: 1, resource: 1 }, { unique: true }],
    [{ tenantId: 1, createdAt: -1, _id: -1 }],
    [{ createdAt: -1, _id: -1 }],
  ],
);
