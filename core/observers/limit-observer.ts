import type { LimitWindow, Meter } from '../graph-enums.generated.ts';

/** A limit after a call was admitted or refused, without the name of what it limits. */
export interface ObservedLimit {
  readonly kind: 'limit' | 'budget';
  readonly meter: Meter;
  readonly window: LimitWindow;
  /** The part of it that is left, from 0 to 1. */
  readonly left: number;
}

/** Gets what is left of limits, for metrics. No method throws or waits: it is called on the path of a call. */
export interface LimitObserver {
  limitRead(limit: ObservedLimit): void;
}
