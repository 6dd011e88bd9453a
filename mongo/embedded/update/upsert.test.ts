import { type Document, Int32 } from 'bson';
import { describe, expect, it } from 'vitest';
import { d, j } from '../bson/testing.ts';
import { type Doc, ObjectId } from '../bson/values.ts';
import { parseFilter } from '../query/parse.ts';
import { upsertBase, withId } from './upsert.ts';

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
    for (const bad of [/x/, [], [{ a: 1 }]]) {
      expect(() => withId(d({ _id: bad }), () => id)).toThrow(expect.objectContaining({ code: 53 }));
    }
    expect(() => withId(d({ _id: { $a: new Int32(1) } }), () => id)).toThrow(
      expect.objectContaining({ code: 52 }),
    );
  });
});
