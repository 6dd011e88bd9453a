import { type Counted, noRoomFor } from '#core/count-limits.ts';
import { withLock } from '#mongo/locks.ts';
import { readCountMax } from '../runtime/with-room.ts';
import type { ModelsDeps } from './deps.ts';

/** Runs while no provider, model or route is made or deleted by another: what is found to be there, or unused, stays so. */
export function withCatalog<T>(
  { connection }: Pick<ModelsDeps, 'connection'>,
  run: () => Promise<T>,
): Promise<T> {
  return withLock(connection, 'the catalog of models', run);
}

/** CONFLICT where there would be more than there may be. Within `withCatalog`. */
export async function checkRoom(
  deps: ModelsDeps,
  counted: Counted,
  present: PromiseLike<number>,
  added = 1,
): Promise<void> {
  const max = readCountMax(deps, counted);
  if ((await present) + added > max) throw noRoomFor(counted, max);
}

/** The limits on what the mesh owns, on what one tenant owns, and on what all tenants own together. */
const ownedLimits = {
  providers: ['providers', 'providersPerTenant', 'providersOfTenants'],
  models: ['models', 'modelsPerTenant', 'modelsOfTenants'],
  routes: ['routes', 'routesPerTenant', 'routesOfTenants'],
} as const satisfies Readonly<Record<string, readonly [Counted, Counted, Counted]>>;

interface CountsOwned {
  countDocuments(filter: { readonly tenantId: string | null | { readonly $ne: null } }): {
    exec(): Promise<number>;
  };
}

/** CONFLICT where the mesh, the tenant or all tenants would own more than they may. Within `withCatalog`. */
export async function checkOwnedRoom(
  deps: ModelsDeps,
  kind: keyof typeof ownedLimits,
  collection: CountsOwned,
  owner: string | null,
  added = 1,
): Promise<void> {
  const [ofMesh, perTenant, ofTenants] = ownedLimits[kind];
  const count = collection.countDocuments({ tenantId: owner }).exec();
  if (owner === null) return checkRoom(deps, ofMesh, count, added);
  await checkRoom(deps, perTenant, count, added);
  await checkRoom(deps, ofTenants, collection.countDocuments({ tenantId: { $ne: null } }).exec(), added);
}

/** How many records have other ids than these. */
export async function countOthers(
  count: (filter: Readonly<Record<string, unknown>>) => PromiseLike<number>,
  ids: readonly string[],
): Promise<number> {
  const [all, named] = await Promise.all([count({}), count({ _id: { $in: ids } })]);
  return all - named;
}
