import { loadSubgraphSdl } from '#schema/load-sdl.ts';
import type { Subgraph } from '#transport/executor.ts';
import { createSubgraph } from '../runtime/subgraph.ts';
import type { ModelsDeps } from './deps.ts';
import { createModelsLoaders } from './loaders.ts';
import { modelsResolvers } from './resolvers.ts';

export type { ModelsDeps } from './deps.ts';

/** Providers, their credentials, AI models and routes, of the mesh and of tenants. */
export function createModelsSubgraph(deps: ModelsDeps): Subgraph {
  return createSubgraph({
    name: 'models',
    typeDefs: loadSubgraphSdl('models'),
    services: deps,
    createLoaders: (context) => createModelsLoaders(deps.connection, context),
    resolvers: modelsResolvers(deps),
  });
}
