import { describe, it } from 'vitest';
import { becomes, refusesUpdate } from './testing.ts';

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
    refusesUpdate({ _id: 1, a: [1] }, { $set: { 'a.$': 1 } }, 2, { filter: { _id: 1 } });
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
    refusesUpdate({ _id: 1, a: 1 }, { $set: { 'a.$[]': 1 } }, 2);
    refusesUpdate({ _id: 1 }, { $set: { 'a.$[]': 1 } }, 2);
    refusesUpdate({ _id: 1, a: [1] }, { $set: { 'a.$[x]': 1 } }, 2);
    refusesUpdate({ _id: 1, a: [1] }, { $set: { a: 1 } }, 9, { arrayFilters: [{ x: 1 }] });
    refusesUpdate({ _id: 1, a: [1] }, { $set: { 'a.$[]': 1, 'a.0': 2 } }, 40);
  });
});
