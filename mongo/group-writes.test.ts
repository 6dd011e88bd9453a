import { randomUUID } from 'node:crypto';
import { mongo } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRemoteWrites, serveRemoteWrites } from '#server/workers/remote-writes.ts';
import { openPortPair } from '#test/support/local-state.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { type Database, openDatabase } from './connect.ts';
import { GroupWriteError, type GroupWrites, openGroupWrites } from './group-writes.ts';

interface Thing {
  _id: string;
  n?: bigint | number;
  bytes?: mongo.Binary;
}

/** The ways to the same store: in this process, from a worker beside it, and by the driver as to a server. */
const ways = ['the channel of a store in this process', 'a worker beside the store', 'the driver'] as const;

describe.each(ways)('a group of writes by %s', (way) => {
  const stack = new AsyncDisposableStack();
  let database: Database;
  let writes: GroupWrites;

  beforeAll(async () => {
    const dir = stack.use(await temporaryDirectory());
    database = stack.use(
      await openDatabase(`embedded:${dir.path}`, { monitorCommands: way === 'the driver' }),
    );
    const { own } = database;
    if (way === 'a worker beside the store' && own !== undefined) {
      const [toWorker, toStore] = openPortPair();
      serveRemoteWrites(toWorker, own.writes);
      const groupWrites = openRemoteWrites(toStore);
      database = stack.use(await openDatabase(own.uri, { groupWrites, monitorCommands: true }));
    }
    writes = openGroupWrites(database.connection);
  });
  afterAll(() => stack.disposeAsync());

  const things = (collection: string) => database.connection.collection<Thing>(collection);
  const unused = () => `things-${randomUUID()}`;
  const found = (collection: string) => things(collection).find().sort({ _id: 1 }).toArray();

  it('takes the way that it is meant to take', async () => {
    const names: string[] = [];
    const note = ({ commandName }: { commandName: string }) => names.push(commandName);
    database.connection.getClient().on('commandStarted', note);
    await writes.run([{ collection: unused(), insert: [{ _id: 'a' }] }]);
    database.connection.getClient().off('commandStarted', note);
    expect(names).toEqual(way === 'the driver' ? ['insert'] : []);
  });

  it('writes in order and states what each write found and changed', async () => {
    const collection = unused();
    const results = await writes.run([
      {
        collection,
        insert: [
          { _id: 'a', n: 1n },
          { _id: 'b', n: 2n, bytes: new mongo.Binary(Buffer.from('x')) },
        ],
      },
      {
        collection,
        update: [
          { q: { _id: 'a', n: 1n }, u: { $set: { n: 5n } } },
          { q: { _id: 'b' }, u: { $set: { n: 2n } } },
          { q: { _id: 'c' }, u: { $set: { n: 3n } } },
        ],
      },
    ]);
    expect(results.map(({ matched, modified }) => ({ matched, modified }))).toEqual([
      { matched: 2, modified: 0 },
      { matched: 2, modified: 1 },
    ]);
    const [a, b] = await found(collection);
    expect(a).toEqual({ _id: 'a', n: 5n });
    expect(Buffer.from(b?.bytes?.buffer ?? []).toString()).toBe('x');
  });

  it('writes the other documents where some are there already, and nothing behind them', async () => {
    const collection = unused();
    await writes.run([{ collection, insert: [{ _id: 'b' }] }]);
    const doubled = writes.run([
      { collection, insert: [{ _id: 'a' }, { _id: 'b' }, { _id: 'c' }] },
      { collection, update: [{ q: { _id: 'a' }, u: { $set: { n: 1 } } }] },
    ]);
    await expect(doubled).rejects.toMatchObject({
      name: 'GroupWriteError',
      isOnlyDuplicates: true,
      refused: [{ index: 1, code: 11000 }],
    });
    expect(await found(collection)).toEqual([{ _id: 'a' }, { _id: 'b' }, { _id: 'c' }]);
  });

  it('reports what a write in the middle refuses, and runs nothing behind it', async () => {
    const collection = unused();
    const middle = writes.run([
      { collection, insert: [{ _id: 'a' }] },
      { collection, insert: [{ _id: 'b' }, { _id: 'a' }] },
      { collection, insert: [{ _id: 'c' }] },
    ]);
    await expect(middle).rejects.toMatchObject({
      isOnlyDuplicates: true,
      refused: [{ index: 1, code: 11000 }],
    });
    expect(await found(collection)).toEqual([{ _id: 'a' }, { _id: 'b' }]);
  });

  it('states which document is refused for another reason', async () => {
    const collection = unused();
    await writes.run([{ collection, insert: [{ _id: 'a', n: 1 }] }]);
    const mixed = writes.run([
      {
        collection,
        update: [
          { q: { _id: 'a' }, u: { $push: { n: 1 } } },
          { q: { _id: 'a' }, u: { $set: { n: 2 } } },
        ],
      },
    ]);
    await expect(mixed).rejects.toMatchObject({ isOnlyDuplicates: false, refused: [{ index: 0 }] });
    expect(await found(collection)).toEqual([{ _id: 'a', n: 2 }]);
  });

  it('refuses what is no BSON before anything is written', async () => {
    const collection = unused();
    const nonsense = writes.run([{ collection, insert: [{ _id: 'a', endless: endless() }] }]);
    await expect(nonsense).rejects.not.toBeInstanceOf(mongo.MongoServerError);
    expect(await found(collection)).toEqual([]);
  });

  it('keeps many groups at once apart', async () => {
    const collection = unused();
    const groups = Array.from({ length: 50 }, (_, group) =>
      writes.run([
        { collection, insert: Array.from({ length: 20 }, (_, n) => ({ _id: `${group}-${n}`, n: group })) },
        { collection, update: [{ q: { _id: `${group}-0`, n: group }, u: { $set: { n: -1 } } }] },
      ]),
    );
    for (const [, update] of await Promise.all(groups))
      expect(update).toMatchObject({ matched: 1, modified: 1 });
    expect(await things(collection).countDocuments()).toBe(1_000);
    expect(await things(collection).countDocuments({ n: -1 })).toBe(50);
  });

  it('waits for a document that a transaction holds', async () => {
    const collection = unused();
    await writes.run([{ collection, insert: [{ _id: 'a', n: 0n }] }]);
    const session = database.connection.getClient().startSession();
    session.startTransaction();
    await things(collection).updateOne({ _id: 'a' }, { $inc: { n: 1n } }, { session });
    const behind = writes.run([{ collection, update: [{ q: { _id: 'a' }, u: { $inc: { n: 10n } } }] }]);
    await session.commitTransaction();
    await session.endSession();
    expect(await behind).toMatchObject([{ matched: 1, modified: 1 }]);
    expect(await found(collection)).toEqual([{ _id: 'a', n: 11n }]);
  });
});

