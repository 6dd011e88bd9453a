import type { Connection } from 'mongoose';
import type { RouteStrategy } from '#core/graph-enums.generated.ts';
import { alertActions } from '#mongo/alert-actions.ts';

/** What alerts have done that lies over the catalog. */
export interface CatalogActions {
  /** The AI models whose circuit is open. */
  readonly stoppedModels: ReadonlySet<string>;
  /** By route: the target that calls go to first, of the last action. */
  readonly firstTargets: ReadonlyMap<string, string>;
}

/** The actions that are in force. */
export async function loadCatalogActions(connection: Connection): Promise<CatalogActions> {
  const found = await alertActions(connection)
    .find({ state: 'ACTIVE', action: { $in: ['OPEN_CIRCUIT', 'MOVE_ROUTE'] } })
    .sort({ decidedAt: 1, _id: 1 })
    .lean();
  return {
    stoppedModels: new Set(
      found.flatMap(({ action, target }) =>
        action === 'OPEN_CIRCUIT' && target !== null ? [target.slice('model:'.length)] : [],
      ),
    ),
    firstTargets: new Map(
      found.flatMap(({ routeId, modelId }) =>
        routeId === null || modelId === null ? [] : [[routeId, modelId] as const],
      ),
    ),
  };
}

/** What of a route is moved. */
interface MovedRoute {
  readonly id: string;
  readonly strategy: RouteStrategy;
  readonly targets: readonly { readonly model: { readonly id: string } }[];
}

/** A route with the target first that an action has moved it to, as far as it still has that; the others follow in their order. */
export function moveRoute<R extends MovedRoute>(route: R, { firstTargets }: CatalogActions): R {
  const modelId = firstTargets.get(route.id);
  const { true: first = [], false: others = [] } = Object.groupBy(
    route.targets,
    ({ model }) => `${model.id === modelId}` as const,
  );
  return first.length === 0 ? route : { ...route, strategy: 'PRIORITY', targets: [...first, ...others] };
}
