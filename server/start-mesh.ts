import { setTimeout as wait } from 'node:timers/promises';
import type { Mesh, MeshOptions } from './mesh.ts';
import { connectParts } from './mesh-connections.ts';
import { findProblems } from './problems.ts';
import { checkSecrets, reportWeakSecrets } from './secrets/check-secrets.ts';
import { openSealedStore } from './secrets/open-sealed-store.ts';
import { serveSubgraphs } from './serve-subgraphs.ts';
import { openSharedState } from './shared-state/open-shared-state.ts';
import { startGateway, startPlanner } from './start-gateway.ts';
import { type StartedSubgraphs, startSubgraphs } from './start-subgraphs.ts';
import { startObserving } from './traces/start-observing.ts';

/** How long, after the grace time, the ends of the calls that were stopped may take on their way to the clients. */
const lastEventsMs = 400;

/** Of a process that runs no subgraph. */
const noSubgraphs: StartedSubgraphs = { subgraphs: new Map(), newAdminKey: null };

/**
 * Starts the parts of the mesh that this process runs, on the implementations that the environment names: the one place
 * where database, state, subgraphs, transports and gateway meet. Resolves when they listen. What has started is ended
 * again when a later step fails.
 */
export async function startMesh(options: MeshOptions): Promise<Mesh> {
  const { environment, parts, log } = options;
  const weakSecrets = checkSecrets(environment);
  await using starting = new AsyncDisposableStack();
  const connections = connectParts(options, starting);
  const planner = parts.includes('gateway') ? starting.use(await startPlanner()) : undefined;

  const { metrics, tracer, observeState } = await startObserving(options, connections, starting);
  // What processes share, and what only subgraphs work with: keys, the store, its ledger behind the meters.
  const sealed = parts.some((part) => part !== 'gateway')
    ? await openSealedStore(
        options,
        { ca: connections.ca, observer: metrics?.store, queues: metrics?.queues },
        starting,
      )
    : undefined;
  const shared = { ca: connections.ca, seal: sealed?.keyring.payloads, observeState };
  const state = await openSharedState(options, shared, starting);
  const store = sealed?.store;
  if (sealed !== undefined) {
    starting.use(await sealed.shareDestroyedKeys(state.bus));
  }
  const makesCalls = options.seat !== undefined || parts.includes('inference');
  const quota = starting.use(state.openQuota(store?.history, { makesCalls }));
  const problems = () => findProblems({ state, store, log });

  const { subgraphs, newAdminKey } =
    sealed !== undefined
      ? await startSubgraphs(options, { ...sealed, state, quota, metrics, ca: connections.ca }, starting)
      : noSubgraphs;
  const served = await serveSubgraphs(options, { subgraphs, connections, state, problems, tracer }, starting);
  const gateway =
    planner &&
    (await startGateway(
      options,
      { planner, subgraphs, connections, state, quota, problems, metrics, tracer },
      starting,
    ));

  for (const warning of connections.warnings) log.warn(warning);
  reportWeakSecrets(weakSecrets, log);
  const running = starting.move();
  let closing: Promise<void> | undefined;
  return {
    url: gateway?.url ?? null,
    subgraphUrls: Object.fromEntries([...served].map(([name, { url }]) => [name, url])),
    store: store?.own ?? null,
    newAdminKey,
    shed: (share) => gateway?.shed(share),
    close({ drainMs, graceMs }) {
      closing ??= (async () => {
        const servers = [...(gateway === undefined ? [] : [gateway]), ...served.values()];
        for (const server of servers) server.drain();
        await wait(drainMs);
        const lastCall = Promise.all(servers.map((server) => server.stop()));
        const drained = [...subgraphs.values()].map((subgraph) => subgraph.drain(graceMs, lastCall));
        // Calls that are stopped when the grace time is over still report it to their clients.
        const closed = servers.map((server) => server.close(graceMs + lastEventsMs));
        await Promise.all([...drained, ...closed]);
        await running.disposeAsync();
      })();
      return closing;
    },
  };
}
