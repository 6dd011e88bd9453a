import type { LimitWindow } from '#core/graph-enums.generated.ts';
import { type CalendarWindow, isSliding, limitWindows, type SlidingWindow } from '#core/limit-windows.ts';
import { quotaRules } from './rules.ts';

/** The length of a window that slides, in milliseconds. */
export function slidingMs(window: SlidingWindow): number {
  return limitWindows[window].seconds * 1_000;
}

/** When the calendar window in which `nowMs` lies ends (UTC); for INFLIGHT never. */
export function calendarEndMs(window: CalendarWindow | 'INFLIGHT', nowMs: number): number {
  const now = new Date(nowMs);
  switch (window) {
    case 'DAY':
      return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1);
    case 'MONTH':
      return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
    case 'INFLIGHT':
      return Number.POSITIVE_INFINITY;
  }
}

/** The start of the slot that an amount of this time belongs to. */
export function slotStartMs(window: LimitWindow, atMs: number): number {
  if (isSliding(window)) {
    const lengthMs = slidingMs(window) / quotaRules.slotsPerWindow;
    return Math.floor(atMs / lengthMs) * lengthMs;
  }
  const at = new Date(atMs);
  switch (window) {
    case 'DAY':
      return Math.floor(atMs / quotaRules.dayMs) * quotaRules.dayMs;
    case 'MONTH':
      return Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1);
    case 'INFLIGHT':
      return 0;
  }
}

/** The window by the clock, in UTC, that this time lies in: also of windows that slide. */
export function alignedWindow(
  window: Exclude<LimitWindow, 'INFLIGHT'>,
  atMs: number,
): { readonly startMs: number; readonly endMs: number } {
  if (!isSliding(window)) return { startMs: slotStartMs(window, atMs), endMs: calendarEndMs(window, atMs) };
  const startMs = Math.floor(atMs / slidingMs(window)) * slidingMs(window);
  return { startMs, endMs: startMs + slidingMs(window) };
}

/** When an amount of this time has left the window. */
export function slotEndMs(window: LimitWindow, atMs: number): number {
  return isSliding(window) ? atMs + slidingMs(window) : calendarEndMs(window, atMs);
}

/** What started before this has left the window. */
export function windowStartMs(window: LimitWindow, nowMs: number): number {
  return isSliding(window) ? nowMs - slidingMs(window) + 1 : slotStartMs(window, nowMs);
}
