import { constants, createReadStream } from 'node:fs';
import { access, type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { backup as copyDatabase, type DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';
import { lockDirectory } from './lock.ts';
import { makeDirectory } from './make-directory.ts';
import { DATA_FILE, openForReading, refuseForeign } from './storage/format.ts';

/**
 * Copies the store of a data directory into one new file, as of its last commit, while another process (or none)
 * runs it: SQLite's online backup. The file appears whole or not at all, is private (0600) from its first byte on, and
 * survives a power cut once this resolves.
 *
 * @throws Error when the directory holds no store, or when the file is there already
 */
export async function backupDirectory(dir: string, file: string): Promise<void> {
  const source = join(resolve(dir), DATA_FILE);
  const target = resolve(file);
  if (!(await exists(source))) throw new Error(`${dir} holds no store`);
  if (await exists(target)) throw new Error(`${file} already exists; name a new file`);
  const draft = `${target}.part`;
  await rm(draft, { force: true });
  const db = openForReading(source);
  try {
    // One snapshot throughout: otherwise every write of the running store would start the copy again.
    db.exec('BEGIN');
    refuseForeign(db, source);
    await (await openPrivate(draft)).close(); // SQLite keeps the mode of a file that it finds
    await copyDatabase(db, draft, { rate: 1_000 });
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    db.close();
  }
  await sync(draft);
  await rename(draft, target);
  await sync(dirname(target));
}

/**
 * Fills a data directory that holds no store from a file that `backupDirectory` or `Store.backup` made. The copy is
 * checked (SQLite's integrity_check, the format's version) before it takes its place.
 *
 * @throws Error when the directory holds a store already or the file is damaged or no store's; DirectoryInUse when a
 * process runs in it
 */
export async function restoreDirectory(file: string, dir: string): Promise<void> {
  if (!(await exists(file))) throw new Error(`${file} does not exist`);
  await makeDirectory(dir);
  const unlock = lockDirectory(resolve(dir));
  const target = join(resolve(dir), DATA_FILE);
  const draft = `${target}.part`;
  try {
    if (await exists(target))
      throw new Error(`${dir} holds a store already; restore into an empty directory`);
    await copyPrivately(file, draft);
    checkBackup(draft, file);
    await sync(draft);
    await rename(draft, target);
    await sync(dir);
  } finally {
    for (const left of ['', '-wal', '-shm']) await rm(`${draft}${left}`, { force: true });
    unlock();
  }
}

/** Throws what is wrong with a copy, by the name that it was given under. */
function checkBackup(copy: string, file: string): void {
  let db: DatabaseSync | undefined;
  try {
    db = openForReading(copy);
    refuseForeign(db, file);
    const found = String(Object.values(db.prepare('PRAGMA integrity_check').get() ?? {})[0]);
    if (found !== 'ok') throw new Error(`${file} is damaged: ${found}`);
  } catch (cause) {
    if (!(cause instanceof Error && 'errcode' in cause)) throw cause;
    throw new Error(`${file} is no backup of a store, or is damaged: ${cause.message}`, { cause });
  } finally {
    db?.close();
  }
}

/** A new file that only its owner can read, from its first byte on. */
function openPrivate(path: string): Promise<FileHandle> {
  return open(path, 'wx', 0o600);
}

async function copyPrivately(file: string, target: string): Promise<void> {
  await rm(target, { force: true });
  const handle = await openPrivate(target);
  try {
    await pipeline(createReadStream(file), handle.createWriteStream());
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${file} cannot be read as a backup: ${why}`, { cause });
  } finally {
    await handle.close();
  }
}

function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
