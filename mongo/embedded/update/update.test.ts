import { Decimal128, type Document, Double, Int32, Long } from 'bson';
import { describe, expect, it } from 'vitest';
import { d, j } from '../bson/testing.ts';
import { type Doc, ObjectId, type Value } from '../bson/values.ts';
import { compileFilter } from '../query/compile.ts';
import { parseFilter } from '../query/parse.ts';
import { compileUpdate, type UpdateContext } from './compile.ts';
import { upsertBase, withId } from './upsert.ts';

type Case = { filter?: Document; arrayFilters?: Document[]; context?: UpdateContext };

function run(before: Document, update: Document | Document[], { filter, arrayFilters, context }: Case = {}) {
  const doc = d(before);
  const details = { position: -1 };
  if (filter !== undefined) expect(compileFilter(parseFilter(d(filter)))(doc, details)).toBe(true);
  const spec = Array.isArray(update) ? (d({ u: update }).get('u') as Value[]) : d(update);
  const compiled = compileUpdate(spec, { arrayFilters: (arrayFilters ?? []).map(d) });
  const unchanged = j(doc);
  const result = compiled.apply(doc, { position: details.position, ...context });
  expect(j(doc)).toBe(unchanged);
  if (!('$push' in update)) expect(result.changed).toBe(j(result.doc) !== unchanged);
  return result.doc;
}

function becomes(before: Document, update: Document | Document[], after: Document, options: Case = {}): void {
  expect(j(run(before, update, options))).toBe(j(d(after)));
}

function refused(before: Document, update: Document | Document[], code: number, options: Case = {}): void {
  expect(() => run(before, update, options)).toThrow(expect.objectContaining({ code }));
}

