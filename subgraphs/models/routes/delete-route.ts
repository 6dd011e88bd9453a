import { notFound } from '#core/input.ts';
import { toNodeId, toStoredId } from '#core/node-id.ts';
import { type RouteRecord, routes } from '#mongo/routes.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps } from '../deps.ts';
import { withCatalog } from '../with-catalog.ts';
import { findTenantDependants, requireUnused } from './dependants.ts';

/** Removes a route and returns its id. NOT_FOUND when there is none of that alias, CONFLICT where a prompt or an alias calls it. */
export async function deleteRoute(name: string, context: ModelsContext, deps: ModelsDeps): Promise<string> {
  const alias = toStoredId('Route', name);
  await context.auditTarget({ tenantId: null, type: 'Route', id: alias });
  const before = await withCatalog(deps, () => deleteUnused(alias, context, deps));
  context.audit({ tenantId: null, type: 'Route', id: alias, before });
  await catalogChanged(deps, 'routes');
  return toNodeId('Route', alias);
}

/** Looks for prompts and aliases before and after, as the deletion of a model does. */
async function deleteUnused(
  alias: string,
  { caller }: ModelsContext,
  { connection }: ModelsDeps,
): Promise<RouteRecord> {
  const collection = routes(connection);
  const check = async () =>
    requireUnused(`route ${JSON.stringify(alias)}`, await findTenantDependants([alias], caller, connection));
  const route = await collection.findById(alias).lean();
  if (route === null) return notFound('route', alias);
  await check();
  await collection.deleteOne({ _id: alias });
  try {
    await check();
  } catch (error) {
    await collection.create(route);
    throw error;
  }
  return route;
}
