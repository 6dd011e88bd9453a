import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '@heddle/embedded-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runHeddle, temporaryDirectory } from '#test/support/mesh.ts';

describe('heddle backup --encrypt', () => {
  const key = randomBytes(32).toString('hex');
  let stack: AsyncDisposableStack;
  let dir: string;
  let file: string;
  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    dir = stack.use(await temporaryDirectory()).path;
    file = join(dir, 'copy');
    await using store = await openStore({ dir: join(dir, 'data', 'store') });
    void store;
  });
  afterEach(() => stack.disposeAsync());

  async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const { code, output } = await runHeddle(args, { HEDDLE_DATA_DIR: join(dir, 'data'), ...environment });
    return { code, said: output };
  }
  const elsewhere = (name: string) => ({ HEDDLE_DATA_DIR: join(dir, name) });
  const restored = (name: string) =>
    readdir(join(dir, name, 'store')).then(
      (names) => names.filter((entry) => entry.startsWith('store.sqlite')),
      () => [],
    );

  it('makes a private file that the encryption key opens, and leaves no plain copy', async () => {
    const stale = join(dir, 'data', 'store', 'store.sqlite.copy-000000000000');
    await writeFile(stale, 'left by a process that was killed');
    await utimes(stale, 1, 1);
    expect(await run(['backup', file, '--encrypt'], { HEDDLE_ENCRYPTION_KEY: key })).toMatchObject({
      code: 0,
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file, 'latin1')).includes('SQLite')).toBe(false);
    expect((await readdir(join(dir, 'data', 'store'))).filter((name) => name.includes('copy'))).toEqual([]);
    expect(await readdir(dir)).toEqual(expect.not.arrayContaining(['copy.part']));

    const without = await run(['restore', file], elsewhere('a'));
    expect(without).toMatchObject({
      code: 1,
      said: expect.stringMatching(/encryption key [0-9a-f]{8}, which is not/),
    });
    expect(await restored('a')).toEqual([]);
    const former = {
      HEDDLE_ENCRYPTION_KEY: '9f'.repeat(16) + key.slice(32),
      HEDDLE_ENCRYPTION_KEY_PREVIOUS: key,
    };
    expect(await run(['restore', file], { ...elsewhere('b'), ...former })).toMatchObject({ code: 0 });
    expect(await restored('b')).toEqual(['store.sqlite']);
  });

  it('takes the key file of the data directory, and makes none', async () => {
    const none = await run(['backup', file, '--encrypt']);
    expect(none).toMatchObject({ code: 1, said: expect.stringContaining('there is no encryption key') });
    expect(await readdir(join(dir, 'data'))).toEqual(['store']);
    await writeFile(join(dir, 'data', 'encryption.key'), key, { mode: 0o600 });
    expect(await run(['backup', file, '--encrypt'])).toMatchObject({ code: 0 });
    expect(await run(['restore', file], { ...elsewhere('a'), HEDDLE_ENCRYPTION_KEY: key })).toMatchObject({
      code: 0,
    });
  });

  it('refuses an encryption key that is a placeholder, and warns of a weak one', async () => {
    const known = await run(['backup', file, '--encrypt'], {
      HEDDLE_ENCRYPTION_KEY: Buffer.from('changeme'.repeat(4)).toString('hex'),
    });
    expect(known).toMatchObject({ code: 1, said: expect.stringContaining('placeholder') });
    const weak = await run(['backup', file, '--encrypt'], { HEDDLE_ENCRYPTION_KEY: 'ab'.repeat(32) });
    expect(weak).toMatchObject({ code: 0, said: expect.stringContaining('weak_secret') });
  });

  it('makes a file that a passphrase opens, and refuses one that could be guessed', async () => {
    const passphrases = {
      right: 'velvet harpoon quartz 42\n',
      wrong: 'velvet harpoon quartz 43\n',
      short: 'short',
    };
    const weak = { weak: 'aaaaaaaaaaaaaaaaaaaa', known: 'changeme-changeme' };
    const path = (name: string) => join(dir, `${name}.txt`);
    for (const [name, text] of Object.entries({ ...passphrases, ...weak })) await writeFile(path(name), text);
    for (const name of ['short', 'weak', 'known', 'absent']) {
      const refused = await run(['backup', file, '--passphrase-file', path(name)]);
      expect(refused, name).toMatchObject({ code: 1, said: expect.stringContaining('--passphrase-file') });
      expect(refused.said).not.toMatch(/aaaa|changeme/);
    }
    expect(await run(['backup', file, '--passphrase-file', path('right')])).toMatchObject({ code: 0 });
    const wrong = await run(['restore', file, '--passphrase-file', path('wrong')], elsewhere('a'));
    expect(wrong).toMatchObject({ code: 1, said: expect.stringContaining('the passphrase is wrong') });
    expect(await run(['restore', file], elsewhere('a'))).toMatchObject({ code: 1 });
    expect(await restored('a')).toEqual([]);
    expect(await run(['restore', file, '--passphrase-file', path('right')], elsewhere('a'))).toMatchObject({
      code: 0,
    });
  });

  it('restores nothing from a file that was altered or cut short, and names it', async () => {
    const environment = { HEDDLE_ENCRYPTION_KEY: key };
    await run(['backup', file, '--encrypt'], environment);
    const bytes = await readFile(file);
    const altered = Buffer.from(bytes);
    altered[bytes.byteLength - 20] = (altered[bytes.byteLength - 20] ?? 0) ^ 1;
    for (const [name, content] of Object.entries({
      altered,
      cut: bytes.subarray(0, bytes.byteLength - 5_000),
    })) {
      await writeFile(join(dir, name), content);
      const { code, said } = await run(['restore', join(dir, name)], {
        ...environment,
        ...elsewhere(`from-${name}`),
      });
      expect({ code, lines: said.split('\n').length }).toEqual({ code: 1, lines: 1 });
      expect(said).toMatch(new RegExp(`${join(dir, name)} cannot be read as a backup: it was altered`));
      expect(await restored(`from-${name}`)).toEqual([]);
    }
  });
});
