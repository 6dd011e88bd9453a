import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '@heddle/embedded-store';
import { type Database, ensureIndexes, type OpenDatabaseOptions, openDatabase } from '#mongo/connect.ts';
import { testFolder } from './test-folder.ts';

/**
 * A database of the test's own, with the indexes of all imported collections: the embedded store in a temporary
 * directory, or a fresh database on the server at MONGO_TEST_URL when that is set. Closing it removes it.
 *
 * @example await using database = await openTestDatabase();
 */
export async function openTestDatabase(options: OpenDatabaseOptions = {}): Promise<Database> {
  const server = process.env.MONGO_TEST_URL;
  const database = await (server ? onServer(server, options) : onDisk(options));
  await ensureIndexes(database.connection);
  return database;
}

/** The embedded store in a temporary directory, whose commands can be made to fail. */
export async function openFailingDatabase(): Promise<Database> {
  const dir = await mkdtemp(join(testFolder, 'heddle-test-'));
  const store = await openStore({ dir, failPoints: true });
  const database = await openDatabase(store.uri);
  await ensureIndexes(database.connection);
  return closingAfter(database, async () => {
    await database.close();
    await store.close();
    await rm(dir, { recursive: true, force: true });
  });
}

async function onServer(server: string, options: OpenDatabaseOptions): Promise<Database> {
  const url = new URL(server);
  url.pathname = `/heddle_test_${randomBytes(6).toString('hex')}`;
  const database = await openDatabase(url.href, options);
  return closingAfter(database, async () => {
    await database.connection.dropDatabase();
    await database.close();
  });
}

async function onDisk(options: OpenDatabaseOptions): Promise<Database> {
  const dir = await mkdtemp(join(testFolder, 'heddle-test-'));
  const database = await openDatabase(`embedded:${dir}`, options);
  return closingAfter(database, async () => {
    await database.close();
    await rm(dir, { recursive: true, force: true });
  });
}

function closingAfter({ connection, own }: Database, end: () => Promise<void>): Database {
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= end();
    return closing;
  };
  return { connection, own, close, [Symbol.asyncDispose]: close };
}
