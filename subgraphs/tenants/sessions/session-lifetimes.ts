/** When a browser session ends. */
export interface SessionLifetimes {
  /** After this time without a request. */
  readonly idleMs: number;
  /** After this time, however much it is used. */
  readonly absoluteMs: number;
}

const hourMs = 3_600_000;

/** Unless HEDDLE_SESSION_IDLE_MINUTES and HEDDLE_SESSION_HOURS state otherwise. */
export const sessionLifetimes: SessionLifetimes = { idleMs: 8 * hourMs, absoluteMs: 7 * 24 * hourMs };
