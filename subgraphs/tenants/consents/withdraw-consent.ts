import { checkedId, checkedList, notFound } from '#core/input.ts';
import { type ConsentRecord, consents, readConsentExpiry, toConsentExpiry } from '#mongo/consents.ts';
import { tenants } from '#mongo/tenants.ts';
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
 * Withdraws purposes of the consent of an end user, all when it names none; returns what is left of it. Without a purpose left it is
 * deleted, unless the tenant has a consent source: then what was withdrawn is kept, so that the source is not called for it. NOT_FOUND where the end user has
 * consented to nothing, and there is no source that may state otherwise. Also of an archived tenant.
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
    const tenant = await tenants(deps.connection).findById(tenantId, { consentSource: 1 }).lean();
    const hasSource = tenant?.consentSource != null;
    if (found === null && !hasSource) return notFound('consent of the end user', endUser.endUserId);
    if (found === null) {
      await requireRoom(deps, 'consentsPerTenant', () => records.countDocuments({ tenantId }));
    }
    const updatedAt = readNow(deps);
    const before = found ?? startConsent(endUser, updatedAt);
    const { _id } = before;
    await context.auditTarget({ tenantId, type: 'Consent', id: _id });
    const purposes = named === null ? [] : before.purposes.filter((purpose) => !named.includes(purpose));
    const stays = hasSource || hasWithdrawals(before);
    const kept = stays
      ? { ...withdraw(before, named), ...toConsentExpiry(readConsentExpiry(before), true) }
      : {};
    const after = { ...before, purposes, ...kept, updatedAt };
    const isGone = purposes.length === 0 && !stays;
    const proof = proofOfConsent(_id, isGone ? 'GONE' : 'STAMP');
    await deps.events.withChange(toConsentEvent('consent.withdrawn', after), proof, async (eventId) => {
      if (isGone) await records.deleteOne({ _id });
      else await records.updateOne({ _id }, { $set: { ...after, eventId } }, { upsert: true });
    });
    return after;
  });
}

function checkedPurposes(stated: readonly string[] | null | undefined): readonly string[] | null {
  if (stated == null) return null;
  const purposes = checkedList(stated, 'input.purposes', purposesMax);
  return purposes.map((purpose, index) => checkedId(purpose, `input.purposes[${index}]`));
}

const hasWithdrawals = ({ withdrawn, withdrawnAll }: ConsentRecord) =>
  withdrawnAll === true || (withdrawn?.length ?? 0) > 0;

/** What is withdrawn then. More purposes than a record may name are all. */
function withdraw(
  { withdrawn = [], withdrawnAll = false }: ConsentRecord,
  named: readonly string[] | null,
): Required<Pick<ConsentRecord, 'withdrawn' | 'withdrawnAll'>> {
  const all = [...new Set([...withdrawn, ...(named ?? [])])];
  const isAll = withdrawnAll || named === null || all.length > withdrawnMax;
  return isAll ? { withdrawn: [], withdrawnAll: true } : { withdrawn: all, withdrawnAll: false };
}

/** A record of an end user that has consented nowhere but at the consent source. */
function startConsent(endUser: EndUser, createdAt: Date): ConsentRecord {
  const none = { purposes: [], expiresAt: null };
  return { _id: `consent-${randomId()}`, ...endUser, ...none, createdAt, updatedAt: createdAt };
}
