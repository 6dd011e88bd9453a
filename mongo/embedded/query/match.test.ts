import { Decimal128, type Document, Double, Long, MaxKey, MinKey, ObjectId } from 'bson';
import { describe, expect, it } from 'vitest';
import { commandVariables, letVariables } from '../aggregate/expression.ts';
import { d } from '../bson/testing.ts';
import { UNDEFINED } from '../bson/values.ts';
import { conjuncts, fieldsRead } from './ast.ts';
import { compileFilter } from './compile.ts';
import { FILTER_OPERATORS, parseFilter } from './parse.ts';

const matches = (filter: Document, doc: Document) => compileFilter(parseFilter(d(filter)))(d(doc));

/** Which of the documents a filter matches, by position. */
function finds(filter: Document, docs: Document[], expected: number[]): void {
  const found = docs.map((doc, index) => (matches(filter, doc) ? index : -1)).filter((index) => index >= 0);
  expect(found, JSON.stringify(filter)).toEqual(expected);
}

function refused(filter: Document, code: number): void {
  expect(() => parseFilter(d(filter)), JSON.stringify(filter)).toThrow(expect.objectContaining({ code }));
}

describe('equality', () => {
  it('compares numbers by value and documents by order', () => {
    finds(
      { a: 1 },
      [{ a: 1 }, { a: new Double(1) }, { a: Long.ONE }, { a: Decimal128.fromString('1.0') }, { a: '1' }],
      [0, 1, 2, 3],
    );
    finds(
      { a: { x: 1, y: 2 } },
      [{ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }, { a: { x: 1, y: 2, z: 3 } }],
      [0],
    );
    finds({ a: Number.NaN }, [{ a: Number.NaN }, { a: Decimal128.fromString('NaN') }, { a: 1 }], [0, 1]);
  });

  it('reaches into arrays, and matches arrays as a whole', () => {
    finds({ a: 1 }, [{ a: [1, 2] }, { a: [[1]] }, { a: [2] }], [0]);
    finds({ a: [1, 2] }, [{ a: [1, 2] }, { a: [[1, 2], 3] }, { a: [2, 1] }], [0, 1]);
    finds(
      { 'a.b': 1 },
      [{ a: { b: 1 } }, { a: [{ b: 1 }] }, { a: [[{ b: 1 }]] }, { a: [{ b: [1, 2] }] }],
      [0, 1, 3],
    );
  });

  it('takes a number in a path for a position or a name', () => {
    finds(
      { 'a.1': 7 },
      [{ a: [5, 7, 3] }, { a: [{ 1: 7 }] }, { a: { 1: 7 } }, { a: [7] }, { a: [5, [7]] }],
      [0, 1, 2],
    );
    finds({ 'a.0.b': 4 }, [{ a: [{ b: 4 }] }, { a: [[{ b: 4 }]] }, { a: [5, { b: 4 }] }], [0, 1]);
  });

  it('of null also means missing and undefined', () => {
    const docs = [{ a: null }, {}, { a: 1 }, { a: [] }, { a: [null] }];
    finds({ a: null }, docs, [0, 1, 4]);
    finds({ a: { $ne: null } }, docs, [2, 3]);
    expect(compileFilter(parseFilter(d({ a: null })))(new Map([['a', UNDEFINED]]))).toBe(true);
    finds(
      { 'a.b': null },
      [
        { a: 4 },
        { a: null },
        {},
        { a: {} },
        { a: [] },
        { a: [1, 2] },
        { a: [{ b: 3 }, {}] },
        { a: [{ b: 3 }] },
      ],
      [0, 1, 2, 3, 6],
    );
  });
});

describe('comparison', () => {
  it('stays within a type bracket', () => {
    finds(
      { a: { $gt: 5 } },
      [{ a: 6 }, { a: '6' }, { a: null }, { a: Long.fromNumber(7) }, { a: new Date() }, { a: Number.NaN }],
      [0, 3],
    );
    finds({ a: { $lt: 'm' } }, [{ a: 'a' }, { a: 1 }, { a: 'z' }], [0]);
    finds({ a: { $gte: null } }, [{ a: null }, {}, { a: 1 }], [0, 1]);
    finds({ a: { $gt: null } }, [{ a: null }, {}, { a: 1 }], []);
    finds({ a: { $lte: Number.NaN } }, [{ a: Number.NaN }, { a: 1 }], [0]);
  });

  it('with MinKey and MaxKey goes across types', () => {
    finds({ a: { $gt: new MinKey() } }, [{ a: 1 }, { a: 'x' }, { a: new MinKey() }], [0, 1]);
    finds({ a: { $lt: new MaxKey() } }, [{ a: 1 }, { a: new MaxKey() }], [0]);
  });

  it('of an array holds when any element does, each condition for itself', () => {
    finds({ a: { $gt: 5, $lt: 3 } }, [{ a: [1, 9] }, { a: 4 }], [0]);
    finds({ a: { $elemMatch: { $gt: 5, $lt: 8 } } }, [{ a: [1, 9] }, { a: [6] }, { a: 6 }], [1]);
  });

  it('$in finds values and patterns, $nin neither', () => {
    const id = new ObjectId();
    const docs = [
      { a: 1 },
      { a: 'abc' },
      { a: id },
      { a: [5, 1] },
      {},
      { a: { x: 1 } },
      { a: Decimal128.fromString('1') },
    ];
    finds({ a: { $in: [1, /^ab/, id] } }, docs, [0, 1, 2, 3, 6]);
    finds({ a: { $in: [null, { x: 1 }] } }, docs, [4, 5]);
    finds({ a: { $nin: [1, null] } }, docs, [1, 2, 5]);
    finds({ a: { $in: [] } }, docs, []);
  });
});

