import type { Connection } from 'mongoose';
import type { SeriesKeys } from '#mongo/alert-episodes.ts';
import type { AlertDimension, AlertRecord } from '#mongo/alerts.ts';
import { percentile } from '../../latency.ts';
import { type UsageRow, usageRows } from '../../usage-rows.ts';
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
  readonly filter: Partial<Pick<AlertRecord, 'appId' | 'keyId' | 'modelId'>> & { readonly teamId?: string };
  /** Whether latencies are needed. */
  readonly latencies: boolean;
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

/** Adds up the ledger. BAD_USER_INPUT where there are more than 10,000 series and hours. */
export async function readAmounts(connection: Connection, query: AmountQuery): Promise<Amounts[]> {
  const { tenantId, fromMs, toMs, interval, by, latencies } = query;
  const { modelId = null, appId = null, keyId = null, teamId = null } = query.filter;
  const rows = await usageRows(connection, tenantId === null ? {} : { tenantId }, {
    from: new Date(fromMs),
    to: new Date(toMs),
    ...{ interval, by: [...by], latencies },
    filter: { appId, keyId, teamId, model: modelId },
  });
  return rows.map((row) => toAmounts(row, by));
}

function toAmounts(row: UsageRow, by: readonly AlertDimension[]): Amounts {
  const steps = row.latencies.map(({ step, count }) => ({
    step: step === null ? null : Number(step),
    count: Number(count),
  }));
  const readKey = (name: string) => {
    const value = row._id[name];
    return typeof value === 'string' ? value : null;
  };
  return {
    keys: Object.fromEntries(by.map((dimension) => [keyNames[dimension], readKey(keyNames[dimension])])),
    startMs: row._id.start?.getTime() ?? null,
    requests: Number(row.requests),
    failures: Number(row.failures),
    cacheHits: Number(row.cacheHits),
    tokens: Number(row.inputTokens) + Number(row.outputTokens),
    cost: Number(row.costNanos) / nanosPerDollar,
    latencyP95: percentile(steps, 0.95),
  };
}
