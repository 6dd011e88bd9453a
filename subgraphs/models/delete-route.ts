import { routes } from '#mongo/routes.ts';
import { nodeIdOf, storedIdOf } from '#schema/node-id.ts';
import { notFound } from '../shared/input.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps } from './deps.ts';

/** Removes a route and returns its id. NOT_FOUND when there is none of that alias. */
export async function deleteRoute(name: string, context: ModelsContext, deps: ModelsDeps): Promise<string> {
  const alias = storedIdOf('Route', name);
  const before = await routes(deps.connection).findOneAndDelete({ _id: alias }).lean();
  if (before === null) return notFound('route', alias);
  context.audit({ tenantId: null, type: 'Route', id: alias, before });
  await catalogChanged(deps, 'routes');
  return nodeIdOf('Route', alias);
}
