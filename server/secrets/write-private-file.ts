import { randomBytes } from 'node:crypto';
import { link, open, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeDirectory } from '@heddle/embedded-store/make-directory';

/** How often the draft is written again that another process, at its start, took for one that was left. */
const attemptsMax = 3;
const draftEnding = /^\.[0-9a-f]{12}$/;

/**
 * Makes a file of mode 0600 in a directory that is made where it is missing; false where there is a file already, which
 * stays as it is. Written whole and synced under another name, then linked: a crash leaves a whole file or none, and of
 * two makers one wins. The other name may be left too: see `removeDrafts`.
 */
export async function writePrivateFile(file: string, text: string): Promise<boolean> {
  const dir = dirname(file);
  await makeDirectory(dir);
  for (let attempt = 1; ; attempt++) {
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
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return false;
      if (code !== 'ENOENT' || attempt >= attemptsMax) throw error;
    } finally {
      await rm(draft, { force: true });
      await syncDirectory(dir);
    }
  }
}

/** At a start: removes what processes that were killed have left of the file, which may hold its secret. Not the file. */
export async function removeDrafts(file: string): Promise<void> {
  const dir = dirname(file);
  const name = basename(file);
  // Any error: a directory that is not there, or may not be read, is reported where the file is needed.
  const names = await readdir(dir).catch(() => []);
  const drafts = names.filter(
    (other) => other.startsWith(name) && draftEnding.test(other.slice(name.length)),
  );
  for (const draft of drafts) await rm(join(dir, draft), { force: true });
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
