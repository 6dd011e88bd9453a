import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientSession, Collection, MongoServerError } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type OpenStore, withStore } from '../spec/with-store.ts';

type Thing = { _id: number; n?: number; u?: string };

const LIFETIME_MS = 1500;
const WAIT_MS = 300;
const dir = mkdtempSync(join(tmpdir(), 'store-transactions-'));
let store: OpenStore;
let things: Collection<Thing>;

beforeAll(async () => {
  store = await withStore({ dir, transactionLifetimeMs: LIFETIME_MS, conflictWaitMsMax: WAIT_MS });
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  await store.db.dropDatabase();
  things = store.db.collection<Thing>('things');
  await things.createIndex({ u: 1 }, { unique: true, sparse: true });
  await things.insertMany([
    { _id: 1, n: 1, u: 'a' },
    { _id: 2, n: 2, u: 'b' },
  ]);
});

async function inTransaction(work: (session: ClientSession) => Promise<void>): Promise<void> {
  const session = store.client.startSession();
  session.startTransaction();
  try {
    await work(session);
  } finally {
    if (session.inTransaction()) await session.abortTransaction();
    await session.endSession();
  }
}

const failure = (promise: Promise<unknown>): Promise<MongoServerError> =>
  promise.then(
    () => Promise.reject(new Error('expected a refusal')),
    (error: MongoServerError) => error,
  );

describe('isolation', () => {
  it('shows what a transaction wrote to itself only, until it commits, and all of it then', async () => {
    await inTransaction(async (session) => {
      await things.insertOne({ _id: 3, n: 3 }, { session });
      await things.updateOne({ _id: 1 }, { $set: { n: 10 } }, { session });
      await things.deleteOne({ _id: 2 }, { session });
      const sorted = { sort: { _id: 1 as const } };
      expect(await things.find({}, { session, ...sorted }).toArray()).toEqual([
        { _id: 1, n: 10, u: 'a' },
        { _id: 3, n: 3 },
      ]);
      expect(await things.countDocuments({ n: { $gte: 3 } }, { session })).toBe(2);
      expect(await things.findOne({ u: 'b' }, { session })).toBeNull();
      expect(await things.find({}, sorted).toArray()).toHaveLength(2);
      expect(await things.findOne({ _id: 1 })).toMatchObject({ n: 1 });
      await session.commitTransaction();
    });
    expect((await things.find().sort({ _id: 1 }).toArray()).map((thing) => thing._id)).toEqual([1, 3]);
  });

  it('reads the state of its first command, whatever others commit after it', async () => {
    await inTransaction(async (session) => {
      expect(await things.countDocuments({}, { session })).toBe(2);
      await things.insertOne({ _id: 9, n: 9 });
      await things.updateOne({ _id: 1 }, { $set: { n: 100 } });
      expect(await things.find({ n: { $gt: 2 } }, { session }).toArray()).toEqual([]);
      expect(await things.findOne({ _id: 1 }, { session })).toMatchObject({ n: 1 });
    });
  });

  it('leaves nothing of an aborted transaction, a collection that it made included', async () => {
    await inTransaction(async (session) => {
      await store.db.collection<Thing>('made').insertOne({ _id: 1 }, { session });
      await things.insertOne({ _id: 3 }, { session });
      await session.abortTransaction();
    });
    expect(await things.countDocuments()).toBe(2);
    expect(await store.db.listCollections({ name: 'made' }).toArray()).toEqual([]);
  });

  it('makes a collection and its indexes with the commit', async () => {
    await inTransaction(async (session) => {
      const made = await store.db.createCollection<Thing>('made', { session });
      await made.createIndex({ n: 1 }, { unique: true, session });
      await made.insertOne({ _id: 1, n: 1 }, { session });
      expect((await failure(made.insertOne({ _id: 2, n: 1 }, { session }))).code).toBe(11000);
    });
    expect(await store.db.listCollections({ name: 'made' }).toArray()).toEqual([]);
    await inTransaction(async (session) => {
      const made = await store.db.createCollection<Thing>('made', { session });
      await made.createIndex({ n: 1 }, { unique: true, session });
      await made.insertOne({ _id: 1, n: 1 }, { session });
      await session.commitTransaction();
    });
    const made = store.db.collection<Thing>('made');
    expect((await made.indexes()).map((index) => index.name)).toEqual(['_id_', 'n_1']);
    expect((await failure(made.insertOne({ _id: 2, n: 1 }))).code).toBe(11000);
  });
});

