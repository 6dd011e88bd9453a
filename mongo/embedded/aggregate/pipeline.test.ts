import { type Document, ObjectId } from 'bson';
import { describe, expect, it } from 'vitest';
import { d, j } from '../bson/testing.ts';
import { commandVariables, letVariables } from './expression.ts';
import {
  answers,
  compile,
  createPipelineContext,
  refusesPipeline,
  results,
  SALES,
} from './pipeline-testing.ts';
import type { Stream } from './stream.ts';

describe('other stages', () => {
  it('$facet, $sortByCount and $count', () => {
    answers(
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
    answers([], [{ $count: 'n' }], []);
  });

  it('$addFields goes into documents and arrays, $unset and $project take away', () => {
    answers(
      [{ _id: 1, a: { x: 1 }, l: [{ b: 1 }, 5] }],
      [{ $addFields: { 'a.y': 2, a2: '$a.x', 'l.c': 3 } }],
      [{ _id: 1, a: { x: 1, y: 2 }, l: [{ b: 1, c: 3 }, { c: 3 }], a2: 1 }],
    );
    answers(
      [{ _id: 1, a: 1, b: 2, c: { d: 1, e: 2 } }],
      [{ $unset: ['a', 'c.d'] }],
      [{ _id: 1, b: 2, c: { e: 2 } }],
    );
    answers(
      [{ _id: 1, a: 1, b: 2 }],
      [{ $project: { _id: 0, sum: { $add: ['$a', '$b'] }, a: 1 } }],
      [{ a: 1, sum: 3 }],
    );
    answers([{ _id: 1, a: 1 }], [{ $set: { a: '$$REMOVE', b: { $literal: '$x' } } }], [{ _id: 1, b: '$x' }]);
    refusesPipeline([{ $project: { a: 1, b: 0 } }], 31254);
    refusesPipeline([{ $replaceWith: '$a' }], 40228);
  });

  it('$documents makes its own documents, on a database only', () => {
    const pipeline = compile(
      [{ $documents: [{ a: { $add: [1, 1] } }] }],
      createPipelineContext({}, { collectionless: true }),
    );
    expect(results(pipeline, []).map(j)).toEqual([j(d({ a: 2 }))]);
    refusesPipeline([{ $documents: [] }], 73);
  });

  it('variables of the command reach every stage', () => {
    const vars = letVariables(d({ id: 2, t: { $add: [1, 2] } }), commandVariables(0n));
    answers(
      [{ _id: 1 }, { _id: 2 }],
      [{ $match: { _id: { $gte: 2 } } }, { $project: { t: '$$t', now: '$$NOW' } }],
      [{ _id: 2, t: 3, now: new Date(0) }],
      createPipelineContext({}, { vars }),
    );
  });

  it('unknown stages and ones that MongoDB alone has are distinguished', () => {
    refusesPipeline([{ $nope: 1 }], 40324);
    refusesPipeline([{ $match: {}, $limit: 1 }], 40323);
    refusesPipeline([{ $limit: 0 }], 15958);
    refusesPipeline([{ $out: 'x' }, { $match: {} }], 40601);
    expect(() => compile([{ $graphLookup: {} }])).toThrow(/use MongoDB/);
    expect(() => compile([{ $project: { a: { $function: {} } } }])).toThrow(/use MongoDB/);
    refusesPipeline([{ $project: { a: { $nope: 1 } } }], 168);
  });
});

describe('what the engine gets', () => {
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

  it('$merge and $out name their target', () => {
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
