import { describe, expect, it } from 'vitest';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { parseJson } from './exact-json.ts';

/** The same, as simple as it can be, and slow. */
function withReviver(text: string): unknown {
  const parse = JSON.parse as (
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ) => unknown;
  return parse(text, (_, value, { source }) =>
    typeof value === 'number' &&
    source !== undefined &&
    source !== String(value) &&
    (source.length > 15 || !Number.isFinite(value))
      ? JSON.rawJSON(source)
      : value,
  );
}

describe('JSON with exact numbers', () => {
  it.each([
    '9007199254740993',
    '-9007199254740993',
    '12345678901234567890123',
    '0.1234567890123456789',
    '123456789.123456789',
    '1e400',
    '1.00000000000000000001e5',
    '100000000000000000000000',
  ])('writes %s as it was written, at any depth', (digits) => {
    for (const text of [digits, `{"id":${digits}}`, `[[{"a":[${digits},1]}]]`]) {
      expect(JSON.stringify(parseJson(text))).toBe(text);
    }
  });

  it.each([
    '9007199254740991',
    '0.30000000000000004',
    '1e21',
    '1.5',
    '{"a":1.0}',
    '"9007199254740993"',
    'null',
  ])('reads %s as JSON.parse does', (text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it('reads any text as a reviver would', () => {
    const random = createRandom(printedSeed('exact JSON'));
    const scalars = [
      ...['12345678901234567890', '-0.12345678901234567', '1e400', '3', '-2.50', 'true', 'null', '1e21'],
      ...['"12345678901234567890"', '"\\\\"', '"\\"12345678901234567890"', '""', '"a\\\\\\""', '"]"'],
    ];
    const names = ['"a"', '"__proto__"', '"1234567890123456789"', '"b\\""'];
    const buildText = (depth: number): string => {
      if (depth === 0 || random.chance(0.3)) return random.pick(scalars);
      const items = Array.from({ length: random.below(4) }, () => buildText(depth - 1));
      if (random.chance(0.5)) return `[${items.join(random.pick([',', ' , ']))}]`;
      const fields = items.map((item) => `${random.pick(names)}${random.pick([':', ' : '])}${item}`);
      return `{${fields.join(',')}}`;
    };
    for (let run = 0; run < 3_000; run++) {
      const text = buildText(5);
      expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(withReviver(text)));
    }
  });

  it.each([
    '{12345678901234567890:1}',
    '{12345678901234567890 :1}',
    '[1.2.3.4567890123456789]',
    '[01234567890123456789]',
    '[-12345678901234567890-]',
    '"12345678901234567890',
    '12345678901234567890 1',
  ])('refuses %s, which is no JSON', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it('keeps digits at any depth that JSON.parse reads', () => {
    const depth = 200_000;
    let value = parseJson(`${'['.repeat(depth)}12345678901234567890${']'.repeat(depth)}`);
    while (Array.isArray(value)) [value] = value;
    expect(JSON.stringify(value)).toBe('12345678901234567890');
  });

  it('refuses what is no JSON', () => {
    expect(() => parseJson('{"id":9007199254740993')).toThrow(SyntaxError);
    expect(() => parseJson('{')).toThrow(SyntaxError);
  });
});
