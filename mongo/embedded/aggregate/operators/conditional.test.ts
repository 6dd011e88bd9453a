import { Timestamp } from 'bson';
import { describe, it } from 'vitest';
import { decimal, gives, refused } from '../expression-testing.ts';

/** Linted against, since it would make an object look like a promise. */
const THEN = 'then';

describe('comparison, logic and conditions', () => {
  it('compares across types, missing below null', () => {
    gives({ $gt: ['$x', null] }, false);
    gives({ $lt: ['$x', null] }, true);
    gives({ $eq: [1, decimal('1')] }, true);
    gives({ $cmp: ['a', 1] }, 1);
    gives({ $in: [2, [1, 2]] }, true);
    refused({ $in: [2, 3] }, 40081);
    gives({ $type: '$x' }, 'missing');
    gives({ $type: new Timestamp({ t: 1, i: 1 }) }, 'timestamp');
  });
  it('takes null and zero for false', () => {
    gives({ $and: [1, 'x', []] }, true);
    gives({ $and: [1, 0] }, false);
    gives({ $or: [null, '$x', 0] }, false);
    gives({ $not: [false] }, true);
    gives({ $and: [] }, true);
  });
  it('chooses', () => {
    gives({ $cond: [{ $gte: ['$q', 250] }, 30, 20] }, 20, { q: 100 });
    gives({ $cond: { if: true, [THEN]: 'a', else: 'b' } }, 'a');
    gives({ $ifNull: ['$a', '$b', 'Unspecified'] }, 'Unspecified', { a: null });
    refused({ $cond: [1, 2] }, 16020);
  });
});
