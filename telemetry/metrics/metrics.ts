import { collectDefaultMetrics } from 'prom-client';
import type { DeliveryObserver } from '#core/observers/delivery-observer.ts';
import type { GatewayObserver } from '#core/observers/gateway-observer.ts';
import type { InferenceObserver } from '#core/observers/inference-observer.ts';
import type { LimitObserver } from '#core/observers/limit-observer.ts';
import type { MetricsPage } from '#core/observers/metrics-page.ts';
import type { QueueObserver } from '#core/observers/queue-observer.ts';
import type { StoreObserver } from '#core/observers/store-observer.ts';
import type { TraceObserver } from '#core/observers/trace-observer.ts';
import { DeliveryMetrics } from './delivery-metrics.ts';
import { GatewayMetrics } from './gateway-metrics.ts';
import { InferenceMetrics } from './inference-metrics.ts';
import { LimitMetrics } from './limit-metrics.ts';
import { createMetricsAccess } from './metrics-access.ts';
import { QueueMetrics } from './queue-metrics.ts';
import { createRegistry, type MetricsRegistry } from './series/series.ts';
import { StoreMetrics } from './store-metrics.ts';
import { toAcceptedText } from './text-formats.ts';
import { TraceMetrics } from './trace-metrics.ts';

/** What metrics are made of, and what they are read by. */
export interface Metrics {
  readonly inference: InferenceObserver;
  readonly gateway: GatewayObserver;
  readonly store: StoreObserver;
  readonly traces: TraceObserver;
  readonly delivery: DeliveryObserver;
  readonly limits: LimitObserver;
  readonly queues: QueueObserver;
  readonly page: MetricsPage;
}

export interface MetricsOptions {
  /** Who sends it may read the metrics; undefined: programs on this machine may. */
  readonly token: string | undefined;
  /** Adds the names of the GenAI conventions until v1.41. */
  readonly oldNames: boolean;
  /** Takes how the metrics of this process are read, and returns how those are that the page shows; by default they are the same. */
  readonly join?: ((own: () => Promise<string>) => () => Promise<string>) | undefined;
}

/** Memory, CPU, event loop and garbage collection: of the process, whatever runs in it. */
let ofProcess: MetricsRegistry | undefined;

function openProcessRegistry(): MetricsRegistry {
  if (ofProcess === undefined) {
    ofProcess = createRegistry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

/** One text of several registries: each ends its own with a mark. */
async function joinTexts(...registries: readonly MetricsRegistry[]): Promise<string> {
  const texts = await Promise.all(registries.map((registry) => registry.metrics()));
  return `${texts.map((text) => text.replace(/# EOF\n$/, '')).join('')}# EOF\n`;
}

/** The metrics of a process, with nothing counted yet. Reads at the same time share one collection. */
export function createMetrics({ token, oldNames, join = (own) => own }: MetricsOptions): Metrics {
  const registry = createRegistry();
  const ofThisProcess = openProcessRegistry();
  const inference = new InferenceMetrics(registry, { oldNames });
  const gateway = new GatewayMetrics(registry);
  const store = new StoreMetrics(registry);
  const traces = new TraceMetrics(registry);
  const delivery = new DeliveryMetrics(registry);
  const limits = new LimitMetrics(registry);
  const queues = new QueueMetrics(registry);
  const authorize = createMetricsAccess(token);
  let collecting: Promise<string> | undefined;
  const collect = (): Promise<string> => {
    collecting ??= joinTexts(ofThisProcess, registry).finally(() => {
      collecting = undefined;
    });
    return collecting;
  };
  const collectAll = join(collect);
  return {
    inference,
    gateway,
    store,
    traces,
    delivery,
    limits,
    queues,
    page: {
      async read(request) {
        authorize(request);
        return toAcceptedText(await collectAll(), request.headers.accept);
      },
    },
  };
}
