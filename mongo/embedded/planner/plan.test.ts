import { describe, expect, it } from 'vitest';
import { DateTime, type Doc, doc, int32, isDoc, Regex, type Value } from '../bson/values.ts';
import { TestEngine } from '../commands/with-engine.ts';
import { parseFilter } from '../query/parse.ts';
import { implies } from './implies.ts';

const key = (pattern: { [path: string]: number }): Doc =>
  doc(Object.fromEntries(Object.entries(pattern).map(([path, direction]) => [path, int32(direction)])));
const index = (pattern: { [path: string]: number }, options: { [name: string]: Value } = {}): Doc =>
  doc({ key: key(pattern), name: Object.keys(pattern).join('_'), ...options });

/** The names of the winning plan's stages, with the index's name; and the counts of running it. */
async function explained(store: TestEngine, query: { [name: string]: Value | undefined }) {
  const answer = await store.run({ explain: doc({ find: 'c', ...query }), verbosity: 'executionStats' });
  const planner = answer.get('queryPlanner') as Doc;
  const stats = answer.get('executionStats') as Doc;
  const stages: string[] = [];
  for (let stage = planner.get('winningPlan'); isDoc(stage); stage = stage.get('inputStage')) {
    const name = stage.get('indexName');
    stages.push(`${String(stage.get('stage'))}${name === undefined ? '' : ` ${String(name)}`}`);
  }
  const number = (name: string) => (stats.get(name) as { value: number }).value;
  return {
    stages: stages.join(' < '),
    returned: number('nReturned'),
    keys: number('totalKeysExamined'),
    docs: number('totalDocsExamined'),
  };
}

async function filled(indexes: Doc[], documents: Doc[]): Promise<TestEngine> {
  const store = new TestEngine();
  if (indexes.length > 0) await store.run({ createIndexes: 'c', indexes });
  await store.run({ insert: 'c', documents });
  return store;
}

const people = Array.from({ length: 100 }, (_, n) =>
  doc({
    _id: int32(n),
    owner: `o${n % 10}`,
    at: new DateTime(BigInt(n)),
    n,
    tags: [`t${n % 3}`, `t${n % 7}`],
  }),
);

