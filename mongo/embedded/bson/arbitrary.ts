import fc from 'fast-check';
import { pack, parseDecimal } from './decimal.ts';
import {
  Binary,
  Code,
  DateTime,
  type Doc,
  int32,
  MAX_KEY,
  MIN_KEY,
  ObjectId,
  Regex,
  Timestamp,
  UNDEFINED,
  type Value,
} from './values.ts';

/** Random values for property tests: every type, with numbers that are close to each other across types. */
const text = fc.oneof(
  fc.constantFrom('', 'a', 'ab', '\0', 'a\0', 'a\0b', 'é', '\uffff', '\u{10000}', 'b'),
  fc.string({ unit: 'binary', maxLength: 6 }).filter((string) => string.isWellFormed()),
);
const int64 = fc.oneof(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.bigInt(-4n, 4n).map((step) => 2n ** 53n + step),
  fc.bigInt(-4n, 4n).map((step) => -(2n ** 60n) + step),
);
const decimal = fc
  .oneof(
    fc.constantFrom(
      'NaN',
      'Infinity',
      '-Infinity',
      '0',
      '-0',
      '0E+100',
      '1.0',
      '1',
      '0.1',
      '1E-6176',
      '9E+6144',
    ),
    fc.constantFrom('9007199254740993', '9007199254740992.5', '-1152921504606846975.5', '1E+309', '4.9E-324'),
    fc
      .tuple(fc.bigInt(-(10n ** 34n - 1n), 10n ** 34n - 1n), fc.integer({ min: -60, max: 30 }))
      .map(([coefficient, exponent]) => `${coefficient}E${exponent}`),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  )
  .map((source) => pack(parseDecimal(source)!));

const scalar: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom<Value>(
    MIN_KEY,
    MAX_KEY,
    UNDEFINED,
    null,
    true,
    false,
    Number.NaN,
    0,
    -0,
    1,
    1n,
    int32(1),
    0.1,
  ),
  fc.integer({ min: -3, max: 3 }).map(int32),
  fc.integer().map(int32),
  fc.double(),
  int64,
  decimal,
  text,
  text,
  fc.uint8Array({ maxLength: 4 }).map((bytes) => new Binary(bytes, bytes.length % 5)),
  fc
    .uint8Array({ minLength: 12, maxLength: 12 })
    .map((bytes) => new ObjectId(Buffer.from(bytes).toString('latin1'))),
  int64.map((ms) => new DateTime(ms)),
  fc.tuple(fc.nat(), fc.nat(3)).map(([t, i]) => new Timestamp(t, i)),
  fc.constantFrom('a', 'ab', '^a').map((pattern) => new Regex(pattern, pattern.length > 1 ? 'i' : '')),
  fc.constantFrom('f', 'g').map((code) => new Code(code)),
);

const { value } = fc.letrec<{ value: Value; doc: Doc; list: Value[] }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalar, tie('doc'), tie('list')),
  doc: fc
    .array(fc.tuple(fc.constantFrom('a', 'b', 'ab', '0', ''), tie('value')), { maxLength: 3 })
    .map((entries) => new Map(entries)),
  list: fc.array(tie('value'), { maxLength: 3 }),
}));

export const anyValue: fc.Arbitrary<Value> = value;
export const anyScalar: fc.Arbitrary<Value> = scalar;