describe('field operators', () => {
  it('$set makes missing parents and appends new fields by name', () => {
    becomes(
      { _id: 1, a: 1 },
      { $set: { z: 1, 'b.c.d': 2, a: 5 } },
      { _id: 1, a: 5, b: { c: { d: 2 } }, z: 1 },
    );
    becomes({ _id: 1, a: [1, 2] }, { $set: { 'a.3': 9 } }, { _id: 1, a: [1, 2, null, 9] });
    becomes({ _id: 1 }, { $set: { 'a.10': 1, 'a.9': 2 } }, { _id: 1, a: { 9: 2, 10: 1 } });
    becomes({ _id: 1, a: { b: 1 } }, { $set: { a: { b: 1 } } }, { _id: 1, a: { b: 1 } });
    becomes({ _id: 1, a: 1 }, { $set: { a: new Double(1) } }, { _id: 1, a: new Double(1) });
  });

  it('$set through a scalar is PathNotViable', () => {
    refused({ _id: 1, a: 5 }, { $set: { 'a.b': 1 } }, 28);
    refused({ _id: 1, a: [1] }, { $set: { 'a.b': 1 } }, 28);
    refused({ _id: 1, a: null }, { $set: { 'a.b': 1 } }, 28);
  });

  it('$unset removes fields, and leaves null in an array', () => {
    becomes({ _id: 1, a: 1, b: { c: 1 } }, { $unset: { a: '', 'b.c': '', 'x.y': '' } }, { _id: 1, b: {} });
    becomes({ _id: 1, a: [1, 2] }, { $unset: { 'a.0': '' } }, { _id: 1, a: [null, 2] });
  });

  it('$inc and $mul keep the wider type and grow int to long', () => {
    becomes({ _id: 1, a: 1 }, { $inc: { a: 2, b: 3 } }, { _id: 1, a: 3, b: 3 });
    becomes({ _id: 1, a: 2147483647 }, { $inc: { a: 1 } }, { _id: 1, a: Long.fromString('2147483648') });
    becomes({ _id: 1, a: Long.fromNumber(1) }, { $inc: { a: 1 } }, { _id: 1, a: Long.fromNumber(2) });
    becomes({ _id: 1, a: 1 }, { $inc: { a: 0.5 } }, { _id: 1, a: 1.5 });
    becomes(
      { _id: 1, a: 1 },
      { $inc: { a: Decimal128.fromString('0.10') } },
      { _id: 1, a: Decimal128.fromString('1.10') },
    );
    becomes(
      { _id: 1, a: 5 },
      { $mul: { a: 2, b: Long.fromNumber(3) } },
      { _id: 1, a: 10, b: Long.fromNumber(0) },
    );
    becomes({ _id: 1, a: 65536 }, { $mul: { a: 65536 } }, { _id: 1, a: Long.fromString('4294967296') });
    refused({ _id: 1, a: Long.MAX_VALUE }, { $inc: { a: 1 } }, 2);
    refused({ _id: 1, a: 'x' }, { $inc: { a: 1 } }, 14);
    refused({ _id: 1, a: null }, { $inc: { a: 1 } }, 14);
    refused({ _id: 1 }, { $inc: { a: 'x' } }, 14);
  });

  it('$min and $max compare across types', () => {
    becomes({ _id: 1, a: 5, b: 5 }, { $min: { a: 3, b: 7 } }, { _id: 1, a: 3, b: 5 });
    becomes({ _id: 1, a: 5 }, { $max: { a: 'text', b: 1 } }, { _id: 1, a: 'text', b: 1 });
    becomes({ _id: 1, a: 5 }, { $max: { a: new Double(5) } }, { _id: 1, a: 5 });
  });

  it('$rename moves a value and refuses arrays on the way', () => {
    becomes({ _id: 1, a: 1, c: 2 }, { $rename: { a: 'b.x' } }, { _id: 1, c: 2, b: { x: 1 } });
    becomes({ _id: 1, a: 1 }, { $rename: { nope: 'b' } }, { _id: 1, a: 1 });
    becomes({ _id: 1, a: 1, b: 2 }, { $rename: { a: 'b' } }, { _id: 1, b: 1 });
    refused({ _id: 1, a: [{ b: 1 }] }, { $rename: { 'a.0.b': 'c' } }, 2);
    refused({ _id: 1 }, { $rename: { a: 'a' } }, 2);
    refused({ _id: 1 }, { $rename: { a: 'a.b' } }, 2);
  });

  it('$setOnInsert only applies to an insert', () => {
    becomes({ _id: 1 }, { $setOnInsert: { a: 1 }, $set: { b: 1 } }, { _id: 1, b: 1 });
    becomes({ _id: 1 }, { $setOnInsert: { a: 1 } }, { _id: 1, a: 1 }, { context: { isInsert: true } });
  });

  it('$currentDate writes dates and timestamps', () => {
    const context = { now: 5000n };
    becomes({ _id: 1 }, { $currentDate: { at: true } }, { _id: 1, at: new Date(5000) }, { context });
    refused({ _id: 1 }, { $currentDate: { at: { $type: 'x' } } }, 2);
  });

  it('$bit works on whole numbers only', () => {
    becomes({ _id: 1, a: 13 }, { $bit: { a: { and: 10 } } }, { _id: 1, a: 8 });
    becomes({ _id: 1, a: 3 }, { $bit: { a: { or: Long.fromNumber(4) } } }, { _id: 1, a: Long.fromNumber(7) });
    refused({ _id: 1, a: 1.5 }, { $bit: { a: { and: 1 } } }, 2);
  });
});

