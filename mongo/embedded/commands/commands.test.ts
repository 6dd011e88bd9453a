import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { Binary, type Doc, doc, int32, isDoc, Timestamp, type Value } from '../bson/values.ts';
import { DATA_FILE } from '../storage/format.ts';
import { readBatch, TestEngine } from './with-engine.ts';

const numbers = (count: number): Doc[] =>
  Array.from({ length: count }, (_, n) => doc({ _id: int32(n), n: int32(n) }));
const lsid = (n: number): Doc => doc({ id: new Binary(new Uint8Array(16).fill(n), 4) });
const listIds = (answer: Doc): unknown[] =>
  readBatch(answer).map((found) => (found.get('_id') as { value: number }).value);
const index = (path: string, options: { [name: string]: Value } = {}): Doc =>
  doc({ key: doc({ [path]: int32(1) }), name: `${path}_1`, ...options });

describe('updates', () => {
  const set = (n: number) => doc({ $set: doc({ n: int32(n) }) });

  it('are refused where there are none, or too many, or many documents would be replaced', async () => {
    using store = new TestEngine();
    await store.run({ insert: 'c', documents: numbers(3) });
    expect((await store.ask({ update: 'c', updates: [] })).get('codeName')).toBe('InvalidLength');
    expect((await store.ask({ delete: 'c', deletes: [] })).get('codeName')).toBe('InvalidLength');
    const replaced = await store.ask({
      update: 'c',
      updates: [doc({ q: doc({}), u: doc({ a: 1 }), multi: true })],
    });
    expect(replaced.get('writeErrors')).toMatchObject([expect.any(Map)]);
    expect(readBatch(await store.run({ find: 'c' }))).toEqual(numbers(3));
  });

  it('count what they found and what they changed, and name what they inserted by their place', async () => {
    using store = new TestEngine();
    await store.run({ insert: 'c', documents: numbers(3) });
    const one = (id: number, n: number) => doc({ q: doc({ _id: int32(id) }), u: set(n), upsert: true });
    const answer = await store.run({ update: 'c', updates: [one(1, 1), one(7, 7), one(2, 5), one(8, 8)] });
    expect([answer.get('n'), answer.get('nModified')]).toEqual([int32(4), int32(1)]);
    expect(answer.get('upserted')).toEqual([
      doc({ index: int32(1), _id: int32(7) }),
      doc({ index: int32(3), _id: int32(8) }),
    ]);
    const all = await store.run({ update: 'c', updates: [doc({ q: doc({}), u: set(5), multi: true })] });
    expect([all.get('n'), all.get('nModified')]).toEqual([int32(5), int32(4)]);
  });

  it('take the constants of their statement before those of their command', async () => {
    using store = new TestEngine();
    await store.run({ insert: 'c', documents: numbers(2) });
    const u = [doc({ $set: doc({ n: '$$x', m: '$$y' }) })];
    const statement = doc({ q: doc({ _id: int32(1) }), u, c: doc({ x: int32(5) }) });
    await store.run({ update: 'c', updates: [statement], let: doc({ x: int32(1), y: int32(2) }) });
    expect(readBatch(await store.run({ find: 'c', filter: doc({ _id: int32(1) }) }))).toEqual([
      doc({ _id: int32(1), n: int32(5), m: int32(2) }),
    ]);
  });
});

