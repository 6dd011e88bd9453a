import type { LimitWindow } from './graph-enums.generated.ts';

interface WindowRule {
  /** SLIDING: the time of this length that ends now. CALENDAR: the present one, in UTC. INFLIGHT: what is reserved right now. */
  readonly kind: 'SLIDING' | 'CALENDAR' | 'INFLIGHT';
  /** Its length; of a calendar window the longest there is. Null: it has none. */
  readonly seconds: number | null;
  /** True: its counters are read back from the ledger when the store has lost them. */
  readonly durable: boolean;
}

/** How each window of limits counts. What depends on windows follows from here, the Lua scripts of the meters included. */
export const limitWindows = {
  SECOND: { kind: 'SLIDING', seconds: 1, durable: false },
  MINUTE: { kind: 'SLIDING', seconds: 60, durable: false },
  HOUR: { kind: 'SLIDING', seconds: 3_600, durable: true },
  DAY: { kind: 'CALENDAR', seconds: 86_400, durable: true },
  MONTH: { kind: 'CALENDAR', seconds: 31 * 86_400, durable: true },
  INFLIGHT: { kind: 'INFLIGHT', seconds: null, durable: false },
} as const satisfies Readonly<Record<LimitWindow, WindowRule>>;

type Rules = typeof limitWindows;
type WindowOfKind<Kind> = {
  [Window in LimitWindow]: Rules[Window]['kind'] extends Kind ? Window : never;
}[LimitWindow];

export type SlidingWindow = WindowOfKind<'SLIDING'>;
export type CalendarWindow = WindowOfKind<'CALENDAR'>;

export function isSliding(window: LimitWindow): window is SlidingWindow {
  return limitWindows[window].kind === 'SLIDING';
}

export function isCalendar(window: LimitWindow): window is CalendarWindow {
  return limitWindows[window].kind === 'CALENDAR';
}
