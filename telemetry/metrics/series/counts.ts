import type { Metric, Registry } from 'prom-client';

/**
 * Counters and histograms that count in numbers of their own, once a series is known, and are written by prom-client's registry: prom-client's
 * own look a series up by the text of its labels at each value, which for the dozen values of a call took longer than the router.
 */

/** The labels of a series with their values. */
export type SeriesLabels = Readonly<Record<string, string>>;

/** One series of a counter. */
export class Count {
  #value = 0;

  /** Throws for what is not finite or below 0. */
  inc(by = 1): void {
    if (!(by >= 0 && by < Number.POSITIVE_INFINITY)) throw new TypeError(`A counter does not grow by ${by}.`);
    this.#value += by;
  }

  get value(): number {
    return this.#value;
  }
}

/** One value of a bucket with the trace that it belongs to, as OpenMetrics writes it. */
interface Exemplar {
  readonly labelSet: { readonly trace_id: string };
  readonly value: number;
  /** Unix time in seconds. */
  readonly timestamp: number;
}

/** One series of a histogram. */
export class Distribution {
  readonly #bounds: readonly number[];
  /** By bucket, the one without an upper bound last. */
  readonly #counts: Float64Array<ArrayBuffer>;
  readonly #exemplars: (Exemplar | undefined)[] = [];
  #sum = 0;

  /** @param bounds the upper bounds of the buckets, ascending */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /**
   * Counts a value in the first bucket that it does not exceed. Throws for what is not finite.
   *
   * @param traceId 32 hex digits; absent: the trace is not known
   */
  observe(value: number, traceId?: string): void {
    if (!Number.isFinite(value)) throw new TypeError(`A histogram does not count ${value}.`);
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] as number)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += value;
    if (traceId === undefined) return;
    this.#exemplars[bucket] = { labelSet: { trace_id: traceId }, value, timestamp: Date.now() / 1_000 };
  }

  /** What prom-client writes of the series: how many are in each bucket and all before it, the sum, and how many there are. */
  read(name: string, labels: SeriesLabels): readonly WrittenValue[] {
    let count = 0;
    const buckets = Array.from(this.#counts, (inBucket, bucket) => {
      count += inBucket;
      const exemplar = this.#exemplars[bucket];
      return {
        metricName: `${name}_bucket`,
        labels: { le: this.#bounds[bucket] ?? '+Inf', ...labels },
        value: count,
        ...(exemplar === undefined ? {} : { exemplar }),
      };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

/** A line of a metric, as prom-client's registry takes it. */
interface WrittenValue {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly exemplar?: Exemplar;
}

/** Adds a metric to a registry of prom-client, which reads its values whenever it is read. */
export function registerCounts(
  registry: Pick<Registry, 'registerMetric'>,
  {
    name,
    help,
    type,
  }: { readonly name: string; readonly help: string; readonly type: 'counter' | 'histogram' },
  read: () => readonly WrittenValue[],
): void {
  const metric = {
    // A registry of OpenMetrics writes the ending of a counter's name itself, and changes the name here for it.
    name,
    help,
    type,
    aggregator: 'sum',
    get: async () => ({ name: metric.name, help, type, aggregator: 'sum', values: read() }),
  };
  // What the registry uses of a metric; its type names prom-client's own classes.
  registry.registerMetric(metric as unknown as Metric);
}
