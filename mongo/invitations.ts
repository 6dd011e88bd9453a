import type { MemberRole } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';

/** An invitation to become a member of a tenant. Its links hold secrets of which only hashes are kept. */
export interface InvitationRecord {
  _id: string;
  tenantId: string;
  /** The address that it is for. */
  email: string;
  /** The same in lower case, by which addresses are compared. */
  emailKey: string;
  role: MemberRole;
  /** The name of a custom role; null unless `role` is CUSTOM. */
  customRole: string | null;
  /** Whether a person with another address may accept it. */
  anyEmail: boolean;
  /** What its inviter wrote. */
  message: string | null;
  /** The subject or the API key that made it. */
  invitedBy: string | null;
  /** The issuer of that subject; absent: an API key, or an invitation of an older version. */
  invitedByIssuerId?: string;
  /** The member that made it, with which it ends; null: it was no member. */
  invitedByMemberId: string | null;
  /** SHA-256 of the secret of each of its links, in hex; empty once it has been used. */
  secretHashes: string[];
  /** How long its links are valid, for when it is sent again. */
  days: number;
  /** How often it was sent again. */
  resends: number;
  createdAt: Date;
  expiresAt: Date;
  revokedAt: Date | null;
  acceptedAt: Date | null;
  /** The member that accepted it; null: it is not accepted. */
  memberId: string | null;
  /** The member that is still to be made of it; absent: none. */
  acceptance?: InvitationAcceptance | null;
  /** The event that shows that it was created. */
  eventId?: string;
  /** When its mail is to be sent, or may be tried again; absent: no mail is due. */
  mailDueAt?: Date | null;
  /** How often its mail was tried; absent: no mail was due. */
  mailAttempts?: number;
  /** When the server took its mail; absent: it did not. */
  mailSentAt?: Date | null;
  /** Why its mail was not sent the last time; absent: it was, or none was due. */
  mailError?: string | null;
  /** When it is deleted. */
  purgeAt: Date;
  /** True: it is of an archived tenant, and left out of lists. Absent: it is not. */
  hidden?: boolean | null;
}

/** Who accepted an invitation. */
export interface InvitationAcceptance {
  readonly memberId: string;
  readonly issuerId: string;
  /** The URL of the issuer; absent: an older version recorded it. */
  readonly issuer?: string;
  readonly subject: string;
  readonly email: string | null;
}

const text = { type: String, required: true };
const optional = { type: String, default: null };
const date = { type: Date, required: true };
const optionalDate = { type: Date, default: null };

export const invitations = defineCollection<InvitationRecord>(
  'invitations',
  {
    _id: text,
    tenantId: text,
    email: text,
    emailKey: text,
    role: text,
    customRole: optional,
    anyEmail: { type: Boolean, required: true },
    message: optional,
    invitedBy: optional,
    invitedByIssuerId: String,
    invitedByMemberId: optional,
    secretHashes: [String],
    days: { type: Number, required: true },
    resends: { type: Number, required: true },
    createdAt: date,
    expiresAt: date,
    revokedAt: optionalDate,
    acceptedAt: optionalDate,
    memberId: optional,
    acceptance: Object,
    eventId: String,
    mailDueAt: Date,
    mailAttempts: Number,
    mailSentAt: Date,
    mailError: String,
    purgeAt: date,
    hidden: Boolean,
  },
  [
    [{ secretHashes: 1 }],
    [{ tenantId: 1, createdAt: 1, _id: 1 }],
    // For those who see every tenant.
    [{ createdAt: 1, _id: 1 }],
    [{ invitedByMemberId: 1 }],
    [{ memberId: 1 }],
    // For the completion of what a killed process has left.
    [{ 'acceptance.memberId': 1 }, { sparse: true }],
    [{ mailDueAt: 1 }, { sparse: true }],
    [{ purgeAt: 1 }, { expireAfterSeconds: 0 }],
  ],
);
