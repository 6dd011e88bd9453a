import type { GroupChannel } from '#mongo/group-writes.ts';
import type { State } from '#state/open-state.ts';
import type { GatewayKeys, SubgraphKeys } from '#transport/mesh-keys.ts';
import type { CollectMetrics } from './joined-metrics.ts';

/**
 * The place of a process in a mesh of several processes on one machine (HEDDLE_WORKERS): the first one runs the store and the subgraphs of
 * administration, workers run gateway and inference.
 */
export interface Seat {
  /** By which the parts of these processes know each other. */
  readonly keys: { readonly gatewayKeys: GatewayKeys } | { readonly subgraphKeys: SubgraphKeys };
  /** What the processes share; absent: Redis. */
  readonly openState?: (() => State) | undefined;
  /** To an embedded store in the first process, past the driver. */
  readonly groupWrites?: GroupChannel | undefined;
  /** Takes how the metrics of this process are read, and returns how those of all of them are. */
  readonly joinMetrics: (own: CollectMetrics) => CollectMetrics;
}
