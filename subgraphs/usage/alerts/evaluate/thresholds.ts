import type { SeriesKeys } from '#mongo/alert-episodes.ts';
import type { AlertRecord, AlertWindow } from '#mongo/alerts.ts';
import { clockAheadMs } from '../../clocks.ts';
import { judgeThreshold } from '../conditions/threshold.ts';
import { describeMeasure, readValue } from '../measures/metrics.ts';
import { readSeries, type SeriesAmounts, toNothing } from '../measures/read-series.ts';
import { type SeriesJudgement, toSeriesText } from '../series.ts';
import { describeTooMany, type Evaluate, seriesMax } from './evaluation-input.ts';

/** The time that each window measures, which ends at the evaluation. */
export const windows = {
  MINUTE: { ms: 60_000, words: 'within the last minute' },
  HOUR: { ms: 3_600_000, words: 'within the last hour' },
  DAY: { ms: 86_400_000, words: 'within the last 24 hours' },
  MONTH: { ms: 31 * 86_400_000, words: 'within the last 31 days' },
} as const satisfies Readonly<Record<AlertWindow, { readonly ms: number; readonly words: string }>>;

/** ABOVE and BELOW. Of BELOW the series of the window before are judged too: they may have stopped. */
export const evaluateThresholds: Evaluate = async ({ alert, open, nowMs, deps }) => {
  const { ms } = windows[alert.window];
  const range = { fromMs: nowMs - ms, toMs: nowMs + clockAheadMs, interval: 'ALL' } as const;
  const present = await readSeries(deps, alert, range);
  const before =
    alert.condition === 'BELOW'
      ? await readSeries(deps, alert, { ...range, fromMs: nowMs - 2 * ms, toMs: nowMs - ms })
      : [];
  const series = addSeries(
    present,
    [...before, ...open].map(({ keys }) => keys),
    alert,
  );
  const values = series.map((amounts) => ({ amounts, value: readValue(alert, amounts) }));
  const sign = alert.condition === 'BELOW' ? 1 : -1;
  values.sort((a, b) => sign * ((a.value ?? 0) - (b.value ?? 0)));
  return {
    judgements: values.slice(0, seriesMax).map(({ amounts, value }) => judge(alert, amounts, value, range)),
    problem: describeTooMany(values.length, seriesMax),
  };
};

/** The series with those that have nothing; the one of all calls is always there. */
function addSeries(
  present: readonly SeriesAmounts[],
  others: readonly SeriesKeys[],
  { by }: AlertRecord,
): SeriesAmounts[] {
  const found = new Map(present.map((one) => [toSeriesText(one.keys), one]));
  for (const keys of by.length === 0 ? [{}] : others) {
    const text = toSeriesText(keys);
    if (!found.has(text)) found.set(text, toNothing(keys));
  }
  return [...found.values()];
}

function judge(
  alert: AlertRecord,
  amounts: SeriesAmounts,
  value: number | null,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): SeriesJudgement {
  const threshold = alert.threshold ?? 0;
  const place = { keys: amounts.keys, fromMs, toMs };
  if (amounts.requests + amounts.refusals < alert.requestsMin) {
    const reason = `There are ${amounts.requests} calls, fewer than the ${alert.requestsMin} from which on values are compared.`;
    // Too few calls are no reason to keep an episode open that began with enough.
    return { ...place, state: 'CLEAR', value, bound: threshold, reason };
  }
  const measure = `${describeMeasure(alert)} ${windows[alert.window].words}`;
  const side = alert.condition === 'BELOW' ? 'BELOW' : 'ABOVE';
  return { ...place, ...judgeThreshold({ side, value, threshold, measure }) };
}
