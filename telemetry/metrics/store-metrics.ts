import type { StoreObserver } from '#core/observers/store-observer.ts';
import type { Count, Distribution } from './series/counts.ts';
import { type MetricsRegistry, openCounter, openHistogram, type Series } from './series/series.ts';

const secondsBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** MongoDB has about a hundred commands, of which Heddle sends some twenty; there are some fifty types of events. */
const seriesMax = 100;

/** The metrics of the store as a process sees it. */
export class StoreMetrics implements StoreObserver {
  readonly #seconds: Series<Distribution>;
  readonly #failures: Series<Count>;
  readonly #events: Series<Count>;

  constructor(registry: MetricsRegistry) {
    this.#seconds = openHistogram(registry, {
      name: 'heddle_store_command_duration_seconds',
      help: 'Commands that the store has answered, by the kind of command.',
      labels: ['command'],
      seriesMax,
      buckets: secondsBuckets,
    });
    this.#failures = openCounter(registry, {
      name: 'heddle_store_command_failures_total',
      help: 'Commands that the store has refused or not answered, by the kind of command.',
      labels: ['command'],
      seriesMax,
    });
    this.#events = openCounter(registry, {
      name: 'heddle_events_total',
      help: 'Events of the mesh that this process has published, by their type.',
      labels: ['type'],
      seriesMax,
    });
  }

  commandEnded(command: string, durationMs: number, failed: boolean): void {
    // The series is there from the first command of its kind on, so that its first failure is an increase.
    const failures = this.#failures.of(command);
    if (failed) failures.inc();
    else this.#seconds.of(command).observe(durationMs / 1_000);
  }

  eventPublished(type: string): void {
    this.#events.of(type).inc();
  }
}
