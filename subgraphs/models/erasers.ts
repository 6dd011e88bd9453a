import type { Connection } from 'mongoose';
import { erasedName, toErasedProviderId } from '#core/owned-id.ts';
import { type Eraser, type Erasers, type ErasureSubject, eraseByDeleting } from '#mongo/eraser.ts';
import { modelAliases } from '#mongo/model-aliases.ts';
import { deletedModels, models } from '#mongo/models.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { deletedProviders, providers } from '#mongo/providers.ts';
import { routes } from '#mongo/routes.ts';
import { catalogChanged, type ModelsDeps } from './deps.ts';

/** The steps of erasures in the collections of this part. */
export function createModelsErasers(deps: Pick<ModelsDeps, 'connection' | 'bus'>): Erasers {
  const { connection } = deps;
  const ofTenant = ({ tenantId }: ErasureSubject) => ({ tenantId });
  /** Catalogs forget what is deleted. */
  const changing = (collection: string, eraser: Eraser): Eraser => ({
    ...eraser,
    finish: async (subject, counts) => {
      await eraser.finish?.(subject, counts);
      await catalogChanged(deps, collection);
    },
  });
  return {
    TENANT: {
      provider_credentials: changing('providers', eraseByDeleting(connection, providerCredentials, ofTenant)),
      modelAliases: changing('modelAliases', eraseByDeleting(connection, modelAliases, ofTenant)),
      routes: changing('routes', eraseByDeleting(connection, routes, ofTenant)),
      models: changing('models', eraseByDeleting(connection, models, ofTenant)),
      providers: changing('providers', eraseByDeleting(connection, providers, ofTenant)),
      deleted_models: {
        ...eraseByDeleting(connection, deletedModels, ({ tenantId }) => ({
          tenantId,
          _id: { $ne: toErasedModelId(tenantId) },
        })),
        finish: (subject, counts) => rememberErased(connection, subject, counts),
      },
      deleted_providers: eraseByDeleting(connection, deletedProviders, ({ tenantId }) => ({
        tenantId,
        _id: { $ne: toErasedProviderId(tenantId) },
      })),
    },
    END_USER: {},
  };
}

const toErasedModelId = (tenantId: string) => `${toErasedProviderId(tenantId)}/${erasedName}`;

/** Where the tenant owned AI models, one that was deleted stands for all of them: rows of the ledger refer to it. */
async function rememberErased(
  connection: Connection,
  { tenantId, requestedAt }: ErasureSubject,
  { models: owned = 0, deleted_models: deleted = 0 }: Readonly<Record<string, number>>,
): Promise<void> {
  if (owned + deleted === 0) return;
  const providerId = toErasedProviderId(tenantId);
  const dates = { createdAt: requestedAt, updatedAt: requestedAt, deletedAt: requestedAt };
  const provider = {
    tenantId,
    kind: 'OPENAI_COMPATIBLE',
    baseUrl: null,
    region: null,
    enabled: false,
    ...dates,
  } as const;
  await deletedProviders(connection).replaceOne({ _id: providerId }, provider, { upsert: true });
  const nothing = { capabilities: [], inputModalities: [], outputModalities: [], prices: [] };
  const limits = { contextTokens: null, maxOutputTokens: null, replacedById: null };
  const model = {
    ...nothing,
    ...limits,
    ...dates,
    tenantId,
    providerId,
    name: erasedName,
    lifecycle: 'RETIRED',
  } as const;
  await deletedModels(connection).replaceOne({ _id: toErasedModelId(tenantId) }, model, { upsert: true });
}
