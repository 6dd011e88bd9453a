import { Timestamp } from 'bson';
import { describe, expect, it } from 'vitest';
import { d } from '../bson/testing.ts';
import type { Doc } from '../bson/values.ts';
import { compileUpdate } from './compile.ts';
import { becomes, refusesUpdate } from './testing.ts';

describe('refusals', () => {
  it('of conflicting, empty and dollar paths have the server codes', () => {
    refusesUpdate({ _id: 1 }, { $set: { a: 1 }, $inc: { a: 1 } }, 40);
    refusesUpdate({ _id: 1 }, { $set: { a: 1, 'a.b': 1 } }, 40);
    refusesUpdate({ _id: 1 }, { $rename: { a: 'b' }, $set: { b: 1 } }, 40);
    refusesUpdate({ _id: 1 }, { $set: { '': 1 } }, 56);
    refusesUpdate({ _id: 1 }, { $set: { 'a..b': 1 } }, 56);
    refusesUpdate({ _id: 1 }, { $set: { $a: 1 } }, 52);
    refusesUpdate({ _id: 1 }, { $foo: { a: 1 } }, 9);
    refusesUpdate({ _id: 1 }, { $set: 1 }, 9);
    refusesUpdate({ _id: 1 }, { $set: { a: 1 }, b: 1 }, 9);
    refusesUpdate({ _id: 1 }, { a: 1, $b: 1 }, 52);
  });

  it('of a path that looks like an operator are the same where a sound update has the same words', () => {
    becomes({ _id: 1 }, { $set: { a: 1 }, $inc: { b: 1 } }, { _id: 1, a: 1, b: 1 });
    refusesUpdate({ _id: 1 }, { $set: { a: 1, $inc: 1, b: 1 } }, 52);
    refusesUpdate({ _id: 1, a: [{ b: [1] }] }, { $set: { 'a.$.b.$': 1 } }, 2, { filter: { 'a.b': 1 } });
    refusesUpdate({ _id: 1, a: [] }, { $set: { '$[].a': 1 } }, 2);
  });

  it('of a changed _id are ImmutableField, an equal one changes nothing', () => {
    refusesUpdate({ _id: 1 }, { $set: { _id: 2 } }, 66);
    refusesUpdate({ _id: 1 }, { $unset: { _id: '' } }, 66);
    refusesUpdate({ _id: 1 }, { _id: 2, a: 1 }, 66);
    becomes({ _id: 1, a: 1 }, { $set: { _id: 1 } }, { _id: 1, a: 1 });
  });
});

it('a field below the top level may begin with a dollar sign', () => {
  becomes(
    { _id: 1, a: { $b: 1 } },
    { $set: { 'a.$b': 2, 'c.$d.e': 3 } },
    { _id: 1, a: { $b: 2 }, c: { $d: { e: 3 } } },
  );
  refusesUpdate({ _id: 1 }, { $inc: { '$a.b': 1 } }, 52);
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
    becomes({ _id: 1, a: 2 }, [{ $set: { b: { $add: ['$a', 4] }, 'c.d': '$a' } }, { $unset: 'a' }], {
      _id: 1,
      b: 6,
      c: { d: 2 },
    });
    becomes({ _id: 1, x: 1, y: 2 }, [{ $project: { x: 1 } }], { _id: 1, x: 1 });
    refusesUpdate({ _id: 1 }, [{ $match: {} }], 72);
  });
});

it('new fields come in the order of their names, numbers by value', () => {
  const update = compileUpdate(d({ $set: { 'a.10': 1, 'a.9': 2, 'a.b': 3, z: 4, c: 5 } }));
  const { doc } = update.apply(d({ _id: 1, a: {} }));
  expect([...doc.keys()]).toEqual(['_id', 'a', 'c', 'z']);
  expect([...(doc.get('a') as Doc).keys()]).toEqual(['9', '10', 'b']);
});

it('an empty timestamp is filled in a replacement, but for the _id', () => {
  const empty = new Timestamp({ t: 0, i: 0 });
  const filled = new Timestamp({ t: 5, i: 1 });
  const context = { now: 5_000n };
  becomes({ _id: empty, a: 1 }, { _id: empty, at: empty }, { _id: empty, at: filled }, { context });
  becomes({ _id: 1 }, { in: { at: empty } }, { _id: 1, in: { at: empty } }, { context });
});
