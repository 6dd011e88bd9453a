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
  /**
   * The URL that the issuer had when the member was added: under another one it does not vouch for the member. Null or absent: it has the one
   * that the member was added under, or none yet; whoever changes or deletes it states that one here.
   */
  issuer?: string | null;
  /** When the member was deactivated, from then on it is refused; absent: it is not. */
  deactivatedAt?: Date | null;
  /** What an identity provider keeps of it over SCIM; absent: it was not provisioned. */
  provisioned?: ProvisionedPerson | null;
  /** What remains to be done for a member that was deactivated or is removed; absent: nothing. */
  departure?: MemberDeparture | null;
  /** The event of the last change, which shows that the change was made. Absent: none was recorded. */
  eventId?: string;
  createdAt: Date;
  /** True: it is below an archived app or tenant, and left out of lists. Absent: it is not. */
  hidden?: boolean | null;
}

/** A member that an identity provider keeps. */
export type ProvisionedMemberRecord = MemberRecord & { readonly provisioned: ProvisionedPerson };

/** A member as an identity provider keeps it. */
export interface ProvisionedPerson {
  readonly userName: string;
  /** The same in lower case, unique in the tenant. */
  readonly userKey: string;
  readonly displayName: string | null;
  readonly givenName: string | null;
  readonly familyName: string | null;
  /** False: its provider has deactivated it last, and may reactivate it; whether it is deactivated at all is `deactivatedAt`. */
  readonly active: boolean;
  /** The groups of the tenant that it is in. */
  readonly groupIds: readonly string[];
  /** The role that was given by hand, which counts while none of its groups leads to one; null: that of the provisioning. */
  readonly ownRole: StoredRole | null;
  readonly modifiedAt: Date;
}

/** A role as records have it. */
export interface StoredRole {
  readonly role: MemberRole;
  /** The name of a custom role; null unless `role` is CUSTOM. */
  readonly customRole: string | null;
}

/** What ends with a member. Whoever finds it carries it out; done again it changes nothing more. */
export interface MemberDeparture {
  /** Whether the record itself is deleted at the end. */
  readonly removes: boolean;
  /** Which of the API keys that the member has made are revoked, beside those that belong to it: none, those of its tenant, or all. */
  readonly keysMade: 'KEPT' | 'OF_TENANT' | 'ALL';
  /** The API key of whoever requested it, which is not revoked; null: there is none. */
  readonly keptKeyId: string | null;
  /** When it counted against the limit on departures of the tenant; absent: it did not. */
  readonly limitedAt?: Date;
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
    issuer: String,
    deactivatedAt: Date,
    provisioned: Object,
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
    [
      { tenantId: 1, 'provisioned.userKey': 1 },
      { unique: true, partialFilterExpression: { 'provisioned.userKey': { $exists: true } } },
    ],
    [{ 'provisioned.groupIds': 1 }, { sparse: true }],
    // For the completion of what a killed process has left.
    [{ 'departure.removes': 1 }, { sparse: true }],
  ],
);
