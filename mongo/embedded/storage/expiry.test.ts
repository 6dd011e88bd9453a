import { expect, it } from 'vitest';
import { DateTime, doc, int32 } from '../bson/values.ts';
import { readBatch, TestEngine } from '../commands/with-engine.ts';
import { removeExpired } from './expiry.ts';

const NOW_MS = 1_800_000_000_000;
const ago = (seconds: number) => new DateTime(BigInt(NOW_MS - seconds * 1000));

it('removes what a TTL index states has expired, and only that: dates, the earliest of an array, inside a partial filter', async () => {
  using store = new TestEngine();
  await store.run({
    createIndexes: 'c',
    indexes: [doc({ key: doc({ at: int32(1) }), name: 'at', expireAfterSeconds: int32(60) })],
  });
  await store.run({
    createIndexes: 'p',
    indexes: [
      doc({
        key: doc({ at: int32(-1) }),
        name: 'at',
        expireAfterSeconds: int32(0),
        partialFilterExpression: doc({ done: true }),
      }),
    ],
  });
  await store.run({
    insert: 'c',
    documents: [
      doc({ _id: 'old', at: ago(61) }),
      doc({ _id: 'young', at: ago(59) }),
      doc({ _id: 'no date', at: int32(0) }),
      doc({ _id: 'missing' }),
      doc({ _id: 'null', at: null }),
      doc({ _id: 'text', at: 'yesterday' }),
      doc({ _id: 'array', at: [ago(0), ago(120)] }),
      doc({ _id: 'mixed array', at: ['yesterday', ago(120)] }),
      doc({ _id: 'young array', at: [ago(59), ago(0)] }),
      doc({ _id: 'array without dates', at: [int32(0), null] }),
    ],
  });
  await store.run({
    insert: 'p',
    documents: [doc({ _id: 'done', at: ago(1), done: true }), doc({ _id: 'open', at: ago(1), done: false })],
  });
  expect(await removeExpired(store.engine.storage, store.engine.locks, NOW_MS)).toBe(4);
  const left = async (name: string) =>
    readBatch(await store.run({ find: name })).map((found) => found.get('_id'));
  expect(await left('c')).toEqual([
    'young',
    'no date',
    'missing',
    'null',
    'text',
    'young array',
    'array without dates',
  ]);
  expect(await left('p')).toEqual(['open']);
});

it.each([
  ['', () => ago(100)],
  [' with several entries each', (n: number) => [ago(100 + 3 * n), ago(101 + 3 * n), ago(102 + 3 * n)]],
])('goes through more than one round of documents%s', async (_, chooseDate) => {
  using store = new TestEngine();
  await store.run({
    createIndexes: 'c',
    indexes: [doc({ key: doc({ at: int32(1) }), name: 'at', expireAfterSeconds: int32(60) })],
  });
  const documents = Array.from({ length: 450 }, (_, n) => doc({ _id: int32(n), at: chooseDate(n) }));
  await store.run({ insert: 'c', documents });
  expect(await removeExpired(store.engine.storage, store.engine.locks, NOW_MS)).toBe(450);
  expect((await store.run({ count: 'c' })).get('n')).toEqual(int32(0));
});
