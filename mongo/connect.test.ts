import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openTestDatabase } from '#test/support/database.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { defineCollection } from './collection.ts';
import { ensureIndexes, openDatabase } from './connect.ts';

interface CoinRecord {
  _id: string;
  name: string;
  nanos: bigint;
}

const coins = defineCollection<CoinRecord>(
  `coins_${randomBytes(4).toString('hex')}`,
  { _id: { type: String, required: true }, name: { type: String }, nanos: { type: BigInt } },
  [[{ name: 1 }, { unique: true }]],
);

describe('openDatabase', () => {
  it('keeps 64-bit integers exact in both directions', async () => {
    await using database = await openTestDatabase();
    await coins(database.connection).create({ _id: 'a', name: 'a', nanos: 9_007_199_254_740_993n });
    await coins(database.connection).updateOne({ _id: 'a' }, { $inc: { nanos: 2n } });
    expect((await coins(database.connection).findById('a').lean())?.nanos).toBe(9_007_199_254_740_995n);
    expect(await coins(database.connection).countDocuments({})).toBe(1);
  });

  it('builds the declared indexes, also a second time', async () => {
    await using database = await openTestDatabase();
    await ensureIndexes(database.connection);
    const model = coins(database.connection);
    await model.create({ _id: 'a', name: 'same', nanos: 1n });
    await expect(model.create({ _id: 'b', name: 'same', nanos: 1n })).rejects.toMatchObject({ code: 11000 });
  });

  it('refuses a path that the collection does not have', async () => {
    await using database = await openTestDatabase();
    const stray = { _id: 'a', name: 'a', nanos: 1n, stray: true };
    await expect(coins(database.connection).create(stray)).rejects.toThrow(/stray/);
  });

  it('answers two databases separately', async () => {
    await using one = await openTestDatabase();
    await using two = await openTestDatabase();
    await coins(one.connection).create({ _id: 'a', name: 'a', nanos: 1n });
    expect(await coins(two.connection).findById('a').lean()).toBeNull();
  });

  it('lets the URL have the last word on the options of the driver', async () => {
    await using dir = await temporaryDirectory();
    const { openStore } = await import('@heddle/embedded-store');
    await using store = await openStore({ dir: dir.path });
    await using database = await openDatabase(`${store.uri}&ServerSelectionTimeoutMS=200&maxPoolSize=7`);
    const { options } = database.connection.getClient();
    expect(options).toMatchObject({ serverSelectionTimeoutMS: 200, maxPoolSize: 7 });
    const gone = 'mongodb://127.0.0.1:1/x?ServerSelectionTimeoutMS=200';
    await expect(openDatabase(gone)).rejects.toThrow(/ECONNREFUSED/);
  });

  it.each(['mysql://localhost', 'embedded:', ''])('refuses %j as a database URL', async (url) => {
    await expect(openDatabase(url)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
