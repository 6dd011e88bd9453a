import { Decimal128, type Document, Double, Long, ObjectId } from 'bson';
import { describe, expect, it } from 'vitest';
import { d, j } from '../bson/testing.ts';
import type { Doc, Value } from '../bson/values.ts';
import { compileFilter } from '../query/compile.ts';
import { parseFilter } from '../query/parse.ts';
import { compileSort } from '../query/sort.ts';
import { commandVariables, letVariables } from './expression.ts';
import { PAUSE } from './pause.ts';
import { compilePipeline, type Pipeline, type PipelineContext } from './pipeline.ts';
import type { Stream } from './stream.ts';

type Collections = { [name: string]: Document[] };

function contextOf(collections: Collections = {}, extra: Partial<PipelineContext> = {}): PipelineContext {
  return {
    vars: commandVariables(1_700_000_000_000n),
    collection: (name) => ({
      *scan(filter) {
        const matches = filter === undefined ? () => true : compileFilter(parseFilter(filter));
        for (const source of collections[name] ?? []) {
          yield PAUSE;
          const doc = d(source);
          if (matches(doc)) yield doc;
        }
      },
    }),
    ...extra,
  };
}

const compile = (stages: Document[], context = contextOf()): Pipeline =>
  compilePipeline(d({ stages }).get('stages') as Value[], context);

/** Runs the head as find would, then the rest, with a pause before every document. */
function results(pipeline: Pipeline, input: Document[]): Doc[] {
  const { filter, sort, skip, limit } = pipeline.head;
  let docs = input.map(d);
  if (filter !== undefined) docs = docs.filter((doc) => compileFilter(parseFilter(filter))(doc));
  if (sort !== undefined) docs = docs.toSorted(compileSort(sort));
  docs = docs.slice(skip, limit === 0 ? undefined : skip + limit);
  const stream: Stream = (pipeline.source === 'collection' ? docs : [...pipeline.source()]).flatMap((doc) => [
    PAUSE,
    doc,
  ]);
  return [...pipeline.run(stream)].filter((doc) => doc !== PAUSE);
}

function gives(input: Document[], stages: Document[], output: Document[], context = contextOf()): void {
  expect(results(compile(stages, context), input).map(j)).toEqual(output.map((doc) => j(d(doc))));
  if (stages.length === 0) return;
  // the same without anything handed to the scan
  const whole = compile([{ $limit: 1_000_000 }, ...stages], context);
  expect(results(whole, input).map(j)).toEqual(output.map((doc) => j(d(doc))));
}

function refused(stages: Document[], code: number, context = contextOf()): void {
  expect(() => results(compile(stages, context), [{ _id: 1, a: 1 }])).toThrow(
    expect.objectContaining({ code }),
  );
}

const SALES = [
  { _id: 1, item: 'abc', price: 10, quantity: 2, date: new Date('2014-03-01T08:00:00Z') },
  { _id: 2, item: 'jkl', price: 20, quantity: 1, date: new Date('2014-03-01T09:00:00Z') },
  { _id: 3, item: 'xyz', price: 5, quantity: 10, date: new Date('2014-03-15T09:00:00Z') },
  { _id: 4, item: 'xyz', price: 5, quantity: 20, date: new Date('2014-04-04T11:21:39Z') },
  { _id: 5, item: 'abc', price: 10, quantity: 10, date: new Date('2014-04-04T21:23:13Z') },
];

