import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { testSecrets } from '#test/support/seal.ts';
import { createAuditEraser } from './erase.ts';
import { recordChainStart } from './genesis.ts';
import { readAuditKeys } from './keys.ts';
import { type AuditRecord, auditLog, createAuditLog } from './log.ts';
import { auditStarts } from './starts.ts';
import { verifyAuditLog } from './verify.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
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

async function verify(): Promise<readonly string[]> {
  const problems: string[] = [];
  const keys = await readAuditKeys(database.connection);
  const { older: count } = await verifyAuditLog(database.connection, { keys }, ({ kind }) =>
    problems.push(kind),
  );
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

  it('continues after a kill between the statement and the records', async () => {
    const { connection } = database;
    const eraser = await prepare();
    const page = await eraser.find(subject, null, 10);
    const records = await auditLog(connection).find({ tenantId: 'acme' }).lean();
    await eraser.erase(subject, page.found);
    // As if one record had not been written any more.
    const [left] = records;
    if (left === undefined) throw new Error('There is no record.');
    await auditLog(connection).collection.replaceOne({ _id: left._id as never }, left);
    expect(await verify()).toEqual(['ALTERED']);
    await eraser.erase(subject, page.found);
    expect(await verify()).toEqual([]);
    expect(await auditLog(connection).countDocuments({ action: 'audit.chain' })).toBe(2);
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
