import { Decimal128, type Document, Double, Long, ObjectId, Timestamp } from 'bson';
import { describe, expect, it } from 'vitest';
import { d, j } from '../bson/testing.ts';
import { type Doc, UNDEFINED, type Value } from '../bson/values.ts';
import { commandVariables, compileExpression } from './expression.ts';

/** Linted against, since it would make an object look like a promise. */
const THEN = 'then';
const MISSING = Symbol('missing');
const decimal = (text: string) => Decimal128.fromString(text);
const long = (value: number) => Long.fromNumber(value);
const date = (text: string) => new Date(text);

function evaluate(expression: unknown, doc: Document): Value | undefined {
  const compiled = compileExpression(d({ e: expression }).get('e')!, commandVariables(0n));
  return compiled(d(doc));
}

/** An expression and what the server makes of it. */
function gives(expression: unknown, expected: unknown, doc: Document = {}): void {
  const value = evaluate(expression, doc);
  if (expected === MISSING) expect(value, JSON.stringify(expression)).toBeUndefined();
  else
    expect(j(new Map([['v', value ?? UNDEFINED]])), JSON.stringify(expression)).toBe(j(d({ v: expected })));
}

function refused(expression: unknown, code: number, doc: Document = {}): void {
  expect(() => evaluate(expression, doc), JSON.stringify(expression)).toThrow(
    expect.objectContaining({ code }),
  );
}

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

describe('arithmetic', () => {
  it('keeps the narrowest type that the server keeps', () => {
    gives({ $add: [1, 2] }, 3);
    gives({ $add: [2147483647, 1] }, long(2147483648));
    gives({ $add: [Long.MAX_VALUE, 1] }, new Double(2 ** 63));
    gives({ $add: [1, 2.5] }, 3.5);
    gives({ $add: [0.1, decimal('0.2')] }, decimal('0.300000000000000'));
    gives({ $add: [1, null] }, null);
    gives({ $add: [date('2014-03-01T08:00:00Z'), 3 * 60 * 60000] }, date('2014-03-01T11:00:00Z'));
    gives({ $subtract: [date('2014-03-01T08:00:00Z'), date('2014-03-01T07:00:00Z')] }, long(3600000));
    gives({ $subtract: [date('2014-03-01T08:00:00Z'), 300000] }, date('2014-03-01T07:55:00Z'));
    gives({ $multiply: [3, 5] }, 15);
    gives({ $divide: [9, 3] }, new Double(3));
    gives({ $divide: [80, 8] }, new Double(10));
    gives({ $mod: [80, 7] }, 3);
    gives({ $mod: [-5.5, 2] }, -1.5);
    refused({ $divide: [1, 0] }, 2);
    refused({ $mod: [1, 0] }, 16610);
    refused({ $add: [1, 'x'] }, 14);
    refused({ $multiply: [1, 'x'] }, 14);
    refused({ $subtract: ['x', 1] }, 14);
  });

  it('rounds half to even (the manual)', () => {
    for (const [value, rounded] of [
      [10.5, 10],
      [11.5, 12],
      [12.5, 12],
      [13.5, 14],
    ] as const) {
      gives({ $round: [value, 0] }, new Double(rounded));
    }
    gives({ $round: [19.25, 1] }, 19.2);
    gives({ $round: [28.73, 1] }, 28.7);
    gives({ $round: [-54.8, -1] }, new Double(-50));
    gives({ $round: [decimal('2.55'), 1] }, decimal('2.6'));
    gives({ $trunc: [7.85, 0] }, new Double(7));
    gives({ $trunc: [19.25, 1] }, 19.2);
    gives({ $trunc: [45, -1] }, 40);
    gives({ $floor: -2.8 }, new Double(-3));
    gives({ $ceil: 7.8 }, new Double(8));
    gives({ $ceil: 5 }, 5);
    gives({ $abs: -1 }, 1);
    gives({ $abs: decimal('-1.50') }, decimal('1.50'));
    gives({ $ln: 1 }, new Double(0));
    refused({ $ln: 0 }, 28766);
    refused({ $abs: 'x' }, 28765);
    refused({ $round: 'x' }, 51081);
    refused({ $mod: ['x', 1] }, 16611);
  });

  it('over lists', () => {
    gives({ $sum: [1, 'x', 2.5] }, 3.5);
    gives({ $sum: '$l' }, 6, { l: [1, 2, 3] });
    gives({ $avg: ['$a', '$b'] }, new Double(3), { a: 2, b: 4 });
    gives({ $max: [1, '$x', 5, null] }, 5);
    gives({ $min: '$l' }, 1, { l: [3, 1, 2] });
    gives({ $max: [] }, null);
  });
});

