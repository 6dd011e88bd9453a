import { hasScope } from '#core/caller.ts';
import { badInput, checkedText, notFound } from '#core/input.ts';
import { checkedEndUserId } from '#core/text/label.ts';
import { apps } from '#mongo/apps.ts';
import { type LegalHoldRecord, legalHolds } from '#mongo/legal-holds.ts';
import { withRoom } from '../../runtime/with-room.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { LegalHoldInput } from '../generated.ts';
import { randomId } from '../keys/ids.ts';
import type { TenantsContext } from '../loaders.ts';
import { findTenantId } from '../tenants/visible.ts';

const reasonCharactersMax = 500;

/**
 * Places a hold. CONFLICT where too many of the tenant are in force; NOT_FOUND where the tenant or the app is none that the caller may see.
 */
export async function saveLegalHold(
  input: LegalHoldInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<LegalHoldRecord> {
  const tenantId = await findTenantId(input.tenantId, context);
  const reason = checkedText(input.reason, 'input.reason', reasonCharactersMax);
  const { from = null, to = null } = input;
  if (from !== null && to !== null && from >= to) badInput('input.to', 'must be later than input.from.');
  const appId = input.appId ?? null;
  if (appId !== null && (await apps(deps.connection).exists({ _id: appId, tenantId })) === null)
    notFound('app', appId);
  const endUserId = input.endUserId == null ? null : checkedEndUserId(input.endUserId, 'input.endUserId');
  const records = legalHolds(deps.connection);
  const hold: LegalHoldRecord = {
    ...{ _id: `hold-${randomId()}`, tenantId, appId, endUserId, from, to, reason },
    byOperator: hasScope(context.caller, 'tenants:admin'),
    ...{ status: 'ACTIVE', createdAt: readNow(deps), releasedAt: null },
    ...{ after: null, coveredAt: null, passSince: null },
  };
  await context.auditTarget({ tenantId, type: 'LegalHold', id: hold._id });
  await withRoom(
    deps,
    'legalHoldsPerTenant',
    tenantId,
    () => records.countDocuments({ tenantId, status: 'ACTIVE' }),
    () => records.create({ ...hold }),
  );
  context.audit({ tenantId, type: 'LegalHold', id: hold._id, after: toAuditedHold(hold) });
  return hold;
}

/** What the audit log has of a hold: not the end user, and not the progress of the job. */
export function toAuditedHold(hold: LegalHoldRecord): object {
  const { endUserId, after: _after, coveredAt: _coveredAt, passSince: _passSince, ...rest } = hold;
  return { ...rest, ofEndUser: endUserId != null };
}
