import { Long } from 'bson';
import { describe, it } from 'vitest';
import { answers, refusesPipeline } from '../pipeline-testing.ts';

describe('$unwind', () => {
  const SIZES = [
    { _id: 1, sizes: ['S', 'M'] },
    { _id: 2, sizes: [] },
    { _id: 3, sizes: 'M' },
    { _id: 4 },
    { _id: 5, sizes: null },
  ];
  it('returns a document for each element (the manual)', () => {
    answers(
      SIZES,
      [{ $unwind: '$sizes' }],
      [
        { _id: 1, sizes: 'S' },
        { _id: 1, sizes: 'M' },
        { _id: 3, sizes: 'M' },
      ],
    );
  });
  it('can keep the empty ones and count', () => {
    answers(
      SIZES,
      [{ $unwind: { path: '$sizes', preserveNullAndEmptyArrays: true, includeArrayIndex: 'i' } }],
      [
        { _id: 1, sizes: 'S', i: Long.fromNumber(0) },
        { _id: 1, sizes: 'M', i: Long.fromNumber(1) },
        { _id: 2, i: null },
        { _id: 3, sizes: 'M', i: null },
        { _id: 4, i: null },
        { _id: 5, sizes: null, i: null },
      ],
    );
    refusesPipeline([{ $unwind: 'sizes' }], 28818);
  });
});
