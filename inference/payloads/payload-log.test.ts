import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anonymousCaller } from '#core/caller.ts';
import type { PayloadDrop } from '#core/observers/inference-observer.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import type { Database } from '#mongo/connect.ts';
import { invocations } from '#mongo/invocations.ts';
import { payloads } from '#mongo/payloads.ts';
import { destroyTenantKey } from '#mongo/tenant-keys.ts';
import { noUsage } from '#providers/provider.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { createMemoryStreamLogs } from '#state/streams/memory.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { openTestKeyring, testPayloads } from '#test/support/seal.ts';
import type { InvocationClosing } from '../ledger/invocation-closing.ts';
import { createLedger } from '../ledger/ledger.ts';
import { openRow } from '../ledger/rows.ts';
import type { CallPayload } from './call-payload.ts';
import { type HeldPayload, PayloadLog } from './payload-log.ts';
import { resealPayloads } from './reseal-payloads.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database?.close());

const content = (text: string): CallPayload => ({
  request: { text },
  response: { text },
  attempts: [],
  isCut: false,
});
const given = (id: string, text = 'x', tenantId = 'acme') => ({
  ...{ id, caller: { tenantId }, endedAtMs: Date.now(), content: () => JSON.stringify(content(text)) },
});

function setup(boxes: OwnerBoxes = testPayloads) {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const clock = { ms: Date.now() };
  const dropped: PayloadDrop[] = [];
  const observer = { payloadDropped: (reason: PayloadDrop) => void dropped.push(reason) };
  const payloadLog = new PayloadLog(database.connection, { boxes, log, observer, now: () => clock.ms });
  return { payloadLog, lines, dropped, clock, log };
}

const openTestRow = (id: string) =>
  openRow({
    labels: { requestId: 'r', clientRequestId: null, endUserId: null, tags: [] },
    ...{ id, kind: 'completion', caller: { ...anonymousCaller, tenantId: 'acme' }, cache: 'BYPASS' },
    model: { id: 'm/x', provider: { id: 'm' } },
    ...{ promptId: null, promptVersionId: null, startedAtMs: 1_000, ownerId: 'owner', opening: null },
  });
const ended: InvocationClosing = {
  ...{ status: 'SUCCEEDED' as const, modelId: 'm/x', providerId: 'm', usage: noUsage, costNanos: 0n },
  ...{ cache: 'BYPASS' as const, latencyMs: 1, timeToFirstTokenMs: null, errorCode: null, error: null },
  ...{ endedAt: new Date(), attempts: [] },
};

const wasKept = ({ record }: HeldPayload) => record !== null;

describe('payloads that wait for the store', () => {
  it('are bounded in bytes: one more is left out, counted and logged once in a while, and room that is free again is used', async () => {
    const { payloadLog, lines, dropped, clock } = setup();
    const large = 'x'.repeat(3 * 1024 * 1024);
    const held: HeldPayload[] = [];
    for (let i = 0; i < 5; i++) held.push(await payloadLog.hold(given(`h${i}`, large)));
    expect(held.map(wasKept)).toEqual([true, true, false, false, false]);
    expect(dropped).toEqual(['ROOM', 'ROOM', 'ROOM']);
    expect(lines).toMatchObject([{ event: 'payload_dropped', reason: 'ROOM', count: 1 }]);
    clock.ms += 10_000;
    await payloadLog.hold(given('more', large));
    expect(lines.slice(1)).toMatchObject([{ event: 'payload_dropped', reason: 'ROOM', count: 3 }]);
    expect(wasKept(await payloadLog.hold(given('small')))).toBe(true);
    held[0]?.[Symbol.dispose]();
    expect(wasKept(await payloadLog.hold(given('again', large)))).toBe(true);
  });

  it('are bounded also where they come at once, before a key is had', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow: OwnerBoxes = {
      ...testPayloads,
      of: async (owner) => promise.then(() => testPayloads.of(owner)),
    };
    const { payloadLog } = setup(slow);
    const large = 'x'.repeat(3 * 1024 * 1024);
    const holding = [1, 2, 3, 4].map((id) => payloadLog.hold(given(`at-once-${id}`, large)));
    resolve();
    expect((await Promise.all(holding)).filter(wasKept)).toHaveLength(2);
  });

  it('are left out where nothing can be sealed for their tenant, and never stored open', async () => {
    const { payloadLog, lines, dropped } = setup({
      ...testPayloads,
      of: () => Promise.reject(new Error('no key')),
    });
    expect(wasKept(await payloadLog.hold(given('unsealed')))).toBe(false);
    expect(dropped).toEqual(['UNSEALED']);
    expect(lines).toMatchObject([{ event: 'payload_dropped', reason: 'UNSEALED', count: 1 }]);
  });

  it('are left out where they cannot be written: the call ends all the same', async () => {
    const { payloadLog, dropped } = setup();
    const content = () => JSON.stringify({ amount: 1n });
    expect(wasKept(await payloadLog.hold({ ...given('unwritten'), content }))).toBe(false);
    expect(dropped).toEqual(['UNSEALED']);
  });
});

