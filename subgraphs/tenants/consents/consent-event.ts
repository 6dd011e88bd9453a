import { type ConsentRecord, readConsentExpiry } from '#mongo/consents.ts';
import type { EventProof, NewEvent } from '#mongo/events.ts';

/** The event of a change of a consent, with what it is afterwards. It names the consent, and never the end user. */
export function toConsentEvent(
  type: 'consent.saved' | 'consent.withdrawn',
  consent: ConsentRecord,
): NewEvent {
  const { _id: subject, tenantId, purposes } = consent;
  const expiresAt = readConsentExpiry(consent)?.toISOString() ?? null;
  return { type, tenantId, subject, data: { purposes, expiresAt } };
}

/** What shows that the change was made. */
export function proofOfConsent(id: string): EventProof {
  return { collection: 'consents', id, by: 'STAMP' };
}
