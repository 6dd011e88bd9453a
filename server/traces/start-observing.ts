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
  /** The state, with what it decides on limits measured, and spans for what operations wait for. */
  readonly observeState: (state: State) => State;
}

/** Starts the metrics and the traces of the process, as far as they are on. */
export async function startObserving(
  options: MeshOptions,
  connections: Pick<MeshConnections, 'tls'>,
  starting: AsyncDisposableStack,
): Promise<Observing> {
  const metrics = await startMetrics(options, connections, starting);
  const tracer = await startTraces(options, metrics?.traces, starting);
  const measureState = await measuring(metrics);
  if (tracer === undefined) return { metrics, tracer, observeState: measureState };
  const [{ traceInference, traceStore }, { traceState }] = await Promise.all([
    import('#telemetry/traces/traced-observers.ts'),
    import('#state/traced-state.ts'),
  ]);
  const inference = traceInference(metrics?.inference);
  return {
    metrics: { ...metrics, inference, store: traceStore(metrics?.store) },
    tracer,
    observeState: (state) => traceState(measureState(state)),
  };
}

/** Measures what the state decides on limits, where there are metrics. */
async function measuring(metrics: ProcessObservers | undefined): Promise<(state: State) => State> {
  const { limits } = metrics ?? {};
  if (limits === undefined) return (state) => state;
  const { observeQuota } = await import('#state/observed-quota.ts');
  return (state) => ({
    ...state,
    openQuota: (history, use) => observeQuota(state.openQuota(history, use), limits),
  });
}
