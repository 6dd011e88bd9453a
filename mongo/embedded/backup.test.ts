import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backupDirectory, restoreDirectory } from './backup.ts';
import { openStore } from './store.ts';

let root: string;
let stack: AsyncDisposableStack;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  root = await mkdtemp(join(tmpdir(), 'store-backup-'));
  stack.defer(() => rm(root, { recursive: true, force: true }));
});
afterEach(async () => {
  await stack.disposeAsync();
});

const readMode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe('the files of a store', () => {
  it('are private, its backup and what is restored from it included, whatever a copy by hand left', async () => {
    const dir = join(root, 'store');
    const file = join(root, 'copy.sqlite');
    await mkdir(dir, { mode: 0o755 });
    await writeFile(join(dir, 'store.sqlite'), '', { mode: 0o644 });
    await writeFile(join(dir, 'store.lock'), '', { mode: 0o644 });
    {
      await using store = await openStore({ dir });
      await store.backup(file);
      const names = ['store.sqlite', 'store.sqlite-wal', 'store.sqlite-shm', 'store.lock', 'store.pid'];
      const modes = await Promise.all(names.map((name) => readMode(join(dir, name))));
      expect(modes).toEqual(names.map(() => '600'));
      expect(await readMode(dir)).toBe('700');
    }
    expect(await readMode(file)).toBe('600');
    const open = join(root, 'open.sqlite');
    await writeFile(open, await readFile(file), { mode: 0o644 });
    await restoreDirectory(open, join(root, 'restored'));
    expect(await readMode(join(root, 'restored', 'store.sqlite'))).toBe('600');
  });

  it('are not copied into a directory that is missing, which is named', async () => {
    const dir = join(root, 'store');
    await using store = await openStore({ dir });
    void store;
    const file = join(root, 'none', 'copy.sqlite');
    await expect(backupDirectory(dir, file)).rejects.toThrow(
      `the directory of ${file} does not exist; make it first`,
    );
    expect(await readdir(root)).toEqual(['store']);
  });

  it('are named when they cannot be restored, with what is wrong, and nothing is left of the attempt', async () => {
    const foreign = join(root, 'foreign');
    const db = new DatabaseSync(foreign);
    db.exec('CREATE TABLE t (a)');
    db.close();
    const whole = join(root, 'whole');
    {
      await using store = await openStore({ dir: join(root, 'source') });
      await store.backup(whole);
    }
    const bytes = await readFile(whole);
    const cases: Readonly<Record<string, readonly [Buffer | string | null, RegExp]>> = {
      garbage: ['no database at all, only words '.repeat(40), /not a database/],
      short: ['x', /not a database|no backup|not a data file/],
      empty: ['', /not a data file|empty/],
      cut: [bytes.subarray(0, bytes.length / 2), /damaged/],
      foreign: [null, /not a data file of this store/],
    };
    for (const [name, [content, why]] of Object.entries(cases)) {
      const file = join(root, name);
      if (content !== null) await writeFile(file, content);
      const dir = join(root, `into-${name}`);
      const refusal = await restoreDirectory(file, dir).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(refusal).toContain(file);
      expect(refusal).toMatch(why);
      await expect(stat(join(dir, 'store.sqlite'))).rejects.toThrow('ENOENT');
      await expect(stat(join(dir, 'store.sqlite.part'))).rejects.toThrow('ENOENT');
    }
    await mkdir(join(root, 'directory'));
    await expect(restoreDirectory(join(root, 'directory'), join(root, 'into'))).rejects.toThrow(
      /directory cannot be read as a backup/,
    );
    await expect(restoreDirectory(join(root, 'absent'), join(root, 'into'))).rejects.toThrow(
      /absent does not exist/,
    );
    await expect(backupDirectory(join(root, 'nothing'), join(root, 'x'))).rejects.toThrow(/holds no store/);
  });
});

describe('a copy that is prepared', () => {
  let file: string;
  let dir: string;
  beforeEach(async () => {
    file = join(root, 'copy.sqlite');
    dir = join(root, 'restored');
    await using store = await openStore({ dir: join(root, 'source') });
    await store.backup(file);
  });

  it('takes its place with what was changed in it, and nothing else is left', async () => {
    let isThere: boolean | undefined;
    await restoreDirectory(file, dir, undefined, async (prepared) => {
      isThere = (await readdir(dir)).includes('store.sqlite');
      await using store = await openStore({ dir: prepared });
      void store;
      const db = new DatabaseSync(join(prepared, 'store.sqlite'));
      db.exec('CREATE TABLE prepared (a)');
      db.close();
    });
    expect(isThere).toBe(false);
    expect((await readdir(dir)).filter((name) => !/^store\.(lock|pid)$/.test(name))).toEqual([
      'store.sqlite',
    ]);
    const db = new DatabaseSync(join(dir, 'store.sqlite'), { readOnly: true });
    expect(db.prepare('SELECT count(*) AS n FROM prepared').get()).toEqual({ n: 0 });
    db.close();
    expect(await readMode(join(dir, 'store.sqlite'))).toBe('600');
  });

  it('is not restored where that fails, or leaves the store open', async () => {
    const failing: Readonly<Record<string, (prepared: string) => Promise<void>>> = {
      'no record': async () => {
        throw new Error('no record');
      },
      'was not closed': async (prepared) => void stack.use(await openStore({ dir: prepared })),
    };
    for (const [why, prepare] of Object.entries(failing)) {
      await expect(restoreDirectory(file, dir, undefined, prepare)).rejects.toThrow(why);
      expect((await readdir(dir)).filter((name) => name.includes('sqlite'))).toEqual([]);
    }
    await restoreDirectory(file, dir, undefined, async () => {});
  });

  it('keeps a store from starting empty where its process was killed, and the restore can be repeated', async () => {
    await mkdir(join(dir, 'restoring'), { recursive: true, mode: 0o700 });
    await writeFile(join(dir, 'restoring', 'store.sqlite'), 'half');
    await expect(openStore({ dir })).rejects.toThrow(/interrupted: repeat it, or remove .*restoring/);
    await restoreDirectory(file, dir, undefined, async () => {});
    await using store = await openStore({ dir });
    expect(store.uri).toContain('mongodb://');
  });
});

describe('what a killed process leaves', () => {
  it('keeps a store from starting empty after a restore, which can be repeated', async () => {
    const file = join(root, 'copy.sqlite');
    {
      await using store = await openStore({ dir: join(root, 'source') });
      await store.backup(file);
    }
    const dir = join(root, 'restored');
    await mkdir(dir, { mode: 0o700 });
    await writeFile(join(dir, 'store.sqlite.part'), 'half');
    await expect(openStore({ dir })).rejects.toThrow(
      /interrupted: repeat it, or remove .*store\.sqlite\.part/,
    );
    await restoreDirectory(file, dir);
    await using store = await openStore({ dir });
    expect(store.uri).toContain('mongodb://');
  });

  it('is removed at the next start: plain copies of an encrypted backup, and none that is being made', async () => {
    const dir = join(root, 'store');
    await mkdir(dir, { mode: 0o700 });
    const ended = spawnSync(process.execPath, ['-e', '']).pid;
    const left = [
      `store.sqlite.copy-${ended}-aa`,
      `store.sqlite.copy-${ended}-aa-wal`,
      'store.sqlite.copy-zz',
    ];
    const own = `store.sqlite.copy-${process.pid}-bb`;
    for (const name of [...left, own]) await writeFile(join(dir, name), 'plain');
    await using _store = await openStore({ dir });
    const names = await readdir(dir);
    expect(names.filter((name) => name.includes('.copy-'))).toEqual([own]);
  });
});
