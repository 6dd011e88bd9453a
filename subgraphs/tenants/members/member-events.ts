import type { EventTypeOf } from '#core/events/event-types.ts';
import type { NewEvent } from '#mongo/events.ts';
import { firstIssuerId } from '#mongo/issuers.ts';
import type { MemberRecord } from '#mongo/members.ts';

/** The event of a member. */
export function toMemberEvent(
  type: EventTypeOf<'member'>,
  { _id, tenantId, issuerId, subject, role, customRole }: MemberRecord,
): NewEvent {
  const data = { issuerId: issuerId ?? firstIssuerId, subject, role, customRole: customRole ?? null };
  return { type, tenantId, subject: _id, data };
}