describe('$group', () => {
  it('sums by an expression, filters what it made and sorts (the manual)', () => {
    gives(
      SALES,
      [
        { $group: { _id: '$item', total: { $sum: { $multiply: ['$price', '$quantity'] } } } },
        { $match: { total: { $gte: 100 } } },
        { $sort: { _id: 1 } },
      ],
      [
        { _id: 'abc', total: 120 },
        { _id: 'xyz', total: 150 },
      ],
    );
  });

  it('groups by null and by a document of dates', () => {
    gives(
      SALES,
      [
        {
          $group: {
            _id: null,
            total: { $sum: { $multiply: ['$price', '$quantity'] } },
            avg: { $avg: '$quantity' },
            n: { $sum: 1 },
          },
        },
      ],
      [{ _id: null, total: 290, avg: 8.6, n: 5 }],
    );
    gives(
      SALES,
      [
        { $group: { _id: { month: { $month: '$date' }, year: { $year: '$date' } }, n: { $count: {} } } },
        { $sort: { '_id.month': 1 } },
      ],
      [
        { _id: { month: 3, year: 2014 }, n: 3 },
        { _id: { month: 4, year: 2014 }, n: 2 },
      ],
    );
  });

  it('has $push, $addToSet, $first, $last, $min, $max and $mergeObjects', () => {
    gives(
      SALES,
      [
        { $sort: { _id: 1 } },
        {
          $group: {
            _id: '$item',
            all: { $push: '$quantity' },
            set: { $addToSet: '$price' },
            f: { $first: '$_id' },
            l: { $last: '$_id' },
            lo: { $min: '$quantity' },
            hi: { $max: '$quantity' },
            none: { $min: '$nope' },
            m: { $mergeObjects: { q: '$quantity' } },
          },
        },
        { $sort: { _id: -1 } },
        { $limit: 1 },
      ],
      [{ _id: 'xyz', all: [10, 20], set: [5], f: 3, l: 4, lo: 10, hi: 20, none: null, m: { q: 20 } }],
    );
  });

  it('keeps the widest type of a sum, exactly', () => {
    const sum = (values: unknown[], total: unknown) =>
      gives(
        values.map((v, _id) => ({ _id, v })),
        [{ $group: { _id: null, t: { $sum: '$v' } } }],
        [{ _id: null, t: total }],
      );
    sum([1, 2, 'x', null], 3);
    sum([2147483647, 1], Long.fromString('2147483648'));
    sum([Long.fromString('9007199254740993'), 1], Long.fromString('9007199254740994'));
    sum([Long.MAX_VALUE, 1], new Double(2 ** 63));
    sum([0.1, 0.2, 0.3, -0.3, -0.2, -0.1], new Double(0));
    sum([1e308, 1e308], Number.POSITIVE_INFINITY);
    sum([Decimal128.fromString('0.1'), Decimal128.fromString('0.2'), 1], Decimal128.fromString('1.3'));
  });

  it('refuses what is not an accumulator', () => {
    refused([{ $group: { a: { $sum: 1 } } }], 15955);
    refused([{ $group: { _id: 1, a: 1 } }], 40234);
    refused([{ $group: { _id: 1, a: { $foo: 1 } } }], 15952);
    refused([{ $group: { _id: 1, 'a.b': { $sum: 1 } } }], 40235);
    expect(() => compile([{ $group: { _id: 1, a: { $stdDevPop: '$x' } } }])).toThrow(/use MongoDB/);
  });

  it('is bounded in memory', () => {
    const docs = Array.from({ length: 200 }, (_, _id) => ({ _id, text: 'x'.repeat(1000) }));
    const group = { $group: { _id: null, all: { $push: '$text' } } };
    const small = contextOf({}, { stageBytesMax: 100_000 });
    expect(() => results(compile([group], small), docs)).toThrow(expect.objectContaining({ code: 292 }));
    expect(() => results(compile([{ $limit: 1000 }, { $sort: { text: 1 } }], small), docs)).toThrow(
      expect.objectContaining({ code: 292 }),
    );
    const top = compile(
      [{ $limit: 1000 }, { $sort: { _id: -1 } }, { $limit: 2 }, { $project: { text: 0 } }],
      small,
    );
    expect(results(top, docs).map((doc) => j(doc))).toEqual([j(d({ _id: 199 })), j(d({ _id: 198 }))]);
  });
});

describe('$unwind', () => {
  const SIZES = [
    { _id: 1, sizes: ['S', 'M'] },
    { _id: 2, sizes: [] },
    { _id: 3, sizes: 'M' },
    { _id: 4 },
    { _id: 5, sizes: null },
  ];
  it('gives a document for each element (the manual)', () => {
    gives(
      SIZES,
      [{ $unwind: '$sizes' }],
      [
        { _id: 1, sizes: 'S' },
        { _id: 1, sizes: 'M' },
        { _id: 3, sizes: 'M' },
      ],
    );
  });
  it('can keep the empty ones and count', () => {
    gives(
      SIZES,
      [{ $unwind: { path: '$sizes', preserveNullAndEmptyArrays: true, includeArrayIndex: 'i' } }],
      [
        { _id: 1, sizes: 'S', i: Long.fromNumber(0) },
        { _id: 1, sizes: 'M', i: Long.fromNumber(1) },
        { _id: 2, i: null },
        { _id: 3, sizes: 'M', i: null },
        { _id: 4, i: null },
        { _id: 5, sizes: null, i: null },
      ],
    );
    refused([{ $unwind: 'sizes' }], 28818);
  });
});

