import { readAccess } from '#core/access.ts';
import { type Caller, hasScope } from '#core/caller.ts';
import { toNodeId, toStoredId } from '#core/node-id.ts';
import { readOwnerId, toCallName } from '#core/owned-id.ts';
import { priceInForce } from '#mongo/models.ts';
import { scalarResolvers } from '#schema/scalars.ts';
import type { CompleteResolvers } from '../runtime/complete-resolvers.ts';
import { loadReferred } from '../runtime/loaders.ts';
import { deleteModelAlias } from './aliases/delete-model-alias.ts';
import { findModelAlias, listModelAliases } from './aliases/list-model-aliases.ts';
import { saveModelAlias } from './aliases/save-model-alias.ts';
import { type ModelsContext, type ModelsDeps, readNow } from './deps.ts';
import type { Resolvers } from './generated.ts';
import { createModel } from './models/create-model.ts';
import { deleteModel } from './models/delete-model.ts';
import { listModels } from './models/list-models.ts';
import { modelPrice } from './models/prices.ts';
import { activateModel, deprecateModel, retireModel } from './models/set-lifecycle.ts';
import { updateModel } from './models/update-model.ts';
import { explainModel } from './owners/explain-model.ts';
import { isChangeable } from './owners/owned.ts';
import { findVisibleModel, findVisibleProvider, findVisibleRoute } from './owners/visible.ts';
import { addProviderCredential } from './providers/add-provider-credential.ts';
import { createProvider } from './providers/create-provider.ts';
import { deleteProvider } from './providers/delete-provider.ts';
import { listProviderCredentials } from './providers/list-credentials.ts';
import { listProviders, listRoutes } from './providers/list-providers.ts';
import { credentialState, findProviderProblem } from './providers/provider-problem.ts';
import { removeProviderCredential } from './providers/remove-provider-credential.ts';
import { findPrevious, rotateProviderCredential } from './providers/rotate-provider-credential.ts';
import { updateProvider } from './providers/update-provider.ts';
import { updateProviderCredential } from './providers/update-provider-credential.ts';
import { deleteRoute } from './routes/delete-route.ts';
import { saveRoute } from './routes/save-route.ts';

const { DateTime, Decimal } = scalarResolvers;

