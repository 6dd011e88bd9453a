import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@heddle/embedded-store';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { auditLog, createAuditLog } from '#mongo/audit/log.ts';
import { type Database, ensureIndexes, openDatabase } from '#mongo/connect.ts';
import { events } from '#mongo/events.ts';
import { readEnvironment } from '#server/config.ts';
import { startHeddle, temporaryDirectory } from '#test/support/mesh.ts';
import { verifyStore } from './audit/verify.ts';
import { runAuditCommand } from './commands/audit.ts';
import { backup, restore } from './commands/backup.ts';
import { runErasuresCommand } from './commands/erasures.ts';
import { runKeysCommand } from './commands/keys.ts';
import { reseal } from './commands/reseal.ts';
import { recordCommand } from './record-command.ts';
import { commandNames } from './usage.ts';

/** What each command does to a store: the action of its record, or why it leaves none by itself. */
const decisions: Readonly<Record<string, string>> = {
  serve: 'changes by the start are recorded where they are made',
  store: 'store.serve',
  backup: 'store.backup',
  restore: 'store.restore',
  'audit verify': 'prints no record',
  'audit key': 'prints public keys',
  'audit export': 'audit.export',
  'erasures list': 'prints reports, which name no one',
  'erasures repeat': 'erasure.repeat',
  doctor: 'changes nothing',
  'support-bundle': 'changes nothing, and its file names no one',
  'create-ca': 'has no store',
  'mesh-key': 'has no store',
  'keys rotate': 'encryptionKey.rotate',
  reseal: 'encryptionKey.rotate',
  'operations push': 'the gateway records its mutations',
  'operations mode': 'the gateway records its mutations',
  routes: 'has no store',
  policy: 'the gateway records its query',
  'schema compose': 'has no store',
  'schema types': 'has no store',
  'schema print': 'has no store',
  'schema check': 'has no store',
};
const isAction = (text: string) => /^\w+\.\w+$/.test(text);

describe('each command of operators', () => {
  it('has a decision about its record, and a row of docs/audit.md that states it', () => {
    expect(Object.keys(decisions).toSorted()).toEqual(commandNames.toSorted());
    const page = readFileSync('docs/audit.md', 'utf8');
    const rows = [...page.matchAll(/^\| `([a-z -]+)` \| (.+) \|$/gm)].map(([, name, record]) => [
      name,
      record,
    ]);
    expect(rows.map(([name]) => name)).toEqual(commandNames);
    for (const [name = '', record = ''] of rows) {
      const [, action] = /^`([\w.]+)`/.exec(record) ?? [];
      const decision = decisions[name] ?? '';
      expect({ name, action }).toEqual({ name, action: isAction(decision) ? decision : undefined });
    }
  });
});

const key = randomBytes(32).toString('hex');
let stack: AsyncDisposableStack;
let dir: string;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  dir = stack.use(await temporaryDirectory()).path;
  vi.stubEnv('HEDDLE_DATA_DIR', dir);
  vi.stubEnv('LOG_LEVEL', 'silent');
  vi.stubEnv('HEDDLE_ENCRYPTION_KEY', key);
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  const written = vi.spyOn(process.stdout, 'write').mockImplementation((...args) => {
    const done = args.findLast((arg) => typeof arg === 'function') as (() => void) | undefined;
    done?.();
    return true;
  });
  stack.defer(() => {
    printed.mockRestore();
    written.mockRestore();
  });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await stack.disposeAsync();
});

const toStore = (directory: string) => join(directory, 'store');

/** A store that a mesh has used: with one change in its audit log. */
async function openUsedStore(): Promise<Database> {
  const database = await openDatabase(`embedded:${toStore(dir)}`);
  await ensureIndexes(database.connection);
  const log = createAuditLog(database.connection);
  const id = await log.begin({
    ...{ tenantId: 'acme', action: 'app.update', arguments: null, requestId: 'r', clientAddress: null },
    actor: { kind: 'API_KEY', keyId: 'k', appId: 'a', subject: null },
  });
  const target = { targetType: 'App', targetId: 'a', before: null, after: null };
  await log.end(id, { outcome: 'SUCCEEDED', errorCode: null, ...target });
  return database;
}

/** The records of commands. */
async function listRecords(directory = dir) {
  await using database = await openDatabase(`embedded:${toStore(directory)}`);
  const records = await auditLog(database.connection).find({ requestId: 'command' }).sort({ _id: 1 }).lean();
  return records.map(({ action, outcome, ...record }) => ({ action, outcome, ...record }));
}

/** The event that what is stored was sealed with the key, once. */
async function expectJob(subject: string) {
  await using database = await openDatabase(`embedded:${toStore(dir)}`);
  const data = { job: 'RESEAL', tenantId: null, status: 'SUCCEEDED', startedAt: expect.any(String) };
  expect(await events(database.connection).find({ type: 'job.finished' }).lean()).toMatchObject([
    { subject, tenantId: null, sequence: expect.any(Number), data },
  ]);
}

const isIntact = async (directory = dir) => {
  const report = () => {};
  const environment = readEnvironment({ HEDDLE_DATA_DIR: directory });
  return (await verifyStore(environment, { tenantId: undefined, json: false, report })) === 0;
};

