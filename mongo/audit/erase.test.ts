import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { testSecrets } from '#test/support/seal.ts';
import { computeLinkHash } from './chain.ts';
import { createAuditEraser } from './erase.ts';
import { recordChainStart } from './genesis.ts';
import { readAuditKeys } from './keys.ts';
import { type AuditRecord, auditLog, closeInterrupted, createAuditLog } from './log.ts';
import { auditStarts } from './starts.ts';
import { verifyAuditLog } from './verify.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase({ monitorCommands: true });
});
afterEach(async () => {
  await auditLog(database.connection).deleteMany({});
  await auditStarts(database.connection).deleteMany({});
});
afterAll(() => database.close());

const subject = { _id: 'erasure', kind: 'TENANT', tenantId: 'acme', requestedAt: new Date(1_000) } as const;

function older(id: string, tenantId: string): Omit<AuditRecord, 'chain'> {
  return {
    ...{ _id: `018000000000-${id}`, at: new Date(Date.now() - 86_400_000), tenantId, action: 'app.create' },
    actor: { kind: 'API_KEY', keyId: 'key', appId: 'app', subject: null },
    ...{ outcome: 'SUCCEEDED', errorCode: null, targetType: 'App', targetId: id },
    ...{ arguments: { name: `Name of ${id}` }, before: null, after: null },
    ...{ requestId: 'request', clientAddress: '192.0.2.1' },
  };
}

/** A store with records from before the chains, of two tenants, and the statement about them. */
async function prepare() {
  const { connection } = database;
  const audit = createAuditLog(connection);
  await auditLog(connection).insertMany([older('a', 'acme'), older('b', 'acme'), older('c', 'other')]);
  await recordChainStart(connection, audit, new Date());
  return createAuditEraser(connection, { audit, secrets: testSecrets });
}

async function eraseAll(eraser: Awaited<ReturnType<typeof prepare>>, max: number): Promise<void> {
  for (let after: string | null = null; ; ) {
    const page = await eraser.find(subject, after, max);
    await eraser.erase(subject, page.found);
    if (page.next === null) return;
    after = page.next;
  }
}

async function verifyAll() {
  const problems: string[] = [];
  const keys = await readAuditKeys(database.connection);
  const report = await verifyAuditLog(database.connection, { keys }, ({ kind }) => problems.push(kind));
  return { ...report, problems };
}

async function verify(): Promise<readonly string[]> {
  const { older: count, problems } = await verifyAll();
  expect(count).toBe(3);
  return problems;
}

const readNames = async () =>
  (await auditLog(database.connection).find({ _id: /^018/ }).sort({ _id: 1 }).lean()).map(
    ({ arguments: args }) => (args as { name: string } | null)?.name ?? null,
  );