describe('the choice of an index', () => {
  it('reads one key and one document for an _id', async () => {
    using store = await filled([], people);
    expect(await explained(store, { filter: doc({ _id: int32(7) }) })).toEqual({
      stages: 'FETCH < IXSCAN _id_',
      returned: 1,
      keys: 1,
      docs: 1,
    });
  });

  it('takes equality and order from a compound index, in both directions, and reads no more than it returns', async () => {
    using store = await filled([index({ owner: 1, at: -1 })], people);
    for (const direction of [-1, 1]) {
      const found = await explained(store, {
        filter: doc({ owner: 'o3' }),
        sort: key({ at: direction }),
        limit: int32(4),
      });
      expect(found).toEqual({ stages: 'FETCH < IXSCAN owner_at', returned: 4, keys: 4, docs: 4 });
    }
  });

  it('sorts itself where the index has another order', async () => {
    using store = await filled([index({ owner: 1, at: -1 })], people);
    const found = await explained(store, { filter: doc({ owner: 'o3' }), sort: key({ n: 1 }) });
    expect(found.stages).toBe('SORT < FETCH < IXSCAN owner_at');
    const mixed = await explained(store, { sort: doc({ owner: int32(1), at: int32(1) }) });
    expect(mixed.stages).toBe('SORT < COLLSCAN');
  });

  it('narrows by ranges and lists of values', async () => {
    using store = await filled([index({ owner: 1, n: 1 })], people);
    const range = doc({ $gte: 20, $lt: 60 });
    expect(await explained(store, { filter: doc({ owner: 'o1', n: range }) })).toMatchObject({
      returned: 4,
      keys: 4,
    });
    const list = doc({ $in: ['o1', 'o2', 'o2'] });
    expect(await explained(store, { filter: doc({ owner: list, n: range }) })).toMatchObject({
      returned: 8,
      keys: 8,
    });
  });

  it('fixes a field to null, which a missing one counts as, and narrows by the next field', async () => {
    const owners: (Value | undefined)[] = [null, undefined, 'o1', false];
    const documents = owners.flatMap((owner, at) =>
      Array.from({ length: 10 }, (_, n) =>
        doc({ _id: int32(at * 10 + n), n, ...(owner === undefined ? {} : { owner }) }),
      ),
    );
    const withArrays = [[], [null], [null, 'o1'], ['o1']].map((owner, at) =>
      doc({ _id: int32(100 + at), n: 5, owner }),
    );
    const filters = [
      { filter: doc({ owner: null, n: doc({ $gte: 3, $lt: 7 }) }), returned: 8 },
      { filter: doc({ owner: doc({ $in: [null, 'o1'] }), n: 5 }), returned: 3 },
    ];
    for (const direction of [1, -1]) {
      using store = await filled([index({ owner: direction, n: 1 })], documents);
      using arrays = await filled([index({ owner: direction, n: 1 })], [...documents, ...withArrays]);
      for (const { filter, returned } of filters) {
        const found = await explained(store, { filter });
        expect(found).toMatchObject({ stages: 'FETCH < IXSCAN owner_n', returned, keys: returned });
        const hint = doc({ $natural: int32(1) });
        const among = await explained(arrays, { filter });
        expect(among.stages).toBe('FETCH < IXSCAN owner_n');
        expect(among.returned).toBe((await explained(arrays, { filter, hint })).returned);
      }
    }
  });

  it('prefers the index that fixes more fields', async () => {
    using store = await filled([index({ n: 1 }), index({ owner: 1 }), index({ owner: 1, n: 1 })], people);
    const found = await explained(store, { filter: doc({ owner: 'o1', n: doc({ $gt: 5 }) }) });
    expect(found.stages).toBe('FETCH < IXSCAN owner_n');
    const equality = await explained(store, {
      filter: doc({ owner: 'o1', at: doc({ $gt: new DateTime(0n) }) }),
    });
    expect(equality.stages).toBe('FETCH < IXSCAN owner');
  });

  it('returns each document once from a multikey index, and misses none that two elements match together', async () => {
    using store = await filled(
      [index({ tags: 1 }), index({ 'a.x': 1, 'a.y': 1 })],
      [...people, doc({ _id: int32(200), a: [doc({ x: 1, y: 9 }), doc({ x: 5, y: 2 })] })],
    );
    const both = await explained(store, { filter: doc({ tags: doc({ $in: ['t1', 't2'] }) }) });
    const plain = await explained(store, {
      filter: doc({ tags: doc({ $in: ['t1', 't2'] }) }),
      hint: doc({ $natural: int32(1) }),
    });
    expect(both.stages).toBe('FETCH < IXSCAN tags');
    expect(both.returned).toBe(plain.returned);
    const split = await explained(store, { filter: doc({ 'a.x': 1, 'a.y': 2 }) });
    expect(split).toMatchObject({ stages: 'FETCH < IXSCAN a.x_a.y', returned: 1 });
    const element = await explained(store, { filter: doc({ a: doc({ $elemMatch: doc({ x: 5, y: 2 }) }) }) });
    expect(element).toMatchObject({ stages: 'FETCH < IXSCAN a.x_a.y', returned: 1, keys: 1 });
  });

  it('uses a sparse or partial index only where it holds every match', async () => {
    using store = await filled(
      [index({ s: 1 }, { sparse: true }), index({ p: 1 }, { partialFilterExpression: doc({ open: true }) })],
      [
        doc({ _id: int32(1), s: 1 }),
        doc({ _id: int32(2) }),
        doc({ _id: int32(3), p: 1, open: true }),
        doc({ _id: int32(4), p: 1 }),
      ],
    );
    expect((await explained(store, { filter: doc({ s: 1 }) })).stages).toBe('FETCH < IXSCAN s');
    expect((await explained(store, { filter: doc({ s: doc({ $exists: true }) }) })).stages).toBe(
      'FETCH < IXSCAN s',
    );
    expect(await explained(store, { filter: doc({ s: null }) })).toMatchObject({
      stages: 'COLLSCAN',
      returned: 3,
    });
    expect((await explained(store, { sort: key({ s: 1 }) })).stages).toBe('SORT < COLLSCAN');
    expect(await explained(store, { filter: doc({ p: 1 }) })).toMatchObject({
      stages: 'COLLSCAN',
      returned: 2,
    });
    const open = await explained(store, { filter: doc({ p: 1, open: true }) });
    expect(open).toMatchObject({ stages: 'FETCH < IXSCAN p', returned: 1 });
  });

  it('serves each branch of an $or by its index, and each document once', async () => {
    using store = await filled([index({ owner: 1 }), index({ n: 1 })], people);
    const filter = doc({ $or: [doc({ owner: 'o1' }), doc({ n: doc({ $lt: 15 }) })] });
    const found = await explained(store, { filter });
    expect(found.stages).toBe('FETCH < OR');
    expect(found.returned).toBe(23);
    expect((await explained(store, { filter, sort: key({ n: 1 }) })).stages).toBe('SORT < FETCH < OR');
  });

  it('narrows each branch of an $or by the conditions beside it, but where that loses a wanted order or a single key', async () => {
    using store = await filled([index({ owner: 1, at: 1 }), index({ n: 1 })], people);
    const at = (from: bigint, to: bigint) =>
      doc({ at: doc({ $gte: new DateTime(from), $lt: new DateTime(to) }) });
    const ranges = doc({ owner: 'o3', $or: [at(0n, 20n), at(60n, 70n)] });
    expect(await explained(store, { filter: ranges })).toEqual({
      stages: 'FETCH < OR',
      ...{ returned: 3, keys: 3, docs: 3 },
    });
    const sorted = await explained(store, { filter: ranges, sort: key({ at: 1 }) });
    expect(sorted).toMatchObject({ stages: 'FETCH < IXSCAN owner_at', returned: 3, keys: 10 });
    const one = doc({ _id: int32(3), owner: 'o3', $or: [at(0n, 20n), at(60n, 70n)] });
    expect(await explained(store, { filter: one })).toMatchObject({
      returned: 1,
      keys: 1,
    });
    const elsewhere = doc({ owner: 'o3', $or: [at(0n, 20n), doc({ tags: 't1' })] });
    expect(await explained(store, { filter: elsewhere })).toMatchObject({
      stages: 'FETCH < IXSCAN owner_at',
      keys: 10,
    });
    const several = doc({
      owner: 'o3',
      $and: [doc({ $or: [at(0n, 20n), at(60n, 70n)] }), doc({ $or: [doc({ n: 3 }), doc({ n: 63 })] })],
    });
    expect(await explained(store, { filter: several })).toMatchObject({ stages: 'FETCH < OR', returned: 2 });
  });

  it('merges the branches of an $or whose indexes have the wanted order, and reads no more than it returns', async () => {
    using store = await filled([index({ owner: 1, at: 1 }), index({ n: 1 })], people);
    const owners = doc({ $or: [doc({ owner: 'o1' }), doc({ owner: 'o4' }), doc({ owner: 'none' })] });
    for (const direction of [1, -1]) {
      const found = await explained(store, { filter: owners, sort: key({ at: direction }), limit: int32(3) });
      expect(found).toMatchObject({ stages: 'FETCH < SORT_MERGE', returned: 3 });
      expect(found.keys).toBeLessThanOrEqual(3 + 2 * 3);
      const answer = await store.run({ find: 'c', filter: owners, sort: key({ at: direction }) });
      const batch = (answer.get('cursor') as Doc).get('firstBatch') as Doc[];
      const ids = batch.map((one) => (one.get('_id') as { value: number }).value);
      const wanted = Array.from({ length: 100 }, (_, n) => n).filter((n) => n % 10 === 1 || n % 10 === 4);
      expect(ids).toEqual(direction === 1 ? wanted : wanted.toReversed());
    }
    // Each branch that is merged holds rows: many are sorted instead.
    const many = doc({ $or: Array.from({ length: 33 }, (_, n) => doc({ owner: `o${n}` })) });
    expect((await explained(store, { filter: many, sort: key({ at: 1 }) })).stages).toBe('SORT < FETCH < OR');
    const mixed = doc({ $or: [doc({ owner: 'o1' }), doc({ n: 5 })] });
    expect((await explained(store, { filter: mixed, sort: key({ at: 1 }) })).stages).toBe(
      'SORT < FETCH < OR',
    );
  });

  it('merges what a null, several values and branches find in the same order as a sort of all', async () => {
    const values: readonly (Value | undefined)[] = [undefined, null, int32(1), int32(2), 'x'];
    const documents = Array.from({ length: 90 }, (_, n) => {
      const a = values[(n * 7) % values.length];
      return doc({ _id: int32((n * 37) % 90), b: int32((n * 5) % 6), ...(a === undefined ? {} : { a }) });
    });
    using indexed = await filled([index({ a: 1, b: 1, _id: 1 }), index({ b: -1, _id: 1 })], documents);
    using plain = await filled([], documents);
    const filters = [
      doc({ a: null }),
      doc({ a: doc({ $in: [null, int32(2)] }) }),
      doc({ a: doc({ $in: [int32(1), 'x', int32(7)] }), b: doc({ $gte: int32(2) }) }),
      doc({ a: doc({ $in: [int32(1), int32(2)] }), b: doc({ $in: [int32(1), int32(3), int32(4)] }) }),
      doc({ $or: [doc({ a: null }), doc({ a: 'x' })] }),
      doc({ $or: [doc({ a: null }), doc({ a: doc({ $in: [null, int32(1)] }), b: int32(3) })] }),
      doc({ b: int32(2), $or: [doc({ a: null }), doc({ a: int32(1) })] }),
    ];
    const sorts = [
      key({ b: 1, _id: 1 }),
      key({ b: -1, _id: -1 }),
      key({ b: 1, _id: -1 }),
      key({ a: 1, b: 1, _id: 1 }),
      key({ a: -1, b: -1, _id: -1 }),
      key({ _id: 1 }),
      key({ _id: -1 }),
    ];
    const stages = new Set<string>();
    for (const filter of filters) {
      for (const sort of sorts) {
        for (const limit of [0, 1, 7]) {
          const query = { filter, sort, limit: int32(limit) };
          const [some, all] = await Promise.all(
            [indexed, plain].map(async (store) => {
              const answer = await store.run({ find: 'c', ...query });
              const batch = (answer.get('cursor') as Doc).get('firstBatch') as Doc[];
              return batch.map((one) => (one.get('_id') as { value: number }).value);
            }),
          );
          expect(some, JSON.stringify([...filter])).toEqual(all);
          stages.add((await explained(indexed, query)).stages);
        }
      }
    }
    expect(stages).toContain('FETCH < SORT_MERGE');
    // A null is also what is missing: two places of the index.
    const first = await explained(indexed, { filter: filters[0], sort: sorts[0], limit: int32(2) });
    expect(first).toMatchObject({ stages: 'FETCH < SORT_MERGE', returned: 2 });
    expect(first.keys).toBeLessThanOrEqual(4);
  });

  it('obeys a hint and refuses one that no index answers to', async () => {
    using store = await filled([index({ owner: 1 }), index({ n: 1 })], people);
    const filter = doc({ owner: 'o1', n: 11 });
    expect((await explained(store, { filter, hint: 'n' })).stages).toBe('FETCH < IXSCAN n');
    expect((await explained(store, { filter, hint: key({ owner: 1 }) })).stages).toBe('FETCH < IXSCAN owner');
    expect((await explained(store, { filter, hint: doc({ $natural: int32(1) }) })).stages).toBe('COLLSCAN');
    const refused = await store.ask({ find: 'c', hint: 'nothing' });
    expect(refused.get('codeName')).toBe('BadValue');
  });

  it('sorts itself by a field of arrays, whose keys come more than once', async () => {
    using store = await filled([index({ tags: 1 })], people);
    const found = await explained(store, { sort: key({ tags: 1 }) });
    expect(found).toMatchObject({ stages: 'SORT < COLLSCAN', returned: 100 });
    const range = await explained(store, {
      filter: doc({ tags: doc({ $gte: 't1' }) }),
      sort: key({ tags: -1 }),
    });
    expect(range.stages).toBe('SORT < FETCH < IXSCAN tags');
  });

  it('takes no index for a path with a number, which may be a position or a name', async () => {
    using store = await filled(
      [index({ 'a.0': 1 })],
      [doc({ _id: int32(1), a: [5] }), doc({ _id: int32(2), a: doc({ 0: 5 }) })],
    );
    expect(await explained(store, { filter: doc({ 'a.0': 5 }) })).toMatchObject({
      stages: 'COLLSCAN',
      returned: 2,
    });
  });

  it('narrows by the first fields alone where several lists would make too many ranges', async () => {
    using store = await filled([index({ owner: 1, n: 1 })], people);
    const list = (count: number, of: (n: number) => Value) =>
      doc({ $in: Array.from({ length: count }, (_, n) => of(n)) });
    const owners = (count: number) => list(count, (n) => `o${n}`);
    const numbers = list(100, (n) => int32(n + 1_000));
    const few = await explained(store, { filter: doc({ owner: owners(200), n: numbers }) });
    expect(few).toMatchObject({ stages: 'FETCH < IXSCAN owner_n', returned: 0, keys: 0 });
    const many = await explained(store, { filter: doc({ owner: owners(201), n: numbers }) });
    expect(many).toMatchObject({ stages: 'FETCH < IXSCAN owner_n', returned: 0, keys: 100 });
  });

  it('uses a sparse index of several fields where any of them must be there', async () => {
    using store = await filled([index({ owner: 1, other: 1 }, { sparse: true })], people);
    const found = await explained(store, { filter: doc({ owner: 'o1' }) });
    expect(found).toMatchObject({ stages: 'FETCH < IXSCAN owner_other', returned: 10 });
  });

  it('leaves a hidden index alone', async () => {
    using store = await filled([index({ owner: 1 }, { hidden: true })], people);
    expect((await explained(store, { filter: doc({ owner: 'o1' }) })).stages).toBe('COLLSCAN');
  });

  it('finds by the beginning of a string', async () => {
    using store = await filled([index({ owner: 1 })], people);
    const found = await explained(store, { filter: doc({ owner: new Regex('^o[12]$') }) });
    expect(found).toMatchObject({ stages: 'FETCH < IXSCAN owner', returned: 20 });
  });
});

