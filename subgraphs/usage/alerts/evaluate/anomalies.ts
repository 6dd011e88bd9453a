import { hourLengthMs } from '#core/time-lengths.ts';
import type { SeriesKeys } from '#mongo/alert-episodes.ts';
import type { AlertRecord } from '#mongo/alerts.ts';
import { deviationDefault, judgeAnomaly } from '../conditions/anomaly.ts';
import { hoursPerWeek, weeksMax } from '../conditions/baseline.ts';
import { describeMeasure, isCountMeasure, readValue } from '../measures/metrics.ts';
import { readSeries, type SeriesAmounts, toNothing } from '../measures/read-series.ts';
import { type SeriesJudgement, toSeriesText } from '../series.ts';
import { describeTooMany, type Evaluate } from './evaluation-input.ts';

/** Series of one alert whose history is read, those with the most calls of the last week first. */
const seriesMax = 50;

/**
 * ANOMALY: the last complete hour of each series, against the hours of up to eight weeks before it. Weeks are read one by one, which bounds
 * what the database holds at once.
 */
export const evaluateAnomalies: Evaluate = async ({ alert, open, nowMs, deps }) => {
  const hourStartMs = nowMs - (nowMs % hourLengthMs) - hourLengthMs;
  const weekMs = hoursPerWeek * hourLengthMs;
  const judged = { fromMs: hourStartMs, toMs: hourStartMs + hourLengthMs };
  const recent = await readSeries(deps, alert, {
    ...{ fromMs: hourStartMs - weekMs, toMs: judged.toMs, interval: 'ALL' },
  });
  const byTraffic = recent.toSorted((a, b) => b.requests + b.refusals - (a.requests + a.refusals));
  const wanted = new Map<string, SeriesHistory>();
  for (const { keys } of [...open, ...byTraffic]) {
    const text = toSeriesText(keys);
    if (wanted.size < seriesMax && !wanted.has(text)) wanted.set(text, new SeriesHistory(keys));
  }
  if (wanted.size === 0 && alert.by.length === 0) wanted.set(toSeriesText({}), new SeriesHistory({}));
  const startMs = hourStartMs - weeksMax * weekMs;
  for (let week = 0; week < weeksMax; week++) {
    const fromMs = startMs + week * weekMs;
    const hours = await readSeries(deps, alert, { fromMs, toMs: fromMs + weekMs, interval: 'HOUR' });
    for (const one of hours) wanted.get(toSeriesText(one.keys))?.add(one, startMs);
  }
  for (const one of await readSeries(deps, alert, { ...judged, interval: 'HOUR' })) {
    wanted.get(toSeriesText(one.keys))?.add(one, startMs);
  }
  const judgements = [...wanted.values()].map((history) => ({
    ...judge(alert, history),
    ...judged,
    keys: history.keys,
  }));
  return { judgements, problem: describeTooMany(byTraffic.length, seriesMax) };
};

const hoursMax = weeksMax * hoursPerWeek;

/** The hours of one series; the last is the one that is judged. */
class SeriesHistory {
  readonly keys: SeriesKeys;
  readonly #hours: (SeriesAmounts | undefined)[] = new Array(hoursMax + 1).fill(undefined);

  constructor(keys: SeriesKeys) {
    this.keys = keys;
  }

  add(amounts: SeriesAmounts, startMs: number): void {
    this.#hours[Math.round(((amounts.startMs ?? startMs) - startMs) / hourLengthMs)] = amounts;
  }

  get judged(): SeriesAmounts {
    return this.#hours[hoursMax] ?? toNothing(this.keys);
  }

  /** Hours without calls have the value of nothing. */
  earlier(alert: AlertRecord): readonly (number | null)[] {
    const nothing = toNothing(this.keys);
    return this.#hours.slice(0, hoursMax).map((hour) => readValue(alert, hour ?? nothing));
  }
}

function judge(
  alert: AlertRecord,
  history: SeriesHistory,
): Omit<SeriesJudgement, 'keys' | 'fromMs' | 'toMs'> {
  const { judged } = history;
  const value = readValue(alert, judged);
  const threshold = alert.threshold ?? deviationDefault;
  if (judged.requests + judged.refusals < alert.requestsMin && alert.side !== 'LOW') {
    const reason = `There are ${judged.requests} calls, fewer than the ${alert.requestsMin} from which on values are compared.`;
    return { state: 'CLEAR', value, bound: null, reason };
  }
  return judgeAnomaly({
    ...{ earlier: history.earlier(alert), value, threshold, side: alert.side },
    isCount: isCountMeasure(alert),
    measure: `${describeMeasure(alert)} within the hour`,
  });
}