describe('$lookup', () => {
  const inventory = [
    { _id: 1, sku: 'almonds', instock: 120 },
    { _id: 2, sku: 'bread', instock: 80 },
    { _id: 5, sku: null },
    { _id: 6 },
  ];
  const context = () => contextOf({ inventory });

  it('joins by equality, null with missing (the manual)', () => {
    gives(
      [{ _id: 1, item: 'almonds' }, { _id: 3 }, { _id: 4, item: ['bread', 'almonds'] }],
      [{ $lookup: { from: 'inventory', localField: 'item', foreignField: 'sku', as: 'docs' } }],
      [
        { _id: 1, item: 'almonds', docs: [inventory[0]] },
        { _id: 3, docs: [inventory[2], inventory[3]] },
        { _id: 4, item: ['bread', 'almonds'], docs: [inventory[0], inventory[1]] },
      ],
      context(),
    );
  });

  it('joins by a pipeline with variables', () => {
    gives(
      [
        { _id: 1, item: 'almonds', ordered: 2 },
        { _id: 2, item: 'bread', ordered: 100 },
      ],
      [
        {
          $lookup: {
            from: 'inventory',
            let: { item: '$item', ordered: '$ordered' },
            pipeline: [
              {
                $match: {
                  _id: { $lt: 5 },
                  $expr: { $and: [{ $eq: ['$sku', '$$item'] }, { $gte: ['$instock', '$$ordered'] }] },
                },
              },
              { $project: { _id: 0, instock: 1 } },
            ],
            as: 'stock',
          },
        },
      ],
      [
        { _id: 1, item: 'almonds', ordered: 2, stock: [{ instock: 120 }] },
        { _id: 2, item: 'bread', ordered: 100, stock: [] },
      ],
      context(),
    );
    refused([{ $lookup: { from: 'x', localField: 'a', as: 'b' } }], 9, context());
  });
});

describe('other stages', () => {
  it('$facet, $sortByCount and $count', () => {
    gives(
      SALES,
      [
        {
          $facet: {
            items: [{ $sortByCount: '$item' }, { $limit: 2 }],
            n: [{ $match: { price: { $gt: 5 } } }, { $count: 'n' }],
          },
        },
      ],
      [
        {
          items: [
            { _id: 'abc', count: 2 },
            { _id: 'xyz', count: 2 },
          ],
          n: [{ n: 3 }],
        },
      ],
    );
    gives([], [{ $count: 'n' }], []);
  });

  it('$addFields goes into documents and arrays, $unset and $project take away', () => {
    gives(
      [{ _id: 1, a: { x: 1 }, l: [{ b: 1 }, 5] }],
      [{ $addFields: { 'a.y': 2, a2: '$a.x', 'l.c': 3 } }],
      [{ _id: 1, a: { x: 1, y: 2 }, l: [{ b: 1, c: 3 }, { c: 3 }], a2: 1 }],
    );
    gives(
      [{ _id: 1, a: 1, b: 2, c: { d: 1, e: 2 } }],
      [{ $unset: ['a', 'c.d'] }],
      [{ _id: 1, b: 2, c: { e: 2 } }],
    );
    gives(
      [{ _id: 1, a: 1, b: 2 }],
      [{ $project: { _id: 0, sum: { $add: ['$a', '$b'] }, a: 1 } }],
      [{ a: 1, sum: 3 }],
    );
    gives([{ _id: 1, a: 1 }], [{ $set: { a: '$$REMOVE', b: { $literal: '$x' } } }], [{ _id: 1, b: '$x' }]);
    refused([{ $project: { a: 1, b: 0 } }], 31254);
    refused([{ $replaceWith: '$a' }], 40228);
  });

  it('$documents makes its own documents, on a database only', () => {
    const pipeline = compile(
      [{ $documents: [{ a: { $add: [1, 1] } }] }],
      contextOf({}, { collectionless: true }),
    );
    expect(results(pipeline, []).map(j)).toEqual([j(d({ a: 2 }))]);
    refused([{ $documents: [] }], 73);
  });

  it('variables of the command reach every stage', () => {
    const vars = letVariables(d({ id: 2, t: { $add: [1, 2] } }), commandVariables(0n));
    gives(
      [{ _id: 1 }, { _id: 2 }],
      [{ $match: { _id: { $gte: 2 } } }, { $project: { t: '$$t', now: '$$NOW' } }],
      [{ _id: 2, t: 3, now: new Date(0) }],
      contextOf({}, { vars }),
    );
  });

  it('unknown stages and ones that MongoDB alone has are told apart', () => {
    refused([{ $nope: 1 }], 40324);
    refused([{ $match: {}, $limit: 1 }], 40323);
    refused([{ $limit: 0 }], 15958);
    refused([{ $out: 'x' }, { $match: {} }], 40601);
    expect(() => compile([{ $graphLookup: {} }])).toThrow(/use MongoDB/);
    expect(() => compile([{ $project: { a: { $function: {} } } }])).toThrow(/use MongoDB/);
    refused([{ $project: { a: { $nope: 1 } } }], 168);
  });
});

