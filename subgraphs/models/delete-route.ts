import { routes } from '#mongo/routes.ts';
import { catalogChanged, type ModelsContext, type ModelsDeps } from './deps.ts';

/** Removes a route. False when there was none. */
export async function deleteRoute(alias: string, context: ModelsContext, deps: ModelsDeps): Promise<boolean> {
  const before = await routes(deps.connection).findOneAndDelete({ _id: alias }).lean();
  if (before === null) return false;
  context.audit({ tenantId: null, type: 'Route', id: alias, before });
  await catalogChanged(deps, 'routes');
  return true;
}
