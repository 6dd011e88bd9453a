import type { Connection as Database } from 'mongoose';
import type { Caller } from '#core/caller.ts';
import { type ProviderRecord, providers } from '#mongo/providers.ts';
import { type RouteRecord, routes } from '#mongo/routes.ts';
import { containing, given, listSort } from '../../runtime/list-input.ts';
import type { QueryProvidersArgs, QueryRoutesArgs } from '../generated.ts';
import { listedNames } from './callable.ts';

/** Providers that match every specified field. */
export function listProviders(
  { filter, orderBy }: QueryProvidersArgs,
  database: Database,
): Promise<ProviderRecord[]> {
  const { search, ...equal } = filter ?? {};
  return providers(database)
    .find({ ...given({ ...equal }), ...(search == null ? {} : { _id: containing(search) }) })
    .sort({ ...listSort(orderBy ?? 'NAME_ASC', '_id') })
    .lean();
}

/** Routes that fit every field given, as far as the caller may see them. */
export function listRoutes(
  { filter, orderBy }: QueryRoutesArgs,
  caller: Caller,
  database: Database,
): Promise<RouteRecord[]> {
  const { search, model, strategy } = filter ?? {};
  const conditions = [
    listedNames(caller),
    given({ 'targets.modelId': model, strategy }),
    search == null ? {} : { _id: containing(search) },
  ];
  return routes(database)
    .find({ $and: conditions })
    .sort({ ...listSort(orderBy ?? 'NAME_ASC', '_id') })
    .lean();
}
