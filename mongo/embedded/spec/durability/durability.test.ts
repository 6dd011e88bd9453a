import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { afterAll, expect, it } from 'vitest';
import { checkDataFile } from '../../storage/check.ts';
import { DATA_FILE, FORMAT_VERSION } from '../../storage/format.ts';
import { openStore } from '../../store.ts';
import { type StoreOptions, withStore } from '../with-store.ts';

const root = mkdtempSync(join(tmpdir(), 'heddle-durability-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The user id of «nobody», by convention. */
const NOBODY = 65_534;

const NOT_WRITABLE = /read-only|cannot be written|permission denied/;

const filesIn = (dir: string): string[] => readdirSync(dir).map((name) => join(dir, name));

const folder = (name: string): string => {
  const dir = join(root, name);
  mkdirSync(dir, { recursive: true });
  return dir;
};

const open = (name: string, options: Partial<StoreOptions> = {}) =>
  withStore({ dir: folder(name), ...options });

const numbered = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ _id: from + i, n: from + i, pad: 'x'.repeat(500) }));

it('answers writers with an error when the disk is full, keeps what it acknowledged and continues reading', async () => {
  const acknowledged: number[] = [];
  {
    await using store = await open('full', { dataBytesMax: 4 * 1024 * 1024 });
    const docs = store.db.collection<{ _id: number; n: number; pad: string }>('docs');
    await docs.createIndex({ n: 1 });
    /** Writes until the first error: some in batches, some one by one, some in transactions. */
    const writeUntilFull = async (writer: number): Promise<string> => {
      for (let i = 0; ; i++) {
        const batch = numbered(writer * 100_000 + i * 10, 10);
        try {
          if (writer % 3 === 0) await docs.insertMany(batch);
          else if (writer % 3 === 1) for (const one of batch) await docs.insertOne(one);
          else {
            await store.client.withSession((session) =>
              session.withTransaction(() => docs.insertMany(batch, { session })),
            );
          }
        } catch (error) {
          return error instanceof Error ? error.message : String(error);
        }
        acknowledged.push(...batch.map(({ _id }) => _id));
      }
    };
    const failures = await Promise.all([0, 1, 2, 3, 4, 5].map(writeUntilFull));
    for (const failure of failures) expect(failure).toContain('full');
    expect(acknowledged.length).toBeGreaterThan(500);
    expect(await docs.findOne({ n: acknowledged[0] ?? -1 })).not.toBeNull();
    await docs.deleteMany({ n: { $lt: 100_000 } });
    await docs.insertOne({ _id: -1, n: -1, pad: '' });
  }
  expect(checkDataFile(join(folder('full'), DATA_FILE))).toEqual([]);
  await using again = await open('full');
  const ids = new Set(await again.db.collection<{ _id: number }>('docs').distinct('_id'));
  expect(acknowledged.filter((id) => id >= 100_000 && !ids.has(id))).toEqual([]);
  expect(ids.has(-1)).toBe(true);
});

/** Opens the store in a process that file modes bind: as nobody where the tests run as root. */
async function openAsOrdinaryUser(dir: string): Promise<string> {
  const script = fileURLToPath(new URL('./open-once.ts', import.meta.url));
  const asNobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const args = ['--disable-warning=ExperimentalWarning', script, dir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], ...asNobody });
  return (await text(child.stdout)).trim();
}

/** Where the tests run as root in a folder of root's own, nobody cannot even start Node. */
function ordinaryUserCanRun(): boolean {
  if (process.getuid?.() !== 0) return true;
  const reads = `require('node:fs').readFileSync(${JSON.stringify(fileURLToPath(import.meta.url))})`;
  const { status } = spawnSync(process.execPath, ['-e', reads], {
    uid: NOBODY,
    gid: NOBODY,
    stdio: 'ignore',
  });
  return status === 0;
}