/** Parents are the records as they are stored. */
export function modelsResolvers(deps: ModelsDeps): CompleteResolvers<Resolvers<ModelsContext>> {
  return {
    DateTime,
    Decimal,
    Query: {
      models: (_, args, { caller }) => listModels(args, caller, deps),
      model: (_, { id }, { caller, loaders }) => findVisibleModel(id, caller, loaders),
      providers: (_, args, { caller }) => listProviders(args, caller, deps),
      provider: (_, { id }, { caller, loaders }) => findVisibleProvider(id, caller, loaders),
      providerCredentials: (_, args, { caller }) => listProviderCredentials(args, caller, deps),
      routes: (_, args, { caller }) => listRoutes(args, caller, deps),
      route: (_, { alias }, { caller, loaders }) =>
        findVisibleRoute(toStoredId('Route', alias), caller, loaders),
      explainModel: (_, { name }, context) => explainModel(name, context, deps),
      modelAliases: (_, { tenantId }, { caller }) => listModelAliases(tenantId, caller, deps),
      modelAlias: (_, args, { caller }) => findModelAlias(args, caller, deps),
    },
    Mutation: {
      createProvider: (_, { input }, context) => createProvider(input, context, deps),
      updateProvider: (_, { id, input }, context) => updateProvider(id, input, context, deps),
      addProviderCredential: (_, args, context) => addProviderCredential(args, context, deps),
      updateProviderCredential: (_, { id, input }, context) =>
        updateProviderCredential(id, input, context, deps),
      rotateProviderCredential: (_, args, context) => rotateProviderCredential(args, context, deps),
      removeProviderCredential: (_, { id }, context) => removeProviderCredential(id, context, deps),
      createModel: (_, { input }, context) => createModel(input, context, deps),
      updateModel: (_, { id, input }, context) => updateModel(id, input, context, deps),
      deprecateModel: (_, args, context) => deprecateModel(args, context, deps),
      retireModel: (_, { id }, context) => retireModel(id, context, deps),
      activateModel: (_, { id }, context) => activateModel(id, context, deps),
      saveRoute: (_, { input }, context) => saveRoute(input, context, deps),
      deleteModel: (_, { id }, context) => deleteModel(id, context, deps),
      deleteProvider: (_, { id }, context) => deleteProvider(id, context, deps),
      deleteRoute: (_, { alias }, context) => deleteRoute(alias, context, deps),
      saveModelAlias: (_, { input }, context) => saveModelAlias(input, context, deps),
      deleteModelAlias: (_, args, context) => deleteModelAlias(args, context, deps),
    },
    Provider: {
      __resolveReference: ({ id }, { loaders }) => loaders.everProvider.load(id),
      id: ({ _id }) => _id,
      name: ({ _id }) => toCallName(_id),
      credentials: (record, _, { caller, loaders }) =>
        isChangeable(record, caller) ? loaders.credentials.load(record._id) : [],
      problem: (record, _, { loaders }) => findProviderProblem(record, loaders, deps),
    },
    ProviderCredential: {
      __resolveReference: ({ id }, { caller, loaders }) =>
        hasScope(caller, 'models:write') || hasScope(caller, 'providers:write')
          ? loaders.credential.load(id)
          : null,
      id: ({ _id }) => _id,
      provider: ({ providerId }, _, { loaders }) => loadReferred(loaders.everProvider, providerId),
      state: async (record, _, { loaders }) => (await credentialState(record, loaders, deps)).state,
      reason: async (record, _, { loaders }) => (await credentialState(record, loaders, deps)).reason,
      previousHint: (record) => findPrevious(record, readNow(deps))?.hint ?? null,
      previousEndsAt: (record) => findPrevious(record, readNow(deps))?.endsAt ?? null,
    },
    Model: {
      __resolveReference: ({ id }, { loaders }) => loaders.everModel.load(id),
      id: ({ _id }) => _id,
      callName: ({ _id }) => toCallName(_id),
      provider: ({ providerId }, _, { loaders }) => loadReferred(loaders.everProvider, providerId),
      price: ({ prices }) => {
        const price = priceInForce(prices, readNow(deps).getTime());
        return price === undefined ? null : modelPrice(price);
      },
      requiresApproval: ({ requiresApproval }) => requiresApproval ?? false,
      access: (model, _, { caller }) => accessTo(model, caller, deps),
      priceHistory: ({ prices }) => prices.map(modelPrice).reverse(),
      replacedBy: ({ replacedById }, _, { loaders }) =>
        replacedById === null ? null : loaders.everModel.load(replacedById),
    },
    Route: {
      __resolveReference: (reference, { caller, loaders }) =>
        'id' in reference
          ? loaders.route.load(toStoredId('Route', reference.id))
          : findVisibleRoute(reference.alias, caller, loaders),
      id: ({ _id }) => toNodeId('Route', _id),
      alias: ({ _id }) => toCallName(_id),
      requiresApproval: ({ requiresApproval }) => requiresApproval ?? false,
      access: (route, _, { caller }) => accessTo(route, caller, deps),
    },
    RouteTarget: {
      model: ({ modelId }, _, { loaders }) => loadReferred(loaders.everModel, modelId),
    },
  };
}

/** Whether the app of the caller may call the AI model or route. */
function accessTo(
  { _id, requiresApproval = false }: { readonly _id: string; readonly requiresApproval?: boolean },
  caller: Caller,
  deps: ModelsDeps,
) {
  const target = { resource: toCallName(_id), requiresApproval, ownerId: readOwnerId(_id) };
  return readAccess(caller, target, readNow(deps).getTime());
}
