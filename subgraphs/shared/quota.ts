import { randomUUID } from 'node:crypto';
import type { Caller, Meter } from '#schema/caller.ts';
import { limitsOf, quotaRefusal } from '#state/quota/caller-limits.ts';
import { type Quota, type QuotaLimit, scopeOf } from '#state/quota/quota.ts';

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

/** Whom the calls of a caller, or the row of one, count for. */
export function scopesOf({
  tenantId,
  appId,
  keyId,
  keyLineId,
  makerScopes = [],
}: Pick<Caller, 'tenantId' | 'appId' | 'keyId'> & {
  readonly keyLineId?: string | null;
  readonly makerScopes?: readonly string[];
}): readonly string[] {
  const key = keyLineId ?? keyId;
  return [
    ...(tenantId === null ? [] : [`tenant:${tenantId}`]),
    ...(appId === null ? [] : [`app:${appId}`]),
    ...(key === null ? [] : [`key:${key}`]),
    ...makerScopes,
  ];
}

/** What binds and counts the calls of one caller. */
export interface CallerBounds {
  readonly limits: readonly QuotaLimit[];
  /** Every scope that its calls count for, those of its limits included. */
  readonly scopes: readonly string[];
  /** True where a hard budget may refuse for its cost. */
  readonly hasHardBudget: boolean;
}

/** A caller is looked up once for many of its calls. */
const boundsOfCallers = new WeakMap<Caller, CallerBounds>();

export function callerBounds(caller: Caller): CallerBounds {
  const known = boundsOfCallers.get(caller);
  if (known !== undefined) return known;
  // The gateway draws on READS.
  const limits = limitsOf(caller).filter(({ meter }) => meter !== 'READS');
  const bounds = {
    limits,
    scopes: [...new Set([...scopesOf(caller), ...limits.map(scopeOf)])],
    hasHardBudget: caller.limits.some(({ budget }) => budget?.hard === true),
  };
  boundsOfCallers.set(caller, bounds);
  return bounds;
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
  const limits = limitsOf(caller, rule.meters);
  if (limits.length === 0) return run();
  const amounts = Object.fromEntries(
    rule.meters.map((meter) => [meter, meter === 'REQUESTS' ? BigInt(rule.weight) : 1n]),
  );
  const partition = caller.tenantId ?? '';
  const id = randomUUID();
  const decision = await quota.reserve({ id, partition, scopes: scopesOf(caller), amounts, limits, ttlMs });
  if (!decision.granted) throw quotaRefusal(decision, amounts);
  try {
    return await run();
  } finally {
    await quota.settle(partition, id, { CONCURRENCY: 0n }, scopesOf(caller));
  }
}
