import type { SubgraphName } from '#core/subgraph-names.ts';
import type { Tracer } from '#core/tracing/span.ts';
import type { State } from '#state/open-state.ts';
import type { Subgraph } from '#transport/executor.ts';
import type { ServedSubgraph } from '#transport/server/serve.ts';
import type { MeshOptions } from './mesh.ts';
import type { MeshConnections } from './mesh-connections.ts';
import { listeningOn } from './start-failure.ts';

/** What the subgraphs of this process are served with. */
export interface SubgraphServing {
  readonly subgraphs: ReadonlyMap<SubgraphName, Subgraph>;
  readonly connections: MeshConnections;
  readonly state: State;
  /** What keeps a call from being served now. */
  readonly problems: () => Promise<readonly string[]>;
  /** Undefined: nothing is traced. */
  readonly tracer: Tracer | undefined;
}

/** Serves each subgraph of this process on a port of its own, where gateways of other processes call it. */
export async function serveSubgraphs(
  { environment, log, seat }: MeshOptions,
  { subgraphs, connections: { subgraphKeys, tls }, state, problems, tracer }: SubgraphServing,
  starting: AsyncDisposableStack,
): Promise<ReadonlyMap<SubgraphName, ServedSubgraph>> {
  const servers = new Map<SubgraphName, ServedSubgraph>();
  if (subgraphKeys === undefined) return servers;
  const [{ serveSubgraph }, { traceSubgraph }] = await Promise.all([
    import('#transport/server/serve.ts'),
    import('#transport/server/traced-subgraph.ts'),
  ]);
  for (const [name, subgraph] of subgraphs) {
    const portVariable = `HEDDLE_${name.toUpperCase() as Uppercase<typeof name>}_PORT` as const;
    const served = tracer === undefined ? subgraph : traceSubgraph(subgraph, tracer);
    const serving = serveSubgraph(served, {
      introspection: environment.HEDDLE_INTROSPECTION !== 'off',
      // Those of other processes of this machine alone call it.
      host: seat === undefined ? environment.HOST : '127.0.0.1',
      port: environment[portVariable],
      keys: subgraphKeys,
      tls,
      usedTokens: state.usedTokens,
      bodyBytesMax: Math.max(environment.HEDDLE_BODY_BYTES_MAX, environment.HEDDLE_CALL_BODY_BYTES_MAX),
      problems,
      log,
    });
    const server = await listeningOn(portVariable, serving);
    starting.defer(() => server.close(0));
    servers.set(name, server);
  }
  return servers;
}
