import { HeddleError } from '#core/errors.ts';
import { notFound } from '#core/input.ts';
import { withLock } from '#mongo/locks.ts';
import { type TenantRecord, tenants } from '#mongo/tenants.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import { isFirstTenant } from '../keys/first-start.ts';
import type { TenantsContext } from '../loaders.ts';
import { storedArchivedName, withShownName } from './archived-name.ts';
import { changeArchived, markHidden, withTenant } from './below-tenant.ts';
import { keepingOperatorsOutside } from './keep-operators.ts';
import { visible } from './visible.ts';

/**
 * Archives a tenant with everything below it, and returns its id: no key of it is accepted, lists leave it out, and its
 * name is free. One that is archived keeps its time. FORBIDDEN for the caller's own tenant; CONFLICT for the tenant of the
 * first start, and for the last keys with tenants:admin.
 */
export async function archiveTenant(id: string, context: TenantsContext, deps: TenantsDeps): Promise<string> {
  await visible('tenant', id, context);
  const { caller } = context;
  if (caller.tenantId === id) {
    throw new HeddleError('FORBIDDEN', 'No key archives its own tenant: use a key of another tenant.');
  }
  if (isFirstTenant(id)) {
    throw new HeddleError(
      'CONFLICT',
      'The tenant of the first start stays: it is the one of HEDDLE_ADMIN_KEY.',
    );
  }
  const records = tenants(deps.connection);
  await context.auditTarget({ tenantId: id, type: 'Tenant', id });
  const change = await withTenants(id, deps, async () => {
    const before = (await records.findById(id).lean()) ?? notFound('tenant', id);
    if (before.archivedAt != null) {
      await markHidden(id, deps.connection);
      return null;
    }
    await requireRoom(deps, 'archivedTenants', () => records.countDocuments({ archivedAt: { $ne: null } }));
    const archived = { name: storedArchivedName(before), archivedAt: readNow(deps) };
    await keepingOperatorsOutside({ tenantId: id }, caller, deps.connection, async () => {
      await changeArchived(id, deps.connection, () =>
        records.updateOne({ _id: id }, { $set: archived, $unset: { nameKey: 1 } }).exec(),
      );
    });
    const after: TenantRecord = { ...before, ...archived };
    return { before, after };
  });
  if (change === null) context.unchanged();
  else {
    const { before, after } = change;
    context.audit({ tenantId: id, type: 'Tenant', id, before, after: withShownName(after) });
  }
  context.loaders.tenant.clear(id);
  await callersChanged(deps, id);
  return id;
}

/** Runs while no tenant is created, archived or restored by another, and nothing below this one. */
export function withTenants<T>(tenantId: string, deps: TenantsDeps, run: () => Promise<T>): Promise<T> {
  return withLock(deps.connection, 'tenants', () => withTenant(tenantId, deps, run));
}
