import type { UpperBound } from './metering/usage-cost.ts';

/** What a field of a mutation may draw, as far as that is known before it runs. */
export interface PlannedCall {
  readonly bound: UpperBound;
  readonly totalMs: number;
  /** Continues when its field has been answered, so that it runs beside those after it. */
  readonly isBackground: boolean;
  /** Of the calls with the same text one draws, and answers the others too. */
  readonly sameAs: string | null;
}
