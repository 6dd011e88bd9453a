/** Gets what a process sends to its store, for metrics. No method throws. */
export interface StoreObserver {
  /** `command` is the name of a command of MongoDB, or `groupWrite`: a group of writes to a store in this process. */
  commandEnded(command: string, durationMs: number, failed: boolean): void;
  /** An event of the mesh was published by this process, such as `budget.threshold`. */
  eventPublished(type: string): void;
}