describe('what the engine is told', () => {
  const fields = (stages: Document[]) => compile(stages).fields;
  it('the head is what find can do', () => {
    const { head, run } = compile([
      { $match: { a: 1 } },
      { $match: { b: 2 } },
      { $sort: { c: 1 } },
      { $skip: 3 },
      { $limit: 2 },
    ]);
    expect({ ...head, filter: j(head.filter!), sort: j(head.sort!) }).toEqual({
      filter: j(d({ $and: [{ a: 1 }, { b: 2 }] })),
      sort: j(d({ c: 1 })),
      skip: 3,
      limit: 2,
    });
    const input: Stream = [];
    expect(run(input)).toBe(input);
  });

  it('the fields are those that the rest reads', () => {
    expect(
      fields([{ $match: { z: 1 } }, { $group: { _id: '$a.b', n: { $sum: { $cond: ['$c', '$d', 1] } } } }]),
    ).toEqual(new Set(['a', 'c', 'd']));
    expect(fields([{ $match: { z: 1 } }, { $count: 'n' }])).toEqual(new Set());
    expect(fields([{ $unwind: '$l' }, { $match: { x: 1 } }, { $project: { y: '$k', w: 1 } }])).toEqual(
      new Set(['l', 'x', 'k', 'y', 'w', '_id']),
    );
    expect(fields([{ $match: { z: 1 } }])).toBeNull();
    expect(fields([{ $group: { _id: null, all: { $push: '$$ROOT' } } }])).toBeNull();
    expect(fields([{ $addFields: { a: 1 } }])).toBeNull();
  });

  it('$merge and $out say where to', () => {
    expect(compile([{ $out: { db: 'x', coll: 'y' } }]).sink).toEqual({
      kind: 'out',
      database: 'x',
      collection: 'y',
    });
    const { sink } = compile([
      { $merge: { into: 'y', on: 'k', whenMatched: [{ $set: { n: { $add: ['$n', '$$new.n'] } } }] } },
    ]);
    if (sink?.kind !== 'merge') throw new Error('expected a merge');
    expect(sink).toMatchObject({
      collection: 'y',
      on: ['k'],
      whenMatched: 'change',
      whenNotMatched: 'insert',
    });
    const id = new ObjectId();
    expect(j(sink.combine(d({ _id: id, n: 1 }), d({ n: 5 })))).toBe(j(d({ _id: id, n: 6 })));
    const merge = compile([{ $merge: 'y' }]).sink;
    expect(
      merge?.kind === 'merge' && j(merge.combine(d({ _id: 1, a: 1, b: 1 }), d({ _id: 1, b: 2, c: 3 }))),
    ).toBe(j(d({ _id: 1, a: 1, b: 2, c: 3 })));
  });
});