describe('retryable writes', () => {
  it('are done once for their number and answered again the same', async () => {
    using store = new TestEngine();
    const write = {
      update: 'c',
      updates: [doc({ q: doc({ _id: int32(1) }), u: doc({ $inc: doc({ n: int32(1) }) }), upsert: true })],
      lsid: lsid(1),
      txnNumber: 5n,
    };
    const [first, second] = await Promise.all([store.run(write), store.run(write)]);
    const third = await store.run(write);
    expect(second.get('upserted')).toEqual(first.get('upserted'));
    expect(third.get('upserted')).toEqual(first.get('upserted'));
    expect(readBatch(await store.run({ find: 'c' }))).toEqual([doc({ _id: int32(1), n: int32(1) })]);
  });

  it('of a number that is past are refused', async () => {
    using store = new TestEngine();
    const insert = (n: number, txnNumber: bigint) =>
      store.ask({ insert: 'c', documents: [doc({ _id: int32(n) })], lsid: lsid(1), txnNumber });
    await insert(1, 5n);
    expect((await insert(2, 4n)).get('codeName')).toBe('TransactionTooOld');
    expect((await insert(3, 6n)).get('ok')).toBe(1);
  });

  const increment = (txnNumber: bigint, statements = 1) => ({
    update: 'c',
    updates: Array.from({ length: statements }, () =>
      doc({ q: doc({ _id: int32(1) }), u: doc({ $inc: doc({ n: int32(1) }) }) }),
    ),
    lsid: lsid(1),
    txnNumber,
  });
  /** Of each row the number of its write. */
  const readNumbers = (store: TestEngine): unknown[] => {
    const db = new DatabaseSync(join(store.dir, DATA_FILE), { readOnly: true });
    try {
      return db
        .prepare('SELECT number FROM numbered')
        .all()
        .map(({ number }) => number);
    } finally {
      db.close();
    }
  };
  const rows = (store: TestEngine): number => readNumbers(store).length;

  it('of many statements leave a row for each of their commits, and the next number leaves only its own', async () => {
    using store = new TestEngine();
    await store.run({ insert: 'c', documents: numbers(1000), lsid: lsid(1), txnNumber: 1n });
    expect(rows(store)).toBeLessThanOrEqual(20);
    await store.run(increment(2n, 3));
    expect(new Set(readNumbers(store))).toEqual(new Set([2]));
    await store.run(increment(2n, 3));
    expect(readBatch(await store.run({ find: 'c', filter: doc({ _id: int32(1) }) }))).toEqual([
      doc({ _id: int32(1), n: int32(4) }),
    ]);
  });

  it('are done again when they were lost with their group', async () => {
    using store = new TestEngine();
    const { storage } = store.engine;
    await store.run({ insert: 'c', documents: [doc({ _id: int32(1) })] });
    const { version } = storage;
    const asked = store.ask(increment(1n));
    while (storage.version === version) await Promise.resolve();
    storage.group.fail(new Error('the disk is gone'));
    expect((await asked).get('ok')).toBe(0);
    await store.run(increment(1n));
    await store.run(increment(1n));
    expect(readBatch(await store.run({ find: 'c' }))).toEqual([doc({ _id: int32(1), n: int32(1) })]);
  });

  it('are forgotten with their session: when it ends, and when it has not been used for half an hour', async () => {
    using store = new TestEngine();
    const { sessions } = store.engine;
    await store.run({ insert: 'c', documents: [doc({ _id: int32(1) })] });
    await store.run(increment(1n));
    await store.run({ endSessions: [lsid(1)] });
    await store.run({ insert: 'c', documents: [doc({})] });
    expect(rows(store)).toBe(0);
    await store.run(increment(1n));
    sessions.sweep(Date.now() + 29 * 60_000);
    expect(rows(store)).toBe(1);
    sessions.sweep(Date.now() + 31 * 60_000);
    await store.run({ insert: 'c', documents: [doc({})] });
    expect(rows(store)).toBe(0);
  });

  it('change one document a statement, and nothing else may carry a number', async () => {
    using store = new TestEngine();
    const number = { lsid: lsid(1), txnNumber: 1n };
    const all = doc({ q: doc({}), u: doc({ $set: doc({ n: int32(1) }) }), multi: true });
    const refused = [
      await store.ask({ update: 'c', updates: [all], ...number }),
      await store.ask({ delete: 'c', deletes: [doc({ q: doc({}), limit: int32(0) })], ...number }),
    ].map((answer) => answer.get('writeErrors'));
    expect(refused).toMatchObject([[expect.any(Map)], [expect.any(Map)]]);
    for (const command of [{ find: 'c' }, { create: 'c' }, { drop: 'c' }]) {
      const answer = await store.ask({ ...command, ...number });
      expect(answer.get('codeName')).toBe('NotARetryableWriteCommand');
    }
  });
});

