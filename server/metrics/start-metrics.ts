import type { MetricsPage } from '#core/observers/metrics-page.ts';
import type { Metrics } from '#telemetry/metrics/metrics.ts';
import type { MeshOptions } from '../mesh.ts';
import { isLoopback, type MeshConnections } from '../mesh-connections.ts';
import { listeningOn } from '../start-failure.ts';

/** What the parts of a process report to. */
export interface ProcessMetrics extends Omit<Metrics, 'page'> {
  /** What the gateway of the process serves at `/metrics`; undefined: they have a port of their own. */
  readonly page: MetricsPage | undefined;
}

/**
 * The metrics of the process, served on their own port where one is set. Undefined where they are turned off, and where none could read
 * them: a process without a gateway and without a port, or a gateway that other machines reach, without a token.
 */
export async function startMetrics(
  { environment, parts, log, seat }: MeshOptions,
  { tls }: Pick<MeshConnections, 'tls'>,
  starting: AsyncDisposableStack,
): Promise<ProcessMetrics | undefined> {
  const { HOST, HEDDLE_METRICS_TOKEN: token } = environment;
  const hasGateway = parts.includes('gateway');
  // Of processes on one machine the first one serves the port, for all.
  const port = seat !== undefined && hasGateway ? undefined : environment.HEDDLE_METRICS_PORT;
  const isOnGateway =
    hasGateway && environment.HEDDLE_METRICS_PORT === undefined && (token !== undefined || isLoopback(HOST));
  if (environment.HEDDLE_METRICS === 'off') return undefined;
  if (port === undefined && !isOnGateway && seat === undefined) return undefined;
  const { createMetrics } = await import('#telemetry/metrics/metrics.ts');
  const oldNames = environment.HEDDLE_METRICS_OLD_NAMES === 'on';
  const { page, ...observers } = createMetrics({ token, oldNames, join: seat?.joinMetrics });
  if (port === undefined) return { ...observers, page: isOnGateway ? page : undefined };
  const { serveMetrics } = await import('#telemetry/metrics/metrics-server.ts');
  const host = token === undefined ? '127.0.0.1' : HOST;
  const serving = serveMetrics({ page, host, port, certificate: tls, log });
  const { url } = starting.use(await listeningOn('HEDDLE_METRICS_PORT', serving));
  log.info({ url }, 'metrics are served');
  return { ...observers, page: undefined };
}
