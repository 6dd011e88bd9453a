import type { Tracer } from '#core/tracing/span.ts';
import type { State } from '#state/open-state.ts';
import type { MeshOptions } from '../mesh.ts';
import type { MeshConnections } from '../mesh-connections.ts';
import { type ProcessMetrics, startMetrics } from '../metrics/start-metrics.ts';
import { startTraces } from './start-traces.ts';

/** What the parts of a process report to; what is undefined is turned off. */
export type ProcessObservers = Partial<ProcessMetrics>;

/** How a process is observed. */
export interface Observing {
  readonly metrics: ProcessObservers | undefined;
  /** Begins the traces of requests. */
  readonly tracer: Tracer | undefined;
  /** The state, with spans for what operations wait for. */
  readonly traceState: (state: State) => State;
}

/** Starts the metrics and the traces of the process, as far as they are on. */
export async function startObserving(
  options: MeshOptions,
  connections: Pick<MeshConnections, 'tls'>,
  starting: AsyncDisposableStack,
): Promise<Observing> {
  const metrics = await startMetrics(options, connections, starting);
  const tracer = await startTraces(options, metrics?.traces, starting);
  if (tracer === undefined) return { metrics, tracer, traceState: (state) => state };
  const [{ traceInference, traceStore }, { traceState }] = await Promise.all([
    import('#telemetry/traces/traced-observers.ts'),
    import('#state/traced-state.ts'),
  ]);
  const inference = traceInference(metrics?.inference);
  return { metrics: { ...metrics, inference, store: traceStore(metrics?.store) }, tracer, traceState };
}
