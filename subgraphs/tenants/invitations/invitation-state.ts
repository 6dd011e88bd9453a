import type { InvitationMail, InvitationStatus } from '#core/graph-enums.generated.ts';
import type { InvitationRecord } from '#mongo/invitations.ts';

type Dates = Pick<InvitationRecord, 'acceptedAt' | 'revokedAt' | 'expiresAt'>;

/** The status now: what has happened to it precedes the end of its links. */
export function readInvitationStatus(
  { acceptedAt, revokedAt, expiresAt }: Dates,
  now: Date,
): InvitationStatus {
  if (acceptedAt !== null) return 'ACCEPTED';
  if (revokedAt !== null) return 'REVOKED';
  return expiresAt <= now ? 'EXPIRED' : 'PENDING';
}

/** The filter for the invitations with this status. */
export function withInvitationStatus(
  status: InvitationStatus | null | undefined,
  now: Date,
): Readonly<Record<string, unknown>> {
  switch (status) {
    case null:
    case undefined:
      return {};
    case 'ACCEPTED':
      return { acceptedAt: { $ne: null } };
    case 'REVOKED':
      return { acceptedAt: null, revokedAt: { $ne: null } };
    case 'EXPIRED':
      return { acceptedAt: null, revokedAt: null, expiresAt: { $lte: now } };
    case 'PENDING':
      return openAt(now);
  }
}

/** What has become of the mail with the link. */
export function readMailStatus({ mailDueAt, mailSentAt, mailError }: InvitationRecord): InvitationMail {
  if (mailDueAt != null) return 'PENDING';
  if (mailSentAt != null) return 'SENT';
  return mailError == null ? 'NONE' : 'FAILED';
}

/** Those that can be accepted at this instant. */
export function openAt(now: Date) {
  return { acceptedAt: null, revokedAt: null, expiresAt: { $gt: now } };
}