const restored = () => join(dir, 'restored');
const commands: Readonly<Record<string, () => Promise<number>>> = {
  backup: () => backup([join(dir, 'copy')]),
  restore: async () => {
    await backup([join(dir, 'copy')]);
    vi.stubEnv('HEDDLE_DATA_DIR', restored());
    return restore([join(dir, 'copy')]);
  },
  'audit export': () => runAuditCommand(['export']),
  'erasures repeat': async () => {
    await writeFile(join(dir, 'requests'), '{"tenantId":"acme","endUserId":"ada"}');
    return runErasuresCommand(['repeat', join(dir, 'requests')]);
  },
  'keys rotate': () => runKeysCommand(['rotate']),
  reseal: () => reseal([]),
  store: async () => {
    const heddle = startHeddle(['store', '--port', '0'], { HEDDLE_DATA_DIR: dir });
    await heddle.line(/The store of/);
    heddle.child.kill('SIGTERM');
    return new Promise((ended) => heddle.child.once('close', ended));
  },
};

describe('a command that changes what a store holds, or copies it', () => {
  it('is one of those that are run here', () => {
    const recorded = Object.entries(decisions).filter(([, decision]) => isAction(decision));
    expect(recorded.map(([name]) => name).toSorted()).toEqual(Object.keys(commands).toSorted());
  });

  it.each(Object.entries(commands))('%s: leaves one record, in chains that verify', async (name, run) => {
    await (await openUsedStore()).close();
    expect(await run()).toBe(0);
    const directory = name === 'restore' ? restored() : dir;
    const records = await listRecords(directory);
    expect(records.at(-1)).toMatchObject({
      action: decisions[name],
      outcome: 'SUCCEEDED',
      tenantId: null,
      actor: { kind: 'SYSTEM', keyId: null, appId: null, subject: null },
      arguments: { user: userInfo().username },
      sequence: expect.any(Number),
    });
    expect(records.filter(({ action }) => action === decisions[name])).toHaveLength(1);
    if (name === 'reseal' || name === 'keys rotate') await expectJob(String(records.at(-1)?.targetId));
    expect(await isIntact(directory)).toBe(true);
  });

  it('restore: leaves its record with the store, wherever its process is killed, or no store', async () => {
    await (await openUsedStore()).close();
    await commands.backup?.();
    const into = join(dir, 'into');
    const heddle = startHeddle(['restore', join(dir, 'copy')], { HEDDLE_DATA_DIR: into });
    const ended = new Promise((done) => heddle.child.once('close', done));
    // Killed as soon as the restored store is there: before it prints so.
    await expect
      .poll(() => existsSync(join(into, 'store', 'store.sqlite')), { interval: 1, timeout: 20_000 })
      .toBe(true);
    heddle.child.kill('SIGKILL');
    await ended;
    const records = (await listRecords(into)).filter(({ action }) => action === 'store.restore');
    expect(records).toMatchObject([{ outcome: 'SUCCEEDED', arguments: { directory: toStore(into) } }]);
    expect(await isIntact(into)).toBe(true);
  });

  it.each(['backup', 'audit export', 'reseal'])(
    '%s: is recorded beside the process that runs the store',
    async (name) => {
      const database = await openUsedStore();
      expect(await commands[name]?.()).toBe(0);
      const record = await auditLog(database.connection).findOne({ requestId: 'command' }).lean();
      expect(record).toMatchObject({ action: decisions[name], outcome: 'SUCCEEDED' });
      await database.close();
    },
  );

  it('is recorded as FAILED where it fails', async () => {
    await (await openUsedStore()).close();
    await commands.backup?.();
    await expect(commands.backup?.()).rejects.toThrow(/already exists/);
    expect(await listRecords()).toMatchObject([
      { outcome: 'SUCCEEDED' },
      { outcome: 'FAILED', errorCode: 'INTERNAL' },
    ]);
  });

  it('does not run where its beginning cannot be written', async () => {
    await (await openUsedStore()).close();
    await using store = await openStore({ dir: toStore(dir), failPoints: true });
    await using database = await openDatabase(store.uri);
    const full = { failCommands: ['insert'], errorCode: 14031 };
    await database.connection
      .getClient()
      .db('admin')
      .command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data: full });
    const run = vi.fn(async () => null);
    const command = { action: 'store.backup', targetType: 'Store', targetId: 'mesh', arguments: {} };
    await expect(recordCommand(database.connection, command, run)).rejects.toThrow();
    expect(run).not.toHaveBeenCalled();
  });

  it('leaves no audit log in a store that no mesh has used', async () => {
    await using store = await openStore({ dir: toStore(dir) });
    await store.close();
    for (const name of ['backup', 'store'] as const) expect(await commands[name]?.()).toBe(0);
    await using database = await openDatabase(`embedded:${toStore(dir)}`);
    const names = (await database.connection.listCollections()).map((collection) => collection.name);
    expect(names).not.toContain('audit_log');
  });

  it('backup: runs beside `heddle store` without a record, and logs that', async () => {
    await (await openUsedStore()).close();
    await using store = await openStore({
      dir: toStore(dir),
      listen: { port: 0 },
      credentials: { user: 'heddle', password: 'a password' },
    });
    const run = startHeddle(['backup', join(dir, 'copy')], { HEDDLE_DATA_DIR: dir, LOG_LEVEL: 'warn' });
    expect(await new Promise((ended) => run.child.once('close', ended)), run.output()).toBe(0);
    expect(run.output()).toContain('"event":"audit_failed"');
    await store.close();
    expect(await listRecords()).toEqual([]);
  });

  it('shows no secret: the arguments of a record are the options, without keys and passphrases', async () => {
    await (await openUsedStore()).close();
    for (const run of Object.values(commands)) {
      vi.stubEnv('HEDDLE_DATA_DIR', dir);
      await run().catch(() => undefined);
    }
    const text = JSON.stringify([...(await listRecords()), ...(await listRecords(restored()))]);
    expect(text).not.toContain(key);
  });
});
