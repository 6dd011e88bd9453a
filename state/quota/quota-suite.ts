import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import type { Quota, QuotaDemand, QuotaWindow } from './quota.ts';

const ttlMs = 60_000;

export function demand(
  subject: string,
  meter: string,
  amount: bigint,
  limit: bigint | null,
  window: QuotaWindow = 'DAY',
): QuotaDemand {
  return { subject, meter, window, amount, limit };
}

/** The promises of state/quota/quota.ts, kept by every implementation. */
export function quotaSuite(name: string, open: () => Quota): void {
  const fresh = () => ({ quota: open(), partition: randomUUID() });

  describe(`${name} quota`, () => {
    it('grants up to the limit and refuses beyond it, telling which demand and when to come back', async () => {
      const { quota, partition } = fresh();
      const wanted = demand('key:a', 'REQUESTS', 1n, 2n, 'MINUTE');
      for (const id of ['1', '2']) {
        expect(await quota.reserve({ id, partition, demands: [wanted], ttlMs })).toEqual({ granted: true });
      }
      const third = await quota.reserve({ id: '3', partition, demands: [wanted], ttlMs });
      expect(third).toMatchObject({ granted: false, refused: wanted });
      await quota.settle(partition, '1', {});
      await quota.settle(partition, '2', {});
      const fourth = await quota.reserve({ id: '4', partition, demands: [wanted], ttlMs });
      if (fourth.granted) throw new Error('It was granted.');
      expect(fourth.retryAfterMs).toBeGreaterThan(50_000);
      expect(fourth.retryAfterMs).toBeLessThanOrEqual(60_000);
    });

    it('takes all demands or none', async () => {
      const { quota, partition } = fresh();
      const roomy = demand('tenant:t', 'TOKENS', 10n, 100n);
      const tight = demand('budget:b', 'COST', 10n, 5n);
      const decision = await quota.reserve({ id: '1', partition, demands: [roomy, tight], ttlMs });
      expect(decision).toEqual({ granted: false, refused: tight, retryAfterMs: null });
      expect(await quota.read(partition, [roomy, tight])).toEqual([
        { spent: 0n, reserved: 0n },
        { spent: 0n, reserved: 0n },
      ]);
    });

    it('settles on the true amounts once, and returns the rest', async () => {
      const { quota, partition } = fresh();
      const tokens = demand('key:a', 'TOKENS', 100n, 150n);
      const requests = demand('key:a', 'REQUESTS', 1n, null);
      await quota.reserve({ id: '1', partition, demands: [tokens, requests], ttlMs });
      expect(await quota.read(partition, [tokens])).toEqual([{ spent: 0n, reserved: 100n }]);
      await quota.settle(partition, '1', { TOKENS: 30n });
      await quota.settle(partition, '1', { TOKENS: 30n });
      await quota.release(partition, '1');
      expect(await quota.read(partition, [tokens, requests])).toEqual([
        { spent: 30n, reserved: 0n },
        { spent: 1n, reserved: 0n },
      ]);
      const next = { id: '2', partition, demands: [{ ...tokens, amount: 120n }], ttlMs };
      expect(await quota.reserve(next)).toEqual({ granted: true });
    });

    it('lets a settlement exceed its reservation, and counts it', async () => {
      const { quota, partition } = fresh();
      const tokens = demand('key:a', 'TOKENS', 10n, 20n);
      await quota.reserve({ id: '1', partition, demands: [tokens], ttlMs });
      await quota.settle(partition, '1', { TOKENS: 19n });
      expect(await quota.reserve({ id: '2', partition, demands: [tokens], ttlMs })).toMatchObject({
        granted: false,
      });
    });

    it('gives everything back on release', async () => {
      const { quota, partition } = fresh();
      const inFlight = demand('app:a', 'CONCURRENCY', 1n, 1n, 'INFLIGHT');
      const requests = demand('app:a', 'REQUESTS', 1n, 1n);
      const demands = [inFlight, requests];
      await quota.reserve({ id: '1', partition, demands, ttlMs });
      await quota.release(partition, '1');
      expect(await quota.read(partition, demands)).toEqual([
        { spent: 0n, reserved: 0n },
        { spent: 0n, reserved: 0n },
      ]);
      expect(await quota.reserve({ id: '2', partition, demands, ttlMs })).toEqual({ granted: true });
    });

    it('counts calls in flight only while they are, and lets a refused one look again soon', async () => {
      const { quota, partition } = fresh();
      const demands = [demand('app:a', 'CONCURRENCY', 1n, 1n, 'INFLIGHT')];
      await quota.reserve({ id: '1', partition, demands, ttlMs });
      const second = await quota.reserve({ id: '2', partition, demands, ttlMs });
      expect(second).toMatchObject({ granted: false, retryAfterMs: 1_000 });
      await quota.settle(partition, '1', {});
      expect(await quota.reserve({ id: '3', partition, demands, ttlMs })).toEqual({ granted: true });
    });

    it('counts without refusing where there is no limit', async () => {
      const { quota, partition } = fresh();
      const soft = demand('budget:b', 'COST', 7n, null, 'MONTH');
      await quota.reserve({ id: '1', partition, demands: [soft], ttlMs });
      await quota.reserve({ id: '2', partition, demands: [soft], ttlMs });
      await quota.settle(partition, '1', { COST: 9_007_199_254n });
      expect(await quota.read(partition, [soft])).toEqual([{ spent: 9_007_199_254n, reserved: 7n }]);
    });

    it('reserves the same id once', async () => {
      const { quota, partition } = fresh();
      const demands = [demand('key:a', 'REQUESTS', 1n, 10n)];
      await quota.reserve({ id: '1', partition, demands, ttlMs });
      await quota.reserve({ id: '1', partition, demands, ttlMs });
      expect(await quota.read(partition, demands)).toEqual([{ spent: 0n, reserved: 1n }]);
    });

    it('keeps partitions, subjects, meters and windows apart', async () => {
      const { quota, partition } = fresh();
      const wanted = demand('key:a', 'REQUESTS', 1n, 1n);
      await quota.reserve({ id: '1', partition, demands: [wanted], ttlMs });
      const others = [
        { ...wanted, subject: 'key:b' },
        { ...wanted, meter: 'TOKENS' },
        { ...wanted, window: 'HOUR' as const },
      ];
      for (const [at, other] of others.entries()) {
        const decision = await quota.reserve({ id: `o${at}`, partition, demands: [other], ttlMs });
        expect(decision).toEqual({ granted: true });
      }
      const elsewhere = await quota.reserve({ id: '1', partition: randomUUID(), demands: [wanted], ttlMs });
      expect(elsewhere).toEqual({ granted: true });
    });

    it('returns what an expired reservation held, and a late settlement changes nothing', async () => {
      const { quota, partition } = fresh();
      const demands = [demand('key:a', 'TOKENS', 10n, 10n)];
      await quota.reserve({ id: '1', partition, demands, ttlMs: 20 });
      await vi.waitFor(async () => {
        expect(await quota.reserve({ id: '2', partition, demands, ttlMs })).toEqual({ granted: true });
      });
      await quota.settle(partition, '1', { TOKENS: 10n });
      expect(await quota.read(partition, demands)).toEqual([{ spent: 0n, reserved: 10n }]);
    });

    it('has room again when the window has slid on, and not before it said', async () => {
      const { quota, partition } = fresh();
      const demands = [demand('key:a', 'REQUESTS', 1n, 1n, 'SECOND')];
      const startedMs = performance.now();
      await quota.reserve({ id: '1', partition, demands, ttlMs });
      await quota.settle(partition, '1', {});
      let id = 1;
      await vi.waitFor(
        async () => {
          id += 1;
          const decision = await quota.reserve({ id: String(id), partition, demands, ttlMs });
          expect(decision).toEqual({ granted: true });
        },
        { timeout: 5_000 },
      );
      expect(performance.now() - startedMs).toBeGreaterThan(950);
    });

    it('never grants more than the limit among many at once', async () => {
      const { quota, partition } = fresh();
      const demands = [demand('key:a', 'REQUESTS', 1n, 7n, 'MINUTE'), demand('key:a', 'TOKENS', 10n, 1_000n)];
      const ids = Array.from({ length: 100 }, (_, at) => String(at));
      const decisions = await Promise.all(ids.map((id) => quota.reserve({ id, partition, demands, ttlMs })));
      expect(decisions.filter(({ granted }) => granted)).toHaveLength(7);
      expect(await quota.read(partition, demands)).toEqual([
        { spent: 0n, reserved: 7n },
        { spent: 0n, reserved: 70n },
      ]);
    });
  });
}
