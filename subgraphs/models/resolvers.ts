import { hasScope } from '#core/caller.ts';
import { isListed } from '#core/name-patterns.ts';
import { nodeIdOf, storedIdOf } from '#core/node-id.ts';
import { type ModelRecord, priceInForce } from '#mongo/models.ts';
import type { ProviderCredentialRecord } from '#mongo/provider-credentials.ts';
import type { ProviderRecord } from '#mongo/providers.ts';
import type { RouteRecord, RouteTargetRecord } from '#mongo/routes.ts';
import { scalarResolvers } from '#schema/scalars.ts';
import type { SubgraphResolvers } from '../runtime/subgraph.ts';
import { addProviderCredential } from './add-provider-credential.ts';
import { createModel } from './create-model.ts';
import { createProvider } from './create-provider.ts';
import { credentialState } from './credential-state.ts';
import { deleteModel } from './delete-model.ts';
import { deleteProvider } from './delete-provider.ts';
import { deleteRoute } from './delete-route.ts';
import { type ModelsDeps, nowOf } from './deps.ts';
import { listModels } from './list-models.ts';
import { listProviders, listRoutes } from './list-providers.ts';
import type { ModelsLoaders } from './loaders.ts';
import { modelPrice } from './prices.ts';
import { findProviderProblem } from './provider-problem.ts';
import { removeProviderCredential } from './remove-provider-credential.ts';
import { saveRoute } from './save-route.ts';
import { activateModel, deprecateModel, retireModel } from './set-lifecycle.ts';
import { updateModel } from './update-model.ts';
import { updateProvider } from './update-provider.ts';
import { updateProviderCredential } from './update-provider-credential.ts';

const { DateTime, Decimal } = scalarResolvers;

/** Parents are the records as they are stored. */
export function modelsResolvers(deps: ModelsDeps): SubgraphResolvers<ModelsLoaders> {
  const { connection } = deps;
  return {
    DateTime,
    Decimal,
    Query: {
      models: (_, { filter, ...page }, { caller }) => listModels(connection, filter ?? null, caller, page),
      model: (_, { id }, { caller, loaders }) => (isListed(caller, id) ? loaders.model.load(id) : null),
      providers: (_, args) => listProviders(args, connection),
      provider: (_, { id }, { loaders }) => loaders.provider.load(id),
      routes: (_, args, { caller }) => listRoutes(args, caller, connection),
      route: (_, args: { alias: string }, { caller, loaders }) => {
        const alias = storedIdOf('Route', args.alias);
        return isListed(caller, alias) ? loaders.route.load(alias) : null;
      },
    },
    Mutation: {
      createProvider: (_, { input }, context) => createProvider(input, context, deps),
      updateProvider: (_, { id, input }, context) => updateProvider(id, input, context, deps),
      addProviderCredential: (_, { providerId, label, secret, weight }, context) =>
        addProviderCredential({ providerId, label, secret, weight }, context, deps),
      updateProviderCredential: (_, { id, input }, context) =>
        updateProviderCredential(id, input, context, deps),
      removeProviderCredential: (_, { id }, context) => removeProviderCredential(id, context, deps),
      createModel: (_, { input }, context) => createModel(input, context, deps),
      updateModel: (_, { id, input }, context) => updateModel(id, input, context, deps),
      deprecateModel: (_, { id, replacedBy }, context) =>
        deprecateModel(id, replacedBy ?? null, context, deps),
      retireModel: (_, { id }, context) => retireModel(id, context, deps),
      activateModel: (_, { id }, context) => activateModel(id, context, deps),
      saveRoute: (_, { input }, context) => saveRoute(input, context, deps),
      deleteModel: (_, { id }, context) => deleteModel(id, context, deps),
      deleteProvider: (_, { id }, context) => deleteProvider(id, context, deps),
      deleteRoute: (_, { alias }, context) => deleteRoute(alias, context, deps),
    },
    Provider: {
      __resolveReference: ({ id }: { id: string }, { loaders }) => loaders.everProvider.load(id),
      id: ({ _id }: ProviderRecord) => _id,
      credentials: ({ _id }: ProviderRecord, _, { loaders }) => loaders.credentials.load(_id),
      problem: (record: ProviderRecord, _, { loaders }) => findProviderProblem(record, loaders, deps),
    },
    ProviderCredential: {
      __resolveReference: ({ id }: { id: string }, { caller, loaders }) =>
        hasScope(caller, 'models:write') ? loaders.credential.load(id) : null,
      id: ({ _id }: ProviderCredentialRecord) => _id,
      state: async (record: ProviderCredentialRecord, _, { loaders }) =>
        (await credentialState(record, loaders, deps)).state,
      reason: async (record: ProviderCredentialRecord, _, { loaders }) =>
        (await credentialState(record, loaders, deps)).reason,
    },
    Model: {
      __resolveReference: ({ id }: { id: string }, { loaders }) => loaders.everModel.load(id),
      id: ({ _id }: ModelRecord) => _id,
      provider: ({ providerId }: ModelRecord, _, { loaders }) => loaders.everProvider.load(providerId),
      price: ({ prices }: ModelRecord) => {
        const price = priceInForce(prices, nowOf(deps).getTime());
        return price === undefined ? null : modelPrice(price);
      },
      priceHistory: ({ prices }: ModelRecord) => prices.map(modelPrice).reverse(),
      replacedBy: ({ replacedById }: ModelRecord, _, { loaders }) =>
        replacedById === null ? null : loaders.everModel.load(replacedById),
    },
    Route: {
      __resolveReference: ({ id, alias }: { id?: string; alias?: string }, { loaders }) =>
        loaders.route.load(storedIdOf('Route', id ?? alias ?? '')),
      id: ({ _id }: RouteRecord) => nodeIdOf('Route', _id),
      alias: ({ _id }: RouteRecord) => _id,
    },
    RouteTarget: {
      model: ({ modelId }: RouteTargetRecord, _, { loaders }) => loaders.everModel.load(modelId),
    },
  };
}
