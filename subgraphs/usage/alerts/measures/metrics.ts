import type { AlertMetric } from '#core/graph-enums.generated.ts';
import type { AlertRecord } from '#mongo/alerts.ts';
import type { Amounts } from './amounts.ts';

interface MetricRule {
  /** The value of a series; null: nothing was measured. */
  readonly read: (amounts: Amounts & { readonly refusals: number }) => number | null;
  readonly words: string;
  /** Values are counts of things that happen by themselves. */
  readonly isCount: boolean;
  /** The unit of an amount; null: it has none that its words do not state. */
  readonly perRequestWords: string | null;
}

/** What each metric is. */
export const metrics = {
  COST: {
    read: ({ cost }) => cost,
    words: 'cost in US dollars',
    isCount: false,
    perRequestWords: 'cost in US dollars per call',
  },
  TOKENS: {
    read: ({ tokens }) => tokens,
    words: 'number of tokens',
    isCount: false,
    perRequestWords: 'number of tokens per call',
  },
  REQUESTS: {
    read: ({ requests }) => requests,
    words: 'number of calls',
    isCount: true,
    perRequestWords: null,
  },
  FAILURES: {
    read: ({ failures }) => failures,
    words: 'number of failed calls',
    isCount: true,
    perRequestWords: 'share of failed calls',
  },
  REFUSALS: {
    read: ({ refusals }) => refusals,
    words: 'number of refusals, by whole hours in UTC,',
    isCount: true,
    perRequestWords: 'number of refusals per call',
  },
  LATENCY_P95: {
    read: ({ latencyP95 }) => latencyP95,
    words: '95th percentile of the latency in milliseconds',
    isCount: false,
    perRequestWords: null,
  },
  CACHE_HITS: {
    read: ({ cacheHits }) => cacheHits,
    words: 'number of answers from the cache',
    isCount: true,
    perRequestWords: 'share of answers from the cache',
  },
} as const satisfies Readonly<Record<AlertMetric, MetricRule>>;

type Measured = Pick<AlertRecord, 'metric' | 'perRequest'>;

/** The value that an alert compares; null: there is none. */
export function readValue(
  { metric, perRequest }: Measured,
  amounts: Amounts & { readonly refusals: number },
): number | null {
  const value = metrics[metric].read(amounts);
  if (!perRequest || value === null) return value;
  return amounts.requests === 0 ? null : value / amounts.requests;
}

/** What an alert measures, in words. */
export function describeMeasure({ metric, perRequest }: Measured): string {
  const { words, perRequestWords } = metrics[metric];
  return perRequest && perRequestWords !== null ? perRequestWords : words;
}

/** Whether the values scatter as counts do. */
export function isCountMeasure({ metric, perRequest }: Measured): boolean {
  return metrics[metric].isCount && !perRequest;
}
