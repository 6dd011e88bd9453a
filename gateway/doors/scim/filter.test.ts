import { describe, expect, it } from 'vitest';
import { type FilterAttributes, parseScimFilter } from './filter.ts';

interface Condition {
  readonly name?: string;
  readonly email?: string;
  readonly active?: boolean;
}

const attributes: FilterAttributes<Condition> = {
  name: (value) => ({ name: String(value) }),
  'emails.value': (value) => ({ email: String(value) }),
  'emails.type': (value) => value === 'work',
  active: (value) => ({ active: value === true }),
};
const parse = (text: string) => parseScimFilter(text, attributes);

describe('a filter', () => {
  it.each<[string, readonly Condition[]]>([
    ['name eq "a"', [{ name: 'a' }]],
    ['NAME EQ "a b"', [{ name: 'a b' }]],
    ['urn:ietf:params:scim:schemas:core:2.0:User:name eq "a"', [{ name: 'a' }]],
    ['name eq "say \\"hi\\" (now]"', [{ name: 'say "hi" (now]' }]],
    ['active eq True', [{ active: true }]],
    ['name eq "a" and active eq false', [{ name: 'a', active: false }]],
    ['name eq "a" or active eq true', [{ name: 'a' }, { active: true }]],
    [
      'name eq "a" and (active eq true or emails.value eq "e")',
      [
        { name: 'a', active: true },
        { name: 'a', email: 'e' },
      ],
    ],
    ['active eq true or name eq "a" and emails.value eq "e"', [{ active: true }, { name: 'a', email: 'e' }]],
    ['name eq "a" and name eq "b"', []],
    ['name eq "a" and name eq "a"', [{ name: 'a' }]],
    ['emails[type eq "work"].value eq "e"', [{ email: 'e' }]],
    ['emails[type eq "home"].value eq "e"', []],
    ['emails[type eq "work" and value eq "e"]', [{ email: 'e' }]],
    ['emails[type eq "home"].value eq "e" or name eq "a"', [{ name: 'a' }]],
  ])('%s is read', (text, conditions) => {
    expect(parse(text)).toEqual(conditions);
  });

  it.each([
    ['', /missing/],
    ['name', /operator is missing/],
    ['name eq', /value is missing/],
    ['name co "a"', /only operator is eq/],
    ['not (name eq "a")', /only operator is eq|not expected/],
    ['name eq a', /neither a text/],
    ['name eq "a', /does not end/],
    ['name eq "\\x"', /no text of JSON/],
    ['name eq "a" name eq "b"', /not expected/],
    ['(name eq "a"', /missing/],
    ['emails[type eq "work"', /missing/],
    ['other eq "a"', /none of the attributes/],
    ['__proto__ eq "a"', /no attribute/],
    ['constructor eq "a"', /none of the attributes/],
    [`name eq "${'a'.repeat(2_000)}"`, /characters/],
    [`${'('.repeat(12)}name eq "a"${')'.repeat(12)}`, /levels/],
    [Array(21).fill('name eq "a"').join(' and '), /comparisons/],
    [
      ['name', 'emails.value']
        .map((name) => `(${['a', 'b', 'c', 'd', 'e'].map((value) => `${name} eq "${value}"`).join(' or ')})`)
        .join(' and '),
      /alternatives/,
    ],
  ])('%s is refused as invalidFilter', (text, message) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ scimType: 'invalidFilter', message: expect.stringMatching(message) }),
    );
  });
});
