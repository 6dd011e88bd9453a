import { describe, it } from 'vitest';
import { becomes, refused } from './testing.ts';

describe('refusals', () => {
  it('of conflicting, empty and dollar paths have the server codes', () => {
    refused({ _id: 1 }, { $set: { a: 1 }, $inc: { a: 1 } }, 40);
    refused({ _id: 1 }, { $set: { a: 1, 'a.b': 1 } }, 40);
    refused({ _id: 1 }, { $rename: { a: 'b' }, $set: { b: 1 } }, 40);
    refused({ _id: 1 }, { $set: { '': 1 } }, 56);
    refused({ _id: 1 }, { $set: { 'a..b': 1 } }, 56);
    refused({ _id: 1 }, { $set: { $a: 1 } }, 52);
    refused({ _id: 1 }, { $foo: { a: 1 } }, 9);
    refused({ _id: 1 }, { $set: 1 }, 9);
    refused({ _id: 1 }, { $set: { a: 1 }, b: 1 }, 9);
    refused({ _id: 1 }, { a: 1, $b: 1 }, 52);
  });

  it('of a changed _id are ImmutableField, an equal one changes nothing', () => {
    refused({ _id: 1 }, { $set: { _id: 2 } }, 66);
    refused({ _id: 1 }, { $unset: { _id: '' } }, 66);
    refused({ _id: 1 }, { _id: 2, a: 1 }, 66);
    becomes({ _id: 1, a: 1 }, { $set: { _id: 1 } }, { _id: 1, a: 1 });
  });
});

it('a field below the top level may begin with a dollar sign', () => {
  becomes(
    { _id: 1, a: { $b: 1 } },
    { $set: { 'a.$b': 2, 'c.$d.e': 3 } },
    { _id: 1, a: { $b: 2 }, c: { $d: { e: 3 } } },
  );
  refused({ _id: 1 }, { $inc: { '$a.b': 1 } }, 52);
});

describe('replacement and pipeline', () => {
  it('a replacement keeps the _id in front and may hold dots and dollars inside', () => {
    becomes({ _id: 1, a: 1 }, { b: 2 }, { _id: 1, b: 2 });
    becomes({ _id: 1, a: 1 }, { _id: 1, 'a.b': { $c: 1 } }, { _id: 1, 'a.b': { $c: 1 } });
  });

  it('a pipeline computes from the old document', () => {
    becomes(
      { _id: 1, t: { u: 1, v: 2 } },
      [{ $replaceRoot: { newRoot: '$t' } }, { $addFields: { foo: 1 } }],
      { _id: 1, u: 1, v: 2, foo: 1 },
    );
    becomes({ _id: 1, a: 2 }, [{ $set: { b: { $multiply: ['$a', 3] }, 'c.d': '$a' } }, { $unset: 'a' }], {
      _id: 1,
      b: 6,
      c: { d: 2 },
    });
    becomes({ _id: 1, x: 1, y: 2 }, [{ $project: { x: 1 } }], { _id: 1, x: 1 });
    refused({ _id: 1 }, [{ $match: {} }], 72);
  });
});
