import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '#telemetry/metrics/metrics.ts';
import { parseMetrics } from '#test/support/metrics-text.ts';
import { row } from '#test/support/usage-mesh.ts';
import type { InvocationClosing } from './ledger/invocation-closing.ts';
import type { Ledger } from './ledger/ledger.ts';
import { observeLedger } from './observed-ledger.ts';

const token = 'a-token-of-a-test-0123456789';
const startedAt = '2026-01-01T00:00:00.000Z';
const names = [
  'heddle_calls_running',
  'heddle_ledger_oldest_running_seconds',
  'heddle_ledger_rows_waiting',
  'heddle_ledger_write_failures_total{kind="open"}',
  'heddle_ledger_write_failures_total{kind="close"}',
  'heddle_cache_calls_total{status="hit"}',
];

/** A ledger whose writes end when the test lets them, with its metrics. */
function open() {
  const writes: PromiseWithResolvers<void>[] = [];
  const write = () => {
    const writing = Promise.withResolvers<void>();
    writes.push(writing);
    return writing.promise;
  };
  const slow: Ledger = { open: write, raise: write, close: write, hasLost: true, closeLost: async () => 7 };
  const { inference, page } = createMetrics({ token, oldNames: false });
  let nowMs = Date.parse(startedAt);
  const ledger = observeLedger(slow, inference, () => nowMs);
  const headers = { authorization: `Bearer ${token}` };
  const read = async () => parseMetrics((await page.read({ headers } as IncomingMessage)).text);
  return {
    ledger,
    writes,
    read,
    gauges: async () => {
      const found = await read();
      return names.map((name) => found.get(name));
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

const running = (id: string) => row(id, startedAt, { status: 'RUNNING' });
function closing(of: Partial<InvocationClosing>): InvocationClosing {
  const { orphaned: _, ...closed } = row('any', startedAt);
  return { ...closed, ...of };
}

describe('the ledger with its metrics', () => {
  it('counts rows that wait, rows that are open and the age of the oldest, until they are closed', async () => {
    const { ledger, writes, gauges, pass } = open();
    const first = ledger.open(running('a'));
    expect(await gauges()).toEqual([0, 0, 1, 0, 0, 0]);
    writes[0]?.resolve();
    await first;
    pass(5_000);
    expect(await gauges()).toEqual([1, 5, 0, 0, 0, 0]);
    const closed = ledger.close('a', closing({ status: 'SUCCEEDED' }), null);
    expect(await gauges()).toEqual([1, 5, 1, 0, 0, 0]);
    writes[1]?.resolve();
    await closed;
    expect(await gauges()).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('counts writes that fail, whose rows and errors are as they were', async () => {
    const { ledger, writes, gauges, read } = open();
    const opened = ledger.open(running('a'));
    writes[0]?.reject(new Error('the disk is full'));
    await expect(opened).rejects.toThrow('the disk is full');
    expect(await gauges()).toEqual([0, 0, 0, 1, 0, 0]);
    const other = ledger.open(running('b'));
    writes[1]?.resolve();
    await other;
    const closed = ledger.close('b', closing({ status: 'FAILED', errorCode: 'INTERNAL' }), null);
    writes[2]?.reject(new Error('the disk is full'));
    await expect(closed).rejects.toThrow('the disk is full');
    expect(await gauges()).toEqual([0, 0, 0, 1, 1, 0]);
    expect((await read()).get('heddle_ledger_write_duration_seconds_count{kind="close"}')).toBeUndefined();
  });

  it('counts how calls end: closed rows, and answers of the cache', async () => {
    const { ledger, writes, read } = open();
    const closed = ledger.close('a', closing({ status: 'FAILED', errorCode: 'PROVIDER_TIMEOUT' }), null);
    const answered = ledger.open(row('b', startedAt, { status: 'SUCCEEDED', cache: 'HIT' }));
    for (const { resolve } of writes) resolve();
    await Promise.all([closed, answered]);
    const found = await read();
    expect(found.get('heddle_calls_total{status="failed",code="PROVIDER_TIMEOUT",cause="provider"}')).toBe(1);
    expect(found.get('heddle_calls_total{status="succeeded"}')).toBe(1);
    expect(found.get('heddle_cache_calls_total{status="hit"}')).toBe(1);
  });

  it('is the ledger in everything else', async () => {
    const { ledger } = open();
    expect([ledger.hasLost, await ledger.closeLost('me', 0)]).toEqual([true, 7]);
  });
});
