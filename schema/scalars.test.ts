import { type GraphQLScalarType, parseValue } from 'graphql';
import { describe, expect, it } from 'vitest';
import { decimalOfNanos, nanosOfDecimal } from '#core/money.ts';
import { buildApiSchema } from './api-schema.ts';
import { readSupergraph } from './compose.ts';
import { DateTimeScalar, DecimalScalar, JSONScalar } from './scalars.ts';

const literal = (scalar: GraphQLScalarType, text: string) =>
  scalar.parseLiteral(parseValue(text), { v: [1] });

describe('DateTime', () => {
  it('takes instants in any zone and answers UTC', () => {
    expect(DateTimeScalar.serialize(DateTimeScalar.parseValue('2026-11-22T10:00:00+02:00'))).toBe(
      '2026-11-22T08:00:00.000Z',
    );
    expect(DateTimeScalar.parseValue(new Date(7))).toEqual(new Date(7));
    expect(literal(DateTimeScalar, '"2024-02-29T00:00:00Z"')).toEqual(new Date(Date.UTC(2024, 1, 29)));
  });

  it.each(['2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-11-22', '2026-11-22T10:00:00', 17, null])(
    'refuses %j as BAD_USER_INPUT',
    (value) => {
      expect(() => DateTimeScalar.parseValue(value)).toThrow(
        expect.objectContaining({ code: 'BAD_USER_INPUT' }),
      );
    },
  );
});

describe('Decimal', () => {
  it('keeps every digit', () => {
    expect(DecimalScalar.parseValue('0.000123400')).toBe('0.000123400');
    expect(literal(DecimalScalar, '12345678901234567890.123456789')).toBe('12345678901234567890.123456789');
    expect(DecimalScalar.serialize(12345678901234567890n)).toBe('12345678901234567890');
  });

  it.each([0.1, '1e3', '', ' 1', '1.', '.5', 'NaN', true, null])('refuses %j', (value) => {
    expect(() => DecimalScalar.parseValue(value)).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT' }),
    );
  });
});

describe('JSON', () => {
  it('reads literals with variables and treats __proto__ as data', () => {
    const value = literal(JSONScalar, '{ a: [1, 2.5, "x", null, true], b: $v, __proto__: { c: 1 } }');
    expect(JSON.stringify(value)).toBe('{"a":[1,2.5,"x",null,true],"b":[1],"__proto__":{"c":1}}');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });
});

/** A list in a list, and so on. */
const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;

describe.each([
  ['a subgraph', JSONScalar],
  ['the gateway', buildApiSchema(readSupergraph() ?? '').getType('JSON') as GraphQLScalarType],
])('JSON from a client, read by %s', (_, scalar) => {
  const refused = /JSON.* 64 levels/;

  it('is refused as BAD_USER_INPUT where it nests deeper than 64 levels, whatever it is made of', () => {
    const tooDeep = [nested(65), nested(100_000), { a: [{ b: nested(62) }] }];
    for (const value of tooDeep) {
      expect(() => scalar.parseValue(value)).toThrow(
        expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringMatching(refused) }),
      );
    }
    for (const value of [nested(64), { a: [{ b: nested(61) }] }, [nested(63), nested(63)]]) {
      expect(scalar.parseValue(value)).toBe(value);
    }
  });

  it('is refused as a literal too, together with the variables in it', () => {
    const at = (levels: number, inner: string) =>
      scalar.parseLiteral(parseValue('{ a: '.repeat(levels) + inner + ' }'.repeat(levels)), {
        v: nested(60),
      });
    expect(() => at(65, '1')).toThrow(refused);
    expect(() => at(5, '$v')).toThrow(refused);
    expect(at(1, '[$v]')).toEqual({ a: [nested(60)] });
    expect(at(63, '{ b: 1 }')).toMatchObject({ a: {} });
  });
});

describe('money', () => {
  it('goes from dollars to nano-dollars and back without loss', () => {
    for (const text of ['0.000123400', '0.000000001', '9223372036.854775807', '-1.500000000']) {
      expect(decimalOfNanos(nanosOfDecimal(text))).toBe(text);
    }
    expect(nanosOfDecimal('5')).toBe(5_000_000_000n);
    expect(nanosOfDecimal('0.10000000000')).toBe(100_000_000n);
  });

  it.each(['0.0000000001', '9223372036.854775808', '1e5', ''])('refuses %j and names the field', (text) => {
    expect(() => nanosOfDecimal(text, 'input.amount')).toThrow(/^input\.amount must be/);
  });
});
