import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { StartError } from '../config.ts';
import { removeDrafts, writePrivateFile } from './write-private-file.ts';

const bytesMax = 1024;
const adminKeyText = /^hd_admin_[0-9A-Za-z]{43}$/;

/**
 * The file that HEDDLE_NEW_ADMIN_KEY_FILE names, which receives the admin key of the first start before its hash is stored.
 */
export function openNewAdminKeyFile(path: string) {
  const refuse = (why: string) => new StartError(`HEDDLE_NEW_ADMIN_KEY_FILE: ${path} ${why}`);
  let isOurs = false;
  return {
    path,
    /**
     * Writes the key, durably and with mode 0600, and returns it; where the file holds an admin key already, as after a start
     * that was cut, that one. Throws StartError for a file with anything else, or that others may read.
     */
    async write(text: string): Promise<string> {
      try {
        isOurs = await writePrivateFile(path, `${text}\n`);
      } catch (error) {
        throw refuse(
          `cannot be written: ${(error as NodeJS.ErrnoException).code ?? 'its directory cannot be made'}`,
        );
      }
      return isOurs ? text : readAdminKey(path, refuse);
    },
    /** Removes the file where this process has made it: its key was not stored. */
    async discard(): Promise<void> {
      if (isOurs) await rm(path, { force: true });
    },
    /** Removes what a start that was killed has left beside the file. */
    removeDrafts: () => removeDrafts(path),
  };
}

async function readAdminKey(path: string, refuse: (why: string) => StartError): Promise<string> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw refuse(`cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  try {
    const { mode, uid, size } = await file.stat();
    const isPrivate = process.platform === 'win32' || ((mode & 0o077) === 0 && uid === process.getuid?.());
    if (!isPrivate) throw refuse('belongs to another user or may be read by others: remove it');
    const text = size > bytesMax ? '' : (await file.readFile('utf8')).trim();
    if (!adminKeyText.test(text)) throw refuse('holds something else than an admin key: name another file');
    return text;
  } finally {
    await file.close();
  }
}
