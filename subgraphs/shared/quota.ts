import { randomUUID } from 'node:crypto';
import type { Caller, Meter } from '#schema/caller.ts';
import { HeddleError } from '#schema/errors.ts';
import type { Quota, QuotaDecision, QuotaDemand } from '#state/quota/quota.ts';

/** What @quota on a field declares. */
export interface QuotaRule {
  readonly meters: readonly Meter[];
  /** What one call counts as on REQUESTS. */
  readonly weight: number;
}

/** The meters whose amount is known before the call without looking into it. */
const counted: ReadonlySet<Meter> = new Set<Meter>(['REQUESTS', 'CONCURRENCY']);

/** True where the field draws on calls alone, so that the runtime reserves for it; other fields reserve themselves. */
export function isCounted(rule: QuotaRule): boolean {
  return rule.meters.every((meter) => counted.has(meter));
}

/**
 * The demands of one call on every limit that binds the caller, for the meters that `amounts` names. A soft budget
 * counts and never refuses.
 */
export function demandsOf(caller: Caller, amounts: Readonly<Partial<Record<Meter, bigint>>>): QuotaDemand[] {
  const demands: QuotaDemand[] = [];
  for (const limit of caller.limits) {
    const amount = amounts[limit.meter];
    if (amount === undefined) continue;
    demands.push({
      subject: limit.subject,
      meter: limit.meter,
      window: limit.window,
      amount,
      limit: limit.budget?.hard === false ? null : BigInt(limit.amount),
    });
  }
  return demands;
}

/** The refusal that a client gets: QUOTA_EXCEEDED or BUDGET_EXCEEDED with the limit, and retryAfterMs where waiting helps. */
export function quotaRefusal(decision: QuotaDecision & { readonly granted: false }): HeddleError {
  const { refused, retryAfterMs } = decision;
  const budget = refused.subject.startsWith('budget:');
  const extensions = {
    subject: refused.subject,
    meter: refused.meter,
    window: refused.window,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
  const what = `${refused.meter} of ${refused.subject} per ${refused.window}`;
  return new HeddleError(
    budget ? 'BUDGET_EXCEEDED' : 'QUOTA_EXCEEDED',
    refused.limit !== null && refused.amount > refused.limit
      ? `This call is larger than the limit on ${what} will ever allow.`
      : `The limit on ${what} has no room for this call.`,
    { extensions },
  );
}

/** Longer than any call that only counts requests takes. */
const ttlMs = 600_000;

/** Runs one call of a field that draws on REQUESTS and CONCURRENCY alone: a call that fails has still been a request. */
export async function withQuota<T>(
  rule: QuotaRule,
  caller: Caller,
  quota: Quota,
  run: () => T | Promise<T>,
): Promise<T> {
  const demands = demandsOf(
    caller,
    Object.fromEntries(rule.meters.map((meter) => [meter, meter === 'REQUESTS' ? BigInt(rule.weight) : 1n])),
  );
  if (demands.length === 0) return run();
  const partition = caller.tenantId ?? '';
  const id = randomUUID();
  const decision = await quota.reserve({ id, partition, demands, ttlMs });
  if (!decision.granted) throw quotaRefusal(decision);
  try {
    return await run();
  } finally {
    await quota.settle(partition, id, { CONCURRENCY: 0n });
  }
}
