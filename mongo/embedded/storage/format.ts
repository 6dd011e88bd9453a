import { DatabaseSync } from 'node:sqlite';
import { makePrivate } from '../private-file.ts';
import { sqliteFailure } from './sqlite-error.ts';

/** «HdlS» in SQLite's application_id: states that a file is one of this store's. */
const APPLICATION_ID = 0x48646c53;
/** Raised when a file written by this code can no longer be read by older code. */
export const FORMAT_VERSION = 1;

export const DATA_FILE = 'store.sqlite';

const SCHEMA = `
  CREATE TABLE collections (id INTEGER PRIMARY KEY AUTOINCREMENT, db TEXT NOT NULL, name TEXT NOT NULL,
    uuid BLOB NOT NULL, options BLOB NOT NULL, UNIQUE (db, name));
  CREATE TABLE indexes (id INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL, spec BLOB NOT NULL,
    multikey INTEGER NOT NULL DEFAULT 0, ready INTEGER NOT NULL DEFAULT 1);
`;

/** Of the same format: a file of before this table gets it when it is opened, and code of before it does not mind it. */
const NUMBERED_WRITES = `
  CREATE TABLE IF NOT EXISTS numbered (session BLOB NOT NULL, first INTEGER NOT NULL, number INTEGER NOT NULL,
    used INTEGER NOT NULL, outcomes BLOB NOT NULL, PRIMARY KEY (session, first)) WITHOUT ROWID;
`;

/**
 * Opens (or makes) the data file for the one writer: WAL, synchronous FULL. Throws when the file is of a newer format,
 * is no store, or cannot be written.
 */
export function openForWriting(file: string, bytesMax?: number): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    makePrivate(file); // SQLite creates its other files with the mode of this one
    db = new DatabaseSync(file, { timeout: 5000 });
    db.exec('PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL');
    checkFormat(db, file);
    mapPages(db);
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -65536;
      PRAGMA temp_store = MEMORY;
      PRAGMA secure_delete = FAST;
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA journal_size_limit = 67108864;
      ${NUMBERED_WRITES}
    `);
    if (bytesMax !== undefined) {
      db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(bytesMax / pragma(db, 'page_size')))}`);
    }
    return db;
  } catch (error) {
    db?.close();
    throw sqliteFailure(error);
  }
}

/** 0 of auto_vacuum: a file of before its pages could be given back, which takes a map of them. */
const WITHOUT_MAP = 0;
/** A larger one is not written anew at a start. */
const MAP_BYTES_MAX = 256 * 1024 * 1024;

function mapPages(db: DatabaseSync): void {
  if (pragma(db, 'auto_vacuum') !== WITHOUT_MAP) return;
  if (pragma(db, 'page_count') * pragma(db, 'page_size') > MAP_BYTES_MAX) return;
  try {
    db.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM');
  } catch {
    // Any error: of a full disk, the file stays as it is, and its free pages are used again.
  }
}

/** A further connection to the same file that can only read. It sees the last COMMIT; inside BEGIN, one snapshot. */
export function openForReading(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  db.exec('PRAGMA cache_size = -8192; PRAGMA query_only = 1');
  return db;
}

function checkFormat(db: DatabaseSync, file: string): void {
  const version = pragma(db, 'user_version');
  const application = pragma(db, 'application_id');
  if (version === 0 && application === 0) {
    if (db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n !== 0) throw notAStore(file);
    db.exec(
      `BEGIN IMMEDIATE; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}; COMMIT`,
    );
    return;
  }
  refuseForeign(db, file);
}

/** Throws when the file is no store, or one of a newer format. Only reads. */
export function refuseForeign(db: DatabaseSync, file: string): void {
  if (pragma(db, 'application_id') !== APPLICATION_ID) throw notAStore(file);
  const version = pragma(db, 'user_version');
  if (version > FORMAT_VERSION) {
    throw new Error(
      `${file} was written by a newer version of the store (format ${version}, this one reads up to ${FORMAT_VERSION})`,
    );
  }
}

function notAStore(file: string): Error {
  return new Error(`${file} is an SQLite file, but not a data file of this store`);
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
}
