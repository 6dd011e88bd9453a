import { loadSubgraphSdl } from '#schema/load-sdl.ts';
import type { Subgraph } from '#transport/executor.ts';
import { createSubgraph } from '../runtime/subgraph.ts';
import type { UsageDeps } from './deps.ts';
import { createUsageLoaders } from './loaders.ts';
import { usageResolvers } from './resolvers.ts';

export type { UsageDeps } from './deps.ts';

/** The ledger and the audit log, to be read: usage, and changes with their actors. */
export function createUsageSubgraph(deps: UsageDeps): Subgraph {
  return createSubgraph({
    name: 'usage',
    typeDefs: loadSubgraphSdl('usage'),
    services: deps,
    createLoaders: (context) => createUsageLoaders(deps.connection, context),
    resolvers: usageResolvers(deps),
  });
}
