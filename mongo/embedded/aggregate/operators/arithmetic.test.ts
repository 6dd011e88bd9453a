import { Double, Long } from 'bson';
import { describe, it } from 'vitest';
import { date, decimal, evaluatesTo, long, refusesExpression } from '../expression-testing.ts';

describe('arithmetic', () => {
  it('keeps the narrowest type that the server keeps', () => {
    evaluatesTo({ $add: [1, 2] }, 3);
    evaluatesTo({ $add: [2147483647, 1] }, long(2147483648));
    evaluatesTo({ $add: [Long.MAX_VALUE, 1] }, new Double(2 ** 63));
    evaluatesTo({ $add: [1, 2.5] }, 3.5);
    evaluatesTo({ $add: [0.1, decimal('0.2')] }, decimal('0.300000000000000'));
    evaluatesTo({ $add: [1, null] }, null);
    evaluatesTo({ $add: [date('2014-03-01T08:00:00Z'), 3 * 60 * 60000] }, date('2014-03-01T11:00:00Z'));
    evaluatesTo({ $subtract: [date('2014-03-01T08:00:00Z'), date('2014-03-01T07:00:00Z')] }, long(3600000));
    evaluatesTo({ $subtract: [date('2014-03-01T08:00:00Z'), 300000] }, date('2014-03-01T07:55:00Z'));
    evaluatesTo({ $divide: [9, 3] }, new Double(3));
    evaluatesTo({ $divide: [80, 8] }, new Double(10));
    evaluatesTo({ $mod: [80, 7] }, 3);
    evaluatesTo({ $mod: [-5.5, 2] }, -1.5);
    refusesExpression({ $divide: [1, 0] }, 2);
    refusesExpression({ $mod: [1, 0] }, 16610);
    refusesExpression({ $add: [1, 'x'] }, 14);
    refusesExpression({ $divide: [1, 'x'] }, 14);
    refusesExpression({ $subtract: ['x', 1] }, 14);
  });

  it('rounds half to even (the manual)', () => {
    for (const [value, rounded] of [
      [10.5, 10],
      [11.5, 12],
      [12.5, 12],
      [13.5, 14],
    ] as const) {
      evaluatesTo({ $round: [value, 0] }, new Double(rounded));
    }
    evaluatesTo({ $round: [19.25, 1] }, 19.2);
    evaluatesTo({ $round: [28.73, 1] }, 28.7);
    evaluatesTo({ $round: [-54.8, -1] }, new Double(-50));
    evaluatesTo({ $round: [decimal('2.55'), 1] }, decimal('2.6'));
    evaluatesTo({ $floor: -2.8 }, new Double(-3));
    evaluatesTo({ $floor: 5 }, 5);
    evaluatesTo({ $floor: decimal('-1.50') }, decimal('-2'));
    evaluatesTo({ $ln: 1 }, new Double(0));
    refusesExpression({ $ln: 0 }, 28766);
    refusesExpression({ $floor: 'x' }, 28765);
    refusesExpression({ $round: 'x' }, 51081);
    refusesExpression({ $mod: ['x', 1] }, 16611);
  });

  it('over lists', () => {
    evaluatesTo({ $sum: [1, 'x', 2.5] }, 3.5);
    evaluatesTo({ $sum: '$l' }, 6, { l: [1, 2, 3] });
    evaluatesTo({ $sum: ['$a', '$b'] }, 6, { a: 2, b: 4 });
    evaluatesTo({ $max: [1, '$x', 5, null] }, 5);
    evaluatesTo({ $min: '$l' }, 1, { l: [3, 1, 2] });
    evaluatesTo({ $max: [] }, null);
    evaluatesTo({ $size: [[1, 2]] }, 2);
    refusesExpression({ $size: '$x' }, 17124);
  });
});
