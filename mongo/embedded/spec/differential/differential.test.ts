import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Db, MongoClient } from 'mongodb';
import { afterAll, expect, it } from 'vitest';
import { seedFrom } from '../random.ts';
import { withStore } from '../with-store.ts';
import { type Difference, differ } from './differ.ts';

const OPERATIONS = Number(process.env.HEDDLE_DIFFERENTIAL_OPERATIONS ?? 500);
const seed = seedFrom(process.env.HEDDLE_TEST_SEED);
const root = mkdtempSync(join(tmpdir(), 'heddle-differential-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Indexes of every kind, on the fields that the random operations filter and sort by. */
async function withIndexes(db: Db, collection: string): Promise<void> {
  await db
    .collection(collection)
    .createIndexes([
      { key: { a: 1, _id: -1 } },
      { key: { b: -1 } },
      { key: { list: 1 } },
      { key: { 'sub.x': 1 }, sparse: true },
      { key: { 'items.x': -1 } },
      { key: { c: 1 }, partialFilterExpression: { a: { $gte: 0 } } },
    ]);
}

function report(what: string, differences: Difference[]): string[] {
  console.log(
    `${what}: HEDDLE_TEST_SEED=${seed}, ${differences.length} differences of ${OPERATIONS} operations`,
  );
  return differences.map(({ at, command, left, right }) => `#${at} ${command}\n  ${left}\n  ${right}`);
}

it('answers the same with indexes and without', { timeout: 120_000 }, async () => {
  await using store = await withStore({ dir: root });
  const { differences } = await differ(
    { db: store.db, collection: 'plain' },
    { db: store.db, collection: 'indexed', prepare: withIndexes },
    { seed, operations: OPERATIONS },
  );
  expect(report('with indexes and without', differences)).toEqual([]);
});

it('answers the same inside transactions and outside', { timeout: 120_000 }, async () => {
  await using store = await withStore({ dir: join(root, 'transactions') });
  await store.client.withSession(async (session) => {
    const { differences } = await differ(
      { db: store.db, collection: 'plain' },
      { db: store.db, collection: 'in_transactions', prepare: withIndexes, session },
      { seed, operations: OPERATIONS },
    );
    expect(report('inside transactions and outside', differences)).toEqual([]);
  });
});

const other = process.env.MONGO_TEST_URL;
if (other === undefined || other === '') {
  it('against a MongoDB server: none is set (MONGO_TEST_URL), so nothing to compare', () => {
    console.log('differential test against a MongoDB server: left out, MONGO_TEST_URL is not set');
  });
} else {
  it('answers as the server at MONGO_TEST_URL does', { timeout: 600_000 }, async () => {
    await using store = await withStore({ dir: join(root, 'against') });
    const server = new MongoClient(other);
    try {
      const { differences } = await differ(
        { db: server.db('heddle_differential'), collection: 'docs' },
        { db: store.db, collection: 'docs', prepare: withIndexes },
        { seed, operations: OPERATIONS },
      );
      expect(report('server and store', differences)).toEqual([]);
    } finally {
      await server.close();
    }
  });
}
