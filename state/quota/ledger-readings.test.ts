import { pino } from 'pino';
import { expect, it } from 'vitest';
import { openState } from '../open-state.ts';
import { FakeLedger } from './fake-ledger.ts';
import { withLedgerReadings } from './ledger-readings.ts';
import { createMemoryQuota } from './memory.ts';
import { limitOn } from './suite/calls.ts';

it('is how a process without Redis that makes no calls opens its meters', async () => {
  await using state = await openState(undefined, pino({ level: 'silent' }));
  const ledger = new FakeLedger();
  for (const [use, reads] of [
    [{ makesCalls: true }, 1],
    // One more: what READS are drawn of.
    [{ makesCalls: false }, 4],
    [undefined, 1],
  ] as const) {
    ledger.reads = 0;
    await using quota = state.openQuota(ledger, use);
    for (let n = 0; n < 3; n++) await quota.read('p', [limitOn('app:a', 'COST', 10n, 'DAY')]);
    expect(ledger.reads).toBe(reads);
  }
});

it('shows what calls in other processes have drawn, at each reading, where no Redis joins the processes', async () => {
  const startMs = Date.UTC(2026, 2, 1, 10);
  const clock = { nowMs: startMs };
  const now = () => clock.nowMs;
  const rows = new FakeLedger().rows;
  const [there, here] = [new FakeLedger(rows), new FakeLedger(rows)];
  await using calling = createMemoryQuota({ now, history: there });
  await using quota = withLedgerReadings(createMemoryQuota({ now, history: here }), here, now);
  const limits = [limitOn('app:a', 'COST', 10n, 'DAY'), limitOn('app:a', 'COST', 100n, 'MONTH')];
  const call = async (id: string, cost: bigint) => {
    const asked = { partition: 'p', scopes: ['app:a'], amounts: { COST: 4n }, limits, ttlMs: 600_000 };
    const decision = await calling.reserve({ id, ...asked });
    if (!decision.granted) throw new Error('It was refused.');
    there.open(id, decision.atMs, ['app:a'], asked.amounts);
    there.close(id, { COST: cost });
    await calling.settle('p', id, { COST: cost }, ['app:a']);
  };
  const readSpent = async () => (await quota.read('p', limits)).map(({ spent }) => spent);
  expect(await readSpent()).toEqual([0n, 0n]);
  for (const [id, sum] of [
    ['1', 3n],
    ['2', 6n],
  ] as const) {
    clock.nowMs += 1_000;
    await call(id, 3n);
    clock.nowMs += 1_000;
    expect(await readSpent()).toEqual([sum, sum]);
  }
  clock.nowMs += 86_400_000;
  expect(await readSpent()).toEqual([0n, 6n]);
});

it('still shows the READS that this process counts', async () => {
  const clock = { nowMs: Date.UTC(2026, 2, 1, 10) };
  const now = () => clock.nowMs;
  const ledger = new FakeLedger();
  await using quota = withLedgerReadings(createMemoryQuota({ now, history: ledger }), ledger, now);
  const limits = [limitOn('key:a', 'READS', 10n, 'DAY'), limitOn('key:a', 'COST', 10n, 'DAY')];
  await quota.spend({ partition: 'p', amounts: { READS: 3n }, limits: limits.slice(0, 1) });
  expect((await quota.read('p', limits)).map(({ spent }) => spent)).toEqual([3n, 0n]);
});
