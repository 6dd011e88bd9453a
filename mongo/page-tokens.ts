import { defineCollection } from './collection.ts';

/** A token for one end user, made with an API key and valid for minutes. Only the SHA-256 of its text is kept. */
export interface PageTokenRecord {
  _id: string;
  /** SHA-256 of the whole text, in hex. Unique. */
  tokenHash: string;
  tenantId: string;
  /** The API key that it was made with: what binds and ends the key binds and ends the token. */
  keyId: string;
  endUserId: string;
  scopes: string[];
  /** Patterns of AI models and routes; null: as the key. */
  models: string[] | null;
  /** Patterns of prompts' names; null: as the key. */
  prompts: string[] | null;
  createdAt: Date;
  expiresAt: Date;
}

const text = { type: String, required: true };
const date = { type: Date, required: true };

export const pageTokens = defineCollection<PageTokenRecord>(
  'pageTokens',
  {
    _id: text,
    tokenHash: text,
    tenantId: text,
    keyId: text,
    endUserId: text,
    scopes: [String],
    models: { type: [String], default: null },
    prompts: { type: [String], default: null },
    createdAt: date,
    expiresAt: date,
  },
  [
    [{ tokenHash: 1 }, { unique: true }],
    [{ keyId: 1, expiresAt: 1 }],
    [{ expiresAt: 1 }, { expireAfterSeconds: 0 }],
  ],
);