it('a transaction whose commit is sent twice at once is committed once, and both get this result', async () => {
  using store = new TestEngine();
  const transaction = { lsid: lsid(1), txnNumber: 1n, autocommit: false };
  await store.run({ insert: 'c', documents: numbers(1), ...transaction, startTransaction: true });
  const commit = { commitTransaction: int32(1), $db: 'admin', ...transaction };
  const answers = await Promise.all([store.ask(commit), store.ask(commit)]);
  expect(answers.map((answer) => answer.get('ok'))).toEqual([1, 1]);
  expect(readBatch(await store.run({ find: 'c' }))).toHaveLength(1);
});

it('stores documents of 180 levels, which fit into every answer, and none that are deeper', async () => {
  using store = new TestEngine();
  const nested = (levels: number): Doc => {
    let document = doc({ v: int32(1) });
    for (let level = 1; level < levels; level++) document = doc({ a: document });
    return document;
  };
  const insert = (levels: number) => store.ask({ insert: 'c', documents: [nested(levels)] });
  expect((await insert(180)).get('writeErrors')).toBeUndefined();
  const [error] = (await insert(181)).get('writeErrors') as Doc[];
  expect(error?.get('code')).toEqual(int32(15));
  const write = { findAndModify: 'c', query: doc({}), lsid: lsid(1), txnNumber: 1n };
  const inc = doc({ $inc: doc({ n: int32(1) }) });
  const answers = await Promise.all([
    store.ask({ ...write, update: inc }),
    store.ask({ insert: 'c', documents: [doc({ of: 'another' })] }),
  ]);
  expect(answers.map((answer) => answer.get('ok'))).toEqual([1, 1]);
  const deepen = doc({ $set: doc({ b: nested(180) }) });
  const refused = await store.ask({ ...write, txnNumber: 2n, update: deepen });
  expect(refused.get('codeName')).toBe('Overflow');
});

describe('inserted documents', () => {
  it('get an _id in front, and time in an empty timestamp', async () => {
    using store = new TestEngine();
    await store.run({
      insert: 'c',
      documents: [doc({ a: 1 }), doc({ b: 1, _id: 'x' }), doc({ t: new Timestamp(0, 0) })],
    });
    const [first, second, third] = readBatch(await store.run({ find: 'c' }));
    expect([...first!.keys()]).toEqual(['_id', 'a']);
    expect([...second!.keys()]).toEqual(['_id', 'b']);
    expect(third!.get('t')).not.toEqual(new Timestamp(0, 0));
  });

  it('stop at the first that is refused when ordered, and continue when not', async () => {
    using store = new TestEngine();
    await store.run({ insert: 'c', documents: [doc({ _id: int32(1) })] });
    const documents = [
      doc({ _id: int32(0) }),
      doc({ _id: int32(1) }),
      doc({ _id: [] }),
      doc({ _id: int32(2) }),
    ];
    const ordered = await store.ask({ insert: 'c', documents });
    expect(ordered.get('n')).toEqual(int32(1));
    const unordered = await store.ask({ insert: 'c', documents: documents.slice(1), ordered: false });
    expect(unordered.get('n')).toEqual(int32(1));
    const errors = unordered.get('writeErrors') as Doc[];
    expect(errors.map((error) => [error.get('index'), error.get('code')])).toEqual([
      [int32(0), int32(11000)],
      [int32(1), int32(53)],
    ]);
  });
});

