import { describe, expect, it } from 'vitest';
import { Binary, type Doc, doc, int32, isDoc, type Value } from '../bson/values.ts';
import { readBatch, readCursorId, TestEngine } from './with-engine.ts';

const numbers = (count: number): Doc[] =>
  Array.from({ length: count }, (_, n) => doc({ _id: int32(n), n: int32(n) }));
const lsid = (n: number): Doc => doc({ id: new Binary(new Uint8Array(16).fill(n), 4) });
const listIds = (answer: Doc): unknown[] =>
  readBatch(answer).map((found) => (found.get('_id') as { value: number }).value);
const index = (path: string, options: { [name: string]: Value } = {}): Doc =>
  doc({ key: doc({ [path]: int32(1) }), name: `${path}_1`, ...options });

describe('cursors', () => {
  it('give everything once, in order, across batches', async () => {
    using store = new TestEngine();
    await store.run({ insert: 'c', documents: numbers(1000) });
    let answer = await store.run({ find: 'c', sort: doc({ _id: int32(-1) }), batchSize: int32(7) });
    const seen = listIds(answer);
    while (readCursorId(answer) !== 0n) {
      answer = await store.run({ getMore: readCursorId(answer), collection: 'c', batchSize: int32(300) });
      seen.push(...listIds(answer));
    }
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, n) => 999 - n));
  });

  it('give nothing that was removed before the batch was requested, and what was put behind the place', async () => {
    using store = new TestEngine();
    await store.run({ insert: 'c', documents: numbers(20) });
    const first = await store.run({ find: 'c', batchSize: int32(5) });
    const gone = doc({ q: doc({ _id: doc({ $gte: 8, $lt: 19 }) }), limit: int32(0) });
    await store.run({ delete: 'c', deletes: [gone] });
    await store.run({ insert: 'c', documents: [doc({ _id: int32(100) })] });
    const rest = await store.run({ getMore: readCursorId(first), collection: 'c' });
    expect(listIds(rest)).toEqual([5, 6, 7, 19, 100]);
  });

  it('end when their collection is dropped', async () => {
    using store = new TestEngine();
    await store.run({ insert: 'c', documents: numbers(500) });
    const first = await store.run({ find: 'c', batchSize: int32(2) });
    await store.run({ drop: 'c' });
    const answer = await store.ask({ getMore: readCursorId(first), collection: 'c' });
    expect(answer.get('codeName')).toBe('QueryPlanKilled');
  });

  it('end when the index that they go along is dropped, and no other', async () => {
    using store = new TestEngine();
    await store.run({ createIndexes: 'c', indexes: [index('n'), index('m')] });
    await store.run({ insert: 'c', documents: numbers(500) });
    const open = async () =>
      readCursorId(await store.run({ find: 'c', filter: doc({ n: doc({ $gte: 0 }) }), batchSize: int32(2) }));
    const [first, second] = [await open(), await open()];
    await store.run({ dropIndexes: 'c', index: 'm_1' });
    expect(readBatch(await store.run({ getMore: first, collection: 'c' }))).toHaveLength(498);
    await store.run({ dropIndexes: 'c', index: 'n_1' });
    expect((await store.ask({ getMore: second, collection: 'c' })).get('codeName')).toBe('QueryPlanKilled');
  });

  it('report at once when a limit is reached, and are gone when killed', async () => {
    using store = new TestEngine();
    await store.run({ insert: 'c', documents: numbers(20) });
    expect(readCursorId(await store.run({ find: 'c', limit: int32(5), batchSize: int32(5) }))).toBe(0n);
    const id = readCursorId(await store.run({ find: 'c', batchSize: int32(5) }));
    const killed = await store.run({ killCursors: 'c', cursors: [id, 77n] });
    expect(killed.get('cursorsKilled')).toEqual([id]);
    expect(killed.get('cursorsNotFound')).toEqual([77n]);
    expect((await store.ask({ getMore: id, collection: 'c' })).get('codeName')).toBe('CursorNotFound');
  });
});

it('lets others run while one command goes through everything', async () => {
  using store = new TestEngine();
  await store.run({ insert: 'c', documents: numbers(60_000) });
  const group = doc({
    $group: doc({ _id: doc({ $floor: doc({ $divide: ['$n', int32(9_000)] }) }), sum: doc({ $sum: '$n' }) }),
  });
  let done = false;
  const long = store.run({ aggregate: 'c', pipeline: [group], cursor: doc({}) }).then((answer) => {
    done = true;
    return answer;
  });
  let meanwhile = 0;
  while (!done) {
    await store.run({ find: 'c', filter: doc({ _id: int32(meanwhile) }) });
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (!done) meanwhile++;
  }
  expect(readBatch(await long)).toHaveLength(7);
  expect(meanwhile).toBeGreaterThan(1);
});

it('takes no locks any more for a transaction that ended in the middle of its command', async () => {
  using store = new TestEngine({ transactionLifetimeMs: 5 });
  await store.run({ insert: 'c', documents: numbers(30_000) });
  const all = doc({ q: doc({}), u: doc({ $inc: doc({ n: int32(1) }) }), multi: true });
  const answer = await store.ask({
    update: 'c',
    updates: [all],
    lsid: lsid(1),
    txnNumber: 1n,
    autocommit: false,
    startTransaction: true,
  });
  expect(answer.get('codeName')).toBe('NoSuchTransaction');
  expect(answer.get('errorLabels')).toEqual(['TransientTransactionError']);
  expect(store.engine.locks.size).toBe(0);
  expect(store.engine.locks.bytesHeld).toBe(0);
});

it('keeps a snapshot while it is read, and closes the cursors on one that it lets go', async () => {
  using store = new TestEngine();
  await store.run({ insert: 'c', documents: numbers(20_000) });
  const readConcern = doc({ level: 'snapshot' });
  const reading = store.run({ find: 'c', filter: doc({ n: doc({ $lt: 0 }) }), readConcern });
  const opened = await store.run({ find: 'c', batchSize: int32(5), readConcern });
  store.engine.snapshotReads.releaseIdle();
  expect(readBatch(await reading)).toEqual([]);
  store.engine.snapshotReads.releaseIdle();
  const next = await store.ask({ getMore: readCursorId(opened), collection: 'c' });
  expect(next.get('codeName')).toBe('CursorNotFound');
  const at = opened.get('cursor');
  const atClusterTime = isDoc(at) ? at.get('atClusterTime') : undefined;
  const late = await store.ask({ find: 'c', readConcern: doc({ level: 'snapshot', atClusterTime }) });
  expect(late.get('codeName')).toBe('SnapshotTooOld');
});

it('ends a command that takes longer than it may', async () => {
  using store = new TestEngine();
  await store.run({ insert: 'c', documents: numbers(60_000) });
  const answer = await store.ask({
    find: 'c',
    filter: doc({ n: doc({ $mod: [int32(99_999), int32(70_000)] }) }),
    maxTimeMS: int32(1),
  });
  expect(answer.get('codeName')).toBe('MaxTimeMSExpired');
});
