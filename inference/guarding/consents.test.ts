import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { consents } from '#mongo/consents.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { openFailingDatabase, openTestDatabase } from '#test/support/database.ts';
import { buildPlan, wordRule } from '#test/support/word-rules.ts';
import { Consents } from './consents.ts';

const log = pino({ level: 'silent' });
const plan = buildPlan(
  wordRule(/x/, 'BLOCK', { unlessConsent: 'analysis' }),
  wordRule(/y/, 'BLOCK', { unlessConsent: null }),
);

let database: Database;
let count = 0;
beforeAll(async () => {
  database = await openTestDatabase({ monitorCommands: true });
});
afterAll(() => database?.close());

async function open() {
  const bus = createMemoryBus(log);
  const clock = { ms: 1_000_000 };
  const { connection } = database;
  const known = await Consents.open({ connection, bus, log, now: () => clock.ms });
  const tenantId = `tenant-${++count}`;
  const save = async (endUserId: string, purposes: readonly string[], expiresAt: Date | null = null) => {
    const _id = `${tenantId} ${endUserId}`;
    const at = { createdAt: new Date(0), updatedAt: new Date(0) };
    const record = { _id, tenantId, endUserId, purposes, expiresAt, ...at };
    await consents(connection).updateOne({ _id }, { $set: record }, { upsert: true });
  };
  const has = (endUserId: string | null, owner: string | null = tenantId) =>
    known.of({ tenantId: owner, allowedRegions: null }, endUserId).hasConsent('analysis');
  return {
    bus,
    clock,
    known,
    caller: { tenantId, allowedRegions: null },
    tenantId,
    save,
    has,
    [Symbol.asyncDispose]: () => known[Symbol.asyncDispose](),
  };
}

/** How often the consents are read meanwhile. */
async function countReads(run: () => Promise<unknown>): Promise<number> {
  let reads = 0;
  const client = database.connection.getClient();
  const note = ({ commandName, command }: { commandName: string; command: Record<string, unknown> }) => {
    if (commandName === 'find' && command.find === 'consents') reads += 1;
  };
  client.on('commandStarted', note);
  await run();
  client.off('commandStarted', note);
  return reads;
}

describe('the consent of a call', () => {
  it('is that of its tenant and its end user, and of no other', async () => {
    await using it = await open();
    await it.save('ada', ['analysis']);
    await it.save('eve', ['storage']);
    expect(await it.has('ada')).toBe(true);
    for (const [endUserId, owner] of [
      ['eve', it.tenantId],
      ['nobody', it.tenantId],
      [null, it.tenantId],
      ['ada', 'other'],
      ['ada', null],
    ] as const) {
      expect(await it.has(endUserId, owner), `${endUserId}`).toBe(false);
    }
  });

  it('ends when it expires, also while it is remembered', async () => {
    await using it = await open();
    await it.save('ada', ['analysis'], new Date(it.clock.ms + 100));
    expect(await it.has('ada')).toBe(true);
    it.clock.ms += 100;
    expect(await it.has('ada')).toBe(false);
  });

  it('is read once for a call, and for all calls of five seconds', async () => {
    await using it = await open();
    await it.save('ada', ['analysis']);
    const ask = async () => {
      const party = it.known.of(it.caller, 'ada');
      await Promise.all([party.bind(plan), party.bind(plan), party.hasConsent('analysis')]);
    };
    expect(await countReads(() => Promise.all([ask(), ask()]))).toBe(1);
    it.clock.ms += 4_999;
    expect(await countReads(ask)).toBe(0);
    it.clock.ms += 1;
    expect(await countReads(ask)).toBe(1);
  });

  it('stays what it was at its beginning, while the next call sees the withdrawal at once', async () => {
    await using it = await open();
    await it.save('ada', ['analysis']);
    const party = it.known.of(it.caller, 'ada');
    expect(await party.hasConsent('analysis')).toBe(true);
    await it.save('ada', []);
    expect(await it.has('ada')).toBe(true);
    await it.bus.publish('consents.changed', { tenantId: it.tenantId, endUserId: 'ada' });
    expect(await it.has('ada')).toBe(false);
    expect(await party.hasConsent('analysis')).toBe(true);
  });

  it('of all end users of a tenant is forgotten, and of no other tenant', async () => {
    await using it = await open();
    await it.save('ada', ['analysis']);
    await it.save('eve', ['analysis']);
    const ask = () => Promise.all([it.has('ada'), it.has('eve'), it.has('ada', `${it.tenantId}0`)]);
    await ask();
    await it.bus.publish('consents.changed', { tenantId: it.tenantId, endUserId: null });
    expect(await countReads(ask)).toBe(2);
  });
});

describe('a plan', () => {
  it('is bound without the rules that the consent turns off', async () => {
    await using it = await open();
    await it.save('ada', ['analysis']);
    const bound = await it.known.of(it.caller, 'ada').bind(plan);
    expect(bound.rules.map(({ rule }) => rule)).toEqual(['word y']);
    expect(bound.fingerprint).not.toBe(plan.fingerprint);
    expect(await it.known.of(it.caller, 'eve').bind(plan)).toBe(plan);
  });

  it('without such rules, or for a call without an end user, is bound without a look at the store', async () => {
    await using it = await open();
    const plain = buildPlan(wordRule(/y/, 'BLOCK'));
    const reads = await countReads(async () => {
      expect(it.known.of(it.caller, 'ada').bind(plain)).toBe(plain);
      expect(it.known.of(it.caller, null).bind(plan)).toBe(plan);
    });
    expect(reads).toBe(0);
  });

  it('is bound with all its rules where the store fails, and the next call reads again', async () => {
    const failing = await openFailingDatabase();
    const { connection } = failing;
    const bus = createMemoryBus(log);
    await using known = await Consents.open({ connection, bus, log, now: () => 0 });
    const at = { createdAt: new Date(0), updatedAt: new Date(0) };
    const record = { tenantId: 't', endUserId: 'ada', purposes: ['analysis'], expiresAt: null, ...at };
    await consents(connection).updateOne({ _id: 'c' }, { $set: { _id: 'c', ...record } }, { upsert: true });
    const configure = (mode: string) =>
      connection
        .getClient()
        .db('admin')
        .command({
          configureFailPoint: 'failCommand',
          mode,
          data: { failCommands: ['find'], errorCode: 50 },
        });
    await configure('alwaysOn');
    const party = known.of({ tenantId: 't', allowedRegions: null }, 'ada');
    expect(await party.bind(plan)).toBe(plan);
    await expect(party.hasConsent('analysis')).rejects.toThrow();
    await configure('off');
    expect(await known.of({ tenantId: 't', allowedRegions: null }, 'ada').hasConsent('analysis')).toBe(true);
    await failing.close();
  });
});
