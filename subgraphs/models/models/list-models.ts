import type { Caller } from '#core/caller.ts';
import { type ModelRecord, models } from '#mongo/models.ts';
import { type Connection, findPage } from '../../runtime/connection.ts';
import { containing, given, listSort } from '../../runtime/list-input.ts';
import type { ModelsDeps } from '../deps.ts';
import type { QueryModelsArgs } from '../generated.ts';
import { findHiddenProviders, ownedFilter } from '../owners/visible.ts';

/** Models that match every specified field, as far as the caller may see them. */
export async function listModels(
  { filter, orderBy, ...page }: QueryModelsArgs,
  caller: Caller,
  deps: Pick<ModelsDeps, 'connection'>,
): Promise<Connection<ModelRecord>> {
  const { tenantId, providerId, capability, lifecycle, search } = filter ?? {};
  const [owned, hidden] = await Promise.all([
    ownedFilter(caller, tenantId, true, deps),
    findHiddenProviders(caller, deps),
  ]);
  const conditions = [
    owned,
    ...(hidden.length === 0 ? [] : [{ providerId: { $nin: hidden } }]),
    given({ providerId, capabilities: capability, lifecycle }),
    ...(search == null ? [] : [{ _id: containing(search) }]),
  ];
  return findPage(
    models(deps.connection),
    { $and: conditions },
    listSort(orderBy ?? 'NAME_ASC', '_id'),
    page,
  );
}
