import type { Viewer } from '#catalog/viewer.ts';
import { type Caller, hasScope } from '#core/caller.ts';
import { isListed } from '#core/name-patterns.ts';
import { seesEveryOffer, seesOffer } from '#core/offers.ts';
import { readOwnerId, toCallName, toOwnedId } from '#core/owned-id.ts';
import { seesTenant } from '#core/tenant-reach.ts';
import type { ModelRecord } from '#mongo/models.ts';
import { type ProviderRecord, providers } from '#mongo/providers.ts';
import type { RouteRecord, RouteTargetRecord } from '#mongo/routes.ts';
import { matchingLists } from '../../runtime/list-input.ts';
import { findAliasTenant } from '../aliases/alias-tenant.ts';
import type { ModelsDeps } from '../deps.ts';
import type { ModelsLoaders } from '../loaders.ts';

/** The id of the provider of a route's target. */
export function readProviderId({ modelId }: Pick<RouteTargetRecord, 'modelId'>): string {
  return modelId.slice(0, modelId.indexOf('/'));
}

type Filter = Readonly<Record<string, unknown>>;

/** May the caller see the provider? */
export function seesProvider({ tenantId = null, offeredTo = null }: ProviderRecord, caller: Caller): boolean {
  if (tenantId !== null) return seesTenant(caller, tenantId);
  return offeredTo === null || seesOffer([offeredTo], caller);
}

/**
 * The filter on records that the caller may see: of its own tenant and the mesh's, or those that one tenant owns. `byName`: of models and routes
 * without models:read only those that the caller may call.
 */
export async function ownedFilter(
  caller: Caller,
  owner: string | null | undefined,
  byName: boolean,
  deps: Pick<ModelsDeps, 'connection'>,
): Promise<Filter> {
  const ofOwner = (tenantId: string | null): Filter => ({
    tenantId,
    ...(byName && !hasScope(caller, 'models:read')
      ? matchingLists(caller.modelLists, '_id', toOwnedId(tenantId, ''))
      : {}),
  });
  if (owner != null) return ofOwner(await findAliasTenant(owner, caller, deps));
  return caller.tenantId === null ? ofOwner(null) : { $or: [ofOwner(null), ofOwner(caller.tenantId)] };
}

/** The ids of the mesh's providers that are not offered to the caller. */
export async function findHiddenProviders(
  caller: Caller,
  { connection }: Pick<ModelsDeps, 'connection'>,
): Promise<readonly string[]> {
  if (seesEveryOffer(caller)) return [];
  const limited = await providers(connection)
    .find({ tenantId: null, offeredTo: { $ne: null } })
    .lean();
  return limited.filter((provider) => !seesProvider(provider, caller)).map(({ _id }) => _id);
}

/** The ids that a name or an id may stand for, the tenant's own first. */
export function candidateIds(nameOrId: string, { tenantId }: Viewer): readonly string[] {
  const isId = tenantId === null || readOwnerId(nameOrId) !== null;
  return isId ? [nameOrId] : [toOwnedId(tenantId, nameOrId), nameOrId];
}

type Loaders = Pick<ModelsLoaders, 'provider' | 'model' | 'route'>;

/** The provider with the id or the name, if the caller may see it. */
export async function findVisibleProvider(
  nameOrId: string,
  caller: Caller,
  loaders: Loaders,
): Promise<ProviderRecord | null> {
  return findFirst(nameOrId, caller, async (id) => {
    const found = await loaders.provider.load(id);
    return found !== null && seesProvider(found, caller) ? found : null;
  });
}

/** The AI model with the id or the name in calls, if the caller may see it. */
export async function findVisibleModel(
  nameOrId: string,
  caller: Caller,
  loaders: Loaders,
): Promise<ModelRecord | null> {
  return findFirst(nameOrId, caller, async (id) => {
    const found = isListed(caller, toCallName(id)) ? await loaders.model.load(id) : null;
    const provider = found === null ? null : await loaders.provider.load(found.providerId);
    return provider !== null && seesProvider(provider, caller) ? found : null;
  });
}

/** The route with the id or the alias, if the caller may see it. */
export async function findVisibleRoute(
  aliasOrId: string,
  caller: Caller,
  loaders: Loaders,
): Promise<RouteRecord | null> {
  return findFirst(aliasOrId, caller, async (id) => {
    const found = isListed(caller, toCallName(id)) ? await loaders.route.load(id) : null;
    return found !== null && (await seesRoute(found, caller, loaders)) ? found : null;
  });
}

async function findFirst<T>(
  nameOrId: string,
  viewer: Viewer,
  find: (id: string) => Promise<T | null>,
): Promise<T | null> {
  for (const id of candidateIds(nameOrId, viewer)) {
    const found = await find(id);
    if (found !== null) return found;
  }
  return null;
}

/** May the caller see the route: its tenant's, or the mesh's with a target that is offered? */
export async function seesRoute(
  { tenantId, targets }: RouteRecord,
  caller: Caller,
  { provider }: Loaders,
): Promise<boolean> {
  if (tenantId != null) return seesTenant(caller, tenantId);
  if (targets.length === 0 || seesEveryOffer(caller)) return true;
  const ids = [...new Set(targets.map(readProviderId))];
  const found = await Promise.all(ids.map((id) => provider.load(id)));
  return found.some((one) => one !== null && seesProvider(one, caller));
}
