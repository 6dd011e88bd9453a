import type { Caller } from '#core/caller.ts';
import { toStoredId } from '#core/node-id.ts';
import { type ProviderRecord, providers } from '#mongo/providers.ts';
import { type RouteRecord, routes } from '#mongo/routes.ts';
import { findBounded } from '../../runtime/connection.ts';
import { containing, given, listSort } from '../../runtime/list-input.ts';
import type { ModelsDeps } from '../deps.ts';
import type { QueryProvidersArgs, QueryRoutesArgs } from '../generated.ts';
import { findHiddenProviders, ownedFilter, readProviderId, seesProvider } from '../owners/visible.ts';

/** Providers that match every specified field, as far as the caller may see them. */
export async function listProviders(
  { filter, orderBy, ...bounds }: QueryProvidersArgs,
  caller: Caller,
  deps: Pick<ModelsDeps, 'connection'>,
): Promise<ProviderRecord[]> {
  const { tenantId, search, ...equal } = filter ?? {};
  const conditions = [
    await ownedFilter(caller, tenantId, false, deps),
    given({ ...equal }),
    search == null ? {} : { _id: containing(search) },
  ];
  const order = listSort(orderBy ?? 'NAME_ASC', '_id');
  return findBounded(providers(deps.connection), { $and: conditions }, order, bounds, (provider) =>
    seesProvider(provider, caller),
  );
}

/** Routes that match every specified field, as far as the caller may see them. */
export async function listRoutes(
  { filter, orderBy, first, after }: QueryRoutesArgs,
  caller: Caller,
  deps: Pick<ModelsDeps, 'connection'>,
): Promise<RouteRecord[]> {
  const { tenantId, search, model, strategy } = filter ?? {};
  const conditions = [
    await ownedFilter(caller, tenantId, true, deps),
    given({ 'targets.modelId': model, strategy }),
    search == null ? {} : { _id: containing(search) },
  ];
  const hidden = await findHiddenProviders(caller, deps);
  const isHidden = ({ tenantId: owner, targets }: RouteRecord) =>
    owner == null && targets.length > 0 && targets.every((target) => hidden.includes(readProviderId(target)));
  const order = listSort(orderBy ?? 'NAME_ASC', '_id');
  const bounds = { first: first ?? null, after: after == null ? null : toStoredId('Route', after) };
  return findBounded(routes(deps.connection), { $and: conditions }, order, bounds, (one) => !isHidden(one));
}