describe('comparison, logic and conditions', () => {
  it('compares across types, missing below null', () => {
    gives({ $gt: ['$x', null] }, false);
    gives({ $lt: ['$x', null] }, true);
    gives({ $eq: [1, decimal('1')] }, true);
    gives({ $cmp: ['a', 1] }, 1);
    gives({ $in: [2, [1, 2]] }, true);
    refused({ $in: [2, 3] }, 40081);
  });
  it('takes null and zero for false', () => {
    gives({ $and: [1, 'x', []] }, true);
    gives({ $and: [1, 0] }, false);
    gives({ $or: [null, '$x', 0] }, false);
    gives({ $not: [false] }, true);
    gives({ $and: [] }, true);
  });
  it('chooses', () => {
    gives({ $cond: [{ $gte: ['$q', 250] }, 30, 20] }, 20, { q: 100 });
    gives({ $cond: { if: true, [THEN]: 'a', else: 'b' } }, 'a');
    gives({ $ifNull: ['$a', '$b', 'Unspecified'] }, 'Unspecified', { a: null });
    gives(
      {
        $switch: {
          branches: [
            { case: { $eq: [1, 2] }, [THEN]: 'x' },
            { case: true, [THEN]: 'y' },
          ],
        },
      },
      'y',
    );
    refused({ $switch: { branches: [{ case: false, [THEN]: 1 }] } }, 40066);
    refused({ $cond: [1, 2] }, 16020);
    gives({ $let: { vars: { total: { $add: ['$p', '$t'] } }, in: { $multiply: ['$$total', 2] } } }, 22, {
      p: 10,
      t: 1,
    });
    refused({ $let: { vars: { Upper: 1 }, in: 1 } }, 9);
  });
});

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

describe('objects', () => {
  it('are merged and turned', () => {
    gives({ $mergeObjects: [{ a: 1, b: 1 }, null, { b: 2 }] }, { a: 1, b: 2 });
    gives({ $objectToArray: '$o' }, [{ k: 'a', v: 1 }], { o: { a: 1 } });
    gives(
      {
        $arrayToObject: {
          $literal: [
            { k: 'item', v: 'abc' },
            { k: 'qty', v: 25 },
          ],
        },
      },
      { item: 'abc', qty: 25 },
    );
    gives({ $arrayToObject: { $literal: [['x', 1]] } }, { x: 1 });
  });
  it('have fields with dots and dollars by $getField and $setField', () => {
    gives({ $getField: 'a.b' }, 1, { 'a.b': 1 });
    gives({ $getField: { field: { $literal: '$x' }, input: '$o' } }, 2, { o: { $x: 2 } });
    gives({ $setField: { field: 'a.b', input: '$$ROOT', value: 1 } }, { z: 0, 'a.b': 1 }, { z: 0 });
    gives({ $unsetField: { field: 'z', input: '$$ROOT' } }, { y: 1 }, { z: 0, y: 1 });
  });
});

describe('strings', () => {
  it('by bytes and by code points', () => {
    gives({ $concat: ['$a', ' - ', 'b'] }, 'x - b', { a: 'x' });
    gives({ $concat: ['$nope', 'b'] }, null);
    gives({ $toUpper: 'aé' }, 'Aé');
    gives({ $toLower: null }, '');
    gives({ $substrCP: ['cafétéria', 3, 4] }, 'étér');
    gives({ $substrBytes: ['cafétéria', 8, 3] }, 'ria');
    refused({ $substrBytes: ['cafétéria', 4, 1] }, 28656);
    gives({ $strLenCP: '👋é' }, 2);
    gives({ $strLenBytes: 'é' }, 2);
    gives({ $split: ['June-15-2013', '-'] }, ['June', '15', '2013']);
    gives({ $trim: { input: '  \n good bye \t ' } }, 'good bye');
    gives({ $ltrim: { input: ' ggggoodbyeeeee', chars: ' gd' } }, 'oodbyeeeee');
    gives({ $rtrim: { input: ' ggggoodbyeeeee', chars: 'e ' } }, ' ggggoodby');
    gives({ $indexOfCP: ['cafeteria', 'e'] }, 3);
    gives({ $replaceAll: { input: 'aXbX', find: 'X', replacement: { $literal: '$&' } } }, 'a$&b$&');
    gives({ $replaceOne: { input: 'aXbX', find: 'X', replacement: '-' } }, 'a-bX');
    gives({ $regexMatch: { input: 'Line', regex: '^l', options: 'i' } }, true);
    gives({ $strcasecmp: ['abc', 'ABD'] }, -1);
  });
});

