/**
 * Text kept for a while under a key. Promises: a value is never returned after its time; memory is bounded, so a
 * value may vanish early; a failing store is a miss, never an error of the call that reads it.
 * Deliberately absent: invalidation by pattern, counters, locks.
 */
export interface Cache extends AsyncDisposable {
  get(key: string): Promise<string | undefined>;
  /**
   * Values larger than the implementation's bound are not kept. Where values leave the process, they are sealed for `owner`, the
   * tenant that the value comes from.
   */
  set(key: string, value: string, ttlMs: number, owner: string): Promise<void>;
  delete(key: string): Promise<void>;
}
