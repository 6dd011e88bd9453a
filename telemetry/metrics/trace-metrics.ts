import { type DroppedReason, droppedReasons, type TraceObserver } from '#core/observers/trace-observer.ts';
import type { Count } from './series/counts.ts';
import { type MetricsRegistry, openCounter, type Series } from './series/series.ts';

/** What becomes of the spans of a process. */
export class TraceMetrics implements TraceObserver {
  readonly #exported: Series<Count>;
  readonly #dropped: Series<Count>;

  constructor(registry: MetricsRegistry) {
    this.#exported = openCounter(registry, {
      name: 'heddle_spans_exported_total',
      help: 'Spans that the collector of traces has taken.',
      labels: [],
      seriesMax: 1,
    });
    this.#dropped = openCounter(registry, {
      name: 'heddle_spans_dropped_total',
      help: 'Spans that were to be exported and were not, by the reason.',
      labels: ['reason'],
      seriesMax: droppedReasons.length,
    });
    this.#exported.of();
    for (const reason of droppedReasons) this.#dropped.of(reason.toLowerCase());
  }

  spansExported(count: number): void {
    this.#exported.of().inc(count);
  }

  spansDropped(reason: DroppedReason, count: number): void {
    this.#dropped.of(reason.toLowerCase()).inc(count);
  }
}
