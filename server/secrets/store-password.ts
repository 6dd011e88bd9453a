import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { makeDirectory } from '@heddle/embedded-store/make-directory';
import { StartError } from '../config.ts';

const passwordCharactersMin = 16;

/** The file that the password of a store is kept in: beside its directory, which holds nothing but the store. */
export const toPasswordFile = (dir: string): string => `${dir}.password`;

/** The password in the store's file, which is made with mode 0600 when there is none. */
export async function readStorePassword(dir: string): Promise<string> {
  const file = toPasswordFile(dir);
  await makeDirectory(dir);
  const made = randomBytes(24).toString('base64url');
  await writeFile(file, `${made}\n`, { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const password = (await readFile(file, 'utf8')).trim();
  if (password.length < passwordCharactersMin) {
    throw new StartError(
      `${file} is damaged: it must hold ${passwordCharactersMin} characters or more; remove it`,
    );
  }
  const { mode } = await stat(file);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new StartError(`${file} may be read by others; run: chmod 600 ${file}`);
  }
  return password;
}
