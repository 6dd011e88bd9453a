import { HeddleError } from '#core/errors.ts';
import { notFound } from '#core/input.ts';
import { type AppRecord, apps } from '#mongo/apps.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import { isOfFirstStart } from '../keys/first-start.ts';
import { toLimitSetter } from '../limits/set-limits.ts';
import type { TenantsContext } from '../loaders.ts';
import { storedArchivedName, withShownName } from '../tenants/archived-name.ts';
import { changeArchived, markHidden, withTenant } from '../tenants/below-tenant.ts';
import { keepingOperatorsOutside } from '../tenants/keep-operators.ts';
import { visible } from '../tenants/visible.ts';

/**
 * Archives an app and returns its id: its keys and page tokens are refused, lists leave it and what is below it out, and
 * its name is free. One that is archived keeps its time. FORBIDDEN for the caller's own app, and for one with keys with
 * tenants:admin to who lacks that scope; CONFLICT for the app of the first start, and for the last such keys.
 */
export async function archiveApp(id: string, context: TenantsContext, deps: TenantsDeps): Promise<string> {
  const { _id, tenantId } = await visible('app', id, context);
  const { caller } = context;
  if (caller.appId === _id) {
    throw new HeddleError('FORBIDDEN', 'No key archives its own app: use a key of another app.');
  }
  const records = apps(deps.connection);
  await context.auditTarget({ tenantId, type: 'App', id: _id });
  const change = await withTenant(tenantId, deps, async () => {
    const before = (await records.findById(_id).lean()) ?? notFound('app', id);
    if (before.archivedAt != null) {
      await markHidden(tenantId, deps.connection);
      // What an operator archives as well, the tenant no longer restores.
      if (before.archivedBy !== 'TENANT' || toLimitSetter(caller) === 'TENANT') return null;
      const after: AppRecord = { ...before, archivedBy: 'OPERATOR' };
      await records.updateOne({ _id }, { $set: { archivedBy: 'OPERATOR' } });
      return { before: withShownName(before), after };
    }
    if (isOfFirstStart(before)) {
      throw new HeddleError(
        'CONFLICT',
        'The app of the first start stays: it is the one of HEDDLE_ADMIN_KEY.',
      );
    }
    await requireRoom(deps, 'archivedAppsPerTenant', () =>
      records.countDocuments({ tenantId, archivedAt: { $ne: null } }),
    );
    const archived = {
      name: storedArchivedName(before),
      archivedAt: readNow(deps),
      archivedBy: toLimitSetter(caller),
    };
    await keepingOperatorsOutside({ appId: _id }, caller, deps.connection, async () => {
      await changeArchived(tenantId, deps.connection, () =>
        records.updateOne({ _id }, { $set: archived }).exec(),
      );
    });
    const after: AppRecord = { ...before, ...archived };
    return { before, after };
  });
  if (change === null) context.unchanged();
  else {
    const { before, after } = change;
    context.audit({ tenantId, type: 'App', id: _id, before, after: withShownName(after) });
  }
  context.loaders.app.clear(_id);
  await callersChanged(deps, tenantId);
  return _id;
}
