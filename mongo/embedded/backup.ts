import { randomBytes } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { backup as copyDatabase, type DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';
import { lockDirectory } from './lock.ts';
import { makeDirectory } from './make-directory.ts';
import { DATA_FILE, openForReading, refuseForeign } from './storage/format.ts';

/** What a copy passes on its way into a file, or out of it: the bytes, encrypted or decrypted. */
export type Passage = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** Does the directory hold a store, whoever runs it? */
export function holdsStore(dir: string): Promise<boolean> {
  return exists(join(resolve(dir), DATA_FILE));
}

/**
 * Copies the store of a data directory into one new file, as of its last commit, while another process (or none)
 * runs it: SQLite's online backup. The file appears whole or not at all, is private (0600) from its first byte on, and
 * survives a power cut once this resolves. With a passage only what that makes of the copy leaves the data directory.
 *
 * @throws Error when the directory holds no store, or when the file is there already
 */
export async function backupDirectory(dir: string, file: string, passage?: Passage): Promise<void> {
  const source = join(resolve(dir), DATA_FILE);
  const target = resolve(file);
  if (!(await holdsStore(dir))) throw new Error(`${dir} holds no store`);
  if (await exists(target)) throw new Error(`${file} already exists; name a new file`);
  if (!(await exists(dirname(target))))
    throw new Error(`the directory of ${file} does not exist; make it first`);
  const draft = `${target}.part`;
  await rm(draft, { force: true });
  try {
    if (passage === undefined) await copyStore(source, draft);
    else await copyThrough(source, draft, passage);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await sync(draft);
  await rename(draft, target);
  await sync(dirname(target));
}

async function copyStore(source: string, copy: string): Promise<void> {
  const db = openForReading(source);
  try {
    // One snapshot throughout: otherwise every write of the running store would start the copy again.
    db.exec('BEGIN');
    refuseForeign(db, source);
    await (await openPrivate(copy)).close(); // SQLite keeps the mode of a file that it finds
    await copyDatabase(db, copy, { rate: 1_000 });
  } finally {
    db.close();
  }
}

/** Followed by the id of the process that makes it. */
const copyName = `${DATA_FILE}.copy-`;
/** A copy that is older than this was left by a process that was killed, whatever runs under its id now. */
const copyMsMax = 24 * 3_600_000;

/** Removes the plain copies that killed processes have left beside the store. */
export async function removeLeftCopies(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (!name.startsWith(copyName)) continue;
    const path = join(dir, name);
    // Any error: another process has removed it, and removing it again does no harm.
    const found = await stat(path).catch(() => undefined);
    const isOld = found !== undefined && Date.now() - found.mtimeMs > copyMsMax;
    const isLeft = !isRunning(Number.parseInt(name.slice(copyName.length), 10));
    if (isOld || isLeft) await rm(path, { force: true });
  }
}

function isRunning(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Throws where a restore was killed before the store was there: a start would make an empty one in its place. */
export async function refuseInterruptedRestore(dir: string): Promise<void> {
  const target = join(dir, DATA_FILE);
  if (await exists(target)) return;
  for (const left of [`${target}.part`, join(dir, preparedName)]) {
    if (await exists(left))
      throw new Error(
        `a restore into ${dir} was interrupted: repeat it, or remove ${left} for an empty store`,
      );
  }
}

/** The directory in which a copy is prepared before it takes its place. */
const preparedName = 'restoring';

/** SQLite copies into files alone: into one beside the store, which is removed whatever happens. */
async function copyThrough(source: string, target: string, passage: Passage): Promise<void> {
  const dir = dirname(source);
  await removeLeftCopies(dir);
  const copy = join(dir, `${copyName}${process.pid}-${randomBytes(6).toString('hex')}`);
  const handle = await openPrivate(target);
  try {
    await copyStore(source, copy);
    await pipeline(passage(createReadStream(copy)), handle.createWriteStream());
  } finally {
    await handle.close();
    for (const left of ['', '-journal', '-wal', '-shm']) await rm(`${copy}${left}`, { force: true });
  }
}

/**
 * Fills a data directory that holds no store from a file that `backupDirectory` or `Store.backup` made. The copy is
 * checked (SQLite's integrity_check, the format's version) before it takes its place. With a passage the copy is what
 * that makes of the file. `prepare` is called with a directory that holds the copy as its store, and may change it: the copy takes its place as
 * it is then, or not at all.
 *
 * @throws Error when the directory holds a store already or the file is damaged or no store's; DirectoryInUse when a
 * process runs in it
 */
export async function restoreDirectory(
  file: string,
  dir: string,
  passage?: Passage,
  prepare?: (dir: string) => Promise<void>,
): Promise<void> {
  if (!(await exists(file))) throw new Error(`${file} does not exist`);
  await makeDirectory(dir);
  const unlock = lockDirectory(resolve(dir));
  const target = join(resolve(dir), DATA_FILE);
  const draft = `${target}.part`;
  const prepared = join(resolve(dir), preparedName);
  try {
    if (await exists(target))
      throw new Error(`${dir} holds a store already; restore into an empty directory`);
    await copyPrivately(file, draft, passage);
    checkBackup(draft, file);
    await rm(prepared, { recursive: true, force: true });
    if (prepare !== undefined) await prepareCopy(draft, prepared, prepare);
    await sync(draft);
    await rename(draft, target);
    await sync(dir);
  } finally {
    for (const left of ['', '-wal', '-shm']) await rm(`${draft}${left}`, { force: true });
    await rm(prepared, { recursive: true, force: true });
    unlock();
  }
}

/** Runs `prepare` on a store of its own that has the copy. */
async function prepareCopy(
  copy: string,
  dir: string,
  prepare: (dir: string) => Promise<void>,
): Promise<void> {
  const data = join(dir, DATA_FILE);
  await makeDirectory(dir);
  await rename(copy, data);
  await prepare(dir);
  // A store that was closed has everything in its one file.
  if (await exists(`${data}-wal`)) throw new Error(`the store in ${dir} was not closed`);
  await rename(data, copy);
}

/** Throws what is wrong with a copy, under the name that the caller used. */
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

async function copyPrivately(
  file: string,
  target: string,
  passage: Passage = (bytes) => bytes,
): Promise<void> {
  await rm(target, { force: true });
  const handle = await openPrivate(target);
  try {
    await pipeline(passage(createReadStream(file)), handle.createWriteStream());
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
    // Any error: what cannot be reached is not there for this process, and is reported where it is opened.
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
