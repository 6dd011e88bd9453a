import { expect, it } from 'vitest';
import { d } from '../bson/testing.ts';
import { computeShapeKey } from './shapes.ts';
import { becomes, refusesUpdate } from './testing.ts';

it('updates of one shape set each their own values, in the order of their paths', () => {
  becomes({ _id: 1 }, { $set: { b: 1, a: 2 }, $inc: { c: 3 } }, { _id: 1, a: 2, b: 1, c: 3 });
  becomes({ _id: 1 }, { $set: { b: 4, a: 5 }, $inc: { c: 6 } }, { _id: 1, a: 5, b: 4, c: 6 });
  becomes({ _id: 1 }, { $set: { b: 1 }, $inc: { c: 1, a: 1 } }, { _id: 1, a: 1, b: 1, c: 1 });
});

it('a known shape still has its values checked', () => {
  becomes({ _id: 1, n: 1 }, { $inc: { n: 1 } }, { _id: 1, n: 2 });
  refusesUpdate({ _id: 1, n: 1 }, { $inc: { n: 'x' } }, 14);
  refusesUpdate({ _id: 1, n: 'x' }, { $inc: { n: 1 } }, 14);
  refusesUpdate({ _id: 1 }, { $set: { _id: 2 } }, 66);
});

it('a path that reads like an operator is not taken for one', () => {
  becomes({ _id: 1, n: 1 }, { $set: { a: 1 }, $inc: { n: 1 } }, { _id: 1, n: 2, a: 1 });
  refusesUpdate({ _id: 1, n: 1 }, { $set: { a: 1, $inc: 1, n: 1 } }, 52);
  refusesUpdate({ _id: 1, n: 1 }, { $set: { a: 1, $inc: 1, '': 1, n: 1 } }, 56);
  expect(computeShapeKey(d({ $set: { a: 1, $inc: 1, 1: 1, n: 1 } }))).not.toBe(
    computeShapeKey(d({ $set: { a: 1 }, $inc: { n: 1 } })),
  );
});