describe('indexes', () => {
  it('are made once, listed as given, and refused under a name or with options that differ', async () => {
    using store = new TestEngine();
    const spec = index('a', { unique: true, partialFilterExpression: doc({ b: doc({ $gt: 1 }) }) });
    const made = await store.run({ createIndexes: 'c', indexes: [spec, index('b')] });
    expect(made.get('numIndexesAfter')).toEqual(int32(3));
    expect((await store.run({ createIndexes: 'c', indexes: [spec] })).get('note')).toMatch(/already exist/);
    const listed = readBatch(await store.run({ listIndexes: 'c' }));
    expect(listed.map((one) => one.get('name'))).toEqual(['_id_', 'a_1', 'b_1']);
    expect(listed[1]).toEqual(doc({ v: int32(2), ...Object.fromEntries(spec) }));
    const code = async (...indexes: Doc[]) =>
      (await store.ask({ createIndexes: 'c', indexes })).get('codeName');
    expect(await code(index('b', { unique: true }))).toBe('IndexKeySpecsConflict');
    expect(await code(index('b', { name: 'other' }))).toBe('IndexOptionsConflict');
    expect(await code(index('c', { name: 'b_1' }))).toBe('IndexKeySpecsConflict');
    expect(await code(doc({ key: doc({ t: 'text' }), name: 't' }))).toBe('CannotCreateIndex');
    expect(await code(index('c', { nonsense: 1 }))).toBe('InvalidIndexSpecificationOption');
    expect(
      await code(doc({ key: doc({ x: int32(1), y: int32(1) }), name: 'x', expireAfterSeconds: 1 })),
    ).toBe('CannotCreateIndex');
  });

  it('are not made at all when the documents there violate one', async () => {
    using store = new TestEngine();
    await store.run({ insert: 'c', documents: [doc({ a: 1, b: 1 }), doc({ a: 1, b: 2 })] });
    const answer = await store.ask({ createIndexes: 'c', indexes: [index('a', { unique: true })] });
    expect(answer.get('code')).toEqual(int32(11000));
    expect(readBatch(await store.run({ listIndexes: 'c' }))).toHaveLength(1);
    await store.run({ insert: 'c', documents: [doc({ a: 1, b: 3 })] });
  });

  it('go by name, by pattern or all at once, but never _id', async () => {
    using store = new TestEngine();
    await store.run({ createIndexes: 'c', indexes: [index('a'), index('b'), index('c'), index('d')] });
    await store.run({ dropIndexes: 'c', index: 'a_1' });
    await store.run({ dropIndexes: 'c', index: doc({ b: int32(1) }) });
    expect((await store.ask({ dropIndexes: 'c', index: '_id_' })).get('codeName')).toBe('InvalidOptions');
    expect((await store.ask({ dropIndexes: 'c', index: 'a_1' })).get('codeName')).toBe('IndexNotFound');
    await store.run({ dropIndexes: 'c', index: '*' });
    expect(readBatch(await store.run({ listIndexes: 'c' })).map((one) => one.get('name'))).toEqual(['_id_']);
  });
});

describe('$out and $merge', () => {
  it('replace a collection but keep its indexes, or leave it as it was', async () => {
    using store = new TestEngine();
    await store.run({ insert: 'c', documents: numbers(4) });
    await store.run({ createIndexes: 'o', indexes: [index('n', { unique: true })] });
    await store.run({ insert: 'o', documents: [doc({ _id: 'old', n: int32(100) })] });
    const out = (...stages: Doc[]) =>
      store.ask({ aggregate: 'c', pipeline: [...stages, doc({ $out: 'o' })], cursor: doc({}) });
    const refused = await out(doc({ $set: doc({ n: int32(1) }) }));
    expect(refused.get('code')).toEqual(int32(11000));
    expect(readBatch(await store.run({ find: 'o' }))).toEqual([doc({ _id: 'old', n: int32(100) })]);
    expect((await out()).get('ok')).toBe(1);
    expect(listIds(await store.run({ find: 'o' }))).toEqual([0, 1, 2, 3]);
    expect(readBatch(await store.run({ listIndexes: 'o' }))).toHaveLength(2);
  });

  it('merge into what is there by the fields of a unique index', async () => {
    using store = new TestEngine();
    await store.run({ insert: 'c', documents: numbers(3) });
    await store.run({ insert: 'o', documents: [doc({ _id: 'x', n: int32(1), keep: true })] });
    const into = doc({ into: 'o', on: 'n' });
    const pipeline = [
      doc({ $project: doc({ _id: int32(0), n: int32(1), more: '$n' }) }),
      doc({ $merge: into }),
    ];
    const merge = () => store.ask({ aggregate: 'c', pipeline, cursor: doc({}) });
    expect((await merge()).get('code')).toEqual(int32(51183));
    await store.run({ createIndexes: 'o', indexes: [index('n', { unique: true })] });
    expect((await merge()).get('ok')).toBe(1);
    const merged = readBatch(await store.run({ find: 'o', sort: doc({ n: int32(1) }) }));
    expect(merged).toHaveLength(3);
    expect(merged[1]).toEqual(doc({ _id: 'x', n: int32(1), keep: true, more: int32(1) }));
  });
});

