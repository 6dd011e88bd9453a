import type { SeriesKeys } from '#mongo/alert-episodes.ts';
import type { AlertRecord } from '#mongo/alerts.ts';
import type { AlertDeps } from '../deps.ts';
import { toSeriesText } from '../series.ts';
import { type AmountQuery, type Amounts, readAmounts } from './amounts.ts';
import { readRefusals } from './refusals.ts';

/** What one series of an alert used, with what was refused. */
export type SeriesAmounts = Amounts & { readonly refusals: number };

export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
  readonly interval: AmountQuery['interval'];
}

/** What the series of an alert used in a range; those with nothing are left out. BAD_USER_INPUT where there are too many. */
export async function readSeries(
  { connection, groupsMax }: Pick<AlertDeps, 'connection' | 'groupsMax'>,
  alert: AlertRecord,
  { fromMs, toMs, interval }: Range,
): Promise<SeriesAmounts[]> {
  const { tenantId, by, metric } = alert;
  const query = { tenantId, fromMs, toMs, interval, by };
  const amounts = await readAmounts(connection, {
    ...query,
    filter: alert,
    latencies: metric === 'LATENCY_P95',
    groupsMax,
  });
  if (metric !== 'REFUSALS') return amounts.map((one) => ({ ...one, refusals: 0 }));
  const found = new Map<string, SeriesAmounts>();
  const toText = (keys: SeriesKeys, startMs: number | null) => `${startMs} ${toSeriesText(keys)}`;
  for (const one of amounts) found.set(toText(one.keys, one.startMs), { ...one, refusals: 0 });
  for (const { keys, startMs, count } of await readRefusals(connection, { ...query, filter: alert })) {
    const start = interval === 'HOUR' ? startMs : null;
    const text = toText(keys, start);
    const known = found.get(text) ?? toNothing(keys, start);
    found.set(text, { ...known, refusals: known.refusals + count });
  }
  return [...found.values()];
}

/** What a series used that used nothing. */
export function toNothing(keys: SeriesKeys, startMs: number | null = null): SeriesAmounts {
  const none = { requests: 0, failures: 0, cacheHits: 0, tokens: 0, cost: 0, latencyP95: null };
  return { keys, startMs, ...none, refusals: 0 };
}
