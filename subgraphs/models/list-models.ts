import type { Connection as Database } from 'mongoose';
import { type ModelRecord, models } from '#mongo/models.ts';
import { type Connection, findPage, type PageArgs } from '../shared/connection.ts';
import { checkedText } from '../shared/input.ts';

export interface ModelFilter {
  readonly providerId?: string | null;
  readonly capability?: string | null;
  readonly lifecycle?: string | null;
  readonly search?: string | null;
}

/** Models that fit every field given, by id. */
export function listModels(
  database: Database,
  filter: ModelFilter | null,
  page: PageArgs,
): Promise<Connection<ModelRecord>> {
  const { providerId, capability, lifecycle, search } = filter ?? {};
  return findPage(
    models(database),
    {
      ...(providerId == null ? {} : { providerId }),
      ...(capability == null ? {} : { capabilities: capability }),
      ...(lifecycle == null ? {} : { lifecycle }),
      ...(search == null
        ? {}
        : { _id: { $regex: literal(checkedText(search, 'filter.search', 100)), $options: 'i' } }),
    },
    { _id: 1 },
    page,
  );
}

/** The text as a pattern that stands for itself. */
function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
