import { type QueueName, type QueueObserver, queueNames } from '#core/observers/queue-observer.ts';
import { GaugeSources, type MetricsRegistry, openReadSeries, type Series } from './series/series.ts';

/** The queues of a process. */
export class QueueMetrics implements QueueObserver {
  readonly #queues: Series<GaugeSources<number>>;

  constructor(registry: MetricsRegistry) {
    this.#queues = openReadSeries(
      registry,
      {
        name: 'heddle_tasks_waiting',
        help: 'Tasks that threads and processes beside the main thread have not done yet: long texts of guardrails, checks of JSON Schemas, documents to be planned, groups of writes to the embedded store.',
        labels: ['queue'],
        seriesMax: queueNames.length,
      },
      () => new GaugeSources<number>(),
      (sources) => sources.sum((waiting) => waiting),
    );
    for (const name of queueNames) this.#queues.of(name);
  }

  watchQueue(name: QueueName, read: () => number): Disposable {
    return this.#queues.of(name).add(read);
  }
}
