import { createJsonSchemas } from '#core/json-schema/json-schema.ts';
import { OneAtATime } from '#core/one-at-a-time.ts';
import { loadSubgraphSdl } from '#schema/load-sdl.ts';
import type { Subgraph } from '#transport/executor.ts';
import { createSubgraph } from '../runtime/subgraph.ts';
import type { PromptsSubgraphDeps } from './deps.ts';
import { createPromptsLoaders } from './loaders.ts';
import { promptsResolvers } from './resolvers.ts';

export type { PromptsSubgraphDeps } from './deps.ts';

/** Prompts of tenants: named, in versions that never change, with labels that can be pointed at another. */
export function createPromptsSubgraph(deps: PromptsSubgraphDeps): Subgraph {
  const jsonSchemas = createJsonSchemas({
    onThreadFailure: (err) =>
      deps.log.error({ event: 'thread_failed', err }, 'the thread that checks JSON Schemas failed'),
  });
  const watching = deps.queues?.watchQueue('json_schemas', () => jsonSchemas.waiting);
  const reads = new OneAtATime();
  return createSubgraph({
    name: 'prompts',
    typeDefs: loadSubgraphSdl('prompts'),
    services: deps,
    createLoaders: (context) => createPromptsLoaders(deps.connection, context, reads),
    resolvers: promptsResolvers({ ...deps, jsonSchemas }),
    close: async () => {
      watching?.[Symbol.dispose]();
      await jsonSchemas[Symbol.asyncDispose]();
    },
  });
}
