import type { LimitObserver, ObservedLimit } from '#core/observers/limit-observer.ts';
import { RecentLowest } from './recent-lowest.ts';
import { type MetricsRegistry, openReadSeries, type Series } from './series/series.ts';

/** Limits and budgets, each with five meters and six windows. */
const seriesMax = 60;

/** What is left of limits and budgets: of all together, as no label names whose they are. */
export class LimitMetrics implements LimitObserver {
  readonly #lowest: Series<RecentLowest>;

  constructor(registry: MetricsRegistry) {
    this.#lowest = openReadSeries(
      registry,
      {
        name: 'heddle_limit_left_ratio',
        help: 'The part that was left of the limit or budget with the least left, of those that calls of the last 5 to 10 minutes drew on: 0 to 1.',
        labels: ['kind', 'meter', 'window'],
        seriesMax,
      },
      () => new RecentLowest(),
      (lowest) => lowest.read(performance.now()),
    );
  }

  limitRead({ kind, meter, window, left }: ObservedLimit): void {
    this.#lowest.of(kind, meter, window).note(left, performance.now());
  }
}
