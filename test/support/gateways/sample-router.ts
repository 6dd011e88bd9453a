import pino from 'pino';
import type { Caller } from '#core/caller.ts';
import type { ClientResult } from '#gateway/errors.ts';
import { type GatewayLimits, resolveLimits } from '#gateway/limits.ts';
import { createRouter, isOperation, isStream, type Router } from '#gateway/router.ts';
import { sampleSupergraph } from './sample-gateway.ts';
import { type SampleMesh, sampleCaller } from './sample-subgraphs.ts';
import { findSharedPlanner } from './shared-planner.ts';

/** Routers over the sample graph. */
export function sampleRouters() {
  const planner = findSharedPlanner(sampleSupergraph);
  return {
    planner,
    start: ({ executors }: SampleMesh, limits: Partial<GatewayLimits> = {}): Router =>
      createRouter({
        supergraphSdl: sampleSupergraph,
        planner,
        executors,
        limits: resolveLimits(limits),
        log: pino({ level: 'silent' }),
      }),
  };
}

export const invoker = sampleCaller('inference:invoke');
export const everyScope = sampleCaller('inference:invoke', 'models:write', 'tenants:admin');

/** What the router answers, to one who holds every scope unless another is named. */
export async function answer(
  router: Router,
  query: string,
  caller: Caller = everyScope,
  variables?: Record<string, unknown>,
) {
  const operation = router.prepare(query, undefined, caller);
  if (!isOperation(operation)) return operation;
  return router.run(operation, variables, { caller, requestId: 'r1', clientAddress: null });
}

/** The one result of a query or mutation, as it goes over the wire. */
export async function ask(...asked: Parameters<typeof answer>): Promise<ClientResult> {
  const result = await answer(...asked);
  if (isStream(result)) throw new Error('a stream');
  return JSON.parse(JSON.stringify(result));
}