describe('array operators', () => {
  it('$push with $each, $sort, $slice and $position (examples of the manual)', () => {
    becomes(
      { _id: 1, scores: [44, 78] },
      { $push: { scores: { $each: [90, 92] } } },
      { _id: 1, scores: [44, 78, 90, 92] },
    );
    becomes(
      {
        _id: 5,
        quizzes: [
          { wk: 1, score: 10 },
          { wk: 2, score: 8 },
          { wk: 3, score: 5 },
          { wk: 4, score: 6 },
        ],
      },
      {
        $push: {
          quizzes: {
            $each: [
              { wk: 5, score: 8 },
              { wk: 6, score: 7 },
              { wk: 7, score: 6 },
            ],
            $sort: { score: -1 },
            $slice: 3,
          },
        },
      },
      {
        _id: 5,
        quizzes: [
          { wk: 1, score: 10 },
          { wk: 2, score: 8 },
          { wk: 5, score: 8 },
        ],
      },
    );
    becomes(
      { _id: 1, a: [100] },
      { $push: { a: { $each: [50, 60, 70], $position: 0 } } },
      { _id: 1, a: [50, 60, 70, 100] },
    );
    becomes(
      { _id: 1, a: [50, 60, 70, 100] },
      { $push: { a: { $each: [90, 80], $position: -2 } } },
      { _id: 1, a: [50, 60, 90, 80, 70, 100] },
    );
    becomes(
      { _id: 1, a: [89, 70, 89, 50] },
      { $push: { a: { $each: [40, 60], $sort: 1 } } },
      { _id: 1, a: [40, 50, 60, 70, 89, 89] },
    );
    becomes(
      { _id: 1, a: [40, 50, 60] },
      { $push: { a: { $each: [80, 78, 86], $slice: -5 } } },
      { _id: 1, a: [50, 60, 80, 78, 86] },
    );
    becomes({ _id: 1 }, { $push: { a: { b: 1 } } }, { _id: 1, a: [{ b: 1 }] });
    refused({ _id: 1, a: 1 }, { $push: { a: 1 } }, 2);
    refused({ _id: 1 }, { $push: { a: { $each: 1 } } }, 2);
  });

  it('$addToSet compares by value', () => {
    becomes({ _id: 1, a: [1, 'x'] }, { $addToSet: { a: new Double(1) } }, { _id: 1, a: [1, 'x'] });
    becomes(
      { _id: 2, tags: ['electronics'] },
      { $addToSet: { tags: { $each: ['camera', 'electronics', 'camera'] } } },
      { _id: 2, tags: ['electronics', 'camera'] },
    );
    becomes(
      { _id: 1, a: [{ x: 1, y: 2 }] },
      { $addToSet: { a: { y: 2, x: 1 } } },
      {
        _id: 1,
        a: [
          { x: 1, y: 2 },
          { y: 2, x: 1 },
        ],
      },
    );
    refused({ _id: 1, a: 1 }, { $addToSet: { a: 1 } }, 2);
  });

  it('$pop, $pull and $pullAll remove', () => {
    becomes({ _id: 1, a: [8, 9, 10] }, { $pop: { a: -1 } }, { _id: 1, a: [9, 10] });
    becomes({ _id: 1, a: [8, 9, 10] }, { $pop: { a: 1 } }, { _id: 1, a: [8, 9] });
    becomes({ _id: 1, v: [3, 5, 6, 7, 7, 8] }, { $pull: { v: { $gte: 6 } } }, { _id: 1, v: [3, 5] });
    becomes(
      {
        _id: 1,
        results: [
          { item: 'A', score: 5 },
          { item: 'B', score: 8 },
        ],
      },
      { $pull: { results: { score: 8, item: 'B' } } },
      { _id: 1, results: [{ item: 'A', score: 5 }] },
    );
    becomes(
      {
        _id: 1,
        results: [
          {
            item: 'A',
            answers: [
              { q: 1, a: 4 },
              { q: 2, a: 6 },
            ],
          },
          { item: 'B', answers: [{ q: 2, a: 9 }] },
        ],
      },
      { $pull: { results: { answers: { $elemMatch: { q: 2, a: { $gte: 8 } } } } } },
      {
        _id: 1,
        results: [
          {
            item: 'A',
            answers: [
              { q: 1, a: 4 },
              { q: 2, a: 6 },
            ],
          },
        ],
      },
    );
    becomes({ _id: 1, a: ['apple', 'pear'] }, { $pull: { a: /^ap/ } }, { _id: 1, a: ['pear'] });
    becomes(
      { _id: 1, scores: [0, 2, 5, 5, 1, 0] },
      { $pullAll: { scores: [0, 5] } },
      { _id: 1, scores: [2, 1] },
    );
    refused({ _id: 1, a: 1 }, { $pull: { a: 1 } }, 2);
    refused({ _id: 1, a: 1 }, { $pop: { a: 1 } }, 14);
    refused({ _id: 1, a: [1] }, { $pop: { a: 2 } }, 9);
  });
});

