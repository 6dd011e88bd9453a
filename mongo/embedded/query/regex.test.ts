import { describe, expect, it } from 'vitest';
import { Regex } from '../bson/values.ts';
import { compileRegex, regexPrefix } from './regex.ts';

const test = (pattern: string, options: string, text: string) =>
  compileRegex(new Regex(pattern, options)).test(text);

describe('PCRE patterns', () => {
  it('have the options i, m, s and x', () => {
    expect(test('^abc$', 'i', 'ABC')).toBe(true);
    expect(test('^b$', '', 'a\nb\nc')).toBe(false);
    expect(test('^b$', 'm', 'a\nb\nc')).toBe(true);
    expect(test('a.b', '', 'a\nb')).toBe(false);
    expect(test('a.b', 's', 'a\nb')).toBe(true);
    expect(test('a b # comment\n c', 'x', 'abc')).toBe(true);
    expect(test('a[ ]b', 'x', 'a b')).toBe(true);
    expect(test('(?i)abc', '', 'ABC')).toBe(true);
  });

  it('mean what PCRE means where JavaScript differs', () => {
    expect(test('a$', '', 'a\n')).toBe(true);
    expect(test('a\\z', '', 'a\n')).toBe(false);
    expect(test('\\Aa\\Z', '', 'a\n')).toBe(true);
    expect(test('a.c', '', 'a\rc')).toBe(true);
    expect(test('^b', 'm', 'a\u2028b')).toBe(false);
    expect(test('a\\-b\\@c\\_', '', 'a-b@c_')).toBe(true);
    expect(test('\\Qa.b\\E.', '', 'a.bx')).toBe(true);
    expect(test('\\Qa.b\\E.', '', 'axbx')).toBe(false);
    expect(test('^[[:alpha:]_]+$', '', 'ab_')).toBe(true);
    expect(test('^[]a]+$', '', ']a')).toBe(true);
    expect(test('(?P<n>a)', '', 'a')).toBe(true);
    expect(test('a{,2}', '', 'a{,2}')).toBe(true);
    expect(test('^.$', '', '👋')).toBe(true);
    expect(test('\\x41\\x{1F44B}', '', 'A👋')).toBe(true);
  });

  it('are refused where they cannot be kept, or could run for ever', () => {
    for (const pattern of [
      'a++',
      '(?>a)',
      '(?R)',
      '\\Kx',
      '(a+)+',
      '(?:a*b?)*',
      '((a|b)+c)*',
      '(?i:a)',
      'x(?i)y',
    ]) {
      expect(() => compileRegex(new Regex(pattern)), pattern).toThrow(/use MongoDB/);
    }
    expect(() => compileRegex(new Regex('a'.repeat(40_000)))).toThrow(
      expect.objectContaining({ code: 51091 }),
    );
    expect(() => compileRegex(new Regex('[a'))).toThrow(expect.objectContaining({ code: 51091 }));
    for (const pattern of ['(a+)?', '(ab)+', '(a{2})+', 'a+b+c+', '(a|b)*']) {
      expect(() => compileRegex(new Regex(pattern)), pattern).not.toThrow();
    }
  });

  it('have a literal prefix for index bounds', () => {
    expect(regexPrefix(new Regex('^abc'))).toBe('abc');
    expect(regexPrefix(new Regex('^abc.*'))).toBe('abc');
    expect(regexPrefix(new Regex('^abc*'))).toBe('ab');
    expect(regexPrefix(new Regex('^abc?d'))).toBe('ab');
    expect(regexPrefix(new Regex('^abc', 'i'))).toBe('');
    expect(regexPrefix(new Regex('^a|b'))).toBe('');
    expect(regexPrefix(new Regex('^abc$', 'm'))).toBe('');
    expect(regexPrefix(new Regex('abc'))).toBe('');
    expect(regexPrefix(new Regex('^a\\.b'))).toBe('a');
  });
});
