import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makePrivate } from './private-file.ts';

const LOCK_FILE = 'store.lock';
const OWNER_FILE = 'store.pid';

/** Thrown when another process owns the data directory. */
export class DirectoryInUse extends Error {
  override readonly name = 'DirectoryInUse';
}

/**
 * Makes this process the one owner of a data directory. The lock is the operating system's, taken by SQLite on a file
 * of its own, so it ends with its process however that ends: no lock of a dead process is left to be judged by its
 * id, which another process may have by now (in a container it always has). Returns the function that releases the directory.
 *
 * @throws DirectoryInUse when a living process (this one included) has it
 */
export function lockDirectory(dir: string): () => void {
  const lock = openLock(dir);
  try {
    lock.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new DirectoryInUse(
      `the data directory ${dir} is in use by process ${readOwner(dir)}: one process owns a data directory. ` +
        `Stop that process, or use another directory`,
    );
  }
  writeFileSync(join(dir, OWNER_FILE), `${process.pid}\n`, { mode: 0o600 });
  return () => {
    rmSync(join(dir, OWNER_FILE), { force: true });
    lock.close();
  };
}

function openLock(dir: string): DatabaseSync {
  try {
    makePrivate(join(dir, LOCK_FILE));
    return new DatabaseSync(join(dir, LOCK_FILE), { timeout: 0 });
  } catch (cause) {
    throw new Error(`the data directory ${dir} cannot be written`, { cause });
  }
}

/** SQLITE_BUSY and its extended codes. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
}

function readOwner(dir: string): string {
  try {
    return readFileSync(join(dir, OWNER_FILE), 'utf8').trim() || 'unknown';
  } catch {
    // Any error: the name is only for the message.
    return 'unknown';
  }
}
