import { defineCollection } from './collection.ts';

/** What an end user of a tenant has consented to. One for each end user. */
export interface ConsentRecord {
  /** Generated: the audit log names it, and never the end user. */
  readonly _id: string;
  readonly tenantId: string;
  readonly endUserId: string;
  readonly purposes: readonly string[];
  /** Null: until it is withdrawn. What has expired is no consent, also while it is still there. */
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Of the event of the last change; absent: of an older version. */
  readonly eventId?: string;
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
