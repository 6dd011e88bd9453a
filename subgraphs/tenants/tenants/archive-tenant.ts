import type { Caller } from '#core/caller.ts';
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
  requireArchivable(id, caller);
  const records = tenants(deps.connection);
  await context.auditTarget({ tenantId: id, type: 'Tenant', id });
  const change = await withTenants(id, deps, async () => {
    const before = (await records.findById(id).lean()) ?? notFound('tenant', id);
    if (before.archivedAt != null) {
      await markHidden(id, deps.connection);
      return null;
    }
    return { before, after: await archiveLiveTenant(before, caller, deps) };
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

/** FORBIDDEN for the caller's own tenant; CONFLICT for the tenant of the first start. */
export function requireArchivable(id: string, caller: Caller): void {
  if (caller.tenantId === id) {
    throw new HeddleError('FORBIDDEN', 'No key archives its own tenant: use a key of another tenant.');
  }
  if (isFirstTenant(id)) {
    throw new HeddleError(
      'CONFLICT',
      'The tenant of the first start stays: it is the one of HEDDLE_ADMIN_KEY.',
    );
  }
}

/** Archives a tenant that is not archived, and runs `first` before, when nothing refuses it. For whoever runs within `withTenants`. */
export async function archiveLiveTenant(
  before: TenantRecord,
  caller: Caller,
  deps: TenantsDeps,
  first: () => Promise<unknown> = async () => undefined,
): Promise<TenantRecord> {
  const { _id } = before;
  const records = tenants(deps.connection);
  const archivedCount = () => records.countDocuments({ archivedAt: { $ne: null }, erasedAt: null });
  await requireRoom(deps, 'archivedTenants', archivedCount);
  return keepingOperatorsOutside({ tenantId: _id }, caller, deps.connection, async () => {
    await first();
    return storeArchived(before, deps);
  });
}

/** Writes that the tenant is archived. For whoever holds its lock. */
export async function storeArchived(
  before: TenantRecord,
  deps: Pick<TenantsDeps, 'connection' | 'now'>,
): Promise<TenantRecord> {
  const { _id } = before;
  const records = tenants(deps.connection);
  const archived = { name: storedArchivedName(before), archivedAt: readNow(deps) };
  await changeArchived(_id, deps.connection, () =>
    records.updateOne({ _id }, { $set: archived, $unset: { nameKey: 1 } }).exec(),
  );
  return { ...before, ...archived };
}

/** Runs while no tenant is created, archived or restored by another, and nothing below this one. */
export function withTenants<T>(tenantId: string, deps: TenantsDeps, run: () => Promise<T>): Promise<T> {
  return withLock(deps.connection, 'tenants', () => withTenant(tenantId, deps, run));
}
