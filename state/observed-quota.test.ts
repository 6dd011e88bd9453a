import { describe, expect, it } from 'vitest';
import type { ObservedLimit } from '#core/observers/limit-observer.ts';
import { observeQuota } from './observed-quota.ts';
import { createMemoryQuota } from './quota/memory.ts';
import type { QuotaLimit } from './quota/quota.ts';

describe('meters that are observed', () => {
  it('report what a reservation leaves of each limit and budget, also where one refuses, and no name of what it limits', async () => {
    const seen: ObservedLimit[] = [];
    await using quota = observeQuota(createMemoryQuota(), { limitRead: (limit) => void seen.push(limit) });
    const limits: readonly QuotaLimit[] = [
      { subject: 'key:private', meter: 'REQUESTS', window: 'DAY', limit: 4n },
      { subject: 'budget:private', scope: 'tenant:private', meter: 'COST', window: 'MONTH', limit: 1_000n },
      { subject: 'app:private', meter: 'TOKENS', window: 'HOUR', limit: null },
      { subject: 'tenant:private', meter: 'TOKENS', window: 'DAY', limit: 0n },
    ];
    const reserve = (id: string, amounts: Readonly<Record<string, bigint>>) =>
      quota.reserve({ id, partition: 'private', scopes: ['tenant:private'], amounts, limits, ttlMs: 60_000 });
    expect(await reserve('a', { REQUESTS: 1n, COST: 250n })).toMatchObject({ granted: true });
    const after = [
      { kind: 'limit', meter: 'REQUESTS', window: 'DAY', left: 0.75 },
      { kind: 'budget', meter: 'COST', window: 'MONTH', left: 0.75 },
      { kind: 'limit', meter: 'TOKENS', window: 'DAY', left: 0 },
    ];
    expect(seen).toEqual(after);
    expect(await reserve('b', { COST: 800n })).toMatchObject({ granted: false });
    expect(seen.slice(3)).toEqual(after);
  });
});
