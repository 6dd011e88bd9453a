import { Schema } from 'mongoose';
import { defineCollection } from './collection.ts';

/** How long a result can be read again by its id, and an idempotency key be answered from it. */
export const COMPLETION_KEPT_MS = 24 * 60 * 60 * 1000;

/**
 * The content of an ended completion, for `completion(id)`, for late resumers and for repeated idempotency keys.
 * It vanishes after 24 hours; what it took stays in the ledger under the same id.
 */
export interface CompletionRecord {
  _id: string;
  text: string;
  reasoning: string | null;
  json: unknown;
  toolCalls: { id: string; name: string; arguments: unknown }[];
  finishReason: string;
  /** What the client was told went wrong; null unless the row is FAILED. */
  errorMessage: string | null;
  expiresAt: Date;
}

export const completions = defineCollection<CompletionRecord>(
  'completions',
  {
    _id: { type: String, required: true },
    text: { type: String },
    reasoning: String,
    json: Schema.Types.Mixed,
    toolCalls: [{ _id: false, id: String, name: String, arguments: Schema.Types.Mixed }],
    finishReason: { type: String, required: true },
    errorMessage: String,
    expiresAt: { type: Date, required: true },
  },
  [[{ expiresAt: 1 }, { expireAfterSeconds: 0 }]],
);
