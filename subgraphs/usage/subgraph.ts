import { loadSubgraphSdl } from '#schema/load-sdl.ts';
import type { Subgraph } from '#transport/executor.ts';
import { createSubgraph } from '../runtime/subgraph.ts';
import { keepSweepingAlerts } from './alerts/sweep-alerts.ts';
import type { UsageDeps } from './deps.ts';
import { EventFeed } from './events/event-feed.ts';
import { ExportRunner } from './exports/run-exports.ts';
import { createUsageLoaders } from './loaders.ts';
import { usageResolvers } from './resolvers.ts';

export type { UsageDeps } from './deps.ts';

/** The ledger, the audit log and the events, to be read: usage, changes with their actors, and what happens. And the alerts on them. */
export function createUsageSubgraph(deps: UsageDeps): Subgraph {
  const feed = new EventFeed(deps);
  const sweeping = keepSweepingAlerts(deps);
  const exporting = new ExportRunner(deps);
  return createSubgraph({
    name: 'usage',
    typeDefs: loadSubgraphSdl('usage'),
    services: deps,
    createLoaders: (context) => createUsageLoaders(deps, context),
    resolvers: usageResolvers(deps, feed, exporting),
    // Subscriptions have no end of their own: clients resubscribe elsewhere after the last event that they received.
    drain: () => feed.close(),
    close: async () => {
      await Promise.all([sweeping[Symbol.asyncDispose](), exporting[Symbol.asyncDispose]()]);
      await feed.close();
    },
  });
}
