import { keepRunning } from '#core/keep-running.ts';
import { loadSubgraphSdl } from '#schema/load-sdl.ts';
import type { Subgraph } from '#transport/executor.ts';
import { createSubgraph } from '../runtime/subgraph.ts';
import type { ModelsDeps } from './deps.ts';
import { createModelsLoaders } from './loaders.ts';
import { retireSecrets } from './providers/retire-secrets.ts';
import { modelsResolvers } from './resolvers.ts';

export type { ModelsDeps } from './deps.ts';

/** How often secrets whose rotation has ended are looked for. */
const everyMs = 30_000;

/** Providers, their credentials, AI models and routes, of the mesh and of tenants. */
export function createModelsSubgraph(deps: ModelsDeps): Subgraph {
  const sweeping = keepRunning(
    everyMs,
    () => retireSecrets(deps),
    (err) => deps.log.warn({ err }, 'replaced secrets of providers could not be deleted yet'),
  );
  return createSubgraph({
    name: 'models',
    typeDefs: loadSubgraphSdl('models'),
    services: deps,
    createLoaders: (context) => createModelsLoaders(deps.connection, context),
    resolvers: modelsResolvers(deps),
    close: async () => {
      await sweeping[Symbol.asyncDispose]();
    },
  });
}