it('a group whose documents may not be durable is not taken for one of duplicates alone', () => {
  const refused = [{ index: 0, code: 11000, message: 'duplicate' }];
  expect(new GroupWriteError(refused, { isDurable: true }).isOnlyDuplicates).toBe(true);
  expect(new GroupWriteError(refused, { isDurable: false }).isOnlyDuplicates).toBe(false);
});

describe('the channel of a store', () => {
  it('rejects what is written after the store was closed, as the database that fails', async () => {
    await using dir = await temporaryDirectory();
    const database = await openDatabase(`embedded:${dir.path}`);
    const writes = openGroupWrites(database.connection);
    const inFlight = writes.run([{ collection: 'things', insert: [{ _id: 'a' }] }]);
    await Promise.all([database.close(), inFlight.catch(() => undefined)]);
    const late = writes.run([{ collection: 'things', insert: [{ _id: 'b' }] }]);
    await expect(late).rejects.toBeInstanceOf(mongo.MongoServerError);
    await expect(late).rejects.toMatchObject({ code: 91, codeName: 'ShutdownInProgress' });
  });

  it('fails as the driver does when the disk is full', async () => {
    await using dir = await temporaryDirectory();
    const { openStore } = await import('@heddle/embedded-store');
    await using store = await openStore({ dir: dir.path, dataBytesMax: 400_000 });
    const fill = async () => {
      for (let n = 0; n < 100; n++) {
        const documents = [{ _id: n, bytes: Buffer.alloc(20_000, n) }];
        const [outcome] = await store.writes.write('d', [{ command: 'insert', collection: 'c', documents }]);
        expect(outcome?.refused).toEqual([]);
      }
    };
    await expect(fill()).rejects.toMatchObject({ name: 'Error', codeName: 'OutOfDiskSpace' });
  });
});

function endless(): object {
  const nested: Record<string, unknown> = {};
  nested.again = nested;
  return nested;
}
