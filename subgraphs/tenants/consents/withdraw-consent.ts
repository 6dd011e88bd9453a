import { checkedId, checkedList } from '#core/input.ts';
import { type ConsentRecord, consents, readConsentExpiry, toConsentExpiry } from '#mongo/consents.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { WithdrawConsentInput } from '../generated.ts';
import { randomId } from '../keys/ids.ts';
import type { TenantsContext } from '../loaders.ts';
import { changeConsent, type EndUser } from './change-consent.ts';
import { proofOfConsent, toConsentEvent } from './consent-event.ts';

/** Of one withdrawal. */
const purposesMax = 100;
/** Withdrawn purposes that a record names. */
const withdrawnMax = 200;

/**
 * Withdraws purposes of the consent of an end user, all when it names none; returns what is left of it. What was withdrawn is kept, also of an end user
 * without a record, so that no consent source is called for it, whenever one is saved. Also of an archived tenant. CONFLICT where the tenant has as many
 * consents as it may have.
 */
export function withdrawConsent(
  input: WithdrawConsentInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ConsentRecord> {
  const named = checkedPurposes(input.purposes);
  const records = consents(deps.connection);
  return changeConsent(input, context, deps, async (found, endUser) => {
    const { tenantId } = endUser;
    if (found === null) {
      await requireRoom(deps, 'consentsPerTenant', () => records.countDocuments({ tenantId }));
    }
    const updatedAt = readNow(deps);
    const before = found ?? startConsent(endUser, updatedAt);
    const { _id } = before;
    await context.auditTarget({ tenantId, type: 'Consent', id: _id });
    const purposes = named === null ? [] : before.purposes.filter((purpose) => !named.includes(purpose));
    const expiry = toConsentExpiry(readConsentExpiry(before), true);
    const after = { ...before, purposes, ...withdraw(before, named), ...expiry, updatedAt };
    await deps.events.withChange(toConsentEvent('consent.withdrawn', after), proofOfConsent(_id), (eventId) =>
      records.updateOne({ _id }, { $set: { ...after, eventId } }, { upsert: true }),
    );
    return after;
  });
}

function checkedPurposes(stated: readonly string[] | null | undefined): readonly string[] | null {
  if (stated == null) return null;
  const purposes = checkedList(stated, 'input.purposes', purposesMax);
  return purposes.map((purpose, index) => checkedId(purpose, `input.purposes[${index}]`));
}

/** What is withdrawn then. More purposes than a record may name are all. */
function withdraw(
  { withdrawn = [], withdrawnAll = false }: ConsentRecord,
  named: readonly string[] | null,
): Required<Pick<ConsentRecord, 'withdrawn' | 'withdrawnAll'>> {
  const all = [...new Set([...withdrawn, ...(named ?? [])])];
  const isAll = withdrawnAll || named === null || all.length > withdrawnMax;
  return isAll ? { withdrawn: [], withdrawnAll: true } : { withdrawn: all, withdrawnAll: false };
}

/** A record of an end user that has consented nowhere but, perhaps, at a consent source. */
function startConsent(endUser: EndUser, createdAt: Date): ConsentRecord {
  const none = { purposes: [], expiresAt: null };
  return { _id: `consent-${randomId()}`, ...endUser, ...none, createdAt, updatedAt: createdAt };
}
