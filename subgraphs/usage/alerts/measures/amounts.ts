import type { Connection } from 'mongoose';
import type { SeriesKeys } from '#mongo/alert-episodes.ts';
import type { AlertDimension, AlertRecord } from '#mongo/alerts.ts';
import type { RollupGroup } from '#mongo/usage/buckets.ts';
import { percentile } from '#mongo/usage/latency-sketch.ts';
import { readRollup } from '#mongo/usage-rollups.ts';
import { keyNames } from '../series.ts';

/** Which calls are measured. */
export interface AmountQuery {
  /** Null: the calls of all tenants. */
  readonly tenantId: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  /** HOUR: apart for each hour in UTC; ALL: the whole range as one. */
  readonly interval: 'HOUR' | 'ALL';
  readonly by: readonly AlertDimension[];
  readonly filter: Partial<Pick<AlertRecord, 'appId' | 'keyId' | 'modelId'>>;
  /** Whether latencies are needed. */
  readonly latencies: boolean;
  /** Series and hours at most; absent: 10,000. */
  readonly groupsMax?: number | undefined;
}

/** What was used by one series in one hour, or in the whole range. */
export interface Amounts {
  readonly keys: SeriesKeys;
  /** The start of the hour; null: of the whole range. */
  readonly startMs: number | null;
  readonly requests: number;
  readonly failures: number;
  readonly cacheHits: number;
  readonly tokens: number;
  /** In US dollars. */
  readonly cost: number;
  /** In milliseconds; null: no call has ended. */
  readonly latencyP95: number | null;
}

const nanosPerDollar = 1e9;

/** Adds up the ledger. BAD_USER_INPUT where there are too many series and hours. */
export async function readAmounts(connection: Connection, query: AmountQuery): Promise<Amounts[]> {
  const { tenantId, fromMs, toMs, interval, by, latencies, groupsMax } = query;
  const { modelId, appId, keyId } = query.filter;
  const named = { MODEL: modelId, APP: appId, KEY: keyId };
  const filter = Object.fromEntries(
    Object.entries(named).flatMap(([dimension, id]) => (id == null ? [] : [[dimension, [id]]])),
  );
  const groups = await readRollup(connection, {
    ...{ tenantId, interval, by, latencies, filter },
    ...(groupsMax === undefined ? {} : { groupsMax }),
    from: new Date(fromMs),
    to: new Date(toMs),
  });
  return groups.map((group) => toAmounts(group, by));
}

function toAmounts(group: RollupGroup, by: readonly AlertDimension[]): Amounts {
  const { start, values, requests, failures, cacheHits } = group;
  return {
    keys: Object.fromEntries(by.map((dimension, at) => [keyNames[dimension], values[at] ?? null])),
    startMs: start?.getTime() ?? null,
    ...{ requests, failures, cacheHits },
    tokens: group.inputTokens + group.outputTokens,
    cost: Number(group.costNanos) / nanosPerDollar,
    latencyP95: percentile(group.latency, 0.95),
  };
}
