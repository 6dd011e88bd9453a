import type { Document } from 'bson';
import { describe, expect, it } from 'vitest';
import { d, j } from '../bson/testing.ts';
import { parseFilter } from './parse.ts';
import { compileProjection } from './projection.ts';

function gives(doc: Document, projection: Document, expected: Document, filter: Document = {}): void {
  const project = compileProjection(d(projection), { filter: parseFilter(d(filter)) });
  expect(j(project(d(doc)))).toBe(j(d(expected)));
}

function refused(projection: Document, code: number): void {
  expect(() => compileProjection(d(projection))).toThrow(expect.objectContaining({ code }));
}

const DOC = { _id: 1, a: 1, b: { c: 2, d: 3 }, l: [{ x: 1, y: 2 }, { x: 3 }, 5] };

describe('inclusion and exclusion', () => {
  it('keep the order of the document and the _id unless set otherwise', () => {
    gives(DOC, { b: 1, a: 1 }, { _id: 1, a: 1, b: { c: 2, d: 3 } });
    gives(DOC, { a: 1, _id: 0 }, { a: 1 });
    gives(DOC, { a: 0, b: 0 }, { _id: 1, l: DOC.l });
    gives(DOC, { _id: 1 }, { _id: 1 });
    gives(DOC, { _id: 0 }, { a: 1, b: DOC.b, l: DOC.l });
    gives(DOC, { _id: 1, a: 0, l: 0 }, { _id: 1, b: DOC.b });
    gives(DOC, {}, DOC);
  });

  it('go into documents and arrays', () => {
    gives(DOC, { 'b.c': 1, 'l.x': 1 }, { _id: 1, b: { c: 2 }, l: [{ x: 1 }, { x: 3 }] });
    gives(DOC, { b: { c: 1 } }, { _id: 1, b: { c: 2 } });
    gives(DOC, { 'b.c': 0, 'l.x': 0, a: 0 }, { _id: 1, b: { d: 3 }, l: [{ y: 2 }, {}, 5] });
    gives({ _id: 1, a: 5 }, { 'a.b': 1 }, { _id: 1 });
  });

  it('cannot be mixed, nor name a path twice', () => {
    refused({ a: 1, b: 0 }, 31254);
    refused({ a: 0, b: 1 }, 31253);
    refused({ a: 1, 'a.b': 1 }, 31249);
    refused({ 'a.b': 1, a: 1 }, 31249);
    refused({ $a: 1 }, 16410);
    refused({ 'a.': 1 }, 40353);
  });
});

describe("find's own forms", () => {
  it('$slice takes a part of an array', () => {
    const doc = { _id: 1, a: 1, l: [1, 2, 3, 4] };
    gives(doc, { l: { $slice: 2 } }, { _id: 1, a: 1, l: [1, 2] });
    gives(doc, { l: { $slice: -1 } }, { _id: 1, a: 1, l: [4] });
    gives(doc, { l: { $slice: [1, 2] } }, { _id: 1, a: 1, l: [2, 3] });
    gives(doc, { l: { $slice: [-3, 2] }, a: 1 }, { _id: 1, a: 1, l: [2, 3] });
    gives(doc, { l: { $slice: 1 }, _id: 0 }, { a: 1, l: [1] });
  });

  it('$elemMatch takes the first element that matches', () => {
    gives(DOC, { l: { $elemMatch: { x: { $gt: 2 } } } }, { _id: 1, l: [{ x: 3 }] });
    gives(DOC, { l: { $elemMatch: { x: 9 } } }, { _id: 1 });
    refused({ 'a.b': { $elemMatch: { x: 1 } } }, 31275);
  });

  it('the positional $ takes the element that the filter found', () => {
    gives({ _id: 1, g: [80, 85, 90] }, { 'g.$': 1 }, { _id: 1, g: [85] }, { g: { $gt: 80 } });
    gives(DOC, { 'l.$': 1, a: 1 }, { _id: 1, a: 1, l: [{ x: 3 }] }, { 'l.x': 3 });
    refused({ 'a.$': 0 }, 31395);
    refused({ 'a.$': 1, 'b.$': 1 }, 31276);
  });

  it('expressions compute fields, also inside documents', () => {
    gives(DOC, { a: 1, s: { $add: ['$a', '$b.c'] } }, { _id: 1, a: 1, s: 3 });
    gives(DOC, { 'b.e': '$a', _id: 0 }, { b: { e: 1 } });
    gives(DOC, { t: '$nope.x', v: 'text' }, { _id: 1, v: 'text' });
    refused({ a: 0, s: '$x' }, 31252);
    refused({ a: { $nope: 1 } }, 168);
  });

  it('report which fields they read', () => {
    expect(compileProjection(d({ 'a.b': 1, c: 1 })).needed).toEqual(new Set(['a', 'c', '_id']));
    expect(compileProjection(d({ a: 0 })).needed).toBeNull();
    expect(compileProjection(d({ a: '$b' })).needed).toBeNull();
  });
});
