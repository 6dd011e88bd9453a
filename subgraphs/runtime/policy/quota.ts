import { randomUUID } from 'node:crypto';
import type { Caller } from '#core/caller.ts';
import type { Meter } from '#core/graph-enums.generated.ts';
import { toCallLimits } from '#state/quota/call-limits.ts';
import { listScopes } from '#state/quota/caller-bounds.ts';
import { listLimits, quotaRefusal } from '#state/quota/caller-limits.ts';
import type { Quota } from '#state/quota/quota.ts';

/** What @quota on a field declares. */
export interface QuotaRule {
  readonly meters: readonly Meter[];
  /** What one call counts as on REQUESTS. */
  readonly weight: number;
}

/** The meters with an amount that is known before the call without reading it. */
const counted: ReadonlySet<Meter> = new Set<Meter>(['REQUESTS', 'CONCURRENCY']);

/** True where the field draws on calls alone, so that the runtime reserves for it; other fields reserve themselves. */
export function isCounted(rule: QuotaRule): boolean {
  return rule.meters.every((meter) => counted.has(meter));
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
  const limits = listLimits(caller, rule.meters);
  if (limits.length === 0) return run();
  const amounts = Object.fromEntries(
    rule.meters.map((meter) => [meter, meter === 'REQUESTS' ? BigInt(rule.weight) : 1n]),
  );
  const partition = caller.tenantId ?? '';
  const id = randomUUID();
  const decision = await quota.reserve({ id, partition, scopes: listScopes(caller), amounts, limits, ttlMs });
  if (!decision.granted) throw quotaRefusal(decision, amounts, toCallLimits(decision.left, caller));
  try {
    return await run();
  } finally {
    await quota.settle(partition, id, { CONCURRENCY: 0n }, listScopes(caller));
  }
}
