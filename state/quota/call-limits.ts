import { type Caller, hasScope } from '#core/caller.ts';
import type { LimitWindow, Meter } from '#core/graph-enums.generated.ts';
import { decimalOfNanos } from '#core/money.ts';
import type { QuotaLeft } from './quota.ts';

/** A limit as it stood when a call was admitted or refused: plain JSON. */
export interface CallLimit {
  /** `tenant:<id>`, `app:<id>`, `key:<id>` or `budget:<id>`. */
  readonly subject: string;
  readonly meter: Meter;
  readonly window: LimitWindow;
  /** A decimal text: a number of calls or tokens, or US dollars for COST. */
  readonly limit: string;
  /** What is left, in the same unit. */
  readonly remaining: string;
  /** When the limit is whole again; null: it is whole, or it counts calls in flight. */
  readonly resetsAtMs: number | null;
}

/**
 * Which limits a caller may see: those of its own key, and with tenants:read all that bind it. Spending of the tenant is
 * no matter of every key, and none of it is one of a page's.
 */
export function createLimitFilter(caller: Caller): (limit: { readonly subject: string }) => boolean {
  if (caller.endUserId !== null) return () => false;
  if (hasScope(caller, 'tenants:read')) return () => true;
  const own = `key:${caller.keyLineId ?? caller.keyId}`;
  return ({ subject }) => subject === own;
}

/** What is left of the limits that the caller may see. */
export function toCallLimits(left: readonly QuotaLeft[], caller: Caller): readonly CallLimit[] {
  const isSeen = createLimitFilter(caller);
  const seen: CallLimit[] = [];
  for (const { limit, remaining, resetsAtMs } of left) {
    if (!isSeen(limit)) continue;
    const { subject, meter, window } = limit;
    const print = meter === 'COST' ? decimalOfNanos : String;
    seen.push({
      subject,
      meter,
      window,
      limit: print(limit.limit),
      remaining: print(remaining),
      resetsAtMs,
    });
  }
  return seen;
}
