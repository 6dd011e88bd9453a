import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { auditLog, createAuditLog } from '#mongo/audit/log.ts';
import { type Database, ensureIndexes, openDatabase } from '#mongo/connect.ts';
import { type ErasureRecord, erasures } from '#mongo/erasures.ts';
import { computeProof } from '#server/erasure/report-erasure.ts';
import { hashSubject, newErasure } from '#subgraphs/tenants/erasure/new-erasure.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { runErasuresCommand } from './erasures.ts';

let stack: AsyncDisposableStack;
let dir: string;
let database: Database;
let printed: readonly string[];
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  dir = stack.use(await temporaryDirectory()).path;
  database = stack.use(await openDatabase(`embedded:${join(dir, 'store')}`));
  await ensureIndexes(database.connection);
  vi.stubEnv('HEDDLE_DATA_DIR', dir);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await stack.disposeAsync();
});

async function run(...args: readonly string[]): Promise<number> {
  const spy = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    return await runErasuresCommand(args);
  } finally {
    printed = spy.mock.calls.map(([line]) => String(line));
    spy.mockRestore();
  }
}

/** The erasure of an end user, which has ended. */
async function addErasure(endUserId: string): Promise<ErasureRecord> {
  const subject = { kind: 'END_USER', tenantId: 'acme', endUserId, slot: endUserId } as const;
  const { endUserId: _, slot: __, ...begun } = newErasure(subject, new Date(), 0);
  const ended = { ...begun, status: 'FINISHED', finishedAt: new Date(), counts: { invocations: 2 } } as const;
  const record = { ...ended, proof: computeProof(ended) };
  await erasures(database.connection).create({ ...record });
  return record;
}

it('lists the reports of erasures that have ended, and repeats them where a request names the end user', async () => {
  const { connection } = database;
  const { _id: id, proof } = await addErasure('Ada-Lovelace');
  const running = newErasure({ kind: 'TENANT', tenantId: 'acme', slot: 'x' }, new Date(), 0);
  await erasures(connection).create({ ...running });
  await createAuditLog(connection).begin({
    ...{ tenantId: null, action: 'x', arguments: null, requestId: 'r', clientAddress: null },
    actor: { kind: 'SYSTEM', keyId: null, appId: null, subject: null },
  });
  expect(await run('list')).toBe(0);
  expect(printed.map((line) => JSON.parse(line))).toMatchObject([
    { id, kind: 'END_USER', tenantId: 'acme', counts: { invocations: 2 }, proof },
  ]);
  expect(JSON.parse(printed[0] ?? '').subjectHash).toBe(hashSubject(id, 'Ada-Lovelace'));
  const [reports, requests] = [join(dir, 'reports'), join(dir, 'requests')];
  await writeFile(reports, printed.join('\n'));
  expect(await run('repeat', reports)).toBe(1);
  expect(printed[0]).toContain(`The end user of the erasure ${id} in the tenant acme is named by no request`);
  await writeFile(requests, '{"tenantId":"acme","endUserId":"Ada-Lovelace"}\n');
  expect(await run('repeat', reports, requests)).toBe(0);
  expect(printed).toEqual([expect.stringContaining('1 are of tenants that this store does not have')]);
  const records = await auditLog(connection).find({ action: 'erasure.repeat' }).sort({ _id: 1 }).lean();
  expect(records).toMatchObject([
    { outcome: 'SUCCEEDED', after: { left: [{ id }] } },
    { outcome: 'SUCCEEDED', arguments: { files: [reports, requests] }, after: { absent: 1, left: [] } },
  ]);
  expect(JSON.stringify([records, printed])).not.toContain('Lovelace');
});

it.each([[[]], [['repeat']], [['forget']]])('refuses %j with its usage', async (args) => {
  await expect(runErasuresCommand(args)).rejects.toThrow(
    /^usage: heddle erasures list, or heddle erasures repeat/,
  );
});
