import { Decimal128, Double, Long } from 'bson';
import { describe, expect, it } from 'vitest';
import { d, j } from '../../bson/testing.ts';
import { date } from '../expression-testing.ts';
import {
  answers,
  compile,
  createPipelineContext,
  refusesPipeline,
  results,
  SALES,
} from '../pipeline-testing.ts';

describe('$group', () => {
  it('sums by an expression, filters what it made and sorts (the manual)', () => {
    answers(
      SALES,
      [
        { $group: { _id: '$item', total: { $sum: { $add: ['$price', '$quantity'] } } } },
        { $match: { total: { $gte: 30 } } },
        { $sort: { _id: 1 } },
      ],
      [
        { _id: 'abc', total: 32 },
        { _id: 'xyz', total: 40 },
      ],
    );
  });

  it('groups by null and by a document of dates', () => {
    answers(
      SALES,
      [
        {
          $group: {
            _id: null,
            total: { $sum: { $add: ['$price', '$quantity'] } },
            n: { $sum: 1 },
          },
        },
      ],
      [{ _id: null, total: 93, n: 5 }],
    );
    answers(
      SALES,
      [
        { $group: { _id: { month: { $dateTrunc: { date: '$date', unit: 'month' } } }, n: { $sum: 1 } } },
        { $sort: { '_id.month': 1 } },
      ],
      [
        { _id: { month: date('2014-03-01T00:00:00Z') }, n: 3 },
        { _id: { month: date('2014-04-01T00:00:00Z') }, n: 2 },
      ],
    );
  });

  it('has $push, $min and $max', () => {
    answers(
      SALES,
      [
        { $sort: { _id: 1 } },
        {
          $group: {
            _id: '$item',
            all: { $push: '$quantity' },
            lo: { $min: '$quantity' },
            hi: { $max: '$quantity' },
            none: { $min: '$nope' },
          },
        },
        { $sort: { _id: -1 } },
        { $limit: 1 },
      ],
      [{ _id: 'xyz', all: [10, 20], lo: 10, hi: 20, none: null }],
    );
  });

  it('keeps the widest type of a sum, exactly', () => {
    const sum = (values: unknown[], total: unknown) =>
      answers(
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
    refusesPipeline([{ $group: { a: { $sum: 1 } } }], 15955);
    refusesPipeline([{ $group: { _id: 1, a: 1 } }], 40234);
    refusesPipeline([{ $group: { _id: 1, a: { $foo: 1 } } }], 15952);
    refusesPipeline([{ $group: { _id: 1, 'a.b': { $sum: 1 } } }], 40235);
    expect(() => compile([{ $group: { _id: 1, a: { $stdDevPop: '$x' } } }])).toThrow(/use MongoDB/);
  });

  it('is bounded in memory', () => {
    const docs = Array.from({ length: 200 }, (_, _id) => ({ _id, text: 'x'.repeat(1000) }));
    const group = { $group: { _id: null, all: { $push: '$text' } } };
    const small = createPipelineContext({}, { stageBytesMax: 100_000 });
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
