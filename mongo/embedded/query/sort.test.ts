import type { Document } from 'bson';
import { describe, expect, it } from 'vitest';
import { d } from '../bson/testing.ts';
import { parseSort } from './sort.ts';
import { compileSort } from './sort-testing.ts';

const order = (spec: Document, docs: Document[]) =>
  docs
    .map((doc, _id) => ({ _id, ...doc }))
    .map(d)
    .toSorted(compileSort(d(spec)))
    .map((doc) => (doc.get('_id') as { value: number }).value);

describe('sort', () => {
  it('orders types, missing with null', () => {
    expect(
      order({ a: 1 }, [{ a: 'x' }, { a: 2 }, {}, { a: null }, { a: { b: 1 } }, { a: true }, { a: 1.5 }]),
    ).toEqual([2, 3, 6, 1, 0, 4, 5]);
    expect(order({ a: -1 }, [{ a: 1 }, { a: 3 }, { a: 2 }])).toEqual([1, 2, 0]);
  });

  it('takes the smallest element of an array upwards, the largest downwards', () => {
    const docs = [{ a: [5, 1] }, { a: [2, 3] }, { a: 4 }, { a: [] }];
    expect(order({ a: 1 }, docs)).toEqual([3, 0, 1, 2]);
    expect(order({ a: -1 }, docs)).toEqual([0, 2, 1, 3]);
    expect(order({ 'a.b': 1 }, [{ a: [{ b: 5 }, { b: 2 }] }, { a: { b: 3 } }, { a: [{ b: 1 }] }])).toEqual([
      2, 0, 1,
    ]);
  });

  it('goes by several fields', () => {
    expect(
      order({ a: 1, b: -1 }, [
        { a: 1, b: 1 },
        { a: 0, b: 0 },
        { a: 1, b: 2 },
      ]),
    ).toEqual([1, 2, 0]);
  });

  it('refuses bad directions, $meta and parallel arrays', () => {
    for (const [spec, code] of [
      [{ a: 2 }, 15975],
      [{ a: 'x' }, 15974],
      [{ a: { $meta: 'textScore' } }, 115],
    ] as const) {
      expect(() => parseSort(d(spec))).toThrow(expect.objectContaining({ code }));
    }
    expect(() => order({ a: 1, b: 1 }, [{ a: [1], b: [1] }, {}])).toThrow(
      expect.objectContaining({ code: 2 }),
    );
  });
});
