import type { NewEvent } from '#mongo/events.ts';
import type { InvitationRecord } from '#mongo/invitations.ts';

/** The event of an invitation, without its address. */
export function toInvitationEvent({
  _id,
  tenantId,
  role,
  customRole,
  expiresAt,
}: InvitationRecord): NewEvent {
  const data = { role, customRole, expiresAt: expiresAt.toISOString() };
  return { type: 'member.invited', tenantId, subject: _id, data };
}
