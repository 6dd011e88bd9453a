import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import type { Meter } from '#core/graph-enums.generated.ts';
import type { CallLimit } from './call-limits.ts';
import type { QuotaAmounts, QuotaDecision, QuotaLimit } from './quota.ts';

/** The limits that bind the caller, on these meters alone where they are named. A soft budget counts and never refuses. */
export function listLimits(caller: Caller, meters?: readonly Meter[]): readonly QuotaLimit[] {
  return caller.limits.flatMap(({ subject, meter, window, amount, budget }) => {
    if (meters !== undefined && !meters.includes(meter)) return [];
    const limit = budget?.hard === false ? null : BigInt(amount);
    if (budget === undefined) return [{ subject, meter, window, limit }];
    return [{ subject, scope: readBudgetScope(budget, caller.tenantId), meter, window, limit }];
  });
}

/** Whose calls a budget counts. */
export function readBudgetScope(
  {
    appId,
    teamId,
    keyLineId,
  }: {
    readonly appId?: string | null | undefined;
    readonly teamId?: string | null | undefined;
    readonly keyLineId?: string | null | undefined;
  },
  tenantId: string | null,
): string {
  if (keyLineId != null) return `key:${keyLineId}`;
  if (appId != null) return `app:${appId}`;
  return teamId != null ? `team:${teamId}` : `tenant:${tenantId}`;
}

/** A limit as `Completion.limits` shows it. */
function presentLimit({ resetsAtMs, ...limit }: CallLimit): object {
  return { ...limit, resetsAt: resetsAtMs === null ? null : new Date(resetsAtMs).toISOString() };
}

/**
 * The refusal that a client gets: QUOTA_EXCEEDED or BUDGET_EXCEEDED with the limit, retryAfterMs where waiting helps, and
 * `limits`, what is left of those that the client may see.
 */
export function quotaRefusal(
  { refused, retryAfterMs }: QuotaDecision & { readonly granted: false },
  amounts: QuotaAmounts,
  limits: readonly CallLimit[] = [],
): HeddleError {
  const budget = refused.subject.startsWith('budget:');
  const extensions = {
    subject: refused.subject,
    meter: refused.meter,
    window: refused.window,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
    ...(limits.length === 0 ? {} : { limits: limits.map(presentLimit) }),
  };
  const what = `${refused.meter} of ${refused.subject} per ${refused.window}`;
  return new HeddleError(
    budget ? 'BUDGET_EXCEEDED' : 'QUOTA_EXCEEDED',
    refused.limit !== null && (amounts[refused.meter] ?? 0n) > refused.limit
      ? `This call is larger than the limit on ${what} will ever allow: make the call smaller, or request a larger limit.`
      : `The limit on ${what} has no room for this call: wait, or request a larger limit.`,
    { extensions },
  );
}