describe('the other operators', () => {
  it('$and, $or, $nor and $not', () => {
    const docs = [{ a: 1, b: 1 }, { a: 1, b: 2 }, { a: 2 }];
    finds({ $or: [{ a: 2 }, { b: 2 }] }, docs, [1, 2]);
    finds({ $nor: [{ a: 2 }, { b: 2 }] }, docs, [0]);
    finds({ $and: [{ a: 1 }, { b: { $ne: 2 } }] }, docs, [0]);
    finds({ b: { $not: { $gt: 1 } } }, docs, [0, 2]);
    finds({ a: { $not: /x/ } }, [{ a: 'x' }, { a: 'y' }, { a: 1 }], [1, 2]);
  });

  it('$exists, $type and $size', () => {
    const docs = [{ a: 1 }, { a: null }, {}, { a: [] }, { a: ['x', 1.5] }];
    finds({ a: { $exists: true } }, docs, [0, 1, 3, 4]);
    finds({ a: { $exists: false } }, docs, [2]);
    finds({ a: { $type: 'array' } }, docs, [3, 4]);
    finds({ a: { $type: ['string', 'null'] } }, docs, [1, 4]);
    finds({ a: { $type: 'number' } }, docs, [0, 4]);
    finds({ a: { $type: 10 } }, docs, [1]);
    finds({ a: { $size: 2 } }, docs, [4]);
    finds({ 'a.b': { $exists: true } }, [{ a: [{ c: 1 }, { b: 1 }] }, { a: [{ c: 1 }] }], [0]);
  });

  it('$mod truncates and takes numbers only', () => {
    finds(
      { a: { $mod: [4, 0] } },
      [{ a: 8 }, { a: 8.9 }, { a: '8' }, { a: -4 }, { a: Number.NaN }, { a: 5 }],
      [0, 1, 3],
    );
  });

  it('$all and $elemMatch (the manual)', () => {
    finds(
      { tags: { $all: ['ssl', 'security'] } },
      [{ tags: ['ssl', 'x', 'security'] }, { tags: ['ssl'] }, { tags: 'ssl' }],
      [0],
    );
    finds({ tags: { $all: ['ssl'] } }, [{ tags: 'ssl' }], [0]);
    finds({ tags: { $all: [] } }, [{ tags: [] }], []);
    const results = [
      {
        r: [
          { p: 'abc', s: 10 },
          { p: 'xyz', s: 5 },
        ],
      },
      {
        r: [
          { p: 'abc', s: 8 },
          { p: 'xyz', s: 7 },
        ],
      },
    ];
    finds({ r: { $elemMatch: { p: 'xyz', s: { $gte: 7 } } } }, results, [1]);
    finds(
      { r: { $all: [{ $elemMatch: { p: 'abc', s: { $gt: 9 } } }, { $elemMatch: { p: 'xyz' } }] } },
      results,
      [0],
    );
    finds({ r: { $elemMatch: { $or: [{ s: 10 }, { s: 11 }] } } }, results, [0]);
    finds({ a: { $elemMatch: { $elemMatch: { $eq: 2 } } } }, [{ a: [[1, 2]] }, { a: [2] }], [0]);
    finds({ a: { $elemMatch: { $ne: 1 } } }, [{ a: [1] }, { a: [1, 2] }, { a: [] }], [1]);
  });

  it('$expr computes with variables of the command', () => {
    const vars = letVariables(d({ low: 5 }), commandVariables());
    const over = compileFilter(parseFilter(d({ $expr: { $gt: ['$spent', '$$low'] } })), { vars });
    expect(over(d({ spent: 6 }))).toBe(true);
    expect(over(d({ spent: 4 }))).toBe(false);
    finds(
      { $expr: { $gt: ['$spent', '$budget'] } },
      [
        { budget: 100, spent: 120 },
        { budget: 100, spent: 96 },
      ],
      [0],
    );
  });

  it('$comment means nothing', () => {
    finds({ a: 1, $comment: 'why' }, [{ a: 1 }], [0]);
  });
});

