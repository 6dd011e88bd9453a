import { openStore, type Store } from '@heddle/embedded-store';
import { mongo } from 'mongoose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeddleError } from '#core/errors.ts';
import { type Database, openDatabase } from '#mongo/connect.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { explainStoreFailure } from './store-errors.ts';

const overloaded = { code: 'OVERLOADED', extensions: { retryAfterMs: expect.any(Number) } };
const opened = new AsyncDisposableStack();
let store: Store;
let database: Database;
beforeAll(async () => {
  const dir = opened.use(await temporaryDirectory());
  store = await openStore({ dir: dir.path, failPoints: true });
  opened.defer(() => store.close());
  database = opened.use(await openDatabase(store.uri));
});
afterAll(() => opened.disposeAsync());

const things = () => database.connection.collection<{ _id: string }>('things');
const commands: Record<string, () => Promise<unknown>> = {
  insertMany: () => things().insertMany([{ _id: crypto.randomUUID() }], { ordered: false }),
  insertOne: () => things().insertOne({ _id: crypto.randomUUID() }),
  bulkWrite: () =>
    things().bulkWrite([{ updateOne: { filter: { _id: 'a' }, update: { $set: { x: 1 } } } }], {
      ordered: false,
    }),
  findOne: () => things().findOne({ _id: 'a' }),
};
const failCommands = ['insert', 'update', 'find'];

/** What the command fails with while the fail point is on. */
async function catchFailure(
  command: () => Promise<unknown>,
  data: Record<string, unknown>,
): Promise<unknown> {
  const admin = database.connection.getClient().db('admin');
  await admin.command({
    configureFailPoint: 'failCommand',
    mode: 'alwaysOn',
    data: { failCommands, ...data },
  });
  try {
    return await command().then(
      () => expect.fail('it did not fail'),
      (error: unknown) => error,
    );
  } finally {
    await admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
  }
}

describe('a store that cannot be used', () => {
  const failures: Record<string, Record<string, unknown>> = {
    'is full': { errorCode: 14_031 },
    'has no time': { errorCode: 50 },
    'is shutting down': { errorCode: 91 },
    'is no primary': { errorCode: 10_107 },
    'loses the connection': { closeConnection: true },
  };
  const cases = Object.entries(failures).flatMap(([what, data]) =>
    Object.entries(commands).map(([name, command]) => ({ what, name, data, command })),
  );
  it.each(cases)('is OVERLOADED: $name, when it $what', async ({ data, command }) => {
    const failure = await catchFailure(command, data);
    const explained = explainStoreFailure(failure);
    expect(explained).toMatchObject(overloaded);
    expect(explained).toHaveProperty('cause', failure);
  });

  it('is OVERLOADED when it cannot be reached at all', async () => {
    const client = new mongo.MongoClient('mongodb://127.0.0.1:1', { serverSelectionTimeoutMS: 50 });
    const failure = await client
      .db('x')
      .command({ ping: 1 })
      .catch((error: unknown) => error);
    expect(explainStoreFailure(failure)).toMatchObject(overloaded);
  });
});

it('keeps a failure that concerns the command itself', async () => {
  const same = { _id: 'same' };
  const failures = [
    await things()
      .insertMany([same, same], { ordered: false })
      .catch((error: unknown) => error),
    await things()
      .insertOne(same)
      .catch((error: unknown) => error),
    await things()
      .updateOne({ _id: 'same' }, { $nonsense: 1 } as never)
      .catch((error: unknown) => error),
    new TypeError('x is undefined'),
    new HeddleError('CONFLICT', 'no'),
    undefined,
  ];
  for (const failure of failures) expect(explainStoreFailure(failure)).toBe(failure);
  expect(failures.slice(0, 3).every((failure) => failure instanceof Error)).toBe(true);
});
