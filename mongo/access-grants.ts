import type { AccessStatus } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';

/** A request of one app to use something that requests approval: one per app and resource, in its present state. */
export interface AccessGrantRecord {
  _id: string;
  tenantId: string;
  appId: string;
  /** What is requested: an AI model's id, a route's alias, a prompt's name, or `plan:` followed by a plan's id. */
  resource: string;
  status: AccessStatus;
  /** The last word of either side. */
  reason: string | null;
  decidedBy: string | null;
  /** The issuer of the user that decided; null or absent: no user did, or an older version recorded it. */
  decidedByIssuerId?: string | null;
  decidedAt: Date | null;
  /** The caller that decided had tenants:admin. Absent: it had not. */
  decidedByOperator?: boolean;
  /** When the approval ends; null or absent: it does not. */
  expiresAt?: Date | null;
  /** The API key or user that requested it last. Absent on older records. */
  requestedBy?: string | null;
  /** The same of the one that requested it last. */
  requestedByIssuerId?: string | null;
  /** When it was requested last; absent: at `createdAt`. */
  requestedAt?: Date;
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
    decidedByIssuerId: String,
    decidedAt: { type: Date, default: null },
    decidedByOperator: Boolean,
    expiresAt: Date,
    requestedBy: String,
    requestedByIssuerId: String,
    requestedAt: Date,
    createdAt: { type: Date, required: true },
    eventId: String,
    hidden: Boolean,
  },
  [
    [{ appId: 1, resource: 1 }, { unique: true }],
    [{ tenantId: 1, createdAt: -1, _id: -1 }],
    [{ createdAt: -1, _id: -1 }],
    // For the sweep of approvals that end.
    [{ expiresAt: 1 }, { sparse: true }],
  ],
);
