import { join } from 'node:path';
import { expect, it } from 'vitest';
import { doc, int32 } from '../bson/values.ts';
import { TestEngine } from '../commands/with-engine.ts';
import { checkDataFile } from './check.ts';
import { DATA_FILE } from './format.ts';

const index = (key: { [path: string]: number }, options = {}) =>
  doc({
    key: doc(Object.fromEntries(Object.entries(key).map(([k, v]) => [k, int32(v)]))),
    name: Object.keys(key).join('_'),
    ...options,
  });

it('leaves nothing of a document that a unique index refuses, also not in the indexes before it', async () => {
  using store = new TestEngine();
  await store.run({
    createIndexes: 'c',
    indexes: [index({ a: 1 }), index({ u: 1 }, { unique: true }), index({ z: -1 })],
  });
  await store.run({ insert: 'c', documents: [doc({ _id: int32(1), a: 1, u: 'x', z: 1 })] });
  const refused = await store.ask({ insert: 'c', documents: [doc({ _id: int32(2), a: 2, u: 'x', z: 2 })] });
  expect(refused.get('n')).toEqual(int32(0));
  const changed = await store.run({ insert: 'c', documents: [doc({ _id: int32(3), a: 3, u: 'y', z: 3 })] });
  expect(changed.get('n')).toEqual(int32(1));
  const update = await store.ask({
    update: 'c',
    updates: [doc({ q: doc({ _id: int32(3) }), u: doc({ $set: doc({ a: 9, u: 'x', z: 9 }) }) })],
  });
  expect(update.has('writeErrors')).toBe(true);
  store.engine.storage.group.flush();
  expect(checkDataFile(join(store.dir, DATA_FILE))).toEqual([]);
});

it('names which pattern and value were refused, of an array the element', async () => {
  using store = new TestEngine();
  await store.run({ createIndexes: 'c', indexes: [index({ 'tags.n': 1, k: -1 }, { unique: true })] });
  const tags = (...values: number[]) => values.map((n) => doc({ n: int32(n) }));
  await store.run({ insert: 'c', documents: [doc({ _id: int32(1), tags: tags(1, 2), k: 'a' })] });
  const answer = await store.ask({
    insert: 'c',
    documents: [doc({ _id: int32(2), tags: tags(7, 2), k: 'a' })],
  });
  const [error] = answer.get('writeErrors') as Map<string, unknown>[];
  expect(error?.get('code')).toEqual(int32(11000));
  expect(error?.get('keyPattern')).toEqual(doc({ 'tags.n': int32(1), k: int32(-1) }));
  expect(error?.get('keyValue')).toEqual(doc({ 'tags.n': int32(2), k: 'a' }));
});

it('knows an index that became multikey still after the store was opened again', async () => {
  using store = new TestEngine();
  await store.run({ createIndexes: 'c', indexes: [index({ a: 1 })] });
  await store.run({ insert: 'c', documents: [doc({ a: [int32(1), int32(2)] })] });
  store.engine.storage.catalog.reload();
  expect(store.engine.storage.catalog.find('d', 'c')?.indexes[0]?.multikey).toBe(true);
});