describe('positional updates', () => {
  it('$ is the element that the filter found', () => {
    becomes(
      { _id: 1, grades: [85, 80, 80] },
      { $set: { 'grades.$': 82 } },
      { _id: 1, grades: [85, 82, 80] },
      { filter: { _id: 1, grades: 80 } },
    );
    becomes(
      {
        _id: 5,
        grades: [
          { grade: 80, mean: 75 },
          { grade: 85, mean: 90 },
        ],
      },
      { $set: { 'grades.$.std': 6 } },
      {
        _id: 5,
        grades: [
          { grade: 80, mean: 75 },
          { grade: 85, mean: 90, std: 6 },
        ],
      },
      { filter: { _id: 5, grades: { $elemMatch: { grade: { $lte: 90 }, mean: { $gt: 80 } } } } },
    );
    becomes(
      { _id: 1, a: [{ b: 1 }, { b: 2 }] },
      { $inc: { 'a.$.b': 10 } },
      { _id: 1, a: [{ b: 1 }, { b: 12 }] },
      { filter: { 'a.b': 2 } },
    );
    refused({ _id: 1, a: [1] }, { $set: { 'a.$': 1 } }, 2, { filter: { _id: 1 } });
  });

  it('$[] is every element and $[name] those of the array filter', () => {
    becomes({ _id: 1, a: [1, 2] }, { $inc: { 'a.$[]': 10 } }, { _id: 1, a: [11, 12] });
    becomes(
      { _id: 1, a: [95, 92, 100] },
      { $set: { 'a.$[e]': 99 } },
      { _id: 1, a: [99, 92, 99] },
      { arrayFilters: [{ e: { $gte: 95 } }] },
    );
    becomes(
      {
        _id: 3,
        g: [
          { type: 'quiz', q: [10, 8, 5] },
          { type: 'exam', q: [25] },
        ],
      },
      { $inc: { 'g.$[t].q.$[s]': 2 } },
      {
        _id: 3,
        g: [
          { type: 'quiz', q: [12, 10, 5] },
          { type: 'exam', q: [25] },
        ],
      },
      { arrayFilters: [{ 't.type': 'quiz' }, { s: { $gte: 8 } }] },
    );
    refused({ _id: 1, a: 1 }, { $set: { 'a.$[]': 1 } }, 2);
    refused({ _id: 1 }, { $set: { 'a.$[]': 1 } }, 2);
    refused({ _id: 1, a: [1] }, { $set: { 'a.$[x]': 1 } }, 2);
    refused({ _id: 1, a: [1] }, { $set: { a: 1 } }, 9, { arrayFilters: [{ x: 1 }] });
    refused({ _id: 1, a: [1] }, { $set: { 'a.$[]': 1, 'a.0': 2 } }, 40);
  });
});

describe('refusals', () => {
  it('of conflicting, empty and dollar paths have the server codes', () => {
    refused({ _id: 1 }, { $set: { a: 1 }, $inc: { a: 1 } }, 40);
    refused({ _id: 1 }, { $set: { a: 1, 'a.b': 1 } }, 40);
    refused({ _id: 1 }, { $rename: { a: 'b' }, $set: { b: 1 } }, 40);
    refused({ _id: 1 }, { $set: { '': 1 } }, 56);
    refused({ _id: 1 }, { $set: { 'a..b': 1 } }, 56);
    refused({ _id: 1 }, { $set: { $a: 1 } }, 52);
    refused({ _id: 1 }, { $foo: { a: 1 } }, 9);
    refused({ _id: 1 }, { $set: 1 }, 9);
    refused({ _id: 1 }, { $set: { a: 1 }, b: 1 }, 9);
    refused({ _id: 1 }, { a: 1, $b: 1 }, 52);
  });

  it('of a changed _id are ImmutableField, an equal one changes nothing', () => {
    refused({ _id: 1 }, { $set: { _id: 2 } }, 66);
    refused({ _id: 1 }, { $unset: { _id: '' } }, 66);
    refused({ _id: 1 }, { _id: 2, a: 1 }, 66);
    becomes({ _id: 1, a: 1 }, { $set: { _id: 1 } }, { _id: 1, a: 1 });
  });
});

