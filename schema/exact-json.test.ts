import { describe, expect, it } from 'vitest';
import { parseJson } from './exact-json.ts';

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

  it('refuses what is no JSON', () => {
    expect(() => parseJson('{"id":9007199254740993')).toThrow(SyntaxError);
    expect(() => parseJson('{')).toThrow(SyntaxError);
  });
});
