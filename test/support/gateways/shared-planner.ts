import { PlannerProcess } from '#gateway/planning/planner.ts';

/** A planner that still plans when one of its gateways has closed. Its process ends with this one. */
class SharedPlanner extends PlannerProcess {
  override async [Symbol.asyncDispose](): Promise<void> {}
}

const planners = new Map<string, SharedPlanner>();

/** The planner of every gateway and router of this process that tests start over the supergraph: a process for each takes longer than most of their cases. */
export function findSharedPlanner(supergraphSdl: string): PlannerProcess {
  const planner = planners.get(supergraphSdl) ?? new SharedPlanner(supergraphSdl);
  planners.set(supergraphSdl, planner);
  return planner;
}
