import type { AccessGrantRecord } from '#mongo/access-grants.ts';
import type { NewEvent } from '#mongo/events.ts';

/** What the change of a grant is proved by. */
export const proofOfChange = (id: string) => ({ collection: 'access_grants', id, by: 'STAMP' }) as const;

/** The event of a grant, in the state that it has now. */
export function toAccessEvent(type: `access.${string}`, grant: AccessGrantRecord): NewEvent {
  const { _id, tenantId, appId, resource, status, reason, decidedBy } = grant;
  return { type, tenantId, subject: _id, data: { appId, resource, status, reason, decidedBy } };
}
