import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Decimal128 as Witness } from 'bson';
import { describe, expect, it } from 'vitest';
import { fc } from '../spec/properties.ts';
import {
  addDecimals,
  compareDecimals,
  type Decimal,
  decimalOfDouble,
  decimalToString,
  divideDecimals,
  exactDouble,
  finite,
  pack,
  parseDecimal,
  remainderDecimals,
  unpack,
} from './decimal.ts';
import { decodeDocument } from './decode.ts';
import type { Decimal128 } from './values.ts';

const parse = (text: string): Decimal => parseDecimal(text)!;
const specs =
  process.env.MONGO_SPECS_DIR ?? join(import.meta.dirname, '../../../../shared/data/mongodb-specs');
const dir = join(specs, 'bson-corpus');

describe('Decimal128 text', () => {
  if (!existsSync(dir)) {
    it('corpus is absent here: set MONGO_SPECS_DIR to run it', () => expect(existsSync(dir)).toBe(false));
  } else {
    it('is read and written as the specification corpus has it', () => {
      let seen = 0;
      for (const file of readdirSync(dir).filter((name) => name.startsWith('decimal128'))) {
        const corpus = JSON.parse(readFileSync(join(dir, file), 'utf8')) as {
          valid?: { canonical_bson: string; canonical_extjson: string; degenerate_extjson?: string }[];
          parseErrors?: { string: string }[];
        };
        for (const test of corpus.valid ?? []) {
          const bits = decodeDocument(Buffer.from(test.canonical_bson, 'hex')).get('d') as Decimal128;
          const text = (JSON.parse(test.canonical_extjson) as { d: { $numberDecimal: string } }).d
            .$numberDecimal;
          expect(decimalToString(unpack(bits))).toBe(text);
          const again = pack(
            parse(
              (
                JSON.parse(test.degenerate_extjson ?? test.canonical_extjson) as {
                  d: { $numberDecimal: string };
                }
              ).d.$numberDecimal,
            ),
          );
          expect(decimalToString(unpack(again))).toBe(text);
          seen++;
        }
      }
      expect(seen).toBeGreaterThan(100);
    });
  }

  it('agrees with the bson package on random numbers', () => {
    const number = fc.tuple(
      fc.boolean(),
      fc.bigInt(0n, 10n ** 34n - 1n),
      fc.integer({ min: -6176, max: 6111 }),
    );
    fc.assert(
      fc.property(number, ([negative, coefficient, exponent]) => {
        const text = `${negative ? '-' : ''}${coefficient}E${exponent}`;
        const ours = pack(parse(text));
        const bytes = Witness.fromString(text).bytes;
        expect(ours.low).toBe(Buffer.from(bytes).readBigUInt64LE(0));
        expect(ours.high).toBe(Buffer.from(bytes).readBigUInt64LE(8));
      }),
    );
  });
});

describe('Decimal128 arithmetic', () => {
  const text = (value: Decimal) => decimalToString(unpack(pack(value)));

  it('adds exactly and keeps the smaller exponent', () => {
    expect(text(addDecimals(parse('0.1'), parse('0.2')))).toBe('0.3');
    expect(text(addDecimals(parse('1.10'), parse('2.2')))).toBe('3.30');
    expect(text(addDecimals(parse('9999999999999999999999999999999999'), parse('1')))).toBe(
      '1.000000000000000000000000000000000E+34',
    );
    expect(text(addDecimals(parse('1E+40'), parse('1E-40')))).toBe('1.000000000000000000000000000000000E+40');
    expect(text(addDecimals(parse('5'), parse('-5.00')))).toBe('0.00');
    expect(text(addDecimals(parse('Infinity'), parse('-Infinity')))).toBe('NaN');
  });

  it('divides with 34 digits, half to even', () => {
    expect(text(divideDecimals(parse('1'), parse('3')))).toBe('0.3333333333333333333333333333333333');
    expect(text(divideDecimals(parse('2'), parse('3')))).toBe('0.6666666666666666666666666666666667');
    expect(text(divideDecimals(parse('10'), parse('4')))).toBe('2.5');
    expect(text(divideDecimals(parse('1'), parse('0')))).toBe('Infinity');
    expect(text(remainderDecimals(parse('-5.5'), parse('2')))).toBe('-1.5');
  });

  it('rounds a double to 15 digits for arithmetic and takes it exactly for comparison', () => {
    expect(text(decimalOfDouble(0.1))).toBe('0.100000000000000');
    expect(text(decimalOfDouble(1.5))).toBe('1.50000000000000');
    expect(compareDecimals(exactDouble(0.1), parse('0.1'))).toBe(1);
    expect(compareDecimals(exactDouble(0.5), parse('0.50'))).toBe(0);
    expect(compareDecimals(exactDouble(5e-324), parse('4.9E-324'))).toBe(1);
    expect(compareDecimals(exactDouble(1.7976931348623157e308), parse('1E+309'))).toBe(-1);
  });

  it('sums in any order to the same exact value where nothing is rounded', () => {
    const small = fc.tuple(fc.bigInt(-(10n ** 12n), 10n ** 12n), fc.integer({ min: -8, max: 4 }));
    fc.assert(
      fc.property(fc.array(small, { maxLength: 20 }), (parts) => {
        const values = parts.map(([c, e]) => finite(c < 0n, c < 0n ? -c : c, e));
        const sum = (list: Decimal[]) => list.reduce(addDecimals, parse('0'));
        const exact = parts.reduce((total, [c, e]) => total + c * 10n ** BigInt(e + 8), 0n);
        expect(compareDecimals(sum(values), sum(values.toReversed()))).toBe(0);
        expect(compareDecimals(sum(values), finite(exact < 0n, exact < 0n ? -exact : exact, -8))).toBe(0);
      }),
    );
  });
});