describe('conflicts', () => {
  it('ends the second of two transactions on one document with a WriteConflict that suggests to try again', async () => {
    await inTransaction(async (first) => {
      await things.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session: first });
      await inTransaction(async (second) => {
        const error = await failure(things.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session: second }));
        expect(error.codeName).toBe('WriteConflict');
        expect(error.hasErrorLabel('TransientTransactionError')).toBe(true);
      });
      await first.commitTransaction();
    });
    expect(await things.findOne({ _id: 1 })).toMatchObject({ n: 2 });
  });

  it('refuses to write over what was committed after the snapshot', async () => {
    await inTransaction(async (session) => {
      await things.findOne({ _id: 1 }, { session });
      await things.updateOne({ _id: 1 }, { $set: { n: 50 } });
      const error = await failure(things.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session }));
      expect(error.codeName).toBe('WriteConflict');
    });
    expect(await things.findOne({ _id: 1 })).toMatchObject({ n: 50 });
  });

  it('keeps unique keys unique between open transactions, and lets one move within a transaction', async () => {
    await inTransaction(async (first) => {
      await things.insertOne({ _id: 3, u: 'c' }, { session: first });
      await inTransaction(async (second) => {
        const error = await failure(things.insertOne({ _id: 4, u: 'c' }, { session: second }));
        expect(error.codeName).toBe('WriteConflict');
      });
      await first.commitTransaction();
    });
    await inTransaction(async (session) => {
      expect((await failure(things.insertOne({ _id: 4, u: 'c' }, { session }))).code).toBe(11000);
    });
    await inTransaction(async (session) => {
      await things.updateOne({ _id: 1 }, { $set: { u: 'x' } }, { session });
      await things.updateOne({ _id: 2 }, { $set: { u: 'a' } }, { session });
      await things.updateOne({ _id: 1 }, { $set: { u: 'b' } }, { session });
      await session.commitTransaction();
    });
    expect(await things.findOne({ u: 'a' })).toMatchObject({ _id: 2 });
    expect(await things.findOne({ u: 'b' })).toMatchObject({ _id: 1 });
  });

  it('lets a write outside wait for the transaction that holds its document', async () => {
    await inTransaction(async (session) => {
      await things.updateOne({ _id: 1 }, { $set: { n: 5 } }, { session });
      const waiting = things.updateOne({ _id: 1 }, { $inc: { n: 1 } });
      await things.findOne({ _id: 2 });
      await session.commitTransaction();
      await waiting;
    });
    expect(await things.findOne({ _id: 1 })).toMatchObject({ n: 6 });
  });

  it('answers WriteConflict to a write outside that waits for its own transaction, and not never', async () => {
    await inTransaction(async (session) => {
      await things.updateOne({ _id: 1 }, { $set: { n: 5 } }, { session });
      expect((await failure(things.updateOne({ _id: 1 }, { $inc: { n: 1 } }))).code).toBe(112);
      await session.commitTransaction();
    });
    expect(await things.findOne({ _id: 1 })).toMatchObject({ n: 5 });
  });

  it('keeps a collection that a transaction writes to from being dropped', async () => {
    await inTransaction(async (session) => {
      await things.updateOne({ _id: 1 }, { $set: { n: 5 } }, { session });
      expect((await failure(things.drop())).codeName).toBe('LockTimeout');
      await session.commitTransaction();
    });
    expect(await things.drop()).toBe(true);
  });
});

it('keeps apart what two transactions insert, also when a third fails to commit between them', async () => {
  await inTransaction(async (first) => {
    await things.insertOne({ _id: 10 }, { session: first });
    await inTransaction(async (third) => {
      await store.db.collection<Thing>('made').insertOne({ _id: 1 }, { session: third });
      await store.db.collection<Thing>('made').insertOne({ _id: 2 });
      expect((await failure(third.commitTransaction())).codeName).toBe('WriteConflict');
    });
    await things.insertOne({ _id: 11 });
    await inTransaction(async (second) => {
      await things.insertOne({ _id: 12 }, { session: second });
      await second.commitTransaction();
    });
    await first.commitTransaction();
  });
  expect((await things.find().sort({ _id: 1 }).toArray()).map((thing) => thing._id)).toEqual([
    1, 2, 10, 11, 12,
  ]);
});

describe('the life of a transaction', () => {
  it('ends after its lifetime: its writes are gone, its documents free, and its commit gets an error', async () => {
    const session = store.client.startSession();
    session.startTransaction();
    await things.updateOne({ _id: 1 }, { $set: { n: 77 } }, { session });
    await expect
      .poll(
        () =>
          things.updateOne({ _id: 1 }, { $inc: { n: 1 } }).then(
            () => 'free',
            () => 'held',
          ),
        {
          timeout: LIFETIME_MS * 4,
        },
      )
      .toBe('free');
    const error = await failure(session.commitTransaction());
    expect(error.codeName).toBe('NoSuchTransaction');
    expect(error.hasErrorLabel('TransientTransactionError')).toBe(true);
    await session.endSession();
    expect(await things.findOne({ _id: 1 })).toMatchObject({ n: 2 });
  });

  it('is over after an error in it, and reports it', async () => {
    await inTransaction(async (session) => {
      await things.insertOne({ _id: 5 }, { session });
      await failure(things.insertOne({ _id: 1 }, { session }));
      expect((await failure(things.insertOne({ _id: 6 }, { session }))).codeName).toBe('NoSuchTransaction');
    });
    expect(await things.findOne({ _id: 5 })).toBeNull();
  });

  it('is done again by withTransaction until it goes through', async () => {
    const session = store.client.startSession();
    let tries = 0;
    await session.withTransaction(async () => {
      tries++;
      await things.findOne({ _id: 1 }, { session });
      if (tries === 1) await things.updateOne({ _id: 1 }, { $inc: { n: 10 } });
      await things.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session });
    });
    await session.endSession();
    expect(tries).toBe(2);
    expect(await things.findOne({ _id: 1 })).toMatchObject({ n: 12 });
  });
});
