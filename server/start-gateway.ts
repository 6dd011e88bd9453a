import { readFile } from 'node:fs/promises';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';
import type { Tracer } from '#core/tracing/span.ts';
import type { PlannerProcess } from '#gateway/planning/planner.ts';
import type { State } from '#state/open-state.ts';
import type { Quota } from '#state/quota/quota.ts';
import type { Subgraph, SubgraphExecutor } from '#transport/executor.ts';
import { type Environment, readTrustedDocumentsMode, StartError } from './config.ts';
import type { MeshOptions } from './mesh.ts';
import { type MeshConnections, openPublicTls, urlVariable } from './mesh-connections.ts';
import { listeningOn } from './start-failure.ts';
import type { ProcessObservers } from './traces/start-observing.ts';
import { networksIn } from './variable-types.ts';

/** What operations are planned by. It starts in a process of its own, beside all else that starts. */
export async function startPlanner(): Promise<PlannerProcess> {
  const [{ PlannerProcess }, supergraphSdl] = await Promise.all([
    import('#gateway/planning/planner.ts'),
    readFile(new URL('../schema/supergraph.graphql', import.meta.url), 'utf8'),
  ]);
  const planner = new PlannerProcess(supergraphSdl);
  // Any error: the gateway tries again, and states why it does not start.
  planner.ready().catch(() => undefined);
  return planner;
}

/** The gateway over the subgraphs of this process and, by their URLs, those of others; it listens when this resolves. */
export async function startGateway(
  { environment, log, seat }: MeshOptions,
  {
    planner,
    subgraphs,
    state,
    quota,
    problems,
    connections,
    metrics,
    tracer,
  }: {
    readonly planner: PlannerProcess;
    /** Those of this process. */
    readonly subgraphs: ReadonlyMap<SubgraphName, Subgraph>;
    readonly state: State;
    readonly quota: Quota;
    readonly problems: () => Promise<readonly string[]>;
    readonly connections: MeshConnections;
    readonly metrics: ProcessObservers | undefined;
    readonly tracer: Tracer | undefined;
  },
  starting: AsyncDisposableStack,
) {
  const { createGateway } = await import('#gateway/gateway.ts');
  const executors: Partial<Record<SubgraphName, SubgraphExecutor>> = {};
  for (const name of subgraphNames) {
    executors[name] = subgraphs.get(name) ?? (await remote(name, environment, connections, starting));
  }
  const gateway = await createGateway({
    planner,
    executors,
    bus: state.bus,
    changesOfCallers:
      subgraphs.has('tenants') || seat !== undefined || environment.REDIS_URL !== undefined
        ? 'announced'
        : 'unannounced',
    quota,
    log,
    problems,
    host: environment.HOST,
    port: environment.PORT,
    trustedProxies: networksIn(environment.HEDDLE_TRUSTED_PROXIES),
    tls: openPublicTls(environment, log, starting),
    observer: metrics?.gateway,
    queues: metrics?.queues,
    metrics: metrics?.page,
    tracer,
    accessLog: environment.HEDDLE_ACCESS_LOG === 'on',
    trustedDocuments: readTrustedDocumentsMode(environment),
    persistedQueries: environment.HEDDLE_PERSISTED_QUERIES === 'on',
    exposures: {
      introspection: environment.HEDDLE_INTROSPECTION,
      explorer: environment.HEDDLE_EXPLORER,
    },
    limits: {
      anonymousBodyBytesMax: environment.HEDDLE_ANONYMOUS_BODY_BYTES_MAX,
      bodiesBytesMax: environment.HEDDLE_BODIES_BYTES_MAX,
      bodyTimeoutMs: environment.HEDDLE_BODY_TIMEOUT_MS,
      stalledMs: environment.HEDDLE_STALLED_CLIENT_MS,
      refusalsPerSecond: environment.HEDDLE_REFUSALS_PER_SECOND,
      connectionsPerAddressMax: environment.HEDDLE_CONNECTIONS_PER_ADDRESS_MAX,
      anonymousSocketsMax: environment.HEDDLE_ANONYMOUS_SOCKETS_MAX,
      bodyBytesMax: environment.HEDDLE_BODY_BYTES_MAX,
      callBodyBytesMax: environment.HEDDLE_CALL_BODY_BYTES_MAX,
      documentLengthMax: environment.HEDDLE_DOCUMENT_LENGTH_MAX,
      operationsMax: environment.HEDDLE_OPERATIONS_MAX,
      fragmentsMax: environment.HEDDLE_FRAGMENTS_MAX,
      variablesMax: environment.HEDDLE_VARIABLES_MAX,
      depthMax: environment.HEDDLE_DEPTH_MAX,
      aliasesMax: environment.HEDDLE_ALIASES_MAX,
      rootFieldsMax: environment.HEDDLE_ROOT_FIELDS_MAX,
      tokensMax: environment.HEDDLE_TOKENS_MAX,
      anonymousTokensMax: environment.HEDDLE_ANONYMOUS_TOKENS_MAX,
      costMax: environment.HEDDLE_COST_MAX,
      connectionsMax: environment.HEDDLE_CONNECTIONS_MAX,
      wsInitTimeoutMs: environment.HEDDLE_WS_INIT_TIMEOUT_MS,
    },
  });
  starting.defer(() => gateway.close(0));
  await listeningOn('PORT', gateway.listen());
  return gateway;
}

async function remote(
  name: SubgraphName,
  environment: Environment,
  { gatewayKeys, tls }: MeshConnections,
  starting: AsyncDisposableStack,
) {
  if (gatewayKeys === undefined) throw new TypeError(`There is no key to call the subgraph ${name} with.`);
  const { createHttpExecutor } = await import('#transport/client/http.ts');
  const variable = urlVariable(name);
  try {
    const executor = createHttpExecutor({ name, url: environment[variable], keys: gatewayKeys, tls });
    return starting.use(executor);
  } catch (error) {
    throw new StartError(`${variable}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}
