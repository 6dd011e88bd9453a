import { defineCollection } from './collection.ts';

/** What an end user of a tenant has consented to. One for each end user. */
export interface ConsentRecord {
  /** Generated: the audit log names it, and never the end user. */
  readonly _id: string;
  readonly tenantId: string;
  readonly endUserId: string;
  readonly purposes: readonly string[];
  /** When the record is deleted. Null: it stays. What has expired is no consent, also while it is still there. */
  readonly expiresAt: Date | null;
  /** When the purposes expire in the place of `expiresAt`, of a record that stays for what was withdrawn. Absent: as the record. */
  readonly purposesExpireAt?: Date | null;
  /** Withdrawn purposes, for which no consent source is called. Absent: none. */
  readonly withdrawn?: readonly string[];
  /** True: all purposes but those of the record were withdrawn. */
  readonly withdrawnAll?: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Of the event of the last change; absent: of an older version. */
  readonly eventId?: string;
}

type Expiry = Pick<ConsentRecord, 'expiresAt' | 'purposesExpireAt'>;

/** When the purposes of a consent expire; null: when they are withdrawn. */
export function readConsentExpiry({ expiresAt, purposesExpireAt }: Expiry): Date | null {
  return purposesExpireAt ?? expiresAt;
}

/** The fields of a record whose purposes expire then: with `stays`, the record does not. */
export function toConsentExpiry(expiresAt: Date | null, stays: boolean): Required<Expiry> {
  return stays ? { expiresAt: null, purposesExpireAt: expiresAt } : { expiresAt, purposesExpireAt: null };
}

const text = { type: String, required: true };
const date = { type: Date, required: true };

export const consents = defineCollection<ConsentRecord>(
  'consents',
  {
    _id: text,
    tenantId: text,
    endUserId: text,
    purposes: [String],
    expiresAt: { type: Date, default: null },
    purposesExpireAt: Date,
    withdrawn: { type: [String], default: undefined },
    withdrawnAll: Boolean,
    createdAt: date,
    updatedAt: date,
    eventId: String,
  },
  [
    [{ tenantId: 1, endUserId: 1 }, { unique: true }],
    [{ tenantId: 1, createdAt: 1, _id: 1 }],
    [{ expiresAt: 1 }, { expireAfterSeconds: 0 }],
  ],
);
