import type { Caller } from '#core/caller.ts';
import { isOfferedTo } from '#core/offers.ts';
import type { CatalogModel, CatalogProvider, CatalogRoute, CatalogSnapshot } from './catalog-snapshot.ts';

/** Whose calls a name is looked up for. */
export type Viewer = Pick<Caller, 'tenantId' | 'planId'>;

/** The AI model or the route of a name. */
export type Callable = { readonly model: CatalogModel } | { readonly route: CatalogRoute };

/** May the viewer call the provider? One of its own tenant; of the mesh's those that are offered to it. */
export function isOffered(
  { tenantId, offeredTo }: Pick<CatalogProvider, 'tenantId' | 'offeredTo'>,
  viewer: Viewer,
): boolean {
  if (tenantId !== null) return tenantId === viewer.tenantId;
  return offeredTo === null || isOfferedTo(offeredTo, viewer);
}

/** A route of the viewer's tenant, or of the mesh with at least one target that the viewer may call. */
export function isRouteOffered({ tenantId, targets }: CatalogRoute, viewer: Viewer): boolean {
  if (tenantId !== null) return tenantId === viewer.tenantId;
  return targets.length === 0 || targets.some(({ model }) => isOffered(model.provider, viewer));
}

/**
 * The id that a name stands for in calls of the viewer: of what its tenant owns, otherwise the name itself, which is the id of the
 * mesh's. Whether there is one, and whether the viewer may call it, findOffered decides.
 */
export function findOwnId(
  name: string,
  { tenantId }: Viewer,
  { owned }: Pick<CatalogSnapshot, 'owned'>,
): string {
  return (tenantId === null ? undefined : owned.get(tenantId)?.get(name)) ?? name;
}

/** What has the id, if the viewer may call it. */
export function findOffered(
  id: string,
  viewer: Viewer,
  { models, routes }: Pick<CatalogSnapshot, 'models' | 'routes'>,
): Callable | undefined {
  const model = models.get(id);
  if (model !== undefined) return isOffered(model.provider, viewer) ? { model } : undefined;
  const route = routes.get(id);
  return route !== undefined && isRouteOffered(route, viewer) ? { route } : undefined;
}
