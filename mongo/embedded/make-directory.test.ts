import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeDirectory } from './make-directory.ts';
import { openStore } from './store.ts';

const root = mkdtempSync(join(tmpdir(), 'store-made-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('makes what is missing, private, and leaves what is there', async () => {
  const deep = join(root, 'a', 'b', 'c');
  await makeDirectory(deep);
  await makeDirectory(deep);
  for (const dir of [join(root, 'a'), deep]) expect(statSync(dir).mode & 0o777).toBe(0o700);
  const link = join(root, 'link');
  symlinkSync(deep, link);
  await makeDirectory(link);
});

it('makes one directory for all that request it at the same time', async () => {
  const deep = join(root, 'x', 'y', 'z');
  await Promise.all(Array.from({ length: 10 }, () => makeDirectory(deep)));
  expect(statSync(deep).isDirectory()).toBe(true);
});

it('states what is in the way', async () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  await expect(makeDirectory(file)).rejects.toMatchObject({ code: 'EEXIST', path: file });
  await expect(makeDirectory(join(file, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  const broken = join(root, 'broken');
  symlinkSync(join(root, 'nowhere'), broken);
  await expect(makeDirectory(broken)).rejects.toMatchObject({ code: 'EEXIST' });
});

it.runIf(existsSync('/proc/self'))('ends where a file system makes no directories', async () => {
  const refused = 'the directory /proc/foo cannot be made';
  await expect(makeDirectory('/proc/foo/store')).rejects.toThrow(refused);
  await expect(openStore({ dir: '/proc/foo/store' })).rejects.toThrow(refused);
});
