import { defineCollection } from './collection.ts';

/** The durable claim that one call made on an idempotency key. Vanishes after 24 hours. */
export interface IdempotencyKeyRecord {
  /** SHA-256 of tenant, caller and key. */
  _id: string;
  completionId: string;
  /** SHA-256 of the canonical input. */
  inputHash: string;
  /** The process that made the claim; see owners.ts. */
  ownerId: string;
  expiresAt: Date;
}

export const idempotencyKeys = defineCollection<IdempotencyKeyRecord>(
  'idempotencyKeys',
  {
    _id: { type: String, required: true },
    completionId: { type: String, required: true },
    inputHash: { type: String, required: true },
    ownerId: { type: String, required: true },
    expiresAt: { type: Date, required: true },
  },
  [
    [{ expiresAt: 1 }, { expireAfterSeconds: 0 }],
    // For the erasure of calls.
    [{ completionId: 1 }],
  ],
);
