/** Gets the commands that a process sends to its store, for metrics. Never throws. */
export interface StoreObserver {
  /** `command` is the name of a command of MongoDB, or `groupWrite`: a group of writes to a store in this process. */
  commandEnded(command: string, durationMs: number, failed: boolean): void;
}
