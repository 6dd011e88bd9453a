import { notFound, orConflict } from '#core/input.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { type AppRecord, apps } from '#mongo/apps.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import { requireSetter } from '../limits/set-limits.ts';
import type { TenantsContext } from '../loaders.ts';
import { requireAllScopes, scopesOfKey } from '../restrictions/scopes.ts';
import { withShownName } from '../tenants/archived-name.ts';
import { changeArchived, markHidden, requireLive, withTenant } from '../tenants/below-tenant.ts';
import { visible } from '../tenants/visible.ts';

/**
 * Makes an archived app usable again, with its keys; one that is not archived stays as it is. FORBIDDEN to a tenant for
 * one that an operator has archived, and where its keys may do what the caller may not; CONFLICT when the name is taken,
 * there are too many, or the tenant is archived.
 */
export async function restoreApp(id: string, context: TenantsContext, deps: TenantsDeps): Promise<AppRecord> {
  const { _id, tenantId } = await visible('app', id, context);
  const records = apps(deps.connection);
  await context.auditTarget({ tenantId, type: 'App', id: _id });
  const { before, after } = await withTenant(tenantId, deps, async () => {
    const before = (await records.findById(_id).lean()) ?? notFound('app', id);
    if (before.archivedAt == null) {
      await markHidden(tenantId, deps.connection);
      return { before, after: before };
    }
    requireSetter('That this app is archived', { setBy: before.archivedBy ?? 'OPERATOR' }, context.caller);
    for (const key of await keysInForce(_id, deps)) requireAllScopes(context.caller, scopesOfKey(key));
    await requireLive({ tenantId, teamId: before.teamId }, deps);
    await requireRoom(deps, 'appsPerTenant', () => records.countDocuments({ tenantId, archivedAt: null }));
    const restored = { name: withShownName(before).name, archivedAt: null, archivedBy: null };
    await changeArchived(tenantId, deps.connection, () =>
      orConflict(
        records.updateOne({ _id }, { $set: restored }).exec(),
        `There is an app named ${JSON.stringify(restored.name)} in this tenant already: rename or archive that one first.`,
      ),
    );
    return { before, after: { ...before, ...restored } };
  });
  if (after === before) context.unchanged();
  else context.audit({ tenantId, type: 'App', id: _id, before: withShownName(before), after });
  context.loaders.app.clear(_id);
  await callersChanged(deps, tenantId);
  return after;
}

function keysInForce(appId: string, deps: TenantsDeps): Promise<ApiKeyRecord[]> {
  return apiKeys(deps.connection)
    .find({ appId, revokedAt: null, $or: [{ expiresAt: null }, { expiresAt: { $gt: readNow(deps) } }] })
    .lean()
    .exec();
}
