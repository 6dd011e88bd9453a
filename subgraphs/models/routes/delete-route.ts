import { type Caller, hasScope } from '#core/caller.ts';
import { toNodeId, toStoredId } from '#core/node-id.ts';
import { readOwnerId, toOwnedId } from '#core/owned-id.ts';
import { type RouteRecord, routes } from '#mongo/routes.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps } from '../deps.ts';
import { requireChangeable } from '../owners/owner.ts';
import { withCatalog } from '../with-catalog.ts';
import { findTenantDependants, requireUnused } from './dependants.ts';

/** Removes a route and returns its id. NOT_FOUND when there is none of that alias, CONFLICT where a prompt or an alias calls it. */
export async function deleteRoute(name: string, context: ModelsContext, deps: ModelsDeps): Promise<string> {
  const id = findRouteId(toStoredId('Route', name), context.caller);
  const before = await withCatalog(deps, () => deleteUnused(id, context, deps));
  context.audit({ tenantId: before.tenantId ?? null, type: 'Route', id, before });
  await catalogChanged(deps, 'routes');
  return toNodeId('Route', id);
}

/** Without models:write an alias is that of the tenant's own route. */
function findRouteId(aliasOrId: string, caller: Caller): string {
  return hasScope(caller, 'models:write') || readOwnerId(aliasOrId) !== null
    ? aliasOrId
    : toOwnedId(caller.tenantId, aliasOrId);
}

/** Looks for prompts and aliases before and after, as the deletion of a model does. */
async function deleteUnused(
  id: string,
  context: ModelsContext,
  { connection }: ModelsDeps,
): Promise<RouteRecord> {
  const { caller } = context;
  const collection = routes(connection);
  const check = async () =>
    requireUnused(`route ${JSON.stringify(id)}`, await findTenantDependants([id], caller, connection));
  const found = await collection.findById(id).lean();
  const route = requireChangeable(found, { what: 'route', id }, caller);
  await context.auditTarget({ tenantId: route.tenantId ?? null, type: 'Route', id });
  await check();
  await collection.deleteOne({ _id: id });
  try {
    await check();
  } catch (error) {
    await collection.create(route);
    throw error;
  }
  return route;
}
