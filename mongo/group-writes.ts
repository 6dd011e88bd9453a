import { type WriteCommand, WriteFailure, type WriteOutcome } from '@heddle/embedded-store/channel';
import { type Connection, mongo } from 'mongoose';
import { duplicateKeyCode } from '#core/input.ts';
import type { StoreObserver } from '#core/observers/store-observer.ts';

/** Writes of one collection: documents to insert, or one change each for the document that fits its filter. */
export type GroupWrite =
  | { readonly collection: string; readonly insert: readonly object[] }
  | { readonly collection: string; readonly update: readonly DocumentUpdate[] };

/** `q` is the filter, `u` the update operators: the fields of MongoDB's `update` command. */
export interface DocumentUpdate {
  readonly q: object;
  readonly u: object;
}

/** How many documents an update found, and how many of them it changed. */
export type GroupWriteResult = Pick<WriteOutcome, 'matched' | 'modified'>;

/** A document that was not written, by its place in its write. */
export interface RefusedWrite {
  readonly index: number;
  /** The server's error code. */
  readonly code: number;
  readonly message: string;
}

/** Documents of a group were refused one by one. Those of the same write that were not refused are written. */
export class GroupWriteError extends Error {
  readonly refused: readonly RefusedWrite[];
  /** Every document that was not written has a key that is there already; all others are durable. */
  readonly isOnlyDuplicates: boolean;

  constructor(
    refused: readonly RefusedWrite[],
    { isDurable, cause }: { isDurable: boolean; cause?: unknown },
  ) {
    super(refused[0]?.message ?? 'A document could not be written.', { cause });
    this.name = 'GroupWriteError';
    this.refused = refused;
    this.isOnlyDuplicates = isDurable && refused.every(({ code }) => code === duplicateKeyCode);
  }
}

/** Writes groups of documents for the path of a call, past the casts of mongoose. */
export interface GroupWrites {
  /**
   * Runs the writes in order and resolves with their results when all are durable; none is durable before those in
   * front of it. Rejects with GroupWriteError where documents are refused, without running the writes behind; with the
   * driver's errors where the database fails, and then any part may have been written; with TypeError or the driver's
   * MongoInvalidArgumentError for what is no BSON.
   */
  run(writes: readonly GroupWrite[]): Promise<readonly GroupWriteResult[]>;
}

/** A way to a store for groups of writes; WriteChannel of the embedded store states what it promises. */
export interface GroupChannel {
  /** Groups that are not durable yet. */
  readonly waiting: number;
  write(db: string, commands: readonly WriteCommand[]): Promise<readonly WriteOutcome[]>;
}

const channels = new WeakMap<
  Connection,
  { readonly channel: GroupChannel; readonly observer: StoreObserver | undefined }
>();

/** The connection's database is an embedded store, which is reached without the driver. */
export function useWriteChannel(
  connection: Connection,
  channel: GroupChannel,
  observer?: StoreObserver,
): void {
  channels.set(connection, { channel, observer });
}

/** Groups of writes that a store in this process has not made durable yet; 0 for a store of another process. */
export function countGroupsWaiting(connection: Connection): number {
  return channels.get(connection)?.channel.waiting ?? 0;
}

/** The shortest way to the database of the connection, which must be open. */
export function openGroupWrites(connection: Connection): GroupWrites {
  const { db } = connection;
  if (db === undefined) throw new Error('The database connection is not open.');
  const found = channels.get(connection);
  return found === undefined
    ? new DriverWrites(db)
    : new ChannelWrites(found.channel, db.databaseName, found.observer);
}

const durable = { writeConcern: { w: 'majority', j: true }, ordered: false } as const;

/** By commands of the driver, which tries each again once when the connection is lost. */
class DriverWrites implements GroupWrites {
  readonly #db: mongo.Db;

  constructor(db: mongo.Db) {
    this.#db = db;
  }

  async run(writes: readonly GroupWrite[]): Promise<readonly GroupWriteResult[]> {
    const results: GroupWriteResult[] = [];
    for (const write of writes) results.push(await this.#runOne(write));
    return results;
  }

  async #runOne(write: GroupWrite): Promise<GroupWriteResult> {
    const collection = this.#db.collection(write.collection);
    try {
      if ('insert' in write) {
        await collection.insertMany(write.insert, durable);
        return { matched: write.insert.length, modified: 0 };
      }
      const operations = write.update.map(({ q, u }) => ({ updateOne: { filter: q, update: u } }));
      const { matchedCount, modifiedCount } = await collection.bulkWrite(operations, durable);
      return { matched: matchedCount, modified: modifiedCount };
    } catch (error) {
      throw toGroupWriteError(error);
    }
  }
}

/** What the server refused of single documents; any other error as it is. */
function toGroupWriteError(error: unknown): unknown {
  if (!(error instanceof mongo.MongoBulkWriteError)) return error;
  const refused = [error.writeErrors].flat();
  if (refused.length === 0) return error;
  const isDurable = error.result.getWriteConcernError() === undefined;
  return new GroupWriteError(
    refused.map(({ index, code, errmsg }) => ({ index, code, message: errmsg ?? error.message })),
    { isDurable, cause: error },
  );
}

/** To a store in this process: one message and one commit for all writes of a group. */
class ChannelWrites implements GroupWrites {
  readonly #channel: GroupChannel;
  readonly #database: string;
  readonly #observer: StoreObserver | undefined;

  constructor(channel: GroupChannel, database: string, observer: StoreObserver | undefined) {
    this.#channel = channel;
    this.#database = database;
    this.#observer = observer;
  }

  async run(writes: readonly GroupWrite[]): Promise<readonly GroupWriteResult[]> {
    let outcomes: readonly WriteOutcome[];
    const begunMs = performance.now();
    const note = (failed: boolean) =>
      this.#observer?.commandEnded('groupWrite', performance.now() - begunMs, failed);
    try {
      outcomes = await this.#channel.write(this.#database, writes.map(toCommand));
      note(false);
    } catch (error) {
      note(true);
      if (!(error instanceof WriteFailure)) throw error;
      const { message, code, codeName } = error;
      throw new mongo.MongoServerError({ message, errmsg: message, code, codeName });
    }
    const refused = outcomes.at(-1)?.refused ?? [];
    if (refused.length > 0) throw new GroupWriteError(refused, { isDurable: true });
    return outcomes;
  }
}

function toCommand(write: GroupWrite): WriteCommand {
  const { collection } = write;
  return 'insert' in write
    ? { command: 'insert', collection, documents: write.insert }
    : { command: 'update', collection, documents: write.update };
}
