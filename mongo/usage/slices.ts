import type { UsageInterval } from '#core/graph-enums.generated.ts';
import { hourLengthMs } from '#core/time-lengths.ts';

/** The lengths of the slices of time that usage is summed in, shortest first. All begin in UTC. */
export const sliceLevels = ['FINE', 'HOUR', 'DAY', 'MONTH'] as const;
export type SliceLevel = (typeof sliceLevels)[number];

const minuteMs = 60_000;
const dayMs = 24 * hourLengthMs;
const fineMs = 5 * minuteMs;
/** How long the sums of 5 minutes are kept. */
export const fineKeptMs = 35 * dayMs;
/** Those near their end are not read: they may vanish meanwhile. */
const fineReadMs = fineKeptMs - dayMs;

const lengths = { FINE: fineMs, HOUR: hourLengthMs, DAY: dayMs } as const;

/** The start of the slice that an instant lies in. */
export function sliceStart(level: SliceLevel, atMs: number): number {
  if (level !== 'MONTH') return Math.floor(atMs / lengths[level]) * lengths[level];
  const at = new Date(atMs);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1);
}

/** The end of the slice that begins at an instant. */
export function sliceEnd(level: SliceLevel, startMs: number): number {
  if (level !== 'MONTH') return startMs + lengths[level];
  const start = new Date(startMs);
  return Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1);
}

/** The first instant from which the sums of 5 minutes can be read. */
export function fineSince(nowMs: number): number {
  return sliceStart('HOUR', nowMs - fineReadMs) + hourLengthMs;
}

/** From `fromMs` to `toMs`, exclusive. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Slices of one length, one after the other. */
export interface SliceRange extends TimeRange {
  readonly level: SliceLevel;
}

/** Where the sums of a range of time are to be read. */
export interface SlicePlan {
  readonly slices: readonly SliceRange[];
  /** Read row by row: no sums are there, or those that are there are not current. */
  readonly rows: readonly TimeRange[];
}

export interface SlicePlanInput extends TimeRange {
  readonly interval: UsageInterval;
  /** What lies before is summed. */
  readonly summedUntilMs: number;
  readonly fineSinceMs: number;
  /** The starts of hours without slices of 5 minutes. */
  readonly directHours: ReadonlySet<number>;
  /** The starts of hours whose sums are not current, in order. */
  readonly staleHours: readonly number[];
}

const levelsFor: Readonly<Record<UsageInterval, readonly SliceLevel[]>> = {
  HOUR: ['HOUR', 'FINE'],
  DAY: ['DAY', 'HOUR', 'FINE'],
  MONTH: ['MONTH', 'DAY', 'HOUR', 'FINE'],
  ALL: ['MONTH', 'DAY', 'HOUR', 'FINE'],
};

/** Divides a range of time into the longest slices that no bucket of the interval cuts; the rest is read row by row. */
export function planSlices(input: SlicePlanInput): SlicePlan {
  const { fromMs, toMs, interval, summedUntilMs, fineSinceMs, directHours, staleHours } = input;
  const slices: SliceRange[] = [];
  const rows: TimeRange[] = [];
  const untilMs = Math.max(fromMs, Math.min(toMs, summedUntilMs));
  let nextStale = 0;
  for (let atMs = fromMs; atMs < untilMs; ) {
    while ((staleHours[nextStale] ?? Number.POSITIVE_INFINITY) + hourLengthMs <= atMs) nextStale += 1;
    const staleMs = staleHours[nextStale] ?? Number.POSITIVE_INFINITY;
    const hasFine = atMs >= fineSinceMs && !directHours.has(sliceStart('HOUR', atMs));
    const level = levelsFor[interval].find((one) => {
      const endMs = sliceEnd(one, atMs);
      return (
        (one !== 'FINE' || hasFine) && sliceStart(one, atMs) === atMs && endMs <= untilMs && endMs <= staleMs
      );
    });
    const shortest = hasFine ? 'FINE' : 'HOUR';
    const endMs =
      level === undefined ? sliceEnd(shortest, sliceStart(shortest, atMs)) : sliceEnd(level, atMs);
    const range = { fromMs: atMs, toMs: Math.min(endMs, untilMs) };
    if (level === undefined) extend(rows, range);
    else extend(slices, { level, ...range });
    atMs = range.toMs;
  }
  if (untilMs < toMs) extend(rows, { fromMs: untilMs, toMs });
  return { slices, rows };
}

/** Adds a range, to the last one where it continues that. */
function extend<T extends TimeRange & { readonly level?: SliceLevel }>(ranges: T[], range: T): void {
  const last = ranges.at(-1);
  if (last?.toMs === range.fromMs && last.level === range.level) {
    ranges[ranges.length - 1] = { ...last, toMs: range.toMs };
  } else ranges.push(range);
}
