import type { MemberRole } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';

export interface MemberRecord {
  _id: string;
  tenantId: string;
  /** Who it is to the identity provider. Unique in the tenant. */
  subject: string;
  email: string | null;
  role: MemberRole;
  /** The name of a custom role; null or absent unless `role` is CUSTOM. */
  customRole?: string | null;
  /** The issuer that vouches for the subject; absent: the first one, `default`. */
  issuerId?: string | null;
  /** When the member was deactivated, from then on it is refused; absent: it is not. */
  deactivatedAt?: Date | null;
  createdAt: Date;
  /** True: it is below an archived app or tenant, and left out of lists. Absent: it is not. */
  hidden?: boolean | null;
}

const text = { type: String, required: true };

export const members = defineCollection<MemberRecord>(
  'members',
  {
    _id: text,
    tenantId: text,
    subject: text,
    email: { type: String, default: null },
    role: text,
    customRole: { type: String, default: null },
    issuerId: String,
    deactivatedAt: Date,
    createdAt: { type: Date, required: true },
    hidden: Boolean,
  },
  [
    [{ tenantId: 1, subject: 1 }, { unique: true }],
    [{ tenantId: 1, createdAt: 1, _id: 1 }],
    // For those who see every tenant.
    [{ createdAt: 1, _id: 1 }],
    [{ subject: 1, _id: 1 }],
    [{ customRole: 1, tenantId: 1 }],
  ],
);