it('changes the element that the filter found in its own document, not in one looked at before', async () => {
  using store = new TestEngine();
  const item = (n: number) => doc({ n: int32(n) });
  await store.run({
    insert: 'c',
    documents: [
      doc({ _id: int32(1), ok: false, a: [item(0), item(0), item(7)] }),
      doc({ _id: int32(2), ok: true, a: [item(7), item(0), item(0)] }),
    ],
  });
  const q = doc({ 'a.n': int32(7), ok: true });
  await store.run({ update: 'c', updates: [doc({ q, u: doc({ $set: doc({ 'a.$.n': int32(8) }) }) })] });
  const [changed] = readBatch(await store.run({ find: 'c', filter: doc({ _id: int32(2) }) }));
  expect(changed?.get('a')).toEqual([item(8), item(0), item(0)]);
});

describe('what is refused', () => {
  const refused = async (fields: { [name: string]: Value }) => {
    using store = new TestEngine();
    await store.run({ insert: 'c', documents: [doc({ a: 1 })] });
    const answer = await store.ask(fields);
    return [answer.get('codeName'), answer.get('errmsg')];
  };
  it.each<[string, { [name: string]: Value }, string, RegExp]>([
    ['an unknown command', { nonsense: 1 }, 'CommandNotFound', /no such command: 'nonsense'/],
    [
      'an unknown field',
      { find: 'c', filtre: doc({}) },
      'Location40415',
      /'find.filtre' is an unknown field/,
    ],
    ['a wrong type', { find: 'c', filter: 'x' }, 'TypeMismatch', /'find.filter' is the wrong type 'string'/],
    [
      'a change stream',
      { aggregate: 'c', pipeline: [doc({ $changeStream: doc({}) })], cursor: doc({}) },
      'CommandNotSupported',
      /use MongoDB/,
    ],
    [
      'text search',
      { find: 'c', filter: doc({ $text: doc({ $search: 'x' }) }) },
      'CommandNotSupported',
      /use MongoDB/,
    ],
    ['JavaScript', { find: 'c', filter: doc({ $where: 'true' }) }, 'CommandNotSupported', /use MongoDB/],
    ['a collation', { find: 'c', collation: doc({ locale: 'de' }) }, 'CommandNotSupported', /use MongoDB/],
    ['a view', { create: 'v', viewOn: 'c', pipeline: [] }, 'InvalidOptions', /use MongoDB/],
    ['a capped collection', { create: 'v', capped: true, size: 1 }, 'InvalidOptions', /use MongoDB/],
    ['a tailable cursor', { find: 'c', tailable: true }, 'CommandNotSupported', /use MongoDB/],
    ['mapReduce', { mapReduce: 'c' }, 'CommandNotSupported', /use MongoDB/],
    [
      'a fail point',
      { configureFailPoint: 'failCommand', mode: 'off', $db: 'admin' },
      'CommandNotFound',
      /no such command/,
    ],
    ['a bad collection name', { find: 'a$b' }, 'InvalidNamespace', /a\$b/],
    ['a bad database name', { ping: 1, $db: 'a b' }, 'InvalidNamespace', /a b/],
    ['an admin command elsewhere', { listDatabases: 1 }, 'Unauthorized', /admin database/],
  ])('%s', async (_what, fields, codeName, message) => {
    const [code, text] = await refused(fields);
    expect(code).toBe(codeName);
    expect(text).toMatch(message);
  });
});

it('reports a write concern that one node cannot meet, beside the answer to the write', async () => {
  using store = new TestEngine();
  const answer = await store.run({ insert: 'c', documents: [doc({})], writeConcern: doc({ w: int32(3) }) });
  const error = answer.get('writeConcernError');
  expect(isDoc(error) && error.get('codeName')).toBe('UnsatisfiableWriteConcern');
  expect(answer.get('n')).toEqual(int32(1));
});