describe('implies', () => {
  const filter = (fields: { [path: string]: Value }) => parseFilter(doc(fields));
  it.each([
    [{ a: 5 }, { a: doc({ $gt: 3 }) }, true],
    [{ a: 3 }, { a: doc({ $gt: 3 }) }, false],
    [{ a: doc({ $gt: 3 }) }, { a: doc({ $gt: 3 }) }, true],
    [{ a: doc({ $gte: 3 }) }, { a: doc({ $gt: 3 }) }, false],
    [{ a: doc({ $lt: 3 }) }, { a: doc({ $lte: 3 }) }, true],
    [{ a: doc({ $gt: 'x' }) }, { a: doc({ $gt: 3 }) }, false],
    [{ a: doc({ $in: [4, 5] }) }, { a: doc({ $gt: 3 }) }, true],
    [{ a: doc({ $in: [2, 5] }) }, { a: doc({ $gt: 3 }) }, false],
    [{ a: null }, { a: doc({ $exists: true }) }, false],
    [{ a: 1 }, { a: doc({ $exists: true }) }, true],
    [{ a: 'x' }, { a: doc({ $type: 'string' }) }, true],
    [{ a: 1, b: 2 }, { b: 2 }, true],
    [{ a: 1 }, { $or: [doc({ a: 1 }), doc({ b: 1 })] }, true],
    [{ a: doc({ $lt: 5 }) }, { a: doc({ $gt: 3 }) }, false],
    [{ a: doc({ $gt: 1 }) }, { a: doc({ $lt: 3 }) }, false],
    [{ a: doc({ $lte: 5 }) }, { a: doc({ $gte: 5 }) }, false],
    [{ a: Number.NaN }, { a: doc({ $lt: 3 }) }, false],
    [{ a: Number.NaN }, { a: doc({ $gt: 3 }) }, false],
    [{ a: doc({ $gte: Number.NaN }) }, { a: doc({ $lte: 3 }) }, false],
    [{ a: doc({ $gt: 3 }) }, { a: 3 }, false],
    [{ a: doc({ $gt: 3 }) }, { a: doc({ $in: [4] }) }, false],
    [{ a: 'x' }, { a: doc({ $type: 'int' }) }, false],
    [{ a: doc({ $exists: true }) }, { a: 1 }, false],
    [{ b: 1 }, { a: 1 }, false],
  ] as [{ [path: string]: Value }, { [path: string]: Value }, boolean][])(
    '%o ⇒ %o: %s',
    (given, wanted, expected) => {
      const node = filter(given);
      expect(implies(node.op === 'and' ? node.children : [node], filter(wanted))).toBe(expected);
    },
  );
});