describe('a stored payload', () => {
  it('is there when the row of its call is closed, once, and is replaced where the close is repeated', async () => {
    const { payloadLog, log } = setup();
    const services = { log, streams: createMemoryStreamLogs(), quota: createMemoryQuota() };
    const ledger = createLedger(database.connection, { ...services, payloads: testPayloads });
    const ids = Array.from({ length: 20 }, (_, i) => `closed-${i}`);
    for (const id of ids) {
      await ledger.open(openTestRow(id));
    }
    // Of a close whose answer was lost.
    await payloadLog.store(await payloadLog.hold(given('closed-3', 'earlier')));
    await Promise.all(
      ids.map(async (id) => {
        using held = await payloadLog.hold(given(id, id));
        const closing = { ...ended, payloadUntil: held.record!.expiresAt };
        await ledger.close(id, closing, null, held.record);
        expect((await payloadLog.find([id], 'acme'))[0]?.content).toEqual(content(id));
      }),
    );
    const rows = await invocations(database.connection)
      .find({ _id: { $in: ids } })
      .lean();
    expect(rows.every(({ payloadUntil }) => payloadUntil !== undefined)).toBe(true);
  });

  it('that the store refuses is left out, and the row of its call is closed without it', async () => {
    const { payloadLog, log, lines } = setup();
    const services = { log, streams: createMemoryStreamLogs(), quota: createMemoryQuota() };
    const ledger = createLedger(database.connection, { ...services, payloads: testPayloads });
    await ledger.open(openTestRow('refused'));
    using held = await payloadLog.hold(given('refused'));
    const refused = { ...held.record!, expiresAt: new Date(Number.NaN) };
    await ledger.close('refused', { ...ended, payloadUntil: held.record!.expiresAt }, null, refused);
    const row = await invocations(database.connection).findById('refused').lean();
    expect(row?.status).toBe('SUCCEEDED');
    expect(row).not.toHaveProperty('payloadUntil');
    expect(lines).toMatchObject([{ event: 'payload_dropped', reason: 'STORE', count: 1 }]);
  });

  it('is kept for the days that its tenant has chosen', async () => {
    const { payloadLog } = setup();
    const keptDays = async (payloadDays: object) => {
      const days = { ...given('days'), caller: { tenantId: 'acme', ...payloadDays } };
      const { record } = await payloadLog.hold(days);
      return ((record?.expiresAt.getTime() ?? 0) - (record?.at.getTime() ?? 0)) / 86_400_000;
    };
    expect(await keptDays({})).toBe(30);
    expect(await keptDays({ payloadDays: 7 })).toBe(7);
  });

  it('is found with the tenant that it is of', async () => {
    const { payloadLog } = setup();
    await payloadLog.store(await payloadLog.hold(given('mine')));
    expect(await payloadLog.find(['mine'], 'other')).toEqual([]);
    expect(await payloadLog.find(['mine'], 'acme')).toMatchObject([{ id: 'mine', content: content('x') }]);
  });

  it('is read as far as an answer could hold several, and one of any length', async () => {
    const { payloadLog } = setup();
    const ids = ['long-1', 'long-2'];
    const long = 'x'.repeat(5 * 1024 * 1024);
    for (const id of ids) {
      using held = await payloadLog.hold(given(id, long));
      await payloadLog.store(held);
    }
    expect(await payloadLog.find(['long-1'], 'acme')).toHaveLength(1);
    await expect(payloadLog.find(ids, 'acme')).rejects.toMatchObject({
      extensions: { code: 'GRAPH_COST_EXCEEDED' },
    });
  });

  it('is sealed anew with the present key of its tenant, and opens no more once that is destroyed', async () => {
    const { connection } = database;
    await payloads(connection).deleteMany({});
    const key = randomBytes(32);
    await using keyring = openTestKeyring(connection, key);
    const { payloadLog } = setup(keyring.payloads);
    for (const [id, tenantId] of [
      ['a', 'first'],
      ['b', 'second'],
    ] as const) {
      await payloadLog.store(await payloadLog.hold(given(id, id, tenantId)));
    }
    expect(await resealPayloads(connection, keyring.payloads)).toBe(0);
    // As though another data key of the tenant had sealed it.
    const older = { ...testPayloads, open: testPayloads.open } as OwnerBoxes;
    await payloads(connection).deleteOne({ _id: 'a' });
    const before = new PayloadLog(connection, {
      boxes: older,
      log: pino({ level: 'silent' }),
      now: Date.now,
    });
    await before.store(await before.hold(given('a', 'a', 'first')));
    const comment = { rating: 1, text: 'No.' };
    expect(await before.keepComment('a', 'first', comment)).toBe(true);
    expect(await before.keepComment('a', 'second', comment)).toBe(false);
    const both: OwnerBoxes = {
      of: (owner) => keyring.payloads.of(owner),
      open: (sealed, context) => {
        try {
          return testPayloads.open(sealed, context);
        } catch {
          // Any error: the key of the test has not sealed it.
          return keyring.payloads.open(sealed, context);
        }
      },
    };
    expect(await resealPayloads(connection, both)).toBe(2);
    expect(await resealPayloads(connection, both)).toBe(0);
    expect(await payloadLog.find(['a'], 'first')).toMatchObject([{ content: content('a'), comment }]);
    await destroyTenantKey(connection, 'first');
    await using after = openTestKeyring(connection, key);
    const later = setup(after.payloads).payloadLog;
    expect(await later.find(['a'], 'first')).toMatchObject([{ content: null }]);
    expect(await later.find(['b'], 'second')).toMatchObject([{ content: content('b') }]);
    const left = new Set<string>();
    expect(await resealPayloads(connection, after.payloads, left)).toBe(0);
    expect(left.size).toBe(1);
  });
});
