import { checkedList, notFound } from '#core/input.ts';
import { type ConsentRecord, consents } from '#mongo/consents.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { WithdrawConsentInput } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { changeConsent } from './change-consent.ts';
import { proofOfConsent, toConsentEvent } from './consent-event.ts';

/**
 * Withdraws purposes of the consent of an end user, all when it names none; returns what is left of it. Without a purpose left it is
 * deleted. NOT_FOUND where the end user has consented to nothing. Also of an archived tenant.
 */
export function withdrawConsent(
  input: WithdrawConsentInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ConsentRecord> {
  const named = input.purposes == null ? null : checkedList(input.purposes, 'input.purposes');
  const records = consents(deps.connection);
  return changeConsent(input, context, deps, async (before, { tenantId, endUserId }) => {
    if (before === null) return notFound('consent of the end user', endUserId);
    const { _id } = before;
    await context.auditTarget({ tenantId, type: 'Consent', id: _id });
    const purposes = named === null ? [] : before.purposes.filter((purpose) => !named.includes(purpose));
    const updatedAt = readNow(deps);
    const after = { ...before, purposes, updatedAt };
    const isGone = purposes.length === 0;
    const proof = proofOfConsent(_id, isGone ? 'GONE' : 'STAMP');
    await deps.events.withChange(toConsentEvent('consent.withdrawn', after), proof, async (eventId) => {
      if (isGone) await records.deleteOne({ _id });
      else await records.updateOne({ _id }, { $set: { purposes, updatedAt, eventId } });
    });
    return after;
  });
}
