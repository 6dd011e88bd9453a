import { badInput, checkedId, checkedList } from '#core/input.ts';
import { type ConsentRecord, consents, toConsentExpiry } from '#mongo/consents.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { SaveConsentInput } from '../generated.ts';
import { randomId } from '../keys/ids.ts';
import type { TenantsContext } from '../loaders.ts';
import { requireLive } from '../tenants/below-tenant.ts';
import { changeConsent } from './change-consent.ts';
import { proofOfConsent, toConsentEvent } from './consent-event.ts';

/** Of one end user. */
const purposesMax = 50;

/**
 * Saves what an end user has consented to, in the place of what was saved before. BAD_USER_INPUT names the field of what is wrong; CONFLICT where the
 * tenant is archived, or has as many consents as it may have.
 */
export function saveConsent(
  input: SaveConsentInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ConsentRecord> {
  const now = readNow(deps);
  const purposes = checkedPurposes(input.purposes);
  const expiresAt = input.expiresAt ?? null;
  if (expiresAt !== null && expiresAt <= now) badInput('input.expiresAt', 'must be in the future.');
  const records = consents(deps.connection);
  return changeConsent(input, context, deps, async (before, endUser) => {
    const { tenantId } = endUser;
    await requireLive({ tenantId }, deps);
    if (before === null) {
      await requireRoom(deps, 'consentsPerTenant', () => records.countDocuments({ tenantId }));
    }
    const { _id = `consent-${randomId()}`, createdAt = now } = before ?? {};
    await context.auditTarget({ tenantId, type: 'Consent', id: _id });
    const withdrawn = before?.withdrawn?.filter((purpose) => !purposes.includes(purpose)) ?? [];
    const withdrawnAll = before?.withdrawnAll === true;
    const stays = withdrawnAll || withdrawn.length > 0;
    const present = { purposes, ...toConsentExpiry(expiresAt, stays), withdrawn, withdrawnAll };
    const after = { _id, ...endUser, ...present, createdAt, updatedAt: now };
    await deps.events.withChange(toConsentEvent('consent.saved', after), proofOfConsent(_id), (eventId) =>
      records.updateOne({ _id }, { $set: { ...after, eventId } }, { upsert: true }),
    );
    return after;
  });
}

function checkedPurposes(stated: readonly string[]): readonly string[] {
  const purposes = checkedList(stated, 'input.purposes', purposesMax);
  if (purposes.length === 0) badInput('input.purposes', 'must have at least one purpose.');
  return purposes.map((purpose, index) => checkedId(purpose, `input.purposes[${index}]`));
}
