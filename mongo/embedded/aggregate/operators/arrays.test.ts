import { describe, it } from 'vitest';
import { gives, MISSING, refused } from '../expression-testing.ts';

describe('arrays', () => {
  it('are taken apart and put together (the manual)', () => {
    gives({ $arrayElemAt: [[1, 2, 3], 0] }, 1);
    gives({ $arrayElemAt: [[1, 2, 3], -2] }, 2);
    gives({ $arrayElemAt: [[1, 2, 3], 15] }, MISSING);
    gives({ $first: '$l' }, 7, { l: [7, 8] });
    gives({ $last: '$l' }, 8, { l: [7, 8] });
    gives({ $concatArrays: [['a'], ['b', ['c']]] }, ['a', 'b', ['c']]);
    gives({ $concatArrays: [['a'], null] }, null);
    gives({ $slice: [[1, 2, 3], 1, 1] }, [2]);
    gives({ $slice: [[1, 2, 3], -2] }, [2, 3]);
    gives({ $slice: [[1, 2, 3], 15, 2] }, []);
    gives({ $slice: [[1, 2, 3], -15, 2] }, [1, 2]);
    gives({ $size: [[1, 2]] }, 2);
    refused({ $size: '$x' }, 17124);
    gives({ $isArray: [['x']] }, true);
    gives({ $isArray: 'x' }, false);
    gives({ $indexOfArray: [['a', 'b'], 'b'] }, 1);
    gives({ $range: [0, 10, 3] }, [0, 3, 6, 9]);
    gives({ $reverseArray: [[1, 2]] }, [2, 1]);
    gives(
      {
        $setUnion: [
          [2, 1],
          [2, 3],
        ],
      },
      [1, 2, 3],
    );
  });
  it('are filtered, mapped and reduced', () => {
    gives({ $filter: { input: '$l', as: 'n', cond: { $gt: ['$$n', 1] } } }, [2, 3], { l: [1, 2, 3] });
    gives({ $filter: { input: '$l', cond: { $gt: ['$$this', 1] }, limit: 1 } }, [2], { l: [1, 2, 3] });
    gives({ $map: { input: '$l', as: 'g', in: { $add: ['$$g', '$k'] } } }, [11, 12], { l: [1, 2], k: 10 });
    gives(
      { $reduce: { input: ['a', 'b', 'c'], initialValue: '', in: { $concat: ['$$value', '$$this'] } } },
      'abc',
    );
    gives(
      {
        $map: { input: '$l', as: 'o', in: { $filter: { input: '$$o', as: 'i', cond: { $gt: ['$$i', 1] } } } },
      },
      [[2], [3]],
      {
        l: [
          [1, 2],
          [3, 0],
        ],
      },
    );
    gives({ $map: { input: null, in: 1 } }, null);
  });
});
