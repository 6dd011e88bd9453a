import { describe, expect, it } from 'vitest';
import { readReturnPath } from './return-path.ts';

const returnTo = (path: string) => readReturnPath(`?${new URLSearchParams({ return: path })}`);

describe('the path after sign-in', () => {
  it.each(['/graphql', '/graphql?query=%7Bme%7Bscopes%7D%7D', '/console/keys#new', '/a//b'])(
    'is %s of this origin',
    (path) => {
      expect(returnTo(path)).toBe(path);
    },
  );

  it.each([
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    'https://evil.example',
    'https:evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '/./\\evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/%2f/../..//evil.example',
    'evil.example',
    ' /graphql',
    '',
    `/${'x'.repeat(2_000)}`,
    '/ümlaut',
  ])('is never %j, which leads elsewhere or is no path', (path) => {
    const target = new URL(returnTo(path), 'https://own.example');
    expect(target.origin).toBe('https://own.example');
    expect(returnTo(path)).not.toMatch(/^\/[/\\]/);
  });

  it('is the Explorer where none is named', () => {
    expect(readReturnPath('')).toBe('/graphql');
    expect(returnTo('https://evil.example')).toBe('/graphql');
  });
});
