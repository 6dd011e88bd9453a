import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { resolveLimits } from '../limits.ts';
import { refuseOutsizedDocument } from './measure.ts';

const limits = resolveLimits({});
const catchRefusal = (query: string, overrides: Partial<typeof limits> = {}) => {
  try {
    refuseOutsizedDocument(parse(query), { ...limits, ...overrides });
    return null;
  } catch (error) {
    expect(error).toMatchObject({ code: 'GRAPH_COST_EXCEEDED' });
    return (error as Error).message;
  }
};

describe('a name in a document', () => {
  it.each<[string, (name: string) => string]>([
    ['a field', (name) => `{ ${name} }`],
    ['an alias', (name) => `{ ${name}: a }`],
    ['an operation', (name) => `query ${name} { a }`],
    ['an argument', (name) => `{ a(${name}: 1) }`],
    ['an enum value', (name) => `{ a(b: ${name}) }`],
    ['an enum value in a list', (name) => `{ a(b: [X, ${name}]) }`],
    ['a field of a value', (name) => `{ a(b: { ${name}: 1 }) }`],
    ['a variable', (name) => `query ($${name}: Int) { a }`],
    ['a variable that is used', (name) => `{ a(b: $${name}) }`],
    ['a type of a variable', (name) => `query ($v: [${name}!]) { a }`],
    ['a value in the default of a variable', (name) => `query ($v: E = ${name}) { a }`],
    ['a directive of a variable', (name) => `query ($v: Int @${name}) { a }`],
    ['a directive of an operation', (name) => `query @${name} { a }`],
    ['a directive of a field', (name) => `{ a @${name} }`],
    ['an argument of a directive', (name) => `{ a @b(${name}: 1) }`],
    ['a directive of a fragment', (name) => `{ ... @${name} { a } }`],
    ['a type of a fragment', (name) => `{ ... on ${name} { a } }`],
    ['a fragment', (name) => `{ ...${name} } fragment ${name} on T { a }`],
    ['a type of a named fragment', (name) => `{ ...F } fragment F on ${name} { a }`],
    ['a field of a fragment that is not used', (name) => `{ a } fragment F on T { ${name} }`],
  ])('of %s may have 256 characters and no more', (_what, query) => {
    expect(catchRefusal(query('n'.repeat(256)))).toBeNull();
    expect(catchRefusal(query('n'.repeat(257)))).toMatch(/257 characters; 256 are allowed/);
  });
});

describe('nesting in a document', () => {
  const lists = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const objects = (levels: number) => `${'{a:'.repeat(levels - 1)}1${'}'.repeat(levels - 1)}`;
  it.each<[string, (levels: number) => string]>([
    ['lists in an argument', (levels) => `{ a(b: ${lists(levels)}) }`],
    ['objects in an argument', (levels) => `{ a(b: ${objects(levels)}) }`],
    ['lists in a default value', (levels) => `query ($v: T = ${lists(levels)}) { a }`],
    ['lists in a directive', (levels) => `{ a @b(c: ${lists(levels)}) }`],
    ['lists in a directive of an operation', (levels) => `query @b(c: ${lists(levels)}) { a }`],
    ['types of a variable', (levels) => `query ($v: ${'['.repeat(levels)}T${']'.repeat(levels)}) { a }`],
    ['fragments', (levels) => `{ ${'... {'.repeat(levels - 1)} a ${'}'.repeat(levels - 1)} }`],
  ])('of %s may have 64 levels and no more', (_what, query) => {
    expect(catchRefusal(query(64))).toBeNull();
    expect(catchRefusal(query(65))).toMatch(/more than 64 levels/);
  });

  it('of introspection counts as one field, that of others for each', () => {
    const below = 'a { b { c { d } } }';
    expect(catchRefusal(`{ __schema { ${below} } }`, { depthMax: 1 })).toBeNull();
    expect(catchRefusal(`{ __type(name: "x") { ${below} } }`, { depthMax: 1 })).toBeNull();
    expect(catchRefusal(`{ __typename ${below} }`, { depthMax: 4 })).toBeNull();
    expect(catchRefusal(`{ __typename ${below} }`, { depthMax: 3 })).toMatch(
      /nests fields 4 times; 3 are allowed/,
    );
  });
});

describe('the parts of a document', () => {
  const operation = (name: string, fields: number) =>
    `query ${name} { ${Array.from({ length: fields }, (_, at) => `a${at}`).join(' ')} }`;
  it.each([
    ['operations together', operation('A', 6) + operation('B', 6), 12],
    ['a fragment for each of its uses', '{ b { ...F } c { ...F } } fragment F on T { x y }', 8],
    ['a fragment that is not used', '{ a } fragment F on T { u v w x y z }', 6],
  ])('are counted: %s', (_what, query, nodes) => {
    expect(catchRefusal(query, { tokensMax: nodes })).toBeNull();
    expect(catchRefusal(query, { tokensMax: nodes - 1 })).toMatch(`${nodes} times; ${nodes - 1} are allowed`);
  });

  it('are fields, arguments, directives and each of their values', () => {
    // a, b: [1, {x: 2}] is one argument and four values less one name; @c(d: 3) a directive, an argument and a value.
    const query = '{ a(b: [1, { x: 2 }]) @c(d: 3) }';
    expect(catchRefusal(query, { tokensMax: 9 })).toBeNull();
    expect(catchRefusal(query, { tokensMax: 8 })).toMatch(/9 times; 8 are allowed/);
  });

  it.each([
    ['aliases', '{ a: x b: y c { d: z } }', 'aliasesMax', 3],
    ['fields', '{ a { b c } d }', 'fieldsMax', 4],
    [
      'fields at its root, fragments followed',
      '{ a ... { b } ...F } fragment F on T { c }',
      'rootFieldsMax',
      3,
    ],
    ['operations', 'query A { a } query B { a }', 'operationsMax', 2],
    ['fragments', '{ a } fragment F on T { a } fragment G on T { a }', 'fragmentsMax', 2],
    ['variables', 'query ($a: Int, $b: Int) { a }', 'variablesMax', 2],
  ] as const)('have a bound of their own: %s', (_what, query, limit, count) => {
    expect(catchRefusal(query, { [limit]: count })).toBeNull();
    expect(catchRefusal(query, { [limit]: count - 1 })).toMatch(`${count} times; ${count - 1} are allowed`);
  });
});
