import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditLog, createAuditLog } from '#mongo/audit/log.ts';
import { type Database, ensureIndexes, openDatabase } from '#mongo/connect.ts';
import { type Environment, readEnvironment } from '#server/config.ts';
import { exportAuditLog } from './export.ts';
import { verifyExport, verifyStore } from './verify.ts';

let dir: string;
let database: Database;
let environment: Environment;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-audit-'));
  environment = readEnvironment({ HEDDLE_DATA_DIR: dir });
  database = await openDatabase(`embedded:${join(dir, 'store')}`);
  await ensureIndexes(database.connection);
  const log = createAuditLog(database.connection);
  const actor = { kind: 'API_KEY', keyId: 'k1', appId: 'a1', subject: null };
  for (const action of ['app.create', 'app.update', 'apiKey.revoke', 'prompt.tune']) {
    for (const tenantId of ['acme', 'other']) {
      const id = await log.begin({
        ...{ tenantId, actor, action, arguments: { name: 'ключ\n' }, requestId: 'ours' },
        ...{ clientRequestId: 'theirs', clientAddress: '192.0.2.1' },
      });
      await log.end(id, {
        ...{ outcome: 'SUCCEEDED', errorCode: null, targetType: 'App', targetId: 'a1' },
        ...{ before: null, after: { at: 1.5 } },
      });
    }
  }
  await log.count({
    ...{ tenantId: null, action: 'credential', outcome: 'REFUSED', errorCode: 'UNAUTHENTICATED', count: 3 },
    ...{ actor: { kind: 'USER', keyId: null, appId: null, subject: 'ada', issuerId: 'partner' } },
    requestId: 'r',
    ...{ clientRequestId: null, clientAddress: null },
  });
});
afterAll(async () => {
  await database?.close();
  await rm(dir, { recursive: true, force: true });
});

async function readExport(format: 'jsonl' | 'ocsf', filter = {}): Promise<string> {
  const written: Buffer[] = [];
  const output = new Writable({
    write(chunk, _encoding, done) {
      written.push(Buffer.from(chunk));
      done();
    },
  });
  await exportAuditLog(database.connection, { format, filter }, output);
  return Buffer.concat(written).toString();
}

async function verify(
  run: (command: Parameters<typeof verifyStore>[1]) => Promise<number>,
  tenantId?: string,
) {
  const lines: string[] = [];
  const code = await run({ tenantId, json: false, report: (line) => lines.push(line) });
  return { code, lines };
}

const parseLines = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('an export of the audit log', () => {
  it('has a line of JSON for each record, chain by chain, those of one tenant and time where it is narrowed', async () => {
    const all = parseLines(await readExport('jsonl'));
    expect(all.map(({ chain, sequence }) => `${chain ?? '-'} ${sequence ?? '-'}`)).toEqual([
      ...[1, 2, 3, 4].map((n) => `changes:acme ${n}`),
      ...[1, 2, 3, 4].map((n) => `changes:other ${n}`),
      '- -',
    ]);
    expect(parseLines(await readExport('jsonl', { tenantId: 'acme' }))).toEqual(all.slice(0, 4));
    const since = new Date(Date.now() + 60_000);
    expect(await readExport('jsonl', { from: since })).toBe('');
    expect(parseLines(await readExport('jsonl', { to: since }))).toHaveLength(9);
  });

  it('is verified without the store, and a changed line is named', async () => {
    const file = join(dir, 'export.jsonl');
    const text = await readExport('jsonl');
    await writeFile(file, text);
    expect(await verify((command) => verifyExport(file, command))).toEqual({
      code: 0,
      lines: ['No record was altered, removed or inserted: 8 records, 1 unchained.'],
    });
    const lines = text.split('\n');
    await writeFile(file, lines.toSpliced(1, 1).join('\n'));
    expect(await verify((command) => verifyExport(file, command))).toMatchObject({
      code: 1,
      lines: [
        'Record 2 of changes:acme was removed: record 3 follows.',
        expect.stringContaining('1 problems'),
      ],
    });
    expect((await verify((command) => verifyExport(file, command), 'other')).code).toBe(0);
    await writeFile(file, text.replace('app.update', 'app.upgrade'));
    expect((await verify((command) => verifyExport(file, command))).lines[0]).toMatch(
      /^Record 2 \(.+\) of changes:acme was altered/,
    );
    await writeFile(file, `${text}{"sk-secret`);
    await expect(verify((command) => verifyExport(file, command))).rejects.toThrow(
      /^[^{]*line 10: is no record/,
    );
  });

  it('has API Activity of OCSF 1.8.0, with what the class requires', async () => {
    const events = parseLines(await readExport('ocsf'));
    expect(events).toHaveLength(9);
    for (const event of events) {
      expect(event).toMatchObject({
        ...{ category_uid: 6, class_uid: 6003, type_uid: 600_300 + (event.activity_id as number) },
        ...{ time: expect.any(Number), severity_id: expect.any(Number), status_id: expect.any(Number) },
        metadata: { version: '1.8.0', product: { name: 'Heddle', vendor_name: 'Heddle' } },
        ...{ actor: { user: { uid: expect.any(String) } }, api: { operation: expect.any(String) } },
        src_endpoint: expect.any(Object),
      });
    }
    expect(
      events.slice(0, 4).map(({ activity_id, activity_name }) => `${activity_id} ${activity_name}`),
    ).toEqual(['1 Create', '3 Update', '4 Delete', '99 tune']);
    expect(events[0]).toMatchObject({
      ...{ status: 'Success', resources: [{ uid: 'a1', type: 'App' }], src_endpoint: { ip: '192.0.2.1' } },
      ...{ api: { operation: 'app.create', request: { uid: 'ours' } }, actor: { app_uid: 'a1' } },
      metadata: { tenant_uid: 'acme', correlation_uid: 'theirs', sequence: 1, event_code: 'app.create' },
    });
    expect(events[8]).toMatchObject({ ...{ status: 'Failure', status_code: 'UNAUTHENTICATED', count: 3 } });
    expect(events[8]).toMatchObject({ actor: { user: { uid: 'ada' }, idp: { uid: 'partner' } } });
  });
});

it('verifies the store while another process has it open, and names what was removed from it', async () => {
  const run = (command: Parameters<typeof verifyStore>[1]) => verifyStore(environment, command);
  expect(await verify(run)).toEqual({
    code: 0,
    lines: ['No record was altered, removed or inserted: 8 records, 1 open, 0 older.'],
  });
  const [gone] = await auditLog(database.connection).find({ chain: 'changes:acme', sequence: 2 }).lean();
  await auditLog(database.connection).deleteOne({ _id: gone?._id ?? '' });
  const { code, lines } = await verify(run);
  expect(code).toBe(1);
  expect(lines[0]).toBe('Record 2 of changes:acme was removed: record 3 follows.');
  expect(lines[1]).toContain(gone?._id);
  expect((await verify(run, 'other')).code).toBe(0);
});
