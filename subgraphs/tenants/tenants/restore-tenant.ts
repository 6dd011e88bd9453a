import { HeddleError } from '#core/errors.ts';
import { notFound } from '#core/input.ts';
import { erasures } from '#mongo/erasures.ts';
import { type TenantRecord, tenants } from '#mongo/tenants.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import { toTenantSlot } from '../erasure/erase-tenant.ts';
import type { TenantsContext } from '../loaders.ts';
import { withTenants } from './archive-tenant.ts';
import { withShownName } from './archived-name.ts';
import { changeArchived, markHidden } from './below-tenant.ts';
import { orNameConflict, toTenantName } from './tenant-name.ts';
import { visible } from './visible.ts';

/**
 * Makes an archived tenant usable again, with everything below it but the apps that are archived themselves; one that is
 * not archived stays as it is. CONFLICT when the name is taken, or there are too many.
 */
export async function restoreTenant(
  id: string,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<TenantRecord> {
  await visible('tenant', id, context);
  const records = tenants(deps.connection);
  await context.auditTarget({ tenantId: id, type: 'Tenant', id });
  const { before, after } = await withTenants(id, deps, async () => {
    const before = (await records.findById(id).lean()) ?? notFound('tenant', id);
    if (before.archivedAt == null) {
      await markHidden(id, deps.connection);
      return { before, after: before };
    }
    if (await erasures(deps.connection).exists({ slot: toTenantSlot(id) })) {
      throw new HeddleError('CONFLICT', `The tenant ${JSON.stringify(id)} is erased: it cannot be restored.`);
    }
    await requireRoom(deps, 'tenants', () => records.countDocuments({ archivedAt: null }));
    const restored = { ...toTenantName(withShownName(before).name), archivedAt: null };
    await changeArchived(id, deps.connection, () =>
      orNameConflict(
        records.updateOne({ _id: id }, { $set: restored }).exec(),
        restored.name,
        deps,
        'rename or archive that one first',
      ),
    );
    return { before, after: { ...before, ...restored } };
  });
  if (after === before) context.unchanged();
  else context.audit({ tenantId: id, type: 'Tenant', id, before: withShownName(before), after });
  context.loaders.tenant.clear(id);
  await callersChanged(deps, id);
  return after;
}
