import type { AlertEpisodeRecord } from '#mongo/alert-episodes.ts';
import type { AlertRecord } from '#mongo/alerts.ts';
import type { AlertDeps } from '../deps.ts';
import type { Evaluation } from '../series.ts';

/** What an evaluation is made of. */
export interface EvaluationInput {
  readonly alert: AlertRecord;
  /** The open episodes of the alert: their series are judged also where they have nothing any more. */
  readonly open: readonly Pick<AlertEpisodeRecord, 'keys' | 'pattern'>[];
  readonly nowMs: number;
  readonly deps: AlertDeps;
}

export type Evaluate = (input: EvaluationInput) => Promise<Evaluation>;

/** Series of one alert that are judged, those with the largest values first. */
export const seriesMax = 1_000;

/** States that an alert has more series than are judged. */
export function describeTooMany(count: number, max: number): string | null {
  return count <= max
    ? null
    : `There are ${count} series, of which ${max} are looked at: filter by app, key or AI model, or measure by fewer dimensions.`;
}
