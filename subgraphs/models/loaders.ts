import type DataLoader from 'dataloader';
import type { Connection } from 'mongoose';
import type { Caller } from '#core/caller.ts';
import { seesTenant } from '#core/tenant-reach.ts';
import { type DeletedModelRecord, deletedModels, type ModelRecord, models } from '#mongo/models.ts';
import { type ProviderCredentialRecord, providerCredentials } from '#mongo/provider-credentials.ts';
import {
  type DeletedProviderRecord,
  deletedProviders,
  type ProviderRecord,
  providers,
} from '#mongo/providers.ts';
import { type RouteRecord, routes } from '#mongo/routes.ts';
import { groupLoader, recordLoader } from '../runtime/loaders.ts';
import { isChangeable } from './owners/owned.ts';

export interface ModelsLoaders {
  readonly provider: DataLoader<string, ProviderRecord | null>;
  readonly model: DataLoader<string, ModelRecord | null>;
  /** What history refers to: the provider that has the id, or had it last. */
  readonly everProvider: DataLoader<string, ProviderRecord | DeletedProviderRecord | null>;
  /** The same for models. */
  readonly everModel: DataLoader<string, ModelRecord | DeletedModelRecord | null>;
  readonly route: DataLoader<string, RouteRecord | null>;
  readonly credential: DataLoader<string, ProviderCredentialRecord | null>;
  /** By provider, the oldest first. */
  readonly credentials: DataLoader<string, readonly ProviderCredentialRecord[]>;
}

/**
 * What a tenant owns does not exist for callers of others. What the mesh owns and offers to some alone is filtered where it is listed
 * or found: history refers to all of it.
 */
export function createModelsLoaders(
  connection: Connection,
  { caller }: { readonly caller: Caller },
): ModelsLoaders {
  const isSeen = ({ tenantId }: { readonly tenantId?: string | null }) =>
    tenantId == null || seesTenant(caller, tenantId);
  return {
    provider: recordLoader(
      (ids) =>
        providers(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      (provider) => provider._id,
      isSeen,
    ),
    model: recordLoader(
      (ids) =>
        models(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      (model) => model._id,
      isSeen,
    ),
    everProvider: recordLoader<ProviderRecord | DeletedProviderRecord>(
      (ids) =>
        findEver(
          ids,
          (wanted) => providers(connection).find({ _id: wanted }).lean(),
          (wanted) => deletedProviders(connection).find({ _id: wanted }).lean(),
        ),
      (provider) => provider._id,
      isSeen,
    ),
    everModel: recordLoader<ModelRecord | DeletedModelRecord>(
      (ids) =>
        findEver(
          ids,
          (wanted) => models(connection).find({ _id: wanted }).lean(),
          (wanted) => deletedModels(connection).find({ _id: wanted }).lean(),
        ),
      (model) => model._id,
      isSeen,
    ),
    route: recordLoader(
      (aliases) =>
        routes(connection)
          .find({ _id: { $in: aliases } })
          .lean(),
      (route) => route._id,
      isSeen,
    ),
    credential: recordLoader(
      (ids) =>
        providerCredentials(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      (credential) => credential._id,
      (credential) => isChangeable(credential, caller),
    ),
    credentials: groupLoader(
      (ids) =>
        providerCredentials(connection)
          .find({ providerId: { $in: ids } })
          .sort({ createdAt: 1, _id: 1 })
          .lean(),
      (credential) => credential.providerId,
    ),
  };
}

type FindAmong<T> = (wanted: { readonly $in: string[] }) => PromiseLike<readonly T[]>;

/** The records of the ids, and of those that are missing the deleted ones: one more command only where there are such. */
async function findEver<T extends { readonly _id: string }, D extends T>(
  ids: readonly string[],
  findPresent: FindAmong<T>,
  findDeleted: FindAmong<D>,
): Promise<readonly (T | D)[]> {
  const present = await findPresent({ $in: [...ids] });
  const found = new Set(present.map(({ _id }) => _id));
  const missing = ids.filter((id) => !found.has(id));
  return missing.length === 0 ? present : [...present, ...(await findDeleted({ $in: missing }))];
}