describe('replacement and pipeline', () => {
  it('a replacement keeps the _id in front and may hold dots and dollars inside', () => {
    becomes({ _id: 1, a: 1 }, { b: 2 }, { _id: 1, b: 2 });
    becomes({ _id: 1, a: 1 }, { _id: 1, 'a.b': { $c: 1 } }, { _id: 1, 'a.b': { $c: 1 } });
  });

  it('a pipeline computes from the old document', () => {
    becomes(
      { _id: 1, t: { u: 1, v: 2 } },
      [{ $replaceRoot: { newRoot: '$t' } }, { $addFields: { foo: 1 } }],
      { _id: 1, u: 1, v: 2, foo: 1 },
    );
    becomes({ _id: 1, a: 2 }, [{ $set: { b: { $multiply: ['$a', 3] }, 'c.d': '$a' } }, { $unset: 'a' }], {
      _id: 1,
      b: 6,
      c: { d: 2 },
    });
    becomes({ _id: 1, x: 1, y: 2 }, [{ $project: { x: 1 } }], { _id: 1, x: 1 });
    refused({ _id: 1 }, [{ $match: {} }], 72);
  });
});

describe('upsert', () => {
  const base = (filter: Document, onlyId = false) => j(upsertBase(parseFilter(d(filter)), onlyId));

  it('starts from the equalities of the filter, _id first', () => {
    expect(base({ b: 1, a: { $eq: 2 }, c: { $gt: 3 }, _id: 5 })).toBe(j(d({ _id: 5, a: 2, b: 1 })));
    expect(base({ $and: [{ 'x.y': 1 }, { 'x.z': 2 }], $or: [{ p: 1 }] })).toBe(
      j(d({ p: 1, x: { y: 1, z: 2 } })),
    );
    expect(base({ $or: [{ a: 1 }, { b: 1 }] })).toBe(j(d({})));
    expect(base({ a: 1, _id: 7 }, true)).toBe(j(d({ _id: 7 })));
    expect(base({ a: { $in: [5] }, '_id.x': 1 })).toBe(j(d({ _id: { x: 1 }, a: 5 })));
    for (const [filter, code] of [
      [{ a: 1, 'a.b': 2 }, 54],
      [{ $and: [{ a: 1 }, { a: 1 }] }, 54],
      [{ $expr: true }, 224],
    ] as const) {
      expect(() => base(filter)).toThrow(expect.objectContaining({ code }));
    }
    expect(() => base({ '_id.x': 1 }, true)).toThrow(expect.objectContaining({ code: 111 }));
  });

  it('puts the _id in front or makes one, and refuses arrays as _id', () => {
    const id = ObjectId.fromHex('0123456789abcdef01234567');
    const keys = (doc: Doc) => [...withId(doc, () => id).keys()];
    expect(keys(d({ a: 1 }))).toEqual(['_id', 'a']);
    expect(keys(d({ a: 1, _id: 1 }))).toEqual(['_id', 'a']);
    expect(() => withId(d({ _id: [1] }), () => id)).toThrow(expect.objectContaining({ code: 53 }));
    expect(() => withId(d({ _id: { $a: new Int32(1) } }), () => id)).toThrow(
      expect.objectContaining({ code: 52 }),
    );
  });
});
