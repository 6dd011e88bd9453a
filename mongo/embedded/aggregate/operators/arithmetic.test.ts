import { Double, Long } from 'bson';
import { describe, it } from 'vitest';
import { date, decimal, gives, long, refused } from '../expression-testing.ts';

describe('arithmetic', () => {
  it('keeps the narrowest type that the server keeps', () => {
    gives({ $add: [1, 2] }, 3);
    gives({ $add: [2147483647, 1] }, long(2147483648));
    gives({ $add: [Long.MAX_VALUE, 1] }, new Double(2 ** 63));
    gives({ $add: [1, 2.5] }, 3.5);
    gives({ $add: [0.1, decimal('0.2')] }, decimal('0.300000000000000'));
    gives({ $add: [1, null] }, null);
    gives({ $add: [date('2014-03-01T08:00:00Z'), 3 * 60 * 60000] }, date('2014-03-01T11:00:00Z'));
    gives({ $subtract: [date('2014-03-01T08:00:00Z'), date('2014-03-01T07:00:00Z')] }, long(3600000));
    gives({ $subtract: [date('2014-03-01T08:00:00Z'), 300000] }, date('2014-03-01T07:55:00Z'));
    gives({ $multiply: [3, 5] }, 15);
    gives({ $divide: [9, 3] }, new Double(3));
    gives({ $divide: [80, 8] }, new Double(10));
    gives({ $mod: [80, 7] }, 3);
    gives({ $mod: [-5.5, 2] }, -1.5);
    refused({ $divide: [1, 0] }, 2);
    refused({ $mod: [1, 0] }, 16610);
    refused({ $add: [1, 'x'] }, 14);
    refused({ $multiply: [1, 'x'] }, 14);
    refused({ $subtract: ['x', 1] }, 14);
  });

  it('rounds half to even (the manual)', () => {
    for (const [value, rounded] of [
      [10.5, 10],
      [11.5, 12],
      [12.5, 12],
      [13.5, 14],
    ] as const) {
      gives({ $round: [value, 0] }, new Double(rounded));
    }
    gives({ $round: [19.25, 1] }, 19.2);
    gives({ $round: [28.73, 1] }, 28.7);
    gives({ $round: [-54.8, -1] }, new Double(-50));
    gives({ $round: [decimal('2.55'), 1] }, decimal('2.6'));
    gives({ $trunc: [7.85, 0] }, new Double(7));
    gives({ $trunc: [19.25, 1] }, 19.2);
    gives({ $trunc: [45, -1] }, 40);
    gives({ $floor: -2.8 }, new Double(-3));
    gives({ $ceil: 7.8 }, new Double(8));
    gives({ $ceil: 5 }, 5);
    gives({ $abs: -1 }, 1);
    gives({ $abs: decimal('-1.50') }, decimal('1.50'));
    gives({ $ln: 1 }, new Double(0));
    refused({ $ln: 0 }, 28766);
    refused({ $abs: 'x' }, 28765);
    refused({ $round: 'x' }, 51081);
    refused({ $mod: ['x', 1] }, 16611);
  });

  it('over lists', () => {
    gives({ $sum: [1, 'x', 2.5] }, 3.5);
    gives({ $sum: '$l' }, 6, { l: [1, 2, 3] });
    gives({ $avg: ['$a', '$b'] }, new Double(3), { a: 2, b: 4 });
    gives({ $max: [1, '$x', 5, null] }, 5);
    gives({ $min: '$l' }, 1, { l: [3, 1, 2] });
    gives({ $max: [] }, null);
    gives({ $size: [[1, 2]] }, 2);
    refused({ $size: '$x' }, 17124);
  });
});
