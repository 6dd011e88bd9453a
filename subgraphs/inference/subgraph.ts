import { type InferenceEngineOptions, openInferenceEngine } from '#inference/open-engine.ts';
import type { CompletionEvent } from '#inference/streams/completion-events.ts';
import { loadSubgraphSdl } from '#schema/load-sdl.ts';
import { admissionDefinitions } from '#transport/admission.ts';
import type { Subgraph } from '#transport/executor.ts';
import { createSubgraph, type SubgraphServices } from '../runtime/subgraph.ts';
import { readCachePolicies } from './cache-policies.ts';
import { hideComment } from './existing-calls/rate-invocation.ts';
import { createInferenceLoaders, type InferenceLoaders } from './loaders.ts';
import { inferenceResolvers } from './resolvers.ts';

export type InferenceDeps = SubgraphServices & InferenceEngineOptions;

/** Invoking AI models, over an engine of its own: see `openInferenceEngine` for what its start and its end do. */
export async function createInferenceSubgraph(deps: InferenceDeps): Promise<Subgraph> {
  const sdl = loadSubgraphSdl('inference');
  const cachePolicies = readCachePolicies(sdl);
  const engine = await openInferenceEngine(deps);
  return createSubgraph<InferenceLoaders>({
    name: 'inference',
    typeDefs: `${sdl}\n${admissionDefinitions}\n`,
    services: deps,
    resolvers: inferenceResolvers(engine, cachePolicies, deps),
    createLoaders: (context) => createInferenceLoaders(context, engine, deps),
    auditedArguments: { 'invocation.rate': hideComment },
    close: async () => engine[Symbol.asyncDispose](),
    readEventType: (logged) => (logged as CompletionEvent).event.type,
    drain: (graceMs, lastCall) => engine.running.drain(graceMs, lastCall),
  });
}
