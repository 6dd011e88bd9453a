/**
 * The process of a PlannerProcess: takes the supergraph, then one operation after the other. It ends with the process
 * that requests a plan, and by the query planner's own doing when that panics.
 */
import { type QueryPlan, QueryPlanner } from '@graphql-hive/router-query-planner';

export type PlannerRequest = { readonly supergraphSdl: string } | { readonly query: string };

/** The plan, nothing for a supergraph, or what the planner states is wrong. */
export interface PlannerReply {
  readonly plan?: QueryPlan | undefined;
  readonly failure?: string;
}

const noLabels = new Set<string>();
let planner: QueryPlanner | undefined;

async function answer(request: PlannerRequest): Promise<PlannerReply> {
  try {
    if ('query' in request) return { plan: await planner?.planAsync(request.query, null, noLabels, 0, null) };
    planner = new QueryPlanner(request.supergraphSdl);
    return {};
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

process.on('message', (request: PlannerRequest) => {
  void answer(request).then((reply) => process.send?.(reply));
});
process.on('disconnect', () => process.exit());
// A terminal sends these to every process of the group; the gateway still has operations to end.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