it('refuses a data file or a directory that it may not write, and loses nothing', async () => {
  if (!ordinaryUserCanRun()) {
    console.warn('Left out: no ordinary user may read this folder, so file modes bind nobody here.');
    return;
  }
  const dir = folder('readonly');
  {
    await using store = await withStore({ dir });
    await store.db.collection<{ _id: number }>('docs').insertOne({ _id: 1 });
  }
  const file = join(dir, DATA_FILE);
  chmodSync(root, 0o711);
  if (process.getuid?.() === 0) for (const path of [dir, ...filesIn(dir)]) chownSync(path, NOBODY, NOBODY);
  chmodSync(file, 0o400);
  expect(await openAsOrdinaryUser(dir)).toMatch(NOT_WRITABLE);
  chmodSync(dir, 0o500);
  chmodSync(join(dir, 'store.lock'), 0o400);
  expect(await openAsOrdinaryUser(dir)).toMatch(NOT_WRITABLE);
  chmodSync(dir, 0o700);
  for (const path of filesIn(dir)) chmodSync(path, 0o600);
  expect(await openAsOrdinaryUser(dir)).toBe('opened');
  await using again = await withStore({ dir });
  expect(await again.db.collection('docs').countDocuments()).toBe(1);
});

it('refuses a second store on a directory that is in use, and the first continues', async () => {
  await using store = await open('locked');
  await expect(openStore({ dir: folder('locked') })).rejects.toThrow(/in use|another|lock/i);
  await store.db.collection('docs').insertOne({});
});

it('refuses a data file of a newer format and of another program, and leaves both as they were', async () => {
  const newer = folder('newer');
  await (await withStore({ dir: newer }))[Symbol.asyncDispose]();
  const set = new DatabaseSync(join(newer, DATA_FILE));
  set.exec(`PRAGMA user_version = ${FORMAT_VERSION + 1}`);
  set.close();
  await expect(openStore({ dir: newer })).rejects.toThrow(/newer/);
  const foreign = folder('foreign');
  const other = new DatabaseSync(join(foreign, DATA_FILE));
  other.exec('CREATE TABLE recipes (name TEXT)');
  other.close();
  await expect(openStore({ dir: foreign })).rejects.toThrow(/not a data file/);
  const untouched = new DatabaseSync(join(foreign, DATA_FILE));
  expect(untouched.prepare('SELECT count(*) AS n FROM recipes').get()?.n).toBe(0);
  untouched.close();
});

it('opens a data file that was written before it kept the numbers of writes', async () => {
  const dir = folder('older');
  {
    await using store = await withStore({ dir });
    await store.db.collection('docs').insertOne({});
  }
  const older = new DatabaseSync(join(dir, DATA_FILE));
  older.exec('DROP TABLE numbered');
  older.close();
  await using again = await withStore({ dir });
  await again.db.collection('docs').insertOne({});
  expect(await again.db.collection('docs').countDocuments()).toBe(2);
});

it('backs up while writes continue: the copy opens, is consistent, and holds all that was acknowledged before', async () => {
  const copy = join(folder('backup'), 'copy.sqlite');
  {
    await using store = await open('backup-source');
    const docs = store.db.collection<{ _id: number; n: number; pad: string }>('docs');
    await docs.createIndex({ n: -1 });
    await docs.insertMany(numbered(0, 5000));
    let next = 5000;
    let running = true;
    const writing = (async () => {
      while (running) {
        await docs.insertMany(numbered(next, 20));
        next += 20;
      }
    })();
    await store.backup(copy);
    running = false;
    await writing;
  }
  expect(checkDataFile(copy)).toEqual([]);
  const restored = folder('restored');
  copyFileSync(copy, join(restored, DATA_FILE));
  await using store = await withStore({ dir: restored });
  const ids = await store.db.collection<{ _id: number }>('docs').distinct('_id', { _id: { $lt: 5000 } });
  expect(ids.length).toBe(5000);
  const all = await store.db.collection<{ _id: number; n: number }>('docs').find().toArray();
  // Batches are whole or absent.
  expect((all.length - 5000) % 20).toBe(0);
});

it('does not overwrite a backup that is there already', async () => {
  await using store = await open('backup-twice');
  await store.db.collection('docs').insertOne({});
  const file = join(folder('backup-twice-to'), 'copy.sqlite');
  await store.backup(file);
  expect(existsSync(file)).toBe(true);
  await expect(store.backup(file)).rejects.toThrow(/exist/i);
});

it('keeps what was committed when the store is closed with clients connected', async () => {
  const dir = folder('closed');
  const store = await openStore({ dir });
  const client = new MongoClient(store.uri);
  await client
    .db('d')
    .collection('docs')
    .insertMany(numbered(0, 100).map(({ n }) => ({ n })));
  await store.close();
  await client.close();
  await using again = await withStore({ dir });
  expect(await again.db.collection('docs').countDocuments()).toBe(100);
});
