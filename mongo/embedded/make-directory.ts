import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a private directory (mode 0700), and those above it that are missing. Node's own `recursive` tries for ever
 * where a file system makes no directories and states that one above is missing, as under /proc.
 *
 * @throws the system's error (EACCES, EROFS, ENOTDIR …; EEXIST where something else than a directory is in its place)
 */
export async function makeDirectory(dir: string): Promise<void> {
  if (await isMade(dir)) return;
  const parent = dirname(dir);
  if (parent !== dir) await makeDirectory(parent);
  if (await isMade(dir)) return;
  throw new Error(`the directory ${dir} cannot be made: its file system makes no directories there`);
}

/** Makes it unless it is there; false where the one above it is missing. */
async function isMade(dir: string): Promise<boolean> {
  try {
    await mkdir(dir, { mode: 0o700 });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if (code === 'EEXIST' && (await isDirectory(dir))) return true;
    throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  // Any error: what cannot be looked at counts as no directory, and its EEXIST is reported.
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** As makeDirectory, and takes the others' rights away from a directory of this user's that is there already. */
export async function makePrivateDirectory(dir: string): Promise<void> {
  await makeDirectory(dir);
  const { mode, uid } = await stat(dir);
  if ((mode & 0o077) !== 0 && uid === process.getuid?.()) await chmod(dir, 0o700);
}
