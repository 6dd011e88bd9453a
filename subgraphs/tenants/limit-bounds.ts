import type { LimitRecord } from '#mongo/limit.ts';

type Window = LimitRecord['window'];

const sliding: Readonly<Partial<Record<Window, number>>> = { SECOND: 1, MINUTE: 60, HOUR: 3_600 };
const longestSeconds: Readonly<Record<Exclude<Window, 'INFLIGHT'>, number>> = {
  SECOND: 1,
  MINUTE: 60,
  HOUR: 3_600,
  DAY: 86_400,
  MONTH: 31 * 86_400,
};

/** How many windows of the one length it takes to cover any window of the other; null: no number does. */
function windowsToCover(outer: Window, inner: Window): bigint | null {
  if (outer === inner) return 1n;
  if (outer === 'INFLIGHT' || inner === 'INFLIGHT') return null;
  // Windows that slide may begin anywhere; a day and a month of the calendar may end in the middle of a sliding one.
  if (sliding[inner] !== undefined || (outer === 'MONTH' && inner === 'DAY')) {
    return BigInt(Math.ceil(longestSeconds[outer] / longestSeconds[inner]));
  }
  return outer === 'DAY' ? 1n : 2n;
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