describe('dates', () => {
  const at = date('2014-01-01T08:15:39.736Z');
  it('have parts (the manual)', () => {
    const parts = {
      $year: 2014,
      $month: 1,
      $dayOfMonth: 1,
      $hour: 8,
      $minute: 15,
      $second: 39,
      $millisecond: 736,
      $dayOfYear: 1,
      $dayOfWeek: 4,
      $week: 0,
      $isoWeek: 1,
      $isoWeekYear: 2014,
      $isoDayOfWeek: 3,
    };
    for (const [operator, value] of Object.entries(parts)) gives({ [operator]: '$at' }, value, { at });
    gives({ $hour: { date: '$at', timezone: '+05:30' } }, 13, { at });
    gives({ $year: '$nope' }, null);
    gives({ $isoWeek: date('2016-01-02T00:00:00Z') }, 53);
    refused({ $year: 'x' }, 16006);
    expect(() => evaluate({ $hour: { date: '$at', timezone: 'America/New_York' } }, { at })).toThrow(
      /use MongoDB/,
    );
  });

  it('$dateTrunc finds the start of a unit (the manual)', () => {
    const t = (argument: Document, text: string) => gives({ $dateTrunc: argument }, date(text));
    const day = date('2021-03-20T11:30:05Z');
    t({ date: day, unit: 'hour' }, '2021-03-20T11:00:00Z');
    t({ date: day, unit: 'day' }, '2021-03-20T00:00:00Z');
    t(
      { date: day, unit: 'week', binSize: 2, timezone: '-08:00', startOfWeek: 'Monday' },
      '2021-03-15T08:00:00Z',
    );
    t({ date: day, unit: 'week' }, '2021-03-14T00:00:00Z');
    t({ date: day, unit: 'month' }, '2021-03-01T00:00:00Z');
    t({ date: day, unit: 'month', binSize: 6, timezone: '-08:00' }, '2021-01-01T08:00:00Z');
    t({ date: day, unit: 'quarter' }, '2021-01-01T00:00:00Z');
    t({ date: day, unit: 'year', binSize: 4 }, '2020-01-01T00:00:00Z');
    t({ date: date('1999-12-31T23:59:59Z'), unit: 'minute', binSize: 7 }, '1999-12-31T23:53:00Z');
    t({ date: date('1997-05-01T00:00:00Z'), unit: 'year', binSize: 5 }, '1995-01-01T00:00:00Z');
    gives({ $dateTrunc: { date: null, unit: 'day' } }, null);
    refused({ $dateTrunc: { date: day, unit: 'eon' } }, 9);
    refused({ $dateTrunc: { date: day, unit: 'day', binSize: 0 } }, 5439018);
  });

  it('$dateToString, $dateAdd, $dateSubtract and $dateDiff', () => {
    gives({ $dateToString: { date: '$at' } }, '2014-01-01T08:15:39.736Z', { at });
    gives(
      {
        $dateToString: {
          date: '$at',
          format: '%Y-%m-%d %H:%M:%S:%L %j %G-W%V-%u %b %% %z',
          timezone: '-0430',
        },
      },
      '2014-01-01 03:45:39:736 001 2014-W01-3 Jan % -0430',
      { at },
    );
    gives({ $dateToString: { date: '$nope', onNull: 'none' } }, 'none');
    refused({ $dateToString: { date: at, format: '%Q' } }, 18536);
    gives(
      { $dateAdd: { startDate: date('2024-01-31T10:00:00Z'), unit: 'month', amount: 1 } },
      date('2024-02-29T10:00:00Z'),
    );
    gives(
      { $dateSubtract: { startDate: date('2024-03-31T10:00:00Z'), unit: 'day', amount: 31 } },
      date('2024-02-29T10:00:00Z'),
    );
    gives(
      {
        $dateDiff: {
          startDate: date('2021-12-31T23:00:00Z'),
          endDate: date('2022-01-01T01:00:00Z'),
          unit: 'year',
        },
      },
      long(1),
    );
    gives(
      {
        $dateDiff: {
          startDate: date('2021-01-01T00:59:00Z'),
          endDate: date('2021-01-01T02:00:00Z'),
          unit: 'hour',
        },
      },
      long(2),
    );
  });
});

describe('types', () => {
  it('are converted', () => {
    const id = new ObjectId('5ab9c3da31c2ab715d421285');
    gives({ $toString: id }, '5ab9c3da31c2ab715d421285');
    gives({ $toString: 2.5 }, '2.5');
    gives({ $toString: new Double(1) }, '1');
    gives({ $toString: 1e20 }, '1e+20');
    gives({ $toString: true }, 'true');
    gives({ $toString: new Date(0) }, '1970-01-01T00:00:00.000Z');
    gives({ $toInt: '42' }, 42);
    gives({ $toInt: 5.9 }, 5);
    gives({ $toLong: decimal('5000.9') }, long(5000));
    gives({ $toDouble: '-5.5' }, -5.5);
    gives({ $toDecimal: 1.5 }, decimal('1.50000000000000'));
    gives({ $toBool: 'false' }, true);
    gives({ $toBool: 0 }, false);
    gives({ $toDate: long(86400000) }, new Date(86400000));
    gives({ $toDate: id }, date('2018-03-27T04:08:58Z'));
    gives({ $toObjectId: '5ab9c3da31c2ab715d421285' }, id);
    gives({ $type: '$x' }, 'missing');
    gives({ $type: new Timestamp({ t: 1, i: 1 }) }, 'timestamp');
    gives({ $isNumber: 1 }, true);
    gives({ $convert: { input: 'x', to: 'int', onError: 'bad' } }, 'bad');
    gives({ $convert: { input: null, to: 'int', onNull: 0 } }, 0);
    gives({ $convert: { input: '1.5', to: 'double' } }, 1.5);
    refused({ $toInt: 'x' }, 241);
    refused({ $toInt: long(2 ** 40) }, 241);
    refused({ $toInt: Number.NaN }, 241);
    refused({ $toObjectId: 'x' }, 241);
    refused({ $toDate: 1 }, 241);
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
