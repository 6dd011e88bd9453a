import type { EventTypeOf } from '#core/events/event-types.ts';
import type { AccessGrantRecord } from '#mongo/access-grants.ts';
import type { NewEvent } from '#mongo/events.ts';

/** What shows that a grant was changed. */
export const proofOfChange = (id: string) => ({ collection: 'access_grants', id, by: 'STAMP' }) as const;

/** The event of a grant, in the state that it has then. */
export function toAccessEvent(type: EventTypeOf<'access'>, grant: AccessGrantRecord): NewEvent {
  const { _id, tenantId, appId, resource, status, reason, requestedBy = null, decidedBy } = grant;
  const { requestedByIssuerId = null, decidedByIssuerId = null } = grant;
  const expiresAt = grant.expiresAt?.toISOString() ?? null;
  return {
    ...{ type, tenantId, subject: _id },
    data: {
      ...{ appId, resource, status, reason, requestedBy, requestedByIssuerId },
      ...{ decidedBy, decidedByIssuerId, expiresAt },
    },
  };
}
