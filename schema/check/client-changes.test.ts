import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { findApiChanges } from './check.ts';

/** The rule of the one finding of a change, and where it is; null: there is none. */
async function findChange(before: string, after: string) {
  const findings = await findApiChanges(buildSchema(before), buildSchema(after));
  expect(findings.length).toBeLessThanOrEqual(1);
  const [finding] = findings;
  if (finding === undefined) return null;
  expect(finding).toMatchObject({
    problem: expect.stringMatching(/\w/),
    whatToDo: expect.stringMatching(/\w/),
  });
  return `${finding.rule} ${finding.where}`;
}

const query = 'type Query { a: Int }';

describe('a directive that operations may have', () => {
  it.each([
    ['', '@d on FIELD', null],
    ['@d on FIELD', '', 'breaking @d'],
    ['@d on VARIABLE_DEFINITION', '', 'breaking @d'],
    ['@d on FIELD | QUERY', '@d on FIELD', 'breaking @d'],
    ['@d on FIELD', '@d on FIELD | QUERY', null],
    ['@d on FIELD | OBJECT', '@d on FIELD', null],
    ['@d on FIELD | OBJECT', '@d on OBJECT', 'breaking @d'],
    ['@d on FIELD', '@d(x: Int!) on FIELD', 'breaking @d'],
    ['@d on FIELD', '@d(x: Int! = 1) on FIELD', null],
    ['@d on FIELD', '@d(x: Int) on FIELD', null],
    ['@d(x: Int) on FIELD', '@d on FIELD', 'breaking @d.x'],
    ['@d(x: Int) on FIELD', '@d(x: String) on FIELD', 'breaking @d.x'],
    ['@d(x: Int) on FIELD', '@d(x: Int!) on FIELD', 'breaking @d.x'],
    ['@d(x: Int!) on FIELD', '@d(x: Int) on FIELD', null],
    ['@d(x: Int = 1) on FIELD', '@d(x: Int = 2) on FIELD', 'dangerous @d.x'],
    ['@d(x: Int! = 1) on FIELD', '@d(x: Int!) on FIELD', 'breaking @d.x'],
    ['@d repeatable on FIELD', '@d on FIELD', 'breaking @d'],
    ['@d on FIELD', '@d repeatable on FIELD', null],
    // What stands in the SDL only is nothing to a client.
    ['@d(x: Int) on OBJECT', '', null],
    ['@d(x: Int! = 1) on OBJECT', '@d(x: Int!) on OBJECT', null],
    ['@d repeatable on OBJECT', '@d on OBJECT', null],
  ])('from "%s" to "%s": %s', async (before, after, expected) => {
    const sdl = (directive: string) => (directive === '' ? query : `${query} directive ${directive}`);
    expect(await findChange(sdl(before), sdl(after))).toBe(expected);
  });
});

describe('what a scalar is specified by', () => {
  const by = (url: string) => `@specifiedBy(url: "https://${url}")`;
  it.each([
    [by('a'), by('b'), 'dangerous S'],
    [by('a'), '', 'dangerous S'],
    ['', by('b'), null],
    [by('a'), by('a'), null],
  ])('from "%s" to "%s": %s', async (before, after, expected) => {
    const sdl = (directive: string) => `type Query { a: S } scalar S ${directive}`;
    expect(await findChange(sdl(before), sdl(after))).toBe(expected);
  });
});

describe('the types behind an interface', () => {
  const base = 'interface I { x: Int } interface J { x: Int } type A implements I { x: Int }';
  const root = 'type Query { i: I j: J k: K b: B } type K { x: Int }';
  const sdl = (b: string, more = '') => `${root} ${base} type B ${b} { x: Int } ${more}`;
  it.each([
    ['a new type', sdl(''), sdl('', 'type C implements I { x: Int }'), 'dangerous C'],
    [
      'a new type of an interface without any',
      sdl(''),
      sdl('', 'type C implements J { x: Int }'),
      'dangerous C',
    ],
    ['a type that clients know', sdl(''), sdl('implements I'), 'dangerous B'],
    ['a type fewer', sdl('implements I'), sdl(''), 'breaking B'],
    [
      'a new type of a new interface',
      sdl(''),
      sdl('', 'interface N { x: Int } type C implements N { x: Int }'),
      null,
    ],
    ['a new type of none', sdl(''), sdl('', 'type C { x: Int }'), null],
  ])('%s', async (_what, before, after, expected) => {
    expect(await findChange(before, after)).toBe(expected);
  });
});

describe('the fields of an input type', () => {
  const sdl = (fields: string, directive = '') =>
    `type Query { a(i: I): Int } input I ${directive} { a: Int ${fields} }`;
  it.each([
    ['', 'b: Int', 'dangerous I.b'],
    ['', 'b: Int! = 1', 'dangerous I.b'],
    ['', 'b: Int!', 'breaking I.b'],
    ['b: Int', '', 'breaking I.b'],
    ['b: Int @deprecated', '', 'breaking I.b'],
    ['b: Int! = 1', '', 'breaking I.b'],
    ['b: Int', 'b: Int!', 'breaking I.b'],
    ['b: Int!', 'b: Int', null],
    ['b: Int', 'b: Int @deprecated', null],
    ['b: Int', 'b: Int = 1', 'dangerous I.b'],
  ])('from "%s" to "%s": %s', async (before, after, expected) => {
    expect(await findChange(sdl(before), sdl(after))).toBe(expected);
  });

  it('are a matter of the type too where it is new, or takes one field alone', async () => {
    const added = 'type Query { a: Int b(i: I): Int } input I { a: Int b: Int! }';
    expect(await findChange(query, added)).toBeNull();
    expect(await findChange(sdl('', '@oneOf'), sdl('b: Int', '@oneOf'))).toBe('dangerous I.b');
    expect(await findChange(sdl('b: Int', '@oneOf'), sdl('', '@oneOf'))).toBe('breaking I.b');
  });
});
