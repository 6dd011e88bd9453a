import { defineCollection } from './collection.ts';

/** A browser session. Only a hash of the text of its cookie is kept, and never the key that it was started with. */
export interface SessionRecord {
  _id: string;
  /** Of the text of the cookie, in the form of key-pepper.ts. Unique. */
  sessionHash: string;
  tenantId: string;
  /** The API key that it was started with: what binds and ends the key binds and ends the session. Null: a person signed in. */
  keyId: string | null;
  /** The person, by the issuer that vouches for it; null: an API key. */
  issuerId: string | null;
  subject: string | null;
  /** What the issuer stated at the sign-in, as JSON: rules are applied to it whenever the session is used. */
  claims: string | null;
  createdAt: Date;
  /** To the minute. The session ends when it was not used for the idle time. */
  lastUsedAt: Date;
  /** Its end, however much it is used. */
  expiresAt: Date;
}

const text = { type: String, required: true };
const optional = { type: String, default: null };
const date = { type: Date, required: true };

export const sessions = defineCollection<SessionRecord>(
  'sessions',
  {
    _id: text,
    sessionHash: text,
    tenantId: text,
    keyId: optional,
    issuerId: optional,
    subject: optional,
    claims: optional,
    createdAt: date,
    lastUsedAt: date,
    expiresAt: date,
  },
  [
    [{ sessionHash: 1 }, { unique: true }],
    [{ keyId: 1, createdAt: 1 }],
    [{ subject: 1, issuerId: 1, createdAt: 1 }],
    [{ expiresAt: 1 }, { expireAfterSeconds: 0 }],
  ],
);
