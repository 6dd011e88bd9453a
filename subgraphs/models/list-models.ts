import type { Connection as Database } from 'mongoose';
import type { Caller } from '#core/caller.ts';
import type { ListOrder } from '#core/graph-enums.ts';
import { type ModelRecord, models } from '#mongo/models.ts';
import { type Connection, findPage, type PageArgs } from '../runtime/connection.ts';
import { containing, listSort } from '../runtime/list-input.ts';
import { listedNames } from './callable.ts';

export interface ModelFilter {
  readonly providerId?: string | null;
  readonly capability?: string | null;
  readonly lifecycle?: string | null;
  readonly search?: string | null;
}

/** Models that fit every field given, as far as the caller may see them. */
export function listModels(
  database: Database,
  filter: ModelFilter | null,
  caller: Caller,
  { orderBy, ...page }: PageArgs & { readonly orderBy?: ListOrder | null },
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
