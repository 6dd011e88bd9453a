import type { Connection } from 'mongoose';
import { deletedModels, type ModelRecord, models } from '#mongo/models.ts';
import type { ProviderRecord } from '#mongo/providers.ts';
import type { KnownModel } from './price-catalog.ts';

/** Adds those models of the provider that are not there yet; others stay as they are. Answers how many were added. */
export async function registerModels(
  connection: Connection,
  { _id: providerId, tenantId }: Pick<ProviderRecord, '_id' | 'tenantId'>,
  known: readonly KnownModel[],
  now: Date,
): Promise<number> {
  if (known.length === 0) return 0;
  const records = known.map(
    ({ name, facts }): ModelRecord => ({
      _id: `${providerId}/${name}`,
      providerId,
      ...(tenantId == null ? {} : { tenantId }),
      name,
      ...facts,
      lifecycle: 'ACTIVE',
      replacedById: null,
      createdAt: now,
      updatedAt: now,
    }),
  );
  const written = await models(connection).bulkWrite(
    records.map(({ _id, ...record }) => ({
      updateOne: { filter: { _id }, update: { $setOnInsert: record }, upsert: true },
    })),
    { ordered: false },
  );
  await deletedModels(connection).deleteMany({ _id: { $in: records.map(({ _id }) => _id) } });
  return written.upsertedCount;
}
