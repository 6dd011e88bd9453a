/**
 * Why spans were not exported. QUEUE_FULL: too many waited. EXPORT_FAILED: the collector did not take them. OPERATION_FULL: an operation,
 * or all together, had more than are kept. RATE_LIMITED: too many operations failed or were slow that are not sampled.
 */
export const droppedReasons = ['QUEUE_FULL', 'EXPORT_FAILED', 'OPERATION_FULL', 'RATE_LIMITED'] as const;
export type DroppedReason = (typeof droppedReasons)[number];

/** Gets what becomes of spans, for metrics. No method throws or waits. */
export interface TraceObserver {
  spansExported(count: number): void;
  spansDropped(reason: DroppedReason, count: number): void;
}
