import { randomBytes } from 'node:crypto';
import { link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectory } from '@heddle/embedded-store/make-directory';

/**
 * Makes a file of mode 0600 in a directory that is made where it is missing; false where there is a file already, which
 * stays as it is. Written whole and synced under another name, then linked: a crash leaves a whole file or none, and of
 * two makers one wins.
 */
export async function writePrivateFile(file: string, text: string): Promise<boolean> {
  const dir = dirname(file);
  await makeDirectory(dir);
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
    await syncDirectory(dir);
  }
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
