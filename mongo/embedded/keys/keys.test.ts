import { describe, expect, it } from 'vitest';
import { anyScalar, anyValue } from '../bson/arbitrary.ts';
import { compareValues } from '../bson/compare.ts';
import { doc, int32, ObjectId, Regex, UNDEFINED, type Value } from '../bson/values.ts';
import { compileFilter } from '../query/compile.ts';
import { fc } from '../spec/properties.ts';
import { encodeKey, encodeKeyPart } from './encode.ts';
import { compileIndexKeys } from './index-keys.ts';
import { comparisonRanges, inRanges, intersect, type PartRange, regexRanges, union } from './ranges.ts';

const direction = fc.constantFrom(1, -1);

describe('key order', () => {
  it('memcmp of keys is the order of values, descending parts inverted', () => {
    fc.assert(
      fc.property(anyValue, anyValue, direction, (a, b, way) => {
        const order = Math.sign(Buffer.compare(encodeKeyPart(a, way), encodeKeyPart(b, way)));
        expect(order + 0).toBe(compareValues(a, b) * way + 0);
      }),
      { numRuns: 20_000 },
    );
  });

  it('holds for compound keys of any directions', () => {
    const part = fc.tuple(anyScalar, anyScalar, direction);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
        const ways = parts.map(([, , way]) => way);
        const left = encodeKey(
          parts.map(([a]) => a),
          ways,
        );
        const right = encodeKey(
          parts.map(([, b]) => b),
          ways,
        );
        const expected =
          parts.map(([a, b, way]) => compareValues(a, b) * way).find((order) => order !== 0) ?? 0;
        expect(Math.sign(Buffer.compare(left, right)) + 0).toBe(expected + 0);
      }),
      { numRuns: 5000 },
    );
  });

  it('takes missing for null', () => {
    expect(encodeKeyPart(undefined, 1)).toEqual(encodeKeyPart(null, 1));
  });
});

describe('ranges', () => {
  const holds = (ranges: PartRange[], key: Buffer) =>
    ranges.some(({ low, high }) => Buffer.compare(low, key) <= 0 && Buffer.compare(key, high) < 0);
  const op = fc.constantFrom('eq', 'gt', 'gte', 'lt', 'lte');

  it('are in order and contain every match, alone and in front of a further part', () => {
    const narrow = { hit: 0, all: 0 };
    fc.assert(
      fc.property(
        op,
        anyValue,
        anyValue,
        direction,
        anyScalar,
        direction,
        (kind, operand, value, way, tail, tailWay) => {
          if (operand === UNDEFINED) return;
          const ranges = comparisonRanges(kind, operand, way);
          const ends = ranges.flatMap(({ low, high }) => [low, high]);
          expect(ends.toSorted(Buffer.compare), 'ascending and disjoint').toEqual(ends);
          const matches = compileFilter({ op: kind, path: ['a'], value: operand })(doc({ a: value }));
          const { keys } = compileIndexKeys([{ path: 'a', direction: way as 1 | -1 }])(doc({ a: value }));
          const inside = keys.some((key) => holds(ranges, key));
          if (matches) {
            expect(inside).toBe(true);
            if (Array.isArray(value)) return;
            expect(holds(ranges, encodeKey([value, tail], [way, tailWay]))).toBe(true);
          } else if (typeof operand !== 'symbol' && !Array.isArray(operand) && !Array.isArray(value)) {
            narrow.all++;
            if (inside) narrow.hit++;
          }
        },
      ),
      { numRuns: 20_000 },
    );
    expect(narrow.hit / narrow.all).toBeLessThan(0.001);
  });

  it('of $in contain each value and nothing between', () => {
    const ranges = inRanges([int32(1), 'x', null], [new Regex('^ab')], 1);
    const inside: Value[] = [1, 'x', null, UNDEFINED, 'abc', 'ab'];
    for (const value of inside) expect(holds(ranges, encodeKeyPart(value, 1))).toBe(true);
    for (const value of [2, 'w', 'aa', 'ac', false])
      expect(holds(ranges, encodeKeyPart(value, 1))).toBe(false);
  });

  it('of a prefix pattern hold in both directions', () => {
    for (const way of [1, -1]) {
      const ranges = regexRanges(new Regex('^ab'), way);
      for (const value of ['ab', 'ab\0', 'abz', 'ab\u{10ffff}']) {
        expect(holds(ranges, encodeKeyPart(value, way)), `${value} ${way}`).toBe(true);
      }
      for (const value of ['a', 'ac', 'b', 1]) expect(holds(ranges, encodeKeyPart(value, way))).toBe(false);
    }
  });

  it('unite and intersect', () => {
    const range = (low: number, high: number): PartRange => ({
      low: Buffer.from([low]),
      high: Buffer.from([high]),
    });
    expect(union([range(5, 7), range(1, 2), range(6, 9), range(2, 3)])).toEqual([range(1, 3), range(5, 9)]);
    expect(intersect([range(1, 4), range(6, 9)], [range(3, 7)])).toEqual([range(3, 4), range(6, 7)]);
  });
});

describe('index keys', () => {
  const buildKeys = (paths: string[], value: Value, sparse = false) => {
    const fields = paths.map((path) => ({ path, direction: 1 as const }));
    return compileIndexKeys(fields, { sparse })(value as ReturnType<typeof doc>);
  };
  const values = (paths: string[], value: Value, sparse = false) => buildKeys(paths, value, sparse).values;

  it('are one per distinct array element, with documents in arrays walked together', () => {
    expect(values(['a'], doc({ a: [1, 2, int32(1)] }))).toEqual([[1], [2]]);
    const pairs = doc({ a: [doc({ b: 1, c: 2 }), doc({ b: 3 })], d: 'x' });
    expect(values(['a.b', 'd', 'a.c'], pairs)).toEqual([
      [1, 'x', 2],
      [3, 'x', undefined],
    ]);
    expect(buildKeys(['a.b'], pairs).multikey).toBe(true);
    expect(buildKeys(['d'], pairs).multikey).toBe(false);
  });

  it('of an empty array are undefined, of a nested array the inner array', () => {
    expect(values(['a'], doc({ a: [] }))).toEqual([[UNDEFINED]]);
    expect(values(['a.b'], doc({ a: [] }))).toEqual([[undefined]]);
    expect(values(['a'], doc({ a: [[1, 2], 3] }))).toEqual([[[1, 2]], [3]]);
    expect(values(['a.b'], doc({ a: [1, doc({ b: 2 })] }))).toEqual([[undefined], [2]]);
    expect(values(['a.0'], doc({ a: [7, 8] }))).toEqual([[7]]);
  });

  it('of a sparse index leave out documents without any of the fields', () => {
    expect(values(['a', 'b'], doc({ c: 1 }), true)).toEqual([]);
    expect(values(['a', 'b'], doc({ b: 1 }), true)).toEqual([[undefined, 1]]);
    expect(values(['a'], doc({ c: 1 }))).toEqual([[undefined]]);
  });

  it('refuse two arrays side by side', () => {
    expect(() => values(['a', 'b'], doc({ a: [1], b: [2] }))).toThrow(expect.objectContaining({ code: 171 }));
  });

  it('keep ObjectIds in 13 bytes', () => {
    expect(encodeKeyPart(ObjectId.fromHex('0123456789abcdef01234567'), 1).length).toBe(13);
  });
});
