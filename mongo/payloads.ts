import type { mongo } from 'mongoose';
import { defineCollection } from './collection.ts';

/**
 * The request and the response of one call of a tenant with the payload rule FULL, under the id of its row in the ledger. It
 * vanishes when the time that the tenant keeps payloads for is over.
 */
export interface PayloadRecord {
  _id: string;
  tenantId: string;
  /** When the call ended. */
  at: Date;
  /** JSON text, as inference makes it, sealed with the data key of the tenant. */
  sealed: mongo.Binary;
  /** What was commented on the answer when it was rated, sealed in the same way. Absent: nothing was. */
  comment?: mongo.Binary;
  /** Absent while a legal hold keeps it: the date is then in `heldExpiresAt`. */
  expiresAt: Date;
  heldExpiresAt?: Date;
}

export const payloads = defineCollection<PayloadRecord>(
  'payloads',
  {
    _id: { type: String, required: true },
    tenantId: { type: String, required: true },
    at: { type: Date, required: true },
    // Written and read by the driver alone.
    sealed: Object,
    comment: Object,
    expiresAt: { type: Date, required: true },
    heldExpiresAt: Date,
  },
  [[{ tenantId: 1, at: -1, _id: -1 }], [{ expiresAt: 1 }, { expireAfterSeconds: 0 }]],
);
