import { setTimeout as wait } from 'node:timers/promises';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';
import type { State } from '#state/open-state.ts';
import { emptyHistory } from '#state/quota/quota.ts';
import type { Subgraph } from '#transport/executor.ts';
import type { ServedSubgraph } from '#transport/server/serve.ts';
import { type Environment, parts as everyPart, type Part, StartError } from './config.ts';
import { connectParts, type MeshConnections, openMeshTls } from './mesh-connections.ts';
import type { MeshOptions } from './mesh-options.ts';
import { checkSecrets, reportWeakSecrets } from './secrets/check-secrets.ts';
import { openSecretBoxes } from './secrets/secret-boxes.ts';
import { readCa } from './secrets/tls-files.ts';
import { listeningOn } from './start-failure.ts';
import { startGateway, startPlanner } from './start-gateway.ts';
import { type NewAdminKey, startSubgraphs } from './start-subgraphs.ts';

/** How long, after the grace time, the ends of the calls that were stopped may take on their way to the clients. */
const lastEventsMs = 400;

/** A running mesh, or the part of one that this process runs. */
export interface Mesh {
  /** The origin of the gateway, e.g. `http://127.0.0.1:4000`; null where another process runs it. */
  readonly url: string | null;
  /** Where each subgraph listens that stands alone. */
  readonly subgraphUrls: Readonly<Partial<Record<SubgraphName, string>>>;
  /** Shown once: made in this start and kept only as a hash. */
  readonly newAdminKey: NewAdminKey | null;
  /**
   * Refuses readiness and serves on for `drainMs`; then accepts nothing new and lets the calls in progress end within
   * `graceMs`; then ends them as FAILED with OVERLOADED, and everything else. Idempotent.
   */
  close(times: { readonly drainMs: number; readonly graceMs: number }): Promise<void>;
}

/**
 * Picks the implementations that the environment names and starts the asked-for parts on them: the one place
 * where database, state, subgraphs, transports and gateway meet. What has started is ended again when a later
 * step fails.
 */
export async function startMesh(options: MeshOptions): Promise<Mesh> {
  const { environment, parts, log } = options;
  const weakSecrets = checkSecrets(environment);
  const alone = parts.length < everyPart.length;
  if (alone) checkDatabase(environment, parts);
  const names = subgraphNames.filter((name) => parts.includes(name));
  await using starting = new AsyncDisposableStack();
  const tls = openMeshTls(environment, log, starting);
  const connections = connectParts(environment, parts, tls);

  const planner = parts.includes('gateway') ? starting.use(await startPlanner()) : undefined;
  const { openState } = await import('#state/open-state.ts');
  const boxes = names.length === 0 ? undefined : await openSecretBoxes(environment);
  const shared = { ca: readCa(environment), seal: boxes?.payloads };
  const state: State = starting.use(await openState(environment.REDIS_URL, log, shared));
  const { subgraphs, newAdminKey, problems, ...started } = await startSubgraphs(
    options,
    names,
    state,
    boxes,
    starting,
  );
  // READS, which a gateway draws on, is never read from the ledger.
  const quota = started.quota ?? starting.use(state.openQuota(emptyHistory));
  let closing: Promise<void> | undefined;
  const servers = alone
    ? await serveAlone(options, connections, { subgraphs, state, problems }, starting)
    : new Map();
  const gateway =
    planner &&
    (await startGateway(options, { planner, subgraphs, state, quota, problems, connections }, starting));

  for (const warning of connections.warnings) log.warn(warning);
  reportWeakSecrets(weakSecrets, log);
  const running = starting.move();
  return {
    url: gateway?.url ?? null,
    subgraphUrls: Object.fromEntries([...servers].map(([name, { url }]) => [name, url])),
    newAdminKey,
    close({ drainMs, graceMs }) {
      closing ??= (async () => {
        const doors = [...(gateway === undefined ? [] : [gateway]), ...servers.values()];
        for (const door of doors) door.drain();
        await wait(drainMs);
        const lastCall = Promise.all(doors.map((door) => door.stop()));
        const drained = [...subgraphs.values()].map((subgraph) => subgraph.drain(graceMs, lastCall));
        // Calls that are stopped when the grace time is over still report it to their clients.
        const closed = doors.map((door) => door.close(graceMs + lastEventsMs));
        await Promise.all([...drained, ...closed]);
        await running.disposeAsync();
      })();
      return closing;
    },
  };
}

/** A part alone shares its database with other processes: it must be named. */
function checkDatabase(environment: Environment, parts: readonly Part[]): void {
  if (environment.MONGO_URL === undefined && parts.some((part) => part !== 'gateway')) {
    throw new StartError(`--only ${parts.join(',')} needs MONGO_URL (the embedded store has one owner)`);
  }
}

/** Gives each subgraph of this process a port of its own. */
async function serveAlone(
  { environment, log }: MeshOptions,
  { subgraphKeys, tls }: MeshConnections,
  {
    subgraphs,
    state,
    problems,
  }: {
    readonly subgraphs: ReadonlyMap<SubgraphName, Subgraph>;
    readonly state: State;
    readonly problems: () => Promise<readonly string[]>;
  },
  starting: AsyncDisposableStack,
): Promise<ReadonlyMap<SubgraphName, ServedSubgraph>> {
  const servers = new Map<SubgraphName, ServedSubgraph>();
  if (subgraphKeys === undefined) return servers;
  const { serveSubgraph } = await import('#transport/server/serve.ts');
  for (const [name, subgraph] of subgraphs) {
    const portVariable = `HEDDLE_${name.toUpperCase() as Uppercase<typeof name>}_PORT` as const;
    const serving = serveSubgraph(subgraph, {
      introspection: environment.HEDDLE_INTROSPECTION !== 'off',
      host: environment.HOST,
      port: environment[portVariable],
      keys: subgraphKeys,
      tls,
      usedTokens: state.usedTokens,
      bodyBytesMax: environment.HEDDLE_BODY_BYTES_MAX,
      ready: async () => (await problems()).length === 0,
      log,
    });
    const server = await listeningOn(portVariable, serving);
    starting.defer(() => server.close(0));
    servers.set(name, server);
  }
  return servers;
}
