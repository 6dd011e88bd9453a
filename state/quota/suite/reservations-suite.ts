import { describe, expect, it, vi } from 'vitest';
import { FakeLedger } from '../fake-ledger.ts';
import type { MeterHistory, Quota, QuotaAmounts, QuotaLimit } from '../quota.ts';
import { Calls, granted, limitOn, spent } from './calls.ts';

/** Granting, refusing, raising and settling of reservations. */
export function describeReservations(name: string, open: (history: MeterHistory) => Quota): void {
  const fresh = () => {
    const ledger = new FakeLedger();
    return new Calls(ledger, open(ledger));
  };

  describe(`${name} quota`, () => {
    it('grants up to the limit and refuses beyond it, with the limit and when to come back', async () => {
      const calls = fresh();
      const wanted = limitOn('key:a', 'REQUESTS', 2n, 'MINUTE');
      for (const id of ['1', '2'])
        expect(await calls.reserve(id, { REQUESTS: 1n }, [wanted])).toEqual(granted);
      const third = await calls.reserve('3', { REQUESTS: 1n }, [wanted]);
      expect(third).toMatchObject({ granted: false, refused: wanted });
      await calls.end('1', {});
      await calls.end('2', {});
      const fourth = await calls.reserve('4', { REQUESTS: 1n }, [wanted]);
      if (fourth.granted) throw new Error('It was granted.');
      expect(fourth.retryAfterMs).toBeGreaterThan(50_000);
      expect(fourth.retryAfterMs).toBeLessThanOrEqual(60_000);
    });

    it.each(['SECOND', 'MINUTE', 'HOUR', 'DAY', 'MONTH'] as const)(
      'spends READS per %s at once up to the limits, all or none, without asking the ledger',
      async (window) => {
        const calls = fresh();
        const { ledger, quota, partition } = calls;
        const key = limitOn('key:a', 'READS', 10n, window);
        const lower = limitOn('key:a', 'READS', 8n, window);
        const tenant = limitOn('tenant:t', 'READS', 100n, window);
        const spend = (reads: bigint, ...limits: QuotaLimit[]) =>
          quota.spend({ partition, amounts: { READS: reads }, limits });
        const many = await Promise.all(Array.from({ length: 9 }, () => spend(2n, key, tenant)));
        expect(many.filter((decision) => decision.granted)).toHaveLength(5);
        const refused = await spend(2n, tenant, key);
        expect(refused).toMatchObject({ granted: false, refused: key, retryAfterMs: expect.any(Number) });
        expect(await calls.read(key, tenant)).toEqual([
          { spent: 10n, reserved: 0n },
          { spent: 10n, reserved: 0n },
        ]);
        expect(await spend(11n, key)).toMatchObject({ granted: false, retryAfterMs: null });
        expect(await spend(4n, limitOn('key:b', 'READS', 10n, window))).toEqual(spent);
        // Two limits of one counter count once.
        const twice = [limitOn('key:c', 'READS', 10n, window), { ...lower, subject: 'key:c' }];
        expect(await spend(5n, ...twice)).toEqual(spent);
        expect(await calls.read(...twice.slice(0, 1))).toEqual([{ spent: 5n, reserved: 0n }]);
        expect(ledger.reads).toBe(0);
      },
    );

    it('takes all amounts or none', async () => {
      const calls = fresh();
      const roomy = limitOn('tenant:t', 'TOKENS', 100n);
      const tight = limitOn('budget:b', 'COST', 5n);
      const decision = await calls.reserve('1', { TOKENS: 10n, COST: 10n }, [roomy, tight]);
      expect(decision).toMatchObject({ granted: false, refused: tight, retryAfterMs: null });
      expect(await calls.read(roomy, tight)).toEqual([
        { spent: 0n, reserved: 0n },
        { spent: 0n, reserved: 0n },
      ]);
    });

    it.each([
      ['the longer wait first', [0, 1, 2]],
      ['the longer wait last', [2, 1, 0]],
      ['the longer wait between', [1, 0, 2]],
    ])('names, of several limits without room, the one to wait for longest: %s', async (_order, order) => {
      const calls = fresh();
      const hour = limitOn('app:a', 'TOKENS', 10n, 'HOUR');
      const minute = limitOn('key:a', 'REQUESTS', 1n, 'MINUTE');
      const slot = limitOn('key:a', 'CONCURRENCY', 1n, 'INFLIGHT');
      const limits = order.map((at) => [hour, minute, slot][at] ?? hour);
      await calls.begin('1', { TOKENS: 10n, REQUESTS: 1n }, [hour, minute]);
      await calls.end('1', { TOKENS: 10n });
      expect(await calls.reserve('2', { CONCURRENCY: 1n }, [slot])).toEqual(granted);
      const amounts = { TOKENS: 1n, REQUESTS: 1n, CONCURRENCY: 1n };
      const refused = await calls.reserve('3', amounts, limits);
      expect(refused).toMatchObject({ granted: false, refused: hour });
      if (!refused.granted) expect(refused.retryAfterMs).toBeGreaterThan(60_000);
      const never = limitOn('key:a', 'COST', 1n, 'SECOND');
      expect(await calls.reserve('4', { ...amounts, COST: 2n }, [...limits, never])).toMatchObject({
        granted: false,
        refused: never,
        retryAfterMs: null,
      });
    });

    it.each([
      [0, 1],
      [1, 0],
    ])('names, of several limits on READS without room, the one to wait for longest', async (...order) => {
      const { quota, partition } = fresh();
      const limits = [limitOn('key:a', 'READS', 5n, 'HOUR'), limitOn('key:b', 'READS', 5n, 'MINUTE')];
      const spend = (reads: bigint) =>
        quota.spend({ partition, amounts: { READS: reads }, limits: order.map((at) => limits[at]!) });
      expect(await spend(5n)).toEqual(spent);
      expect(await spend(1n)).toMatchObject({ granted: false, refused: limits[0] });
    });

    it('settles on the true amounts once, and returns the rest', async () => {
      const calls = fresh();
      const tokens = limitOn('key:a', 'TOKENS', 150n);
      const requests = limitOn('key:a', 'REQUESTS', null);
      await calls.begin('1', { TOKENS: 100n, REQUESTS: 1n }, [tokens, requests]);
      expect(await calls.read(tokens)).toEqual([{ spent: 0n, reserved: 100n }]);
      await calls.end('1', { TOKENS: 30n });
      await calls.quota.settle(calls.partition, '1', { TOKENS: 30n });
      await calls.release('1');
      expect(await calls.read(tokens, requests)).toEqual([
        { spent: 30n, reserved: 0n },
        { spent: 1n, reserved: 0n },
      ]);
      expect(await calls.reserve('2', { TOKENS: 120n }, [tokens])).toEqual(granted);
    });

    it('lets a settlement exceed its reservation, and counts it', async () => {
      const calls = fresh();
      const tokens = limitOn('key:a', 'TOKENS', 20n);
      await calls.begin('1', { TOKENS: 10n }, [tokens]);
      await calls.end('1', { TOKENS: 19n });
      expect(await calls.reserve('2', { TOKENS: 10n }, [tokens])).toMatchObject({ granted: false });
    });

    it('counts what a call drew of a meter that it had reserved nothing of', async () => {
      const calls = fresh();
      const limits = [
        limitOn('key:a', 'REQUESTS', 5n, 'MINUTE'),
        limitOn('budget:b', 'COST', 10n, 'MONTH', 'app:a'),
        limitOn('app:a', 'TOKENS', 10n, 'HOUR'),
      ];
      await calls.begin('1', { REQUESTS: 1n, COST: 0n, TOKENS: 0n }, limits);
      await calls.end('1', { COST: 7n, TOKENS: 8n });
      expect((await calls.read(...limits)).map(({ spent }) => spent)).toEqual([1n, 7n, 8n]);
    });

    it('never refuses what draws nothing, however full the limit is', async () => {
      const calls = fresh();
      const cost = limitOn('budget:b', 'COST', 5n, 'MONTH', 'tenant:t');
      await calls.begin('1', { COST: 5n }, [cost]);
      await calls.end('1', { COST: 9n });
      expect(await calls.reserve('2', { COST: 0n }, [cost])).toEqual(granted);
      expect(await calls.reserve('3', { COST: 1n }, [cost])).toMatchObject({ granted: false });
    });

    it('raises a reservation to new totals, all or none, and once however often it is called', async () => {
      const calls = fresh();
      const limits = [limitOn('key:a', 'TOKENS', 100n), limitOn('app:a', 'COST', 10n)];
      await calls.begin('1', { TOKENS: 40n, COST: 0n }, limits);
      const before = await calls.reserve('1', { TOKENS: 40n, COST: 0n }, limits);
      for (let time = 0; time < 2; time++) {
        const raised = await calls.reserve('1', { TOKENS: 90n, COST: 10n }, limits, { raise: true });
        expect(raised).toEqual({ ...before, left: [] });
      }
      const beyond = await calls.reserve('1', { TOKENS: 95n, COST: 11n }, limits, { raise: true });
      expect(beyond).toMatchObject({ granted: false, refused: limits[1] });
      expect((await calls.read(...limits)).map(({ reserved }) => reserved)).toEqual([90n, 10n]);
      await calls.end('1', { TOKENS: 50n, COST: 3n });
      expect(await calls.read(...limits)).toEqual([
        { spent: 50n, reserved: 0n },
        { spent: 3n, reserved: 0n },
      ]);
    });

    it('reserves several calls all or none, and each is settled, raised or released by itself', async () => {
      const calls = fresh();
      const requests = limitOn('key:a', 'REQUESTS', 5n);
      const tokens = limitOn('key:a', 'TOKENS', 100n);
      const limits = [requests, tokens];
      const part = (id: string, amount: bigint) => ({ id, amounts: { REQUESTS: 1n, TOKENS: amount } });
      const reserve = (together: readonly { id: string; amounts: QuotaAmounts }[]) =>
        calls.reserve('a', part('a', 20n).amounts, limits, { together });
      // By the second limit, by both, and then it fits exactly.
      expect(await reserve([part('b', 40n), part('c', 41n)])).toMatchObject({
        granted: false,
        refused: { meter: 'TOKENS' },
      });
      const six = Array.from({ length: 5 }, (_, at) => part(`x${at}`, 1n));
      expect(await reserve(six)).toMatchObject({ granted: false, refused: { meter: 'REQUESTS' } });
      expect(await calls.read(...limits)).toEqual([
        { spent: 0n, reserved: 0n },
        { spent: 0n, reserved: 0n },
      ]);
      expect(await reserve([part('b', 40n), part('c', 40n)])).toEqual(granted);
      // Asked again, it draws nothing more; with one more call, only that one.
      expect(await reserve([part('b', 40n), part('c', 40n)])).toEqual(granted);
      expect(await reserve([part('b', 40n), part('d', 1n)])).toMatchObject({ granted: false });
      expect(await reserve([part('b', 40n), part('d', 0n)])).toEqual(granted);
      expect(await calls.read(...limits)).toEqual([
        { spent: 0n, reserved: 4n },
        { spent: 0n, reserved: 100n },
      ]);
      await calls.release('c');
      await calls.end('b', { TOKENS: 7n });
      expect(await calls.reserve('a', part('a', 60n).amounts, limits, { raise: true })).toEqual(granted);
      expect(await calls.read(...limits)).toEqual([
        { spent: 1n, reserved: 2n },
        { spent: 7n, reserved: 60n },
      ]);
    });

    it('lets the time of a reservation begin anew when it is reserved again', async () => {
      const calls = fresh();
      const limits = [limitOn('key:a', 'CONCURRENCY', 3n, 'INFLIGHT')];
      const amounts = { CONCURRENCY: 1n };
      const together = [{ id: 'b', amounts }];
      await calls.reserve('a', amounts, limits, { together, ttlMs: 20 });
      await calls.reserve('a', amounts, limits, { together });
      await calls.reserve('later', amounts, limits, { ttlMs: 20 });
      await vi.waitFor(async () => {
        expect(await calls.read(...limits)).toEqual([{ spent: 0n, reserved: 2n }]);
      });
    });

    it('keeps what is reserved when a raise requests less', async () => {
      const calls = fresh();
      const limits = [limitOn('key:a', 'TOKENS', 100n), limitOn('key:a', 'TOKENS', 100n, 'MINUTE')];
      await calls.begin('1', { TOKENS: 40n }, limits);
      await calls.reserve('1', { TOKENS: 10n }, limits, { raise: true });
      await calls.reserve('1', { TOKENS: 50n }, limits, { raise: true });
      expect((await calls.read(...limits)).map(({ reserved }) => reserved)).toEqual([50n, 50n]);
      await calls.end('1', { TOKENS: 5n });
      const readings = await calls.read(...limits);
      expect(readings).toEqual(limits.map(() => ({ spent: 5n, reserved: 0n })));
    });

    it('frees everything on release', async () => {
      const calls = fresh();
      const inFlight = limitOn('app:a', 'CONCURRENCY', 1n, 'INFLIGHT');
      const requests = limitOn('app:a', 'REQUESTS', 1n);
      const amounts = { CONCURRENCY: 1n, REQUESTS: 1n };
      await calls.reserve('1', amounts, [inFlight, requests]);
      await calls.release('1');
      expect(await calls.read(inFlight, requests)).toEqual([
        { spent: 0n, reserved: 0n },
        { spent: 0n, reserved: 0n },
      ]);
      expect(await calls.reserve('2', amounts, [inFlight, requests])).toEqual(granted);
    });

    it('counts calls in flight only while they are, and lets a refused one look again soon', async () => {
      const calls = fresh();
      const limits = [limitOn('app:a', 'CONCURRENCY', 1n, 'INFLIGHT')];
      await calls.begin('1', { CONCURRENCY: 1n }, limits);
      const second = await calls.reserve('2', { CONCURRENCY: 1n }, limits);
      expect(second).toMatchObject({ granted: false, retryAfterMs: 1_000 });
      await calls.end('1', {});
      expect(await calls.reserve('3', { CONCURRENCY: 1n }, limits)).toEqual(granted);
    });

    it('counts without refusing where there is no limit', async () => {
      const calls = fresh();
      const soft = limitOn('budget:b', 'COST', null, 'MONTH');
      await calls.begin('1', { COST: 7n }, [soft]);
      await calls.begin('2', { COST: 7n }, [soft]);
      await calls.end('1', { COST: 9_007_199_254n });
      expect(await calls.read(soft)).toEqual([{ spent: 9_007_199_254n, reserved: 7n }]);
    });

    it('reserves the same id once', async () => {
      const calls = fresh();
      const limits = [limitOn('key:a', 'REQUESTS', 10n)];
      await calls.reserve('1', { REQUESTS: 1n }, limits);
      await calls.reserve('1', { REQUESTS: 1n }, limits);
      expect(await calls.read(...limits)).toEqual([{ spent: 0n, reserved: 1n }]);
    });

    it('keeps partitions, subjects, meters and windows apart', async () => {
      const calls = fresh();
      const wanted = limitOn('key:a', 'REQUESTS', 1n, 'MINUTE');
      await calls.reserve('1', { REQUESTS: 1n }, [wanted]);
      const others = [
        { ...wanted, subject: 'key:b' },
        { ...wanted, meter: 'TOKENS' as const },
        { ...wanted, window: 'SECOND' as const },
      ];
      for (const [at, other] of others.entries()) {
        expect(await calls.reserve(`o${at}`, { [other.meter]: 1n }, [other])).toEqual(granted);
      }
      const elsewhere = new Calls(calls.ledger, calls.quota);
      expect(await elsewhere.reserve('1', { REQUESTS: 1n }, [wanted])).toEqual(granted);
    });

    it('returns what an expired reservation held of short windows, and a late settlement changes nothing', async () => {
      const calls = fresh();
      const limits = [limitOn('key:a', 'TOKENS', 10n, 'MINUTE')];
      await calls.reserve('1', { TOKENS: 10n }, limits, { ttlMs: 20 });
      await vi.waitFor(async () => {
        expect(await calls.reserve('2', { TOKENS: 10n }, limits)).toEqual(granted);
      });
      await calls.end('1', { TOKENS: 10n });
      expect(await calls.read(...limits)).toEqual([{ spent: 0n, reserved: 10n }]);
    });

    it('keeps counting an expired reservation of long windows while its row is not closed', async () => {
      const calls = fresh();
      const limits = [limitOn('key:a', 'TOKENS', 10n)];
      await calls.begin('1', { TOKENS: 10n }, limits, { ttlMs: 20 });
      const { reads } = calls.ledger;
      await vi.waitFor(async () => {
        expect(await calls.reserve('2', { TOKENS: 1n }, limits)).toMatchObject({ granted: false });
        expect(calls.ledger.reads).toBeGreaterThan(reads);
      });
      expect(await calls.read(...limits)).toEqual([{ spent: 0n, reserved: 10n }]);
      await calls.end('1', { TOKENS: 4n });
      expect(await calls.read(...limits)).toEqual([{ spent: 4n, reserved: 0n }]);
    });

    it('has room again when the window has slid on, and not earlier than it reported', async () => {
      const calls = fresh();
      const limits = [limitOn('key:a', 'REQUESTS', 1n, 'SECOND')];
      const startedMs = performance.now();
      await calls.begin('1', { REQUESTS: 1n }, limits);
      await calls.end('1', {});
      let id = 1;
      await vi.waitFor(
        async () => {
          id += 1;
          expect(await calls.reserve(String(id), { REQUESTS: 1n }, limits)).toEqual(granted);
        },
        { timeout: 5_000 },
      );
      expect(performance.now() - startedMs).toBeGreaterThan(950);
    });

    it('never grants more than the limit among many at once', async () => {
      const calls = fresh();
      const limits = [limitOn('key:a', 'REQUESTS', 7n, 'MINUTE'), limitOn('key:a', 'TOKENS', 1_000n)];
      const ids = Array.from({ length: 100 }, (_, at) => String(at));
      const amounts = { REQUESTS: 1n, TOKENS: 10n };
      const decisions = await Promise.all(ids.map((id) => calls.reserve(id, amounts, limits)));
      expect(decisions.filter((decision) => decision.granted)).toHaveLength(7);
      expect(await calls.read(...limits)).toEqual([
        { spent: 0n, reserved: 7n },
        { spent: 0n, reserved: 70n },
      ]);
    });
  });
}
