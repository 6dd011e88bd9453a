import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Doc, doc, int32 } from '../bson/values.ts';
import { readBatch, TestEngine } from '../commands/with-engine.ts';
import { IndexBuilds } from './build-index.ts';
import { checkDataFile } from './check.ts';
import { DATA_FILE } from './format.ts';
import { Storage } from './storage.ts';

const COUNT = 20_000;
const index = (path: string, options = {}): Doc =>
  doc({ key: doc({ [path]: int32(1) }), name: path, ...options });
const listIndexNames = async (store: TestEngine) =>
  readBatch(await store.run({ listIndexes: 'c' })).map((found) => found.get('name'));

async function filled(): Promise<TestEngine> {
  const store = new TestEngine();
  const documents = Array.from({ length: COUNT }, (_, n) =>
    doc({ _id: int32(n), n: int32(n), g: [int32(n % 7)] }),
  );
  await store.run({ insert: 'c', documents });
  return store;
}

it('builds over a large collection while it is read and written, and the index is whole afterwards', async () => {
  using store = await filled();
  let done = false;
  const built = store
    .run({ createIndexes: 'c', indexes: [index('n', { unique: true }), index('g')] })
    .then(() => {
      done = true;
    });
  let turns = 0;
  while (!done) {
    const at = int32((turns * 997) % COUNT);
    await store.run({
      update: 'c',
      updates: [
        doc({ q: doc({ _id: at }), u: doc({ $set: doc({ n: int32(100_000 + turns), g: int32(9) }) }) }),
      ],
    });
    await store.run({
      insert: 'c',
      documents: [doc({ _id: int32(200_000 + turns), n: int32(200_000 + turns) })],
    });
    await store.run({
      delete: 'c',
      deletes: [doc({ q: doc({ _id: int32((turns * 991 + 5) % COUNT) }), limit: int32(1) })],
    });
    if (!done) turns++;
  }
  await built;
  expect(turns).toBeGreaterThan(2);
  expect(await listIndexNames(store)).toEqual(['_id_', 'n', 'g']);
  store.engine.storage.group.flush();
  expect(checkDataFile(join(store.dir, DATA_FILE))).toEqual([]);
});

it('leaves nothing when a document violates one of them', async () => {
  using store = await filled();
  await store.run({ insert: 'c', documents: [doc({ _id: 'twice', n: int32(7) })] });
  const answer = await store.ask({ createIndexes: 'c', indexes: [index('g'), index('n', { unique: true })] });
  expect(answer.get('code')).toEqual(int32(11000));
  expect(await listIndexNames(store)).toEqual(['_id_']);
  await store.run({ insert: 'c', documents: [doc({ _id: 'thrice', n: int32(7) })] });
});

it('makes an index that two clients request at once only once', async () => {
  using store = await filled();
  const ask = () => store.run({ createIndexes: 'c', indexes: [index('n')] });
  const answers = await Promise.all([ask(), ask()]);
  expect(answers.map((answer) => answer.has('note'))).toEqual([false, true]);
  expect(await listIndexNames(store)).toEqual(['_id_', 'n']);
});

it('is aborted by dropping the collection', async () => {
  using store = await filled();
  const building = store.ask({ createIndexes: 'c', indexes: [index('n')] });
  await store.run({ drop: 'c' });
  expect((await building).get('codeName')).toBe('IndexBuildAborted');
});

it('drops what a crash left half built', () => {
  const dir = mkdtempSync(join(tmpdir(), 'store-build-'));
  try {
    const first = new Storage(dir);
    const collection = first.createCollection('d', 'c', doc({}));
    first.atomic(() => first.catalog.addIndex(collection, index('n'), false));
    first.close();
    const second = new Storage(dir);
    new IndexBuilds(second);
    expect(second.catalog.find('d', 'c')?.indexes).toEqual([]);
    second.close();
    expect(checkDataFile(join(dir, DATA_FILE))).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
