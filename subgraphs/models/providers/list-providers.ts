import type { Caller } from '#core/caller.ts';
import { type ProviderRecord, providers } from '#mongo/providers.ts';
import { type RouteRecord, routes } from '#mongo/routes.ts';
import { containing, given, listSort } from '../../runtime/list-input.ts';
import type { ModelsDeps } from '../deps.ts';
import type { QueryProvidersArgs, QueryRoutesArgs } from '../generated.ts';
import { findHiddenProviders, ownedFilter, readProviderId, seesProvider } from '../owners/visible.ts';

/** Providers that match every specified field, as far as the caller may see them. */
export async function listProviders(
  { filter, orderBy }: QueryProvidersArgs,
  caller: Caller,
  deps: Pick<ModelsDeps, 'connection'>,
): Promise<ProviderRecord[]> {
  const { tenantId, search, ...equal } = filter ?? {};
  const conditions = [
    await ownedFilter(caller, tenantId, false, deps),
    given({ ...equal }),
    search == null ? {} : { _id: containing(search) },
  ];
  const found = await providers(deps.connection)
    .find({ $and: conditions })
    .sort({ ...listSort(orderBy ?? 'NAME_ASC', '_id') })
    .lean();
  return found.filter((provider) => seesProvider(provider, caller));
}

/** Routes that match every specified field, as far as the caller may see them. */
export async function listRoutes(
  { filter, orderBy }: QueryRoutesArgs,
  caller: Caller,
  deps: Pick<ModelsDeps, 'connection'>,
): Promise<RouteRecord[]> {
  const { tenantId, search, model, strategy } = filter ?? {};
  const conditions = [
    await ownedFilter(caller, tenantId, true, deps),
    given({ 'targets.modelId': model, strategy }),
    search == null ? {} : { _id: containing(search) },
  ];
  const [found, hidden] = await Promise.all([
    routes(deps.connection)
      .find({ $and: conditions })
      .sort({ ...listSort(orderBy ?? 'NAME_ASC', '_id') })
      .lean(),
    findHiddenProviders(caller, deps),
  ]);
  const isHidden = ({ tenantId: owner, targets }: RouteRecord) =>
    owner == null && targets.length > 0 && targets.every((target) => hidden.includes(readProviderId(target)));
  return found.filter((route) => !isHidden(route));
}
