import { describe, expect, it } from 'vitest';
import { compareValues, equalValues } from './compare.ts';
import { pack, parseDecimal } from './decimal.ts';
import {
  Binary,
  BsonSymbol,
  Code,
  DateTime,
  doc,
  int32,
  MAX_KEY,
  MIN_KEY,
  ObjectId,
  Regex,
  Timestamp,
  UNDEFINED,
  type Value,
} from './values.ts';

const decimal = (text: string) => pack(parseDecimal(text)!);

describe('compareValues', () => {
  it('orders the types as the server does', () => {
    const ascending: Value[] = [
      MIN_KEY,
      UNDEFINED,
      null,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      -(2n ** 63n),
      decimal('-1.5'),
      int32(-1),
      0,
      decimal('1E-400'),
      5e-324,
      decimal('0.1'),
      0.1,
      int32(7),
      2 ** 53,
      2n ** 53n + 1n,
      decimal('9007199254740993.5'),
      2n ** 63n - 1n,
      2 ** 63,
      decimal('1E+400'),
      Number.POSITIVE_INFINITY,
      '',
      'A',
      'a',
      new BsonSymbol('b'),
      '\uffff',
      '\u{10000}',
      doc({}),
      doc({ a: 1 }),
      doc({ a: 1, b: 1 }),
      doc({ b: 0 }),
      doc({ a: 'text' }),
      [],
      [1],
      [1, 2],
      [2],
      new Binary(Buffer.from('b')),
      new Binary(Buffer.from('a'), 4),
      new Binary(Buffer.from('aa')),
      ObjectId.fromHex('00'.repeat(12)),
      ObjectId.fromHex('ff'.repeat(12)),
      false,
      true,
      new DateTime(-1n),
      new DateTime(1n),
      new Timestamp(1, 2),
      new Timestamp(2 ** 32 - 1, 0),
      new Regex('a'),
      new Regex('a', 'i'),
      new Code('f'),
      new Code('f', doc({})),
      MAX_KEY,
    ];
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) {
        expect(compareValues(a, b), `${i} against ${j}`).toBe(Math.sign(i - j) + 0);
      }
    }
  });

  it('finds numbers of different types equal by value', () => {
    const ones: Value[] = [1, 1n, int32(1), decimal('1'), decimal('1.00')];
    for (const a of ones) for (const b of ones) expect(equalValues(a, b)).toBe(true);
    expect(equalValues(0, -0)).toBe(true);
    expect(equalValues(Number.NaN, decimal('NaN'))).toBe(true);
    expect(equalValues(doc({ a: 1, b: 2 }), doc({ b: 2, a: 1 }))).toBe(false);
  });

  it('holds missing and undefined apart from null', () => {
    expect(compareValues(undefined, UNDEFINED)).toBe(0);
    expect(compareValues(undefined, null)).toBe(-1);
  });
});
