import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose, { Schema } from 'mongoose';
import { afterAll, expect, it } from 'vitest';
import { restoreDirectory } from './backup.ts';
import { openStore } from './store.ts';

const root = mkdtempSync(join(tmpdir(), 'store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const personSchema = new Schema(
  { name: { type: String, unique: true }, age: Number, tags: [String] },
  { timestamps: true },
);

async function connect(uri: string) {
  const connection = await mongoose.createConnection(uri, { dbName: 'people' }).asPromise();
  return { connection, Person: connection.model('Person', personSchema) };
}

it('runs mongoose unmodified, and has everything still when it is opened again', async () => {
  const dir = join(root, 'a');
  {
    await using store = await openStore({ dir });
    const { connection, Person } = await connect(store.uri);
    await Person.init();
    await Person.create({ name: 'Ada', age: 36, tags: ['x'] });
    await expect(Person.create({ name: 'Ada' })).rejects.toMatchObject({
      code: 11000,
      keyValue: { name: 'Ada' },
    });
    const ada = await Person.findOneAndUpdate(
      { name: 'Ada' },
      { $inc: { age: 1 }, $push: { tags: 'y' } },
      { returnDocument: 'after' },
    );
    expect(ada?.toObject()).toMatchObject({ age: 37, tags: ['x', 'y'] });
    await connection.transaction(async (session) => {
      await Person.create([{ name: 'Bob', age: 1 }], { session });
    });
    expect(await Person.aggregate([{ $group: { _id: null, sum: { $sum: '$age' } } }])).toEqual([
      { _id: null, sum: 38 },
    ]);
    await connection.close();
  }
  await using again = await openStore({ dir });
  const { connection, Person } = await connect(again.uri);
  expect(await Person.countDocuments()).toBe(2);
  await connection.close();
});

it('listens where only its owner comes, also when the path of the directory is long', async () => {
  for (const name of ['short', 'long/'.repeat(30)]) {
    await using store = await openStore({ dir: join(root, name) });
    const path = decodeURIComponent(/^mongodb:\/\/([^/]+)\//.exec(store.uri)?.[1] ?? '');
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(100);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { connection, Person } = await connect(store.uri);
    expect(await Person.countDocuments()).toBe(0);
    await connection.close();
  }
});

it('serves loopback TCP on a port of one’s choice', async () => {
  await using store = await openStore({ dir: join(root, 'tcp'), listen: { port: 0 } });
  expect(store.uri).toMatch(/^mongodb:\/\/127\.0\.0\.1:\d+\//);
  const { connection, Person } = await connect(store.uri);
  await Person.create({ name: 'over TCP' });
  await connection.close();
});

it('releases the directory when the address is taken, so that it can be opened elsewhere', async () => {
  await using first = await openStore({ dir: join(root, 'one'), listen: { port: 0 } });
  const port = Number(new URL(first.uri.replace('mongodb:', 'http:')).port);
  await expect(openStore({ dir: join(root, 'two'), listen: { port } })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    address: '127.0.0.1',
    port,
  });
  await using second = await openStore({ dir: join(root, 'two') });
  expect(second.uri).toContain('store.sock');
});

it('opens a directory that was restored from a backup, with the state of the backup', async () => {
  const file = join(root, 'copy.sqlite');
  {
    await using store = await openStore({ dir: join(root, 'source') });
    const { connection, Person } = await connect(store.uri);
    await Person.create({ name: 'before' });
    await store.backup(file);
    await Person.create({ name: 'after' });
    await connection.close();
  }
  await restoreDirectory(file, join(root, 'restored'));
  await using store = await openStore({ dir: join(root, 'restored') });
  const { connection, Person } = await connect(store.uri);
  expect((await Person.find().lean()).map((person) => person.name)).toEqual(['before']);
  await connection.close();
});

it('closes once, however often it is called, and backs nothing up after that', async () => {
  const store = await openStore({ dir: join(root, 'closing') });
  await Promise.all([store.close(), store.close()]);
  await store.close();
  await expect(store.backup(join(root, 'late.sqlite'))).rejects.toThrow(/closed/);
});
