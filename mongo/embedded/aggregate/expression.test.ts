import { describe, expect, it } from 'vitest';
import type { Doc } from '../bson/values.ts';
import { compileExpression } from './expression.ts';
import { evaluatesTo, MISSING, refusesExpression } from './expression-testing.ts';

describe('paths and variables', () => {
  const doc = { a: { b: 1 }, l: [{ b: 1 }, { c: 1 }, { b: [2] }, 5], n: null };
  it('go through arrays to the array of values', () => {
    evaluatesTo('$a.b', 1, doc);
    evaluatesTo('$l.b', [1, [2]], doc);
    evaluatesTo('$l.0', [], doc);
    evaluatesTo('$x.y', MISSING, doc);
    evaluatesTo('$a.b.c', MISSING, doc);
    evaluatesTo('$$ROOT.a', { b: 1 }, doc);
    evaluatesTo('$$CURRENT.a.b', 1, doc);
    evaluatesTo('$$NOW', new Date(0), doc);
    evaluatesTo({ x: '$nope', y: ['$nope', '$a.b'] }, { y: [null, 1] }, doc);
  });
  it('are refused when wrong', () => {
    refusesExpression('$$nope', 17276);
    refusesExpression('$', 16872);
    refusesExpression('$a..b', 40353);
    refusesExpression({ $add: [1], b: 2 }, 15983);
    refusesExpression({ $nope: 1 }, 168);
    refusesExpression({ $floor: [1, 2] }, 16020);
  });
});

describe('$literal', () => {
  it('is not evaluated', () => {
    evaluatesTo({ $literal: '$a' }, '$a', { a: 1 });
    evaluatesTo({ $literal: { $add: [1, 2] } }, { $add: [1, 2] });
    const literal = compileExpression(new Map([['$literal', null]]));
    expect(literal(new Map() as Doc)).toBeNull();
  });
});
