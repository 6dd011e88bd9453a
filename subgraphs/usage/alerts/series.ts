import type { SecurityPattern } from '#core/graph-enums.generated.ts';
import type { SeriesKeys } from '#mongo/alert-episodes.ts';
import type { AlertDimension } from '#mongo/alerts.ts';
import type { Judgement } from './conditions/judgement.ts';

/** What the condition of an alert states of one series. */
export interface SeriesJudgement extends Judgement {
  readonly keys: SeriesKeys;
  readonly pattern?: SecurityPattern;
  /** The time that was measured, in milliseconds since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What an evaluation found. */
export interface Evaluation {
  readonly judgements: readonly SeriesJudgement[];
  /** Why it was not complete, and what to do; null: it was. */
  readonly problem: string | null;
}

/** The name of each dimension in the keys of a series. */
export const keyNames = {
  TENANT: 'tenant',
  APP: 'app',
  KEY: 'key',
  MODEL: 'model',
} as const satisfies Readonly<Record<AlertDimension, keyof SeriesKeys>>;

/** The same text for the same series of an alert. */
export function toOpenKey(
  alertId: string,
  { keys, pattern }: Pick<SeriesJudgement, 'keys' | 'pattern'>,
): string {
  const { tenant, app, key, model, budget } = keys;
  return JSON.stringify(
    [alertId, pattern ?? null, tenant, app, key, model, budget].map((part) => part ?? null),
  );
}

/** A text that is the same for the same keys. */
export function toSeriesText(keys: SeriesKeys): string {
  return toOpenKey('', { keys });
}
