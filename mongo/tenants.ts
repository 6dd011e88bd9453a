import { type CacheScope, type OnRevoke, PayloadLogging } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';
import type { StoredRole } from './members.ts';

/** What the scope of @cache can be narrowed to. */
export type NarrowedCacheScope = Exclude<CacheScope, 'PUBLIC'>;

export interface TenantRecord {
  /** Made from the name, e.g. "acme". */
  _id: string;
  /** Unique; of an archived tenant followed by its id, between spaces. */
  name: string;
  /** What names that look the same have in common. Absent of an archived tenant, and of one whose name looked like another before. */
  nameKey?: string;
  planId: string;
  /** Data residency; null: anywhere. */
  allowedRegions: string[] | null;
  /** Text that only readPayloadRule makes a rule of: NONE is one only with `hasPayloadRule`. */
  payloadLogging: string;
  /** True: NONE was chosen. Older records have NONE where nothing was. */
  hasPayloadRule?: boolean;
  /** Days that payloads are kept for; absent or null: the default. */
  payloadDays?: number | null;
  /** What `cache: DEFAULT` means, unless the app states otherwise. */
  cacheByDefault: boolean;
  /** What @cache is narrowed to; null: not at all. Absent on older records. */
  cacheScope?: NarrowedCacheScope | null;
  /** What becomes of open subscriptions when their credential ends. Absent: END. */
  onRevoke?: OnRevoke;
  createdAt: Date;
  /** Null or absent: it is not archived. */
  archivedAt?: Date | null;
  /** When everything of it was erased but its id, which is used for no other tenant; absent: it was not. */
  erasedAt?: Date;
  /** True: what is below it is to be marked as hidden or shown, since something was archived or restored. Absent: it is marked. */
  marksDue?: boolean;
  /** How an identity provider keeps its members over SCIM. Absent: none does. */
  provisioning?: ProvisioningRecord | null;
  /** The members that provisioning has ended within the last hour or so. */
  departures?: Departure[];
  /** Where consents are requested that the mesh has no record of. Absent: nowhere. */
  consentSource?: ConsentSourceRecord | null;
}

/** A consent platform that a tenant has named. */
export interface ConsentSourceRecord {
  readonly url: string;
  /** Where it processes what it receives; null: not stated. */
  readonly region: string | null;
  /** Of one question with its answer. */
  readonly timeoutMs: number;
  /** The secret that signs questions, sealed for the tenant and the address. */
  readonly secret: string;
  readonly updatedAt: Date;
}

/** How an identity provider keeps the members of a tenant. */
export interface ProvisioningRecord extends StoredRole {
  /** The issuer that vouches for the members. */
  readonly issuerId: string;
  /** The URL that the issuer had when it was stated, as `issuer` of a member. */
  readonly issuer?: string | null;
  /** The roles of groups: of those that a member is in, the first counts. */
  readonly groupRoles: readonly GroupRole[];
  /** Whether the API keys that a member made are revoked with it. */
  readonly revokeKeysMade: boolean;
  /** The members that may be ended within an hour, until `departuresMaxUntil`; null: what every tenant has. */
  readonly departuresMax: number | null;
  readonly departuresMaxUntil: Date | null;
  /** What is still to be done after a change: the roles of members are those of the former one, or provisioning ends. Absent: nothing. */
  readonly due?: 'ROLES' | 'END' | null;
}

/** The same with its tenant, and what the limit on departures counts. */
export interface TenantProvisioning extends ProvisioningRecord {
  readonly tenantId: string;
  readonly departures: readonly Departure[];
}

/** The role that a group leads to. */
export interface GroupRole extends StoredRole {
  readonly groupId: string;
}

/** A member that provisioning has ended. */
export interface Departure {
  readonly memberId: string;
  readonly at: Date;
  /** True: it had been added within the hour before. Absent: it had not. */
  readonly recent?: boolean;
}

type PayloadRule = Pick<TenantRecord, 'payloadLogging' | 'hasPayloadRule'>;

/** The payload rule of a tenant; the strictest one where it is unknown. */
export function readPayloadRule({ payloadLogging, hasPayloadRule = false }: PayloadRule): PayloadLogging {
  if (payloadLogging === 'NONE' && !hasPayloadRule) return 'DEFAULT';
  return Object.values(PayloadLogging).find((rule) => rule === payloadLogging) ?? 'NONE';
}

/** The fields of a record with a payload rule. */
export function toPayloadRule(rule: PayloadLogging): Required<PayloadRule> {
  return rule === 'DEFAULT'
    ? { payloadLogging: 'NONE', hasPayloadRule: false }
    : { payloadLogging: rule, hasPayloadRule: true };
}

const text = { type: String, required: true };

export const tenants = defineCollection<TenantRecord>(
  'tenants',
  {
    _id: text,
    name: text,
    nameKey: String,
    planId: text,
    allowedRegions: { type: [String], default: null },
    payloadLogging: text,
    hasPayloadRule: Boolean,
    payloadDays: Number,
    cacheByDefault: { type: Boolean, required: true },
    cacheScope: { type: String, default: null },
    onRevoke: String,
    createdAt: { type: Date, required: true },
    archivedAt: Date,
    erasedAt: Date,
    marksDue: Boolean,
    provisioning: Object,
    consentSource: Object,
    departures: { type: [{ _id: false, memberId: String, at: Date, recent: Boolean }], default: undefined },
  },
  [
    [{ name: 1 }, { unique: true }],
    [{ nameKey: 1 }, { unique: true, partialFilterExpression: { nameKey: { $exists: true } } }],
    [{ createdAt: 1, _id: 1 }],
    [{ archivedAt: 1 }, { sparse: true }],
    [{ marksDue: 1 }, { sparse: true }],
    [{ 'provisioning.due': 1 }, { sparse: true }],
  ],
);