describe('the positional detail', () => {
  const position = (filter: Document, doc: Document) => {
    const details = { position: -1 };
    expect(compileFilter(parseFilter(d(filter)))(d(doc), details)).toBe(true);
    return details.position;
  };
  it('is the place in the outermost array', () => {
    expect(position({ a: 3 }, { a: [1, 2, 3] })).toBe(2);
    expect(position({ 'a.b': 2 }, { a: [{ b: 1 }, { b: 2 }] })).toBe(1);
    expect(position({ 'a.b': 2 }, { a: [{ b: [1] }, { b: [0, 2] }] })).toBe(1);
    expect(position({ a: { $elemMatch: { b: 2 } } }, { a: [{ b: 1 }, { b: 2 }] })).toBe(1);
    expect(position({ _id: 1, a: { $ne: 5 } }, { _id: 1, a: [1] })).toBe(-1);
    expect(position({ a: [1, 2] }, { a: [1, 2] })).toBe(-1);
    expect(position({ 'a.1': 5 }, { a: [1, 5] })).toBe(-1);
    expect(position({ 'a.1.b': 5 }, { a: [1, { b: [4, 5] }] })).toBe(1);
  });
});

describe('parsing', () => {
  it('refuses what the server refuses', () => {
    refused({ a: { $foo: 1 } }, 2);
    refused({ $foo: 1 }, 2);
    refused({ a: { $gt: 1, b: 2 } }, 2);
    refused({ $and: [] }, 2);
    refused({ $or: {} }, 2);
    refused({ $or: [1] }, 2);
    refused({ a: { $in: 1 } }, 2);
    refused({ a: { $in: [{ $gt: 1 }] } }, 2);
    refused({ a: { $mod: [0, 1] } }, 2);
    refused({ a: { $size: -1 } }, 2);
    refused({ a: { $size: 1.5 } }, 2);
    refused({ a: { $type: 'nope' } }, 2);
    refused({ a: { $not: 1 } }, 2);
    refused({ a: { $not: {} } }, 2);
    refused({ a: { $elemMatch: 1 } }, 2);
    refused({ a: { $ne: /x/ } }, 2);
    refused({ a: { $regex: 'x', $options: 'g' } }, 51108);
    refused({ a: { $regex: '(' } }, 51091);
    refused({ a: { $options: 'i' } }, 2);
  });

  it('names MongoDB for what only MongoDB has', () => {
    for (const filter of [
      { $where: 'x' },
      { $text: { $search: 'x' } },
      { a: { $near: [0, 0] } },
      { $jsonSchema: {} },
      { a: { $bitsAllSet: 1 } },
    ]) {
      expect(() => parseFilter(d(filter))).toThrow(/use MongoDB/);
    }
  });

  it('knows every operator that it lists', () => {
    for (const name of FILTER_OPERATORS) {
      const parse = (filter: Document) => {
        try {
          parseFilter(d(filter));
          return '';
        } catch (error) {
          return String(error);
        }
      };
      const errors = [parse({ [name]: 1 }), parse({ a: { [name]: 1 } })];
      expect(errors.filter((error) => /unknown (top level )?operator/.test(error)).length, name).toBeLessThan(
        2,
      );
    }
  });

  it('bounds the depth of a filter', () => {
    let condition: Document = { $gt: 1 };
    for (let level = 0; level < 120; level++) condition = { $not: condition };
    expect(() => parseFilter(d({ a: condition }))).toThrow(/depth/);
  });

  it('hands the planner a flat list of conditions and the fields they read', () => {
    const node = parseFilter(d({ a: 1, $and: [{ 'b.c': { $gt: 1 } }, { $and: [{ d: null }] }] }));
    expect(conjuncts(node).map((part) => part.op)).toEqual(['eq', 'gt', 'eq']);
    expect(fieldsRead(node)).toEqual(new Set(['a', 'b', 'd']));
    expect(fieldsRead(parseFilter(d({ $expr: '$x' })))).toBeNull();
  });

  it('keeps a $in of 100,000 values fast', () => {
    const values = Array.from({ length: 100_000 }, (_, index) => index * 2);
    const inSet = compileFilter(parseFilter(d({ a: { $in: values } })));
    expect(inSet(d({ a: 199_998 }))).toBe(true);
    expect(inSet(d({ a: 199_997 }))).toBe(false);
  });
});
