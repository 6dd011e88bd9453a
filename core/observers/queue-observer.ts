/** Queues in front of threads and processes that work on one task at a time. */
export const queueNames = ['guardrails', 'json_schemas', 'planner', 'store'] as const;
export type QueueName = (typeof queueNames)[number];

/** Gets the lengths of queues, for metrics. */
export interface QueueObserver {
  /** `read` returns the tasks that wait or are worked on. It is called whenever metrics are read, until it is disposed. */
  watchQueue(name: QueueName, read: () => number): Disposable;
}
