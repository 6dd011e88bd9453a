import type { ConsentRecord } from '#mongo/consents.ts';
import type { EventProof, NewEvent } from '#mongo/events.ts';

/** The event of a change of a consent, with what it is afterwards. It names the consent, and never the end user. */
export function toConsentEvent(
  type: 'consent.saved' | 'consent.withdrawn',
  { _id, tenantId, purposes, expiresAt }: ConsentRecord,
): NewEvent {
  return { type, tenantId, subject: _id, data: { purposes, expiresAt: expiresAt?.toISOString() ?? null } };
}

/** What shows that the change was made. */
export function proofOfConsent(id: string, by: EventProof['by']): EventProof {
  return { collection: 'consents', id, by };
}
