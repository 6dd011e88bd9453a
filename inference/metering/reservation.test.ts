import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { anonymousCaller, type Caller, type CallerLimit } from '#core/caller.ts';
import { listLimits } from '#state/quota/caller-limits.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import type { Quota } from '#state/quota/quota.ts';
import { Meters } from './meters.ts';

const key = (meter: CallerLimit['meter'], amount: string): CallerLimit => ({
  subject: 'key:k',
  meter,
  window: 'DAY',
  amount,
});
const bound = (tokens: bigint, costNanos = 0n) => ({ tokens, costNanos });

/** Meters of one caller over a store in memory, and the commands that they send to it. */
function setup(...limits: readonly CallerLimit[]) {
  const caller: Caller = { ...anonymousCaller, tenantId: 't', limits };
  const memory = createMemoryQuota();
  const sent: string[] = [];
  const quota: Quota = {
    ...memory,
    reserve(reservation) {
      sent.push('reserve');
      return memory.reserve(reservation);
    },
    settle(...args) {
      sent.push('settle');
      return memory.settle(...args);
    },
    release(...args) {
      sent.push('release');
      return memory.release(...args);
    },
  };
  const raised: unknown[] = [];
  const ledger = { raise: async (...args: unknown[]) => void raised.push(args) };
  const log = pino({ level: 'silent' });
  const open = (id: string, more: object = {}) =>
    new Meters({ quota, ledger, caller, id, totalMs: 1_000, log, ...more });
  return { open, sent, raised, read: () => memory.read('t', listLimits(caller)) };
}

describe('the meters of a call', () => {
  it('are committed once: what ends a call again changes nothing', async () => {
    const { open, sent, read } = setup(key('TOKENS', '100'));
    const meters = open('a');
    await meters.reserve(bound(50n));
    await meters.commitUsage(bound(20n));
    await meters.commitUsage(bound(90n));
    await meters.release();
    expect(sent).toEqual(['reserve', 'settle']);
    expect(await read()).toEqual([{ spent: 20n, reserved: 0n }]);
  });

  it('are not committed where they were released, or nothing was reserved', async () => {
    const { open, sent, read } = setup(key('TOKENS', '100'));
    const [released, unused] = [open('a'), open('b')];
    await released.reserve(bound(50n));
    await released.release();
    await released.commitUsage(bound(50n));
    await unused.commitUsage(bound(50n));
    await unused.release();
    expect(sent).toEqual(['reserve', 'release']);
    expect(await read()).toEqual([{ spent: 0n, reserved: 0n }]);
  });

  it('hold what was used and what comes next, and never less than before', async () => {
    const { open, sent, raised, read } = setup(key('TOKENS', '100'), key('COST', '1000'));
    const meters = open('a');
    await meters.reserve(bound(30n, 300n));
    expect(await meters.raise(bound(10n, 0n), bound(20n, 300n))).toBeNull();
    expect([sent, raised]).toEqual([['reserve'], []]);
    expect(await meters.raise(bound(25n, 1n), bound(30n, 2n))).toBeNull();
    expect(meters.reserved).toEqual(bound(55n, 300n));
    expect(raised).toEqual([['a', bound(55n, 300n)]]);
    expect(await meters.raise(bound(0n, 200n), bound(1n, 250n))).toBeNull();
    expect(await read()).toMatchObject([{ reserved: 55n }, { reserved: 450n }]);
    expect(await meters.raise(bound(60n), bound(41n))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(meters.reserved).toEqual(bound(55n, 450n));
    expect(await read()).toMatchObject([{ reserved: 55n }, { reserved: 450n }]);
  });
});

describe('the meters of several calls', () => {
  it('take all or nothing: those that were refused return nothing, and may be reserved one by one', async () => {
    const { open, sent, read } = setup(key('TOKENS', '100'));
    const calls = ['a', 'b', 'c'].map((id) => ({ meters: open(id), bound: bound(40n) }));
    await expect(Meters.reserveAll(calls)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await Promise.all(calls.map(({ meters }) => meters.release()));
    expect(sent).toEqual(['reserve']);
    expect(await read()).toEqual([{ spent: 0n, reserved: 0n }]);
    await Meters.reserveAll(calls.slice(0, 2));
    expect(await read()).toEqual([{ spent: 0n, reserved: 80n }]);
    await Promise.all(calls.map(({ meters }) => meters.release()));
    expect(sent).toEqual(['reserve', 'reserve', 'release', 'release']);
    expect(await read()).toEqual([{ spent: 0n, reserved: 0n }]);
  });

  it.each([
    [[40n, 40n, 40n], 'larger than the limit'],
    [[40n, 40n, 20n], 'has no room'],
  ])(
    'of %s tokens under a limit of 100 of which one is used are refused together: %s',
    async (tokens, message) => {
      const { open } = setup(key('TOKENS', '100'));
      await open('used').reserve(bound(1n));
      const calls = tokens.map((each, at) => ({ meters: open(`${at}`), bound: bound(each) }));
      await expect(Meters.reserveAll(calls)).rejects.toThrow(message);
    },
  );
});
