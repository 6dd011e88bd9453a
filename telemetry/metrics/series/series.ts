import { Gauge, type OpenMetricsContentType, Registry } from 'prom-client';
import { Count, Distribution, registerCounts, type SeriesLabels } from './counts.ts';

/** What stands for the values of labels beyond a bound. */
export const otherValue = 'other';

/** Characters of a label's value; longer ones are cut. */
const valueLengthMax = 100;

/** Holds metrics, and writes them as OpenMetrics. */
export type MetricsRegistry = Registry<OpenMetricsContentType>;

/** A registry without metrics. */
export function createRegistry(): MetricsRegistry {
  const registry: MetricsRegistry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

/** What names a metric. */
export interface MetricConfig<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
  /** Sets of label values that are distinguished; all further ones are counted as one, whose values are `other`. */
  readonly seriesMax: number;
}

/**
 * One metric, as its series: one for each set of label values, made once and then used without looking its labels up again.
 * Bounded: a label of a million values leaves `seriesMax` series, and one more.
 */
export class Series<Child> {
  readonly #make: (labels: SeriesLabels) => Child;
  readonly #config: MetricConfig<string>;
  readonly #children = new Map<string, Child>();
  #rest: Child | undefined;

  constructor(config: MetricConfig<string>, make: (labels: SeriesLabels) => Child) {
    this.#config = config;
    this.#make = make;
  }

  /** The series of these values, in the order of the metric's labels. An empty text leaves its label out. */
  of(...values: readonly string[]): Child {
    const key = values.join('\0');
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    if (this.#children.size >= this.#config.seriesMax) {
      this.#rest ??= this.#make(this.#toLabels(values.map(() => otherValue)));
      return this.#rest;
    }
    const child = this.#make(this.#toLabels(values));
    this.#children.set(key, child);
    return child;
  }

  #toLabels(values: readonly string[]): SeriesLabels {
    const named = this.#config.labels.map((label, index) => [label, values[index] ?? ''] as const);
    return Object.fromEntries(
      named
        .filter(([, value]) => value !== '')
        .map(([label, value]) => [label, value.slice(0, valueLengthMax)]),
    );
  }
}

/** A counter. Its series begin at 0 when they are made. */
export function openCounter(registry: MetricsRegistry, config: MetricConfig<string>): Series<Count> {
  const { name, help } = config;
  const written = new WrittenSeries(() => new Count());
  registerCounts(registry, { name, help, type: 'counter' }, () =>
    written.all().map(([labels, { value }]) => ({ labels, value })),
  );
  return new Series(config, (labels) => written.of(labels));
}

/** A histogram with the upper bounds of its buckets, ascending; in the format of OpenMetrics they name the trace of one of their values. */
export function openHistogram(
  registry: MetricsRegistry,
  config: MetricConfig<string> & { readonly buckets: readonly number[] },
): Series<Distribution> {
  const { name, help, buckets } = config;
  const written = new WrittenSeries(() => new Distribution(buckets));
  registerCounts(registry, { name, help, type: 'histogram' }, () =>
    written.all().flatMap(([labels, one]) => one.read(name, labels)),
  );
  return new Series(config, (labels) => written.of(labels));
}

/** The series of a metric by their labels as they are written: values that are cut may be the same. */
class WrittenSeries<Child> {
  readonly #make: () => Child;
  readonly #series = new Map<string, readonly [labels: SeriesLabels, child: Child]>();

  constructor(make: () => Child) {
    this.#make = make;
  }

  of(labels: SeriesLabels): Child {
    const key = JSON.stringify(labels);
    const [, child] = this.#series.get(key) ?? [labels, this.#make()];
    this.#series.set(key, [labels, child]);
    return child;
  }

  all(): readonly (readonly [labels: SeriesLabels, child: Child])[] {
    return [...this.#series.values()];
  }
}

/** A gauge whose values are set as they change. */
export function openGauge(
  registry: MetricsRegistry,
  config: MetricConfig<string>,
): Series<Gauge.Internal<string>> {
  const { name, help, labels } = config;
  const gauge = new Gauge({ name, help, labelNames: labels, registers: [registry] });
  return new Series(config, (values) => gauge.labels(values));
}

/** A gauge without labels that is read whenever metrics are. */
export function openReadGauge(
  registry: MetricsRegistry,
  { name, help }: Pick<MetricConfig<string>, 'name' | 'help'>,
  read: () => number,
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/**
 * A gauge with labels whose series are read whenever metrics are. Each series has a source that `make` creates; of one that `read`
 * returns undefined for, there is no value.
 */
export function openReadSeries<Source>(
  registry: MetricsRegistry,
  config: MetricConfig<string>,
  make: () => Source,
  read: (source: Source) => number | undefined,
): Series<Source> {
  const { name, help, labels } = config;
  const sources = new Map<SeriesLabels, Source>();
  new Gauge({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset();
      for (const [values, source] of sources) {
        const value = read(source);
        if (value !== undefined) this.set(values, value);
      }
    },
  });
  return new Series(config, (values) => {
    const source = make();
    sources.set(values, source);
    return source;
  });
}

/** What is read of all that are watched at the moment. */
export class GaugeSources<T> {
  readonly #reads = new Set<() => T>();

  add(read: () => T): Disposable {
    this.#reads.add(read);
    return { [Symbol.dispose]: () => void this.#reads.delete(read) };
  }

  sum(value: (of: T) => number): number {
    let total = 0;
    for (const read of this.#reads) total += value(read());
    return total;
  }

  max(value: (of: T) => number): number {
    let most = 0;
    for (const read of this.#reads) most = Math.max(most, value(read()));
    return most;
  }
}
