import { Binary as DriverBinary, serialize } from 'bson';
import { describe, expect, it } from 'vitest';
import { fc } from '../spec/properties.ts';
import { encodeRecords } from './encode.ts';

const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double(),
  fc.constantFrom(-0, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => new DriverBinary(bytes, 4)),
);
const name = fc
  .string({ unit: 'binary', maxLength: 60 })
  .filter((text) => !text.includes('\0') && text !== '__proto__');
const { record } = fc.letrec<{ value: unknown; record: object }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('value'), { maxLength: 300 }), tie('record')),
  record: fc.dictionary(name, tie('value'), { maxKeys: 8, noNullPrototype: true }),
}));

describe('the BSON of plain objects', () => {
  it('is what the driver would have sent', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 3 }), (records) => {
        const expected = records.map((one) => serialize(one, { ignoreUndefined: false }));
        expect(Buffer.from(encodeRecords(records)).equals(Buffer.concat(expected))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('grows with what is written', () => {
    const long = { text: 'ä'.repeat(3_000_000), bytes: Buffer.alloc(1_000_000, 7) };
    expect(Buffer.from(encodeRecords([long])).equals(serialize(long))).toBe(true);
  });

  it.each([
    ['a symbol', { value: Symbol('x') }],
    ['a function', { value: () => 1 }],
    ['a value of the driver that the hot path does not send', { value: { _bsontype: 'Decimal128' } }],
  ])('refuses %s', (_, value) => {
    expect(() => encodeRecords([value])).toThrow(TypeError);
  });

  it('refuses what is nested without an end', () => {
    const endless: Record<string, unknown> = {};
    endless.again = endless;
    expect(() => encodeRecords([endless])).toThrow(/nested deeper/);
  });
});
