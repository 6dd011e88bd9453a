import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { encryptionKey } from './encryption-key.ts';

it('a start keeps its encryption key, and removes the draft that a killed one has left of it', async () => {
  await using dir = await temporaryDirectory();
  const draft = () => writeFile(join(dir.path, 'encryption.key.0123456789ab'), 'a key', { mode: 0o600 });
  await draft();
  const key = await encryptionKey(undefined, dir.path);
  await draft();
  expect(await encryptionKey(undefined, dir.path)).toEqual(key);
  expect(await readdir(dir.path)).toEqual(['encryption.key']);
});
