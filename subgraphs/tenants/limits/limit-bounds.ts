import { isCalendar, isSliding, limitWindows } from '#core/limit-windows.ts';
import type { LimitRecord } from '#mongo/limit.ts';

type Window = LimitRecord['window'];

/** How many windows of the one length it takes to cover any window of the other; null: no number does. */
function windowsToCover(outer: Window, inner: Window): bigint | null {
  if (outer === inner) return 1n;
  const outerSeconds = limitWindows[outer].seconds;
  const innerSeconds = limitWindows[inner].seconds;
  if (outerSeconds === null || innerSeconds === null) return null;
  const count = BigInt(Math.ceil(outerSeconds / innerSeconds));
  // Windows that slide may begin anywhere; days lie within every other window of the calendar.
  if (isSliding(inner) || (inner === 'DAY' && isCalendar(outer))) return count;
  // A window of the calendar may end in the middle of any other.
  return outer === 'DAY' ? 1n : count + 1n;
}

/** True when whoever keeps to all of `limits` also keeps to `limit`. */
export function impliesLimit(limits: readonly LimitRecord[], limit: LimitRecord): boolean {
  return limits.some(({ meter, window, amount }) => {
    if (meter !== limit.meter) return false;
    const windows = windowsToCover(limit.window, window);
    return windows !== null && amount * windows <= limit.amount;
  });
}

/** Those of `outer` that `limits` do not imply; no limit on a meter means that nothing bounds it. */
export function limitsExceeded(
  limits: readonly LimitRecord[],
  outer: readonly LimitRecord[],
): readonly LimitRecord[] {
  return outer.filter((limit) => !impliesLimit(limits, limit));
}

/** `limits` made as narrow as `outer`: the lower amount where both have one, and those of `outer` that are not implied. */
export function narrowLimits(limits: readonly LimitRecord[], outer: readonly LimitRecord[]): LimitRecord[] {
  const narrowed = limits.map((limit) => {
    const same = outer.filter(({ meter, window }) => meter === limit.meter && window === limit.window);
    const [least] = [limit, ...same].sort((a, b) => (a.amount < b.amount ? -1 : 1));
    return { ...limit, amount: least?.amount ?? limit.amount };
  });
  for (const limit of outer) if (!impliesLimit(narrowed, limit)) narrowed.push(limit);
  return narrowed;
}
