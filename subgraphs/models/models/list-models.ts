import type { Connection as Database } from 'mongoose';
import type { Caller } from '#core/caller.ts';
import { type ModelRecord, models } from '#mongo/models.ts';
import { type Connection, findPage } from '../../runtime/connection.ts';
import { containing, listSort } from '../../runtime/list-input.ts';
import type { QueryModelsArgs } from '../generated.ts';
import { listedNames } from '../providers/callable.ts';

/** Models that match every specified field, as far as the caller may see them. */
export function listModels(
  database: Database,
  { filter, orderBy, ...page }: QueryModelsArgs,
  caller: Caller,
): Promise<Connection<ModelRecord>> {
  const { providerId, capability, lifecycle, search } = filter ?? {};
  return findPage(
    models(database),
    {
      ...listedNames(caller),
      ...(providerId == null ? {} : { providerId }),
      ...(capability == null ? {} : { capabilities: capability }),
      ...(lifecycle == null ? {} : { lifecycle }),
      ...(search == null ? {} : { _id: containing(search) }),
    },
    listSort(orderBy ?? 'NAME_ASC', '_id'),
    page,
  );
}
