import { describe, expect, it, vi } from 'vitest';
import { FakeLedger } from '../fake-ledger.ts';
import type { MeterHistory, Quota } from '../quota.ts';
import { Calls, granted, limitOn } from './calls.ts';

/** What is read back of the ledger. `lose`: the store loses what it holds. */
export function describeLedger(
  name: string,
  open: (history: MeterHistory) => Quota,
  lose: (quota: Quota, history: MeterHistory) => Promise<Quota>,
): void {
  const fresh = () => {
    const ledger = new FakeLedger();
    return new Calls(ledger, open(ledger));
  };
  const afterLoss = async ({ ledger, quota, partition }: Calls) =>
    new Calls(ledger, await lose(quota, ledger), partition);

  describe(`${name} quota and the ledger`, () => {
    const month = limitOn('budget:b', 'COST', 10n, 'MONTH', 'app:a');
    const day = limitOn('key:a', 'REQUESTS', 4n);
    const hour = limitOn('tenant:t', 'TOKENS', 100n, 'HOUR');
    const limits = [month, day, hour];
    const scopes = ['tenant:t', 'app:a', 'key:a'];
    const amounts = { COST: 4n, REQUESTS: 1n, TOKENS: 10n };

    it('knows after a loss what was spent and what is in progress, and settles that', async () => {
      const before = fresh();
      for (const id of ['1', '2']) await before.begin(id, amounts, limits, { scopes });
      await before.end('1', { COST: 3n, TOKENS: 5n });
      const calls = await afterLoss(before);
      const readings = [
        { spent: 3n, reserved: 4n },
        { spent: 1n, reserved: 1n },
        { spent: 5n, reserved: 10n },
      ];
      expect(await calls.read(...limits)).toEqual(readings);
      expect(await calls.begin('3', amounts, limits, { scopes })).toBe(false);
      await calls.end('2', { COST: 1n, TOKENS: 1n });
      expect(await calls.read(...limits)).toEqual([
        { spent: 4n, reserved: 0n },
        { spent: 2n, reserved: 0n },
        { spent: 6n, reserved: 0n },
      ]);
      expect(await calls.begin('3', amounts, limits, { scopes })).toBe(true);
    });

    it('raises a reservation that the store has lost, from its row', async () => {
      const before = fresh();
      await before.begin('1', amounts, limits, { scopes });
      const calls = await afterLoss(before);
      const more = { ...amounts, COST: 9n };
      expect(await calls.reserve('1', more, limits, { scopes, raise: true })).toEqual(granted);
      expect((await calls.read(...limits)).map(({ reserved }) => reserved)).toEqual([9n, 1n, 10n]);
      await calls.end('1', { COST: 8n, TOKENS: 1n });
      expect((await calls.read(...limits)).map(({ spent }) => spent)).toEqual([8n, 1n, 1n]);
    });

    it('raises a reservation that alone is missing, from its row', async () => {
      const calls = fresh();
      await calls.begin('1', amounts, limits, { scopes });
      await calls.release('1');
      const more = { ...amounts, COST: 9n };
      expect(await calls.reserve('1', more, limits, { scopes, raise: true })).toEqual(granted);
      expect((await calls.read(...limits)).map(({ reserved }) => reserved)).toEqual([9n, 1n, 10n]);
    });

    it('counts once what expires while the ledger is read', async () => {
      const calls = fresh();
      const minute = limitOn('key:a', 'TOKENS', 10n, 'MINUTE');
      await calls.read(day);
      await calls.begin('1', amounts, [day, minute], { scopes, ttlMs: 20 });
      calls.ledger.afterRead = async () => {
        calls.ledger.afterRead = async () => undefined;
        await vi.waitFor(async () => {
          expect(await calls.read(minute)).toEqual([{ spent: 0n, reserved: 0n }]);
        });
      };
      expect((await calls.read(month, hour)).map(({ reserved }) => reserved)).toEqual([4n, 10n]);
      await calls.end('1', { COST: 1n, TOKENS: 1n });
      expect((await calls.read(month, hour)).map(({ spent }) => spent)).toEqual([1n, 1n]);
    });

    it.each([
      { COST: 5n, TOKENS: 4n },
      { COST: 1n, TOKENS: 4n },
      { COST: 5n, TOKENS: 1n },
    ])(
      'counts what a row was closed with last, when it is closed twice while the ledger is read: %s',
      async (last) => {
        const calls = fresh();
        calls.ledger.open('1', Date.now() + 500, scopes, amounts);
        calls.ledger.beforeRead = async () => {
          calls.ledger.beforeRead = async () => undefined;
          await calls.end('1', { COST: 1n, TOKENS: 1n }, scopes);
        };
        calls.ledger.afterRead = async () => {
          calls.ledger.afterRead = async () => undefined;
          await calls.end('1', last, scopes);
        };
        expect((await calls.read(month, hour)).map(({ spent }) => spent)).toEqual([last.COST, last.TOKENS]);
      },
    );

    it('reads the counters of four callers at once, and those of the others after them', async () => {
      const { ledger, quota } = fresh();
      const reading: (() => void)[] = [];
      ledger.beforeRead = () => new Promise<void>((resolve) => void reading.push(resolve));
      const callers = Array.from({ length: 12 }, () => new Calls(ledger, quota));
      const readings = Promise.all(callers.map((calls) => calls.read(day)));
      // Each asks the store for something else meanwhile: what could begin to read has begun.
      const asked = limitOn('key:a', 'REQUESTS', 1n, 'MINUTE');
      for (let batch = 0; batch < 3; batch++) {
        await vi.waitFor(() => expect(reading.length).toBeGreaterThanOrEqual(4));
        await Promise.all(callers.map((calls) => calls.read(asked)));
        expect(reading).toHaveLength(4);
        for (const proceed of reading.splice(0)) proceed();
      }
      expect(await readings).toHaveLength(12);
      expect(ledger.reads).toBe(12);
    });

    it('reads the ledger once, whether or not there is anything in it', async () => {
      const calls = fresh();
      for (let id = 0; id < 4; id++) {
        await calls.begin(String(id), { REQUESTS: 1n }, limits, { scopes });
        await calls.end(String(id), {});
        await calls.read(...limits);
      }
      expect(calls.ledger.reads).toBe(1);
    });

    it('counts once what is settled, raised, begun or released while the ledger is read', async () => {
      for (const hook of ['beforeRead', 'afterRead'] as const) {
        const calls = fresh();
        const known = [day];
        const one = { REQUESTS: 1n, COST: 2n, TOKENS: 10n };
        for (const id of ['settled', 'raised', 'released', 'running']) {
          await calls.begin(id, one, known, { scopes });
        }
        await calls.begin('before', { ...one, REQUESTS: 0n }, known, { scopes });
        await calls.end('before', { COST: 1n, TOKENS: 1n });
        calls.ledger[hook] = async () => {
          calls.ledger[hook] = async () => undefined;
          await calls.end('settled', { COST: 1n, TOKENS: 3n });
          await calls.reserve('raised', { ...one, COST: 3n }, known, { scopes, raise: true });
          calls.ledger.rows.delete('released');
          await calls.release('released');
          await calls.begin('begun', { COST: 1n, REQUESTS: 1n }, known, { scopes });
        };
        expect(await calls.read(month, hour)).toEqual([
          { spent: 2n, reserved: 6n },
          { spent: 4n, reserved: 20n },
        ]);
        for (const id of ['raised', 'running', 'begun']) await calls.end(id, { COST: 1n, TOKENS: 1n });
        expect(await calls.read(month, hour, day)).toEqual([
          { spent: 5n, reserved: 0n },
          { spent: 7n, reserved: 0n },
          { spent: 4n, reserved: 0n },
        ]);
      }
    });

    it('counts once what is committed without a reservation while the ledger is read', async () => {
      for (const hook of ['beforeRead', 'afterRead'] as const) {
        const calls = fresh();
        calls.ledger.open('lost', Date.now() - 10, scopes, amounts);
        calls.ledger[hook] = async () => {
          calls.ledger[hook] = async () => undefined;
          await calls.end('lost', { COST: 1n, TOKENS: 3n });
        };
        expect(await calls.read(...limits)).toEqual([
          { spent: 1n, reserved: 0n },
          { spent: 1n, reserved: 0n },
          { spent: 3n, reserved: 0n },
        ]);
      }
    });

    it('counts what a row was closed with last', async () => {
      const calls = fresh();
      await calls.begin('1', amounts, limits, { scopes });
      await calls.end('1', { COST: 1n, TOKENS: 1n }, scopes);
      await calls.end('1', { COST: 3n, TOKENS: 2n }, scopes);
      expect((await calls.read(...limits)).map(({ spent }) => spent)).toEqual([3n, 1n, 2n]);
      calls.ledger.beforeRead = async () => {
        calls.ledger.beforeRead = async () => undefined;
        await calls.end('1', { COST: 5n, TOKENS: 4n }, scopes);
      };
      const more = limitOn('key:a', 'COST', 100n);
      expect((await calls.read(more, ...limits)).map(({ spent }) => spent)).toEqual([5n, 5n, 1n, 4n]);
    });

    it('counts rows that started later than the time of the store', async () => {
      const calls = fresh();
      calls.ledger.open('later', Date.now() + 500, scopes, amounts);
      calls.ledger.open('running', Date.now() + 500, scopes, amounts);
      calls.ledger.close('later', amounts);
      expect(await calls.read(month)).toEqual([{ spent: 4n, reserved: 4n }]);
      await calls.end('running', { COST: 1n, TOKENS: 1n });
      expect(await calls.read(month)).toEqual([{ spent: 5n, reserved: 0n }]);
    });

    it('counts a call that knew of no limit as soon as it is settled', async () => {
      const calls = fresh();
      expect(await calls.read(...limits)).toHaveLength(3);
      calls.ledger.open('unlimited', Date.now(), scopes, amounts);
      await calls.end('unlimited', { COST: 2n, TOKENS: 1n }, scopes);
      expect((await calls.read(...limits)).map(({ spent }) => spent)).toEqual([2n, 1n, 1n]);
    });

    it('counts a call whose caller did not know of the limit yet', async () => {
      const calls = fresh();
      await calls.read(month);
      await calls.begin('1', amounts, [day], { scopes });
      expect(await calls.read(month)).toEqual([{ spent: 0n, reserved: 4n }]);
      await calls.end('1', { COST: 2n });
      expect(await calls.read(month)).toEqual([{ spent: 2n, reserved: 0n }]);
    });

    it('grants nothing while the ledger cannot be read, and states when to come back', async () => {
      const calls = fresh();
      calls.ledger.beforeRead = () => Promise.reject(new Error('The database is away.'));
      const overloaded = { code: 'OVERLOADED', extensions: { retryAfterMs: expect.any(Number) } };
      await expect(calls.reserve('1', amounts, limits)).rejects.toMatchObject(overloaded);
      await expect(calls.read(month)).rejects.toMatchObject(overloaded);
      const short = [limitOn('key:a', 'REQUESTS', 1n, 'MINUTE')];
      expect(await calls.reserve('2', { REQUESTS: 1n }, short)).toEqual(granted);
      calls.ledger.beforeRead = async () => undefined;
      expect(await calls.reserve('1', amounts, limits)).toEqual(granted);
    });

    it('never grants more than is left, however many come right after a loss', async () => {
      const before = fresh();
      for (const id of ['a', 'b', 'c']) {
        await before.begin(id, { REQUESTS: 1n }, [day], { scopes });
        await before.end(id, {});
      }
      const calls = await afterLoss(before);
      const ids = Array.from({ length: 50 }, (_, at) => String(at));
      const begun = await Promise.all(ids.map((id) => calls.begin(id, { REQUESTS: 1n }, [day], { scopes })));
      expect(begun.filter(Boolean)).toHaveLength(1);
      expect(await calls.read(day)).toEqual([{ spent: 3n, reserved: 1n }]);
    });
  });
}