describe('erasing records from before the chains', () => {
  it.each([1, 2, 10])('leaves a log that verifies, in batches of %i', async (max) => {
    await eraseAll(await prepare(), max);
    expect(await readNames()).toEqual([null, null, 'Name of c']);
    expect(await verify()).toEqual([]);
  });

  it.each([
    ['the statement and the first record', 0],
    ['two records', 1],
    ['the last record and the end of the step', 2],
  ])('leaves a log that verifies where it is killed between %s, and continues', async (_where, erased) => {
    const { connection } = database;
    const eraser = await prepare();
    const page = await eraser.find(subject, null, 10);
    const records = await auditLog(connection).find({ tenantId: 'acme' }).sort({ _id: 1 }).lean();
    await eraser.erase(subject, page.found);
    // As if these had not been written any more.
    for (const left of records.slice(erased))
      await auditLog(connection).collection.replaceOne({ _id: left._id as never }, left);
    expect(await verify()).toEqual([]);
    await eraseAll(eraser, 10);
    expect(await verify()).toEqual([]);
    expect(await readNames()).toEqual([null, null, 'Name of c']);
    await eraser.finish?.(subject, {});
    expect(await verify()).toEqual([]);
  });

  it('shows a record that is put back, or changed, after the erasure has ended', async () => {
    const { connection } = database;
    const eraser = await prepare();
    const [first] = await auditLog(connection).find({ tenantId: 'acme' }).sort({ _id: 1 }).lean();
    await eraseAll(eraser, 10);
    await eraser.finish?.(subject, {});
    const { _id, ...content } = first ?? {};
    await auditLog(connection).collection.updateOne({ _id: _id as never }, { $set: { action: 'none' } });
    expect(await verify()).toEqual(['ALTERED']);
    await auditLog(connection).collection.replaceOne({ _id: _id as never }, content);
    expect(await verify()).toEqual(['ALTERED']);
  });

  it('of two tenants at once leaves a log that verifies', async () => {
    const { connection } = database;
    const eraser = await prepare();
    const stored = await auditLog(connection).find({ _id: /^018/ }).sort({ _id: 1 }).lean();
    const other = { ...subject, _id: 'another', tenantId: 'other', requestedAt: new Date(2_000) };
    const [pages, others] = [await eraser.find(subject, null, 10), await eraser.find(other, null, 10)];
    await Promise.all([eraser.erase(subject, pages.found), eraser.erase(other, others.found)]);
    expect(await readNames()).toEqual([null, null, null]);
    expect(await verify()).toEqual([]);
    const erased = await auditLog(connection).find({ _id: /^018/ }).sort({ _id: 1 }).lean();
    // As if the processes had been killed before they wrote these.
    for (const left of stored)
      await auditLog(connection).collection.replaceOne({ _id: left._id as never }, left);
    expect(await verify()).toEqual([]);
    for (const one of erased)
      await auditLog(connection).collection.replaceOne({ _id: one._id as never }, one);
    await Promise.all([eraser.finish?.(subject, {}), eraser.finish?.(other, {})]);
    expect(await verify()).toEqual([]);
  });

  it('reads all of them once, in however many batches it erases', async () => {
    const { connection } = database;
    const ids = Array.from({ length: 40 }, (_, n) => `${n}`.padStart(2, '0'));
    await auditLog(connection).insertMany(ids.map((id) => older(id, 'acme')));
    const eraser = await prepare();
    let read = 0;
    const client = connection.getClient();
    const note = ({ commandName, reply }: { readonly commandName: string; readonly reply: unknown }) => {
      const { cursor } = reply as {
        readonly cursor?: { readonly firstBatch?: unknown[]; readonly nextBatch?: unknown[] };
      };
      if (commandName === 'find' || commandName === 'getMore')
        read += (cursor?.firstBatch ?? cursor?.nextBatch ?? []).length;
    };
    client.on('commandSucceeded', note);
    await eraseAll(eraser, 2);
    await eraser.finish?.(subject, {});
    client.off('commandSucceeded', note);
    // Each once for the digest, as an id and as a record to erase, and the keys and statements of 21 batches.
    expect(read).toBeLessThan(43 + 2 * 42 + 21 * 5);
    expect((await verifyAll()).problems).toEqual([]);
  });

  it('hides no other change of them', async () => {
    const eraser = await prepare();
    await auditLog(database.connection).updateOne({ tenantId: 'other' }, { $set: { action: 'none' } });
    expect(await verify()).toEqual(['ALTERED']);
    await eraseAll(eraser, 10);
    expect(await readNames()).toEqual([null, null, 'Name of c']);
    expect(await verify()).toEqual(['ALTERED']);
  });
});

describe('the end of a change that comes after its record was erased', () => {
  const before = { name: 'Secret name' };
  const begin = { ...older('late', 'acme'), requestId: 'r1', clientRequestId: 'c1' };

  it('brings nothing back of what was erased, and the log verifies', async () => {
    const { connection } = database;
    const audit = createAuditLog(connection);
    const { actor, action, tenantId, arguments: args, requestId, clientRequestId, clientAddress } = begin;
    const target = { targetType: 'App', targetId: 'secret-app' };
    const id = await audit.begin({
      ...{ actor, action, tenantId, requestId, clientRequestId, clientAddress, arguments: args },
    });
    await audit.name(id, { ...target, tenantId });
    await closeInterrupted(connection, new Date(Date.now() + 1_000));
    const eraser = createAuditEraser(connection, { audit, secrets: testSecrets });
    const page = await eraser.find(subject, null, 10);
    await eraser.erase(subject, page.found);
    await audit.end(id, { ...target, outcome: 'SUCCEEDED', errorCode: null, before, after: before });
    const records = await auditLog(connection).find({ tenantId: 'acme' }).sort({ _id: 1 }).lean();
    expect(records.map(({ outcome }) => outcome)).toEqual(['INTERRUPTED', 'SUCCEEDED']);
    expect(JSON.stringify(records)).not.toMatch(/[Ss]ecret|Name of|192\.0\.2\.1|"key"|"r1"|"c1"/);
    expect((await verifyAll()).problems).toEqual([]);
    // Another end in its place is shown, also where whoever wrote it has chained it.
    const [, end] = records;
    const { hash: _, ...forged } = { ...end, _id: `${id}-end`, arguments: args };
    await auditLog(connection).collection.replaceOne(
      { _id: forged._id as never },
      { ...forged, hash: computeLinkHash(forged) },
    );
    expect((await verifyAll()).problems).toEqual(['ALTERED']);
  });
});
