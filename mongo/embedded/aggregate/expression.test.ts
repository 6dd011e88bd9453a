import { describe, expect, it } from 'vitest';
import type { Doc } from '../bson/values.ts';
import { compileExpression } from './expression.ts';
import { gives, MISSING, refused } from './expression-testing.ts';

describe('paths and variables', () => {
  const doc = { a: { b: 1 }, l: [{ b: 1 }, { c: 1 }, { b: [2] }, 5], n: null };
  it('go through arrays to the array of values', () => {
    gives('$a.b', 1, doc);
    gives('$l.b', [1, [2]], doc);
    gives('$l.0', [], doc);
    gives('$x.y', MISSING, doc);
    gives('$a.b.c', MISSING, doc);
    gives('$$ROOT.a', { b: 1 }, doc);
    gives('$$CURRENT.a.b', 1, doc);
    gives('$$NOW', new Date(0), doc);
    gives({ x: '$nope', y: ['$nope', '$a.b'] }, { y: [null, 1] }, doc);
  });
  it('are refused when wrong', () => {
    refused('$$nope', 17276);
    refused('$', 16872);
    refused('$a..b', 40353);
    refused({ $add: [1], b: 2 }, 15983);
    refused({ $nope: 1 }, 168);
    refused({ $abs: [1, 2] }, 16020);
  });
});

describe('$literal', () => {
  it('is not evaluated', () => {
    gives({ $literal: '$a' }, '$a', { a: 1 });
    gives({ $literal: { $add: [1, 2] } }, { $add: [1, 2] });
    const literal = compileExpression(new Map([['$literal', null]]));
    expect(literal(new Map() as Doc)).toBeNull();
  });
});
