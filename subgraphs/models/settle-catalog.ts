import type { Connection } from 'mongoose';
import { deletedModels, models } from '#mongo/models.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { deletedProviders, type ProviderRecord, providers } from '#mongo/providers.ts';
import { moveToDeleted } from './models/delete-model.ts';
import { withCatalog } from './with-catalog.ts';

/**
 * Completes what killed processes have left half done in the catalog: of a provider that was being created nothing stays, one
 * that was being deleted goes with its models and credentials, and what exists is not remembered as deleted. The number of
 * records that were settled. Takes the lock only where something is left.
 */
export async function settleCatalog(connection: Connection): Promise<number> {
  if ((await countLeft(connection)) === 0) return 0;
  return withCatalog({ connection }, async () => {
    const settled = await settleMarked(connection);
    const [ofModels, ofProviders] = await Promise.all([
      findRemembered(connection, 'models'),
      findRemembered(connection, 'providers'),
    ]);
    await deletedModels(connection).deleteMany({ _id: { $in: ofModels } });
    await deletedProviders(connection).deleteMany({ _id: { $in: ofProviders } });
    return settled + ofModels.length + ofProviders.length;
  });
}

async function countLeft(connection: Connection): Promise<number> {
  const [marked, ofModels, ofProviders] = await Promise.all([
    providers(connection).countDocuments({ incomplete: { $exists: true } }),
    findRemembered(connection, 'models'),
    findRemembered(connection, 'providers'),
  ]);
  return marked + ofModels.length + ofProviders.length;
}

/** The ids of what exists and is remembered as deleted: its change was cut between its two writes. */
async function findRemembered(connection: Connection, type: 'models' | 'providers'): Promise<string[]> {
  if (type === 'models') {
    const ids = await deletedModels(connection).distinct('_id');
    return ids.length === 0 ? [] : models(connection).distinct('_id', { _id: { $in: ids } });
  }
  const ids = await deletedProviders(connection).distinct('_id');
  return ids.length === 0 ? [] : providers(connection).distinct('_id', { _id: { $in: ids } });
}

/** Deletes what is left of providers after an interrupted change; their number. Within `withCatalog`. */
export async function settleMarked(connection: Connection): Promise<number> {
  const marked = await providers(connection)
    .find({ incomplete: { $exists: true } })
    .lean();
  const deletedAt = new Date();
  for (const provider of marked) {
    if (provider.incomplete === 'DELETED') await deleteMarked(provider, deletedAt, connection);
    else await deleteCreated(provider._id, connection);
  }
  return marked.length;
}

/** Deletes a provider that is marked, with what it still has, and remembers all but its credentials as deleted. */
export async function deleteMarked(
  { incomplete: _, ...provider }: ProviderRecord,
  deletedAt: Date,
  connection: Connection,
): Promise<void> {
  const { _id } = provider;
  const left = await models(connection).find({ providerId: _id }).lean();
  await moveToDeleted(left, deletedAt, connection);
  await providerCredentials(connection).deleteMany({ providerId: _id });
  await deletedProviders(connection).replaceOne({ _id }, { ...provider, deletedAt }, { upsert: true });
  await providers(connection).deleteOne({ _id });
}

async function deleteCreated(providerId: string, connection: Connection): Promise<void> {
  await models(connection).deleteMany({ providerId });
  await providerCredentials(connection).deleteMany({ providerId });
  await providers(connection).deleteOne({ _id: providerId });
}
