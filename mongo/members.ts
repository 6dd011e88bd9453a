import type { MemberRole } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';

export interface MemberRecord {
  _id: string;
  tenantId: string;
  /** Who it is to its issuer. Unique in the tenant among the members of this issuer. */
  subject: string;
  email: string | null;
  role: MemberRole;
  /** The name of a custom role; null or absent unless `role` is CUSTOM. */
  customRole?: string | null;
  /** The issuer that vouches for the subject; absent in records of older versions: the first one. */
  issuerId?: string | null;
  /** When the member was deactivated, from then on it is refused; absent: it is not. */
  deactivatedAt?: Date | null;
  /** What remains to be done for a member that was deactivated or is removed; absent: nothing. */
  departure?: MemberDeparture | null;
  /** The event of the last change, which shows that the change was made. Absent: none was recorded. */
  eventId?: string;
  createdAt: Date;
  /** True: it is below an archived app or tenant, and left out of lists. Absent: it is not. */
  hidden?: boolean | null;
}

/** What ends with a member. Whoever finds it carries it out; done again it changes nothing more. */
export interface MemberDeparture {
  /** Whether the record itself is deleted at the end. */
  readonly removes: boolean;
  /** Which of the API keys that the member has made are revoked, beside those that belong to it: none, those of its tenant, or all. */
  readonly keysMade: 'KEPT' | 'OF_TENANT' | 'ALL';
  /** The API key of whoever requested it, which is not revoked; null: there is none. */
  readonly keptKeyId: string | null;
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
    departure: Object,
    eventId: String,
    createdAt: { type: Date, required: true },
    hidden: Boolean,
  },
  [
    [{ tenantId: 1, issuerId: 1, subject: 1 }, { unique: true }],
    [{ tenantId: 1, createdAt: 1, _id: 1 }],
    // For those who see every tenant.
    [{ createdAt: 1, _id: 1 }],
    [{ subject: 1, _id: 1 }],
    [{ customRole: 1, tenantId: 1 }],
    // For the completion of what a killed process has left.
    [{ 'departure.removes': 1 }, { sparse: true }],
  ],
);
