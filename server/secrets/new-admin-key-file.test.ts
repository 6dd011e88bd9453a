import { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { openNewAdminKeyFile } from './new-admin-key-file.ts';

const key = (letter: string) => `hd_admin_${letter.repeat(43)}`;

describe('the file of a new admin key', () => {
  let stack: AsyncDisposableStack;
  let dir: string;
  let path: string;
  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    dir = stack.use(await temporaryDirectory()).path;
    path = join(dir, 'deep', 'admin.key');
  });
  afterEach(() => stack.disposeAsync());

  it('is written whole, with mode 0600, in a private directory, and nothing else is left', async () => {
    expect(await openNewAdminKeyFile(path).write(key('a'))).toBe(key('a'));
    expect(await readFile(path, 'utf8')).toBe(`${key('a')}\n`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(dir, 'deep'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(dir, 'deep'))).toEqual(['admin.key']);
  });

  it('is never overwritten: its key is the one to store, for a later start and for another process', async () => {
    await openNewAdminKeyFile(path).write(key('a'));
    const later = openNewAdminKeyFile(path);
    expect(await later.write(key('b'))).toBe(key('a'));
    await later.discard();
    expect(await readFile(path, 'utf8')).toBe(`${key('a')}\n`);
    const others = await Promise.all([1, 2, 3].map((n) => openNewAdminKeyFile(path).write(key(String(n)))));
    expect(others).toEqual([key('a'), key('a'), key('a')]);
  });

  it('is left alone by a start, which removes what a killed one has left beside it', async () => {
    const file = openNewAdminKeyFile(path);
    await file.removeDrafts();
    await file.write(key('a'));
    for (const name of [
      'admin.key.0123456789ab',
      'admin.key.bak',
      'admin.key.0123456789ab.x',
      'other.0123456789ab',
    ])
      await writeFile(join(dir, 'deep', name), key('a'), { mode: 0o600 });
    await file.removeDrafts();
    const left = ['admin.key', 'admin.key.0123456789ab.x', 'admin.key.bak', 'other.0123456789ab'];
    expect((await readdir(join(dir, 'deep'))).toSorted()).toEqual(left);
    expect(await file.write(key('b'))).toBe(key('a'));
  });

  it('is written although another start takes its draft for one that was left', async () => {
    const others = Array.from({ length: 5 }, () => openNewAdminKeyFile(path));
    const written = await Promise.all(
      others.map(async (file, n) => (n % 2 === 0 ? file.write(key('a')) : file.removeDrafts())),
    );
    expect(written.filter((text) => text !== undefined)).toEqual(Array(3).fill(key('a')));
    expect(await readdir(join(dir, 'deep'))).toEqual(['admin.key']);
  });

  it('is removed by the process that made it, when its key was not stored', async () => {
    const file = openNewAdminKeyFile(path);
    await file.write(key('a'));
    await file.discard();
    expect(await readdir(join(dir, 'deep'))).toEqual([]);
  });

  it.each<[string, RegExp, () => Promise<unknown>]>([
    ['other content', /holds something else/, () => writeFile(path, 'notes of mine', { mode: 0o600 })],
    ['a key and more', /holds something else/, () => writeFile(path, key('a') + key('b'), { mode: 0o600 })],
    ['nothing', /holds something else/, () => writeFile(path, '', { mode: 0o600 })],
    ['more than a key', /holds something else/, () => writeFile(path, 'x'.repeat(2000), { mode: 0o600 })],
    ['a key that others may read', /read by others/, () => writeFile(path, key('a'), { mode: 0o644 })],
    ['a directory', /others|something else|EISDIR/, () => mkdir(path)],
    [
      'a link to a key',
      /cannot be read: ELOOP/,
      async () => {
        await writeFile(`${path}.real`, key('a'), { mode: 0o600 });
        await symlink(`${path}.real`, path);
      },
    ],
  ])('is refused with its name, and stays as it is, where it is %s', async (_what, why, make) => {
    await mkdir(join(dir, 'deep'));
    await make();
    const before = await stat(path);
    const refusal = await openNewAdminKeyFile(path)
      .write(key('z'))
      .then(
        () => '',
        (error: Error) => error.message,
      );
    expect(refusal).toMatch(why);
    expect(refusal).toContain(`HEDDLE_NEW_ADMIN_KEY_FILE: ${path}`);
    expect(refusal).not.toMatch(/hd_admin_|notes/);
    expect(await stat(path)).toMatchObject({ ino: before.ino, size: before.size });
    expect((await readdir(join(dir, 'deep'))).filter((name) => /\.[0-9a-f]{12}$/.test(name))).toEqual([]);
  });

  it('states what keeps it from being written', async () => {
    await writeFile(join(dir, 'deep'), 'a file');
    await expect(openNewAdminKeyFile(path).write(key('a'))).rejects.toThrow(
      /^HEDDLE_NEW_ADMIN_KEY_FILE: .*admin\.key cannot be written: (EEXIST|ENOTDIR)$/,
    );
    await rename(join(dir, 'deep'), join(dir, 'other'));
    await mkdir(join(dir, 'deep'), { mode: 0o500 });
    if (process.getuid?.() === 0) return;
    await expect(openNewAdminKeyFile(path).write(key('a'))).rejects.toThrow(/cannot be written: EACCES$/);
    await chmod(join(dir, 'deep'), 0o700);
  });
});
