import { Timestamp } from 'bson';
import { describe, it } from 'vitest';
import { decimal, evaluatesTo, refusesExpression } from '../expression-testing.ts';

/** Linted against, since it would make an object look like a promise. */
const THEN = 'then';

describe('comparison, logic and conditions', () => {
  it('compares across types, missing below null', () => {
    evaluatesTo({ $gt: ['$x', null] }, false);
    evaluatesTo({ $lt: ['$x', null] }, true);
    evaluatesTo({ $eq: [1, decimal('1')] }, true);
    evaluatesTo({ $gt: ['a', 1] }, true);
    evaluatesTo({ $in: [2, [1, 2]] }, true);
    refusesExpression({ $in: [2, 3] }, 40081);
    evaluatesTo({ $type: '$x' }, 'missing');
    evaluatesTo({ $type: new Timestamp({ t: 1, i: 1 }) }, 'timestamp');
  });
  it('takes null and zero for false', () => {
    evaluatesTo({ $and: [1, 'x', []] }, true);
    evaluatesTo({ $and: [1, 0] }, false);
    evaluatesTo({ $or: [null, '$x', 0] }, false);
    evaluatesTo({ $not: [false] }, true);
    evaluatesTo({ $and: [] }, true);
  });
  it('chooses', () => {
    evaluatesTo({ $cond: [{ $gte: ['$q', 250] }, 30, 20] }, 20, { q: 100 });
    evaluatesTo({ $cond: { if: true, [THEN]: 'a', else: 'b' } }, 'a');
    evaluatesTo({ $ifNull: ['$a', '$b', 'Unspecified'] }, 'Unspecified', { a: null });
    refusesExpression({ $cond: [1, 2] }, 16020);
  });
});
