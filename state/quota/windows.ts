import type { QuotaWindow } from './quota.ts';

/** Lengths of the windows that slide, in milliseconds. */
export const slidingMs = { SECOND: 1_000, MINUTE: 60_000, HOUR: 3_600_000 } as const;

/**
 * A sliding window is counted in at most this many slots and one more. A slot ends one window after the last amount
 * that went into it, so that counting is never lenient, and exact for calls further apart than a slot.
 */
export const slotsPerWindow = 64;

/** When DAY or MONTH, in which `nowMs` lies, ends (UTC); for INFLIGHT never. */
export function calendarEndMs(window: Exclude<QuotaWindow, keyof typeof slidingMs>, nowMs: number): number {
  if (window === 'INFLIGHT') return Number.POSITIVE_INFINITY;
  const now = new Date(nowMs);
  return window === 'DAY'
    ? Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1)
    : Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
}

/** What to wait when calls in flight, not time, hold the room: they may end any moment. */
export const heldRetryMs = 1_000;
