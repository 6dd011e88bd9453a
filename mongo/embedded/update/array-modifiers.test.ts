import { Double } from 'bson';
import { describe, it } from 'vitest';
import { becomes, refusesUpdate } from './testing.ts';

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
    refusesUpdate({ _id: 1, a: 1 }, { $push: { a: 1 } }, 2);
    refusesUpdate({ _id: 1 }, { $push: { a: { $each: 1 } } }, 2);
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
    refusesUpdate({ _id: 1, a: 1 }, { $addToSet: { a: 1 } }, 2);
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
    refusesUpdate({ _id: 1, a: 1 }, { $pull: { a: 1 } }, 2);
    refusesUpdate({ _id: 1, a: 1 }, { $pop: { a: 1 } }, 14);
    refusesUpdate({ _id: 1, a: [1] }, { $pop: { a: 2 } }, 9);
  });

  it('$push at and beyond the ends of the array, and cut to nothing', () => {
    const pushed = (clauses: object) => ({ $push: { a: { $each: [0], ...clauses } } });
    for (const [position, after] of [
      [-5, [0, 1, 2, 3, 4]],
      [-4, [0, 1, 2, 3, 4]],
      [-3, [1, 0, 2, 3, 4]],
      [4, [1, 2, 3, 4, 0]],
      [9, [1, 2, 3, 4, 0]],
    ] as const) {
      becomes({ _id: 1, a: [1, 2, 3, 4] }, pushed({ $position: position }), { _id: 1, a: after });
    }
    for (const [slice, after] of [
      [0, []],
      [1, [1]],
      [-1, [0]],
      [9, [1, 2, 0]],
      [-9, [1, 2, 0]],
    ] as const) {
      becomes({ _id: 1, a: [1, 2] }, pushed({ $slice: slice }), { _id: 1, a: after });
    }
    becomes({ _id: 1, a: [2, 1] }, { $push: { a: { $each: [] } } }, { _id: 1, a: [2, 1] });
    becomes({ _id: 1 }, { $push: { a: { $each: [] } } }, { _id: 1, a: [] });
    becomes({ _id: 1, a: [2, 1] }, { $push: { a: { $each: [], $sort: 1 } } }, { _id: 1, a: [1, 2] });
    refusesUpdate({ _id: 1, a: [] }, { $push: { a: { $each: [1], $what: 1 } } }, 2);
  });

  it('that remove nothing change nothing', () => {
    for (const update of [
      { $pop: { a: 1 } },
      { $pop: { a: -1 } },
      { $pull: { a: 1 } },
      { $pullAll: { a: [1] } },
      { $pop: { b: 1 } },
      { $pull: { b: 1 } },
      { $pullAll: { b: [1] } },
    ]) {
      becomes({ _id: 1, a: [] }, update, { _id: 1, a: [] });
    }
  });

  it('$pull by logical operators on the fields of its elements', () => {
    const a = [{ x: 1 }, { y: 2 }, { x: 3 }, 1];
    becomes({ _id: 1, a }, { $pull: { a: { $or: [{ x: 1 }, { y: 2 }] } } }, { _id: 1, a: [{ x: 3 }, 1] });
    becomes({ _id: 1, a }, { $pull: { a: { $and: [{ x: { $gt: 1 } }] } } }, { _id: 1, a: [a[0], a[1], 1] });
    becomes({ _id: 1, a }, { $pull: { a: { $nor: [{ x: 1 }] } } }, { _id: 1, a: [{ x: 1 }, 1] });
  });

  it('$addToSet takes $each alone', () => {
    refusesUpdate({ _id: 1, a: [] }, { $addToSet: { a: { $each: [1], $slice: 1 } } }, 2);
    becomes({ _id: 1 }, { $addToSet: { a: { $each: [1, 1] } } }, { _id: 1, a: [1] });
  });
});
