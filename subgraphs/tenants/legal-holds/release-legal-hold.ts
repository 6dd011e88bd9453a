import { hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { notFound } from '#core/input.ts';
import { type LegalHoldRecord, legalHolds } from '#mongo/legal-holds.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { findLegalHold } from './list-legal-holds.ts';
import { toAuditedHold } from './save-legal-hold.ts';

/**
 * Releases a hold: what it kept expires and is erased again. Of a hold that is released nothing changes. NOT_FOUND where the caller sees none of
 * that ID; FORBIDDEN where an operator has placed it and the caller is none.
 */
export async function releaseLegalHold(
  id: string,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<LegalHoldRecord> {
  const records = legalHolds(deps.connection);
  const before = (await findLegalHold(id, context, deps.connection)) ?? notFound('legal hold', id);
  if (before.byOperator && !hasScope(context.caller, 'tenants:admin'))
    throw new HeddleError(
      'FORBIDDEN',
      'An operator of the mesh has placed this legal hold, and must release it.',
    );
  if (before.status !== 'ACTIVE') {
    context.unchanged();
    return before;
  }
  const { tenantId } = before;
  await context.auditTarget({ tenantId, type: 'LegalHold', id });
  const change = { status: 'RELEASING', releasedAt: readNow(deps), after: null, passSince: null } as const;
  const after = await records
    .findOneAndUpdate({ _id: id, status: 'ACTIVE' }, { $set: change }, { returnDocument: 'after' })
    .lean<LegalHoldRecord>();
  if (after === null) {
    // Another request has released it.
    context.unchanged();
    return (await records.findById(id).lean<LegalHoldRecord>()) ?? before;
  }
  context.audit({
    tenantId,
    type: 'LegalHold',
    id,
    before: toAuditedHold(before),
    after: toAuditedHold(after),
  });
  return after;
}
