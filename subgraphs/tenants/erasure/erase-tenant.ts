import { badInput, notFound } from '#core/input.ts';
import { type ErasureRecord, erasures } from '#mongo/erasures.ts';
import { findHoldAgainst, refuseHeld } from '#mongo/legal-holds.ts';
import { tenants } from '#mongo/tenants.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { EraseTenantInput } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { archiveLiveTenant, requireArchivable, withTenants } from '../tenants/archive-tenant.ts';
import { shownName } from '../tenants/archived-name.ts';
import { visible } from '../tenants/visible.ts';
import { newErasure, toAudited } from './new-erasure.ts';

/** Longer than a gateway accepts a caller that it remembers, and a call that it has let in takes to be recorded. */
export const quietMs = 60_000;

/** Of the erasure of a tenant there is one, for ever. */
export const toTenantSlot = (tenantId: string) => `tenant ${tenantId}`;

/**
 * Archives a tenant and requests its erasure, which the processes of the mesh continue; returns the one that there is. BAD_USER_INPUT where the
 * name is not its name, CONFLICT while a legal hold is in force; otherwise as archiveTenant.
 */
export async function eraseTenant(
  input: EraseTenantInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ErasureRecord> {
  const { id: tenantId } = input;
  await visible('tenant', tenantId, context);
  requireArchivable(tenantId, context.caller);
  const records = erasures(deps.connection);
  const slot = toTenantSlot(tenantId);
  const begun = await records.findOne({ slot }).lean<ErasureRecord>();
  if (begun !== null) {
    context.unchanged();
    return begun;
  }
  const hold = await findHoldAgainst(deps.connection, { tenantId });
  if (hold !== null) throw refuseHeld(hold);
  const requested = newErasure({ kind: 'TENANT', tenantId, slot }, readNow(deps), quietMs);
  await context.auditTarget({ tenantId, type: 'Erasure', id: requested._id });
  const erasure = await withTenants(tenantId, deps, async () => {
    const tenant = (await tenants(deps.connection).findById(tenantId).lean()) ?? notFound('tenant', tenantId);
    const other = await records.findOne({ slot }).lean<ErasureRecord>();
    if (other !== null) return other;
    if (shownName(tenant) !== input.name)
      badInput('input.name', 'must be the name of the tenant, to confirm that it is meant.');
    const create = () => records.create({ ...requested });
    if (tenant.archivedAt != null) await create();
    // First the erasure, which archives the tenant where the process dies before it does.
    else await archiveLiveTenant(tenant, context.caller, deps, create);
    return requested;
  });
  if (erasure._id === requested._id)
    context.audit({ tenantId, type: 'Erasure', id: erasure._id, after: toAudited(erasure) });
  else context.unchanged();
  context.loaders.tenant.clear(tenantId);
  await callersChanged(deps, tenantId);
  await deps.bus.publish('erasure.due', {});
  return erasure;
}
