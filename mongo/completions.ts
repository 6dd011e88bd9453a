import type { mongo } from 'mongoose';
import { defineCollection } from './collection.ts';

/** How long a result can be read again by its id, and an idempotency key be answered from it. */
export const completionKeptMs = 24 * 60 * 60 * 1000;

/**
 * The content of an ended completion, for `completion(id)`, for late resumers and for repeated idempotency keys.
 * It vanishes after 24 hours; what it took stays in the ledger under the same id.
 */
export interface CompletionRecord {
  _id: string;
  /**
   * JSON text, as inference makes it, sealed: answers hold keys that a database may refuse, and are their tenant's alone.
   * Text on records that older versions of Heddle wrote.
   */
  sealed?: mongo.Binary | string;
  /** The same, not sealed: on records that older versions of Heddle wrote. */
  content?: string;
  /** Absent while a legal hold keeps it: the date is then in `heldExpiresAt`. */
  expiresAt: Date;
  heldExpiresAt?: Date;
}

export const completions = defineCollection<CompletionRecord>(
  'completions',
  {
    _id: { type: String, required: true },
    // Written and read by the driver alone.
    sealed: Object,
    content: String,
    expiresAt: { type: Date, required: true },
    heldExpiresAt: Date,
  },
  [[{ expiresAt: 1 }, { expireAfterSeconds: 0 }]],
);
