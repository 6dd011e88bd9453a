import { describe, it } from 'vitest';
import { answers, createPipelineContext, refusesPipeline } from '../pipeline-testing.ts';

describe('$lookup', () => {
  const inventory = [
    { _id: 1, sku: 'almonds', instock: 120 },
    { _id: 2, sku: 'bread', instock: 80 },
    { _id: 5, sku: null },
    { _id: 6 },
  ];
  const context = () => createPipelineContext({ inventory });

  it('joins by equality, null with missing (the manual)', () => {
    answers(
      [{ _id: 1, item: 'almonds' }, { _id: 3 }, { _id: 4, item: ['bread', 'almonds'] }],
      [{ $lookup: { from: 'inventory', localField: 'item', foreignField: 'sku', as: 'docs' } }],
      [
        { _id: 1, item: 'almonds', docs: [inventory[0]] },
        { _id: 3, docs: [inventory[2], inventory[3]] },
        { _id: 4, item: ['bread', 'almonds'], docs: [inventory[0], inventory[1]] },
      ],
      context(),
    );
  });

  it('joins by a pipeline with variables', () => {
    answers(
      [
        { _id: 1, item: 'almonds', ordered: 2 },
        { _id: 2, item: 'bread', ordered: 100 },
      ],
      [
        {
          $lookup: {
            from: 'inventory',
            let: { item: '$item', ordered: '$ordered' },
            pipeline: [
              {
                $match: {
                  _id: { $lt: 5 },
                  $expr: { $and: [{ $eq: ['$sku', '$$item'] }, { $gte: ['$instock', '$$ordered'] }] },
                },
              },
              { $project: { _id: 0, instock: 1 } },
            ],
            as: 'stock',
          },
        },
      ],
      [
        { _id: 1, item: 'almonds', ordered: 2, stock: [{ instock: 120 }] },
        { _id: 2, item: 'bread', ordered: 100, stock: [] },
      ],
      context(),
    );
    refusesPipeline([{ $lookup: { from: 'x', localField: 'a', as: 'b' } }], 9, context());
  });
});
