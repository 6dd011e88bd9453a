import type { UsageDimension, UsageExportFormat } from '#core/graph-enums.generated.ts';
import type { RollupGroup } from '#mongo/usage/buckets.ts';
import { percentile } from '#mongo/usage/latency-sketch.ts';
import { toDimensionKey } from '#mongo/usage-rollups.ts';
import type { CsvCell } from './csv.ts';
import { type CsvColumn, toDigits, toMoney } from './csv-column.ts';
import { focusColumns, focusDimensions } from './focus.ts';

const toLatency = (group: RollupGroup, share: number): CsvCell => {
  const latencyMs = percentile(group.latency, share);
  return latencyMs === null ? null : toDigits(latencyMs);
};

const amountColumns: readonly CsvColumn[] = [
  { name: 'requests', read: ({ requests }) => toDigits(requests) },
  { name: 'failures', read: ({ failures }) => toDigits(failures) },
  { name: 'cacheHits', read: ({ cacheHits }) => toDigits(cacheHits) },
  { name: 'inputTokens', read: ({ inputTokens }) => toDigits(inputTokens) },
  { name: 'outputTokens', read: ({ outputTokens }) => toDigits(outputTokens) },
  { name: 'cost', read: ({ costNanos }) => toMoney(costNanos) },
  { name: 'unpricedRequests', read: ({ unpriced }) => toDigits(unpriced) },
  { name: 'savedByCache', read: ({ savedByCacheNanos }) => toMoney(savedByCacheNanos) },
  { name: 'savedByRouting', read: ({ savedByRoutingNanos }) => toMoney(savedByRoutingNanos) },
  { name: 'latencyMsP50', read: (group) => toLatency(group, 0.5) },
  { name: 'latencyMsP95', read: (group) => toLatency(group, 0.95) },
];

/** The fields of a bucket of usage: its start, a column for each dimension, and the amounts. */
function listCsvColumns(by: readonly UsageDimension[]): readonly CsvColumn[] {
  return [
    { name: 'start', read: ({ start }) => start?.toISOString() ?? null },
    ...by.map((dimension, at) => ({
      name: toDimensionKey(dimension),
      read: ({ values }: RollupGroup) => values[at] ?? null,
    })),
    ...amountColumns,
  ];
}

/** What makes a file of each format. */
interface ExportFormat {
  readonly listColumns: (by: readonly UsageDimension[]) => readonly CsvColumn[];
  /** Whether percentiles are in it, which take most of the work. */
  readonly latencies: boolean;
  /** The dimensions, and days as the interval; null: as requested. */
  readonly fixedBy: readonly UsageDimension[] | null;
}

export const usageExportFormats: Readonly<Record<UsageExportFormat, ExportFormat>> = {
  CSV: { listColumns: listCsvColumns, latencies: true, fixedBy: null },
  FOCUS: { listColumns: () => focusColumns, latencies: false, fixedBy: focusDimensions },
};
