import type { LimitWindow } from '#core/graph-enums.ts';
import type { QuotaKey } from './quota.ts';

/** Lengths of the windows that slide, in milliseconds. */
export const slidingMs = { SECOND: 1_000, MINUTE: 60_000, HOUR: 3_600_000 } as const;

const dayMs = 86_400_000;

/**
 * A sliding window is counted in at most this many slots and two more. A slot ends one window after the last amount
 * that went into it, so that counting is never lenient, and exact for calls further apart than a slot.
 */
export const slotsPerWindow = 64;

/** True for counters that are read back from the ledger: reads have no rows there. */
export function isDurable({ meter, window }: Pick<QuotaKey, 'meter' | 'window'>): boolean {
  return meter !== 'READS' && (window === 'HOUR' || window === 'DAY' || window === 'MONTH');
}

function isSliding(window: LimitWindow): window is keyof typeof slidingMs {
  return Object.hasOwn(slidingMs, window);
}

/** When DAY or MONTH, in which `nowMs` lies, ends (UTC); for INFLIGHT never. */
export function calendarEndMs(window: Exclude<LimitWindow, keyof typeof slidingMs>, nowMs: number): number {
  if (window === 'INFLIGHT') return Number.POSITIVE_INFINITY;
  const now = new Date(nowMs);
  return window === 'DAY'
    ? Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1)
    : Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
}

/** The start of the slot that an amount of this time belongs to. */
export function slotStartMs(window: LimitWindow, atMs: number): number {
  if (window === 'INFLIGHT') return 0;
  if (isSliding(window)) {
    const lengthMs = slidingMs[window] / slotsPerWindow;
    return Math.floor(atMs / lengthMs) * lengthMs;
  }
  if (window === 'DAY') return Math.floor(atMs / dayMs) * dayMs;
  const at = new Date(atMs);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1);
}

/** The window by the clock, in UTC, that this time lies in: also of windows that slide. */
export function alignedWindow(
  window: Exclude<LimitWindow, 'INFLIGHT'>,
  atMs: number,
): { readonly startMs: number; readonly endMs: number } {
  if (!isSliding(window)) return { startMs: slotStartMs(window, atMs), endMs: calendarEndMs(window, atMs) };
  const startMs = Math.floor(atMs / slidingMs[window]) * slidingMs[window];
  return { startMs, endMs: startMs + slidingMs[window] };
}

/** When an amount of this time has left the window. */
export function slotEndMs(window: LimitWindow, atMs: number): number {
  return isSliding(window) ? atMs + slidingMs[window] : calendarEndMs(window, atMs);
}

/** What started before this has left the window. */
export function windowStartMs(window: LimitWindow, nowMs: number): number {
  return isSliding(window) ? nowMs - slidingMs[window] + 1 : slotStartMs(window, nowMs);
}

/** What to wait when calls in flight, not time, hold the room: they may end any moment. */
export const heldRetryMs = 1_000;
