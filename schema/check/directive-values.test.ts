import { describe, expect, it } from 'vitest';
import { composeCheckout } from '../compose.ts';
import { loadDirectiveDefinitions } from '../load-sdl.ts';
import { findInvalidDirectives } from './directive-values.ts';

const definitions = `
  ${loadDirectiveDefinitions()}
  directive @cost(weight: Int!) on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM
  directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION
  directive @policy(policies: [[String!]!]!) on FIELD_DEFINITION
`;
const problems = (field: string) =>
  findInvalidDirectives(`type Query { ${field} } type C { edges: [Int!]! n: Int } ${definitions}`).map(
    ({ where, problem }) => `${where} ${problem}`,
  );

describe('the value of a directive', () => {
  it.each([
    ['a: Int @cost(weight: -5)', 'weight must be from 0'],
    ['a: Int @cost(weight: 1000001)', 'weight must be from 0'],
    ['a: Int @cost(weight: "x")', 'invalid value "x"'],
    ['a: Int @cost', 'weight'],
    ['a: [Int] @listSize(assumedSize: -1)', 'assumedSize'],
    ['a: [Int] @listSize', 'neither assumedSize nor slicingArguments'],
    ['a: [Int] @listSize(slicingArguments: ["first"])', 'slicing argument first'],
    ['a(first: String): [Int] @listSize(slicingArguments: ["first"])', 'slicing argument first'],
    ['a: C @listSize(assumedSize: 1)', 'names no sizedFields'],
    ['a: C @listSize(assumedSize: 1, sizedFields: ["n"])', 'sized field n'],
    ['a: C @listSize(assumedSize: 1, sizedFields: ["nodes"])', 'sized field nodes'],
    ['a: Int @quota(meters: [])', 'no meter'],
    ['a: Int @quota(meters: [COST, COST])', 'a meter twice'],
    ['a: Int @quota(meters: [MONEY])', 'MONEY'],
    ['a: Int @quota(meters: [COST], weight: 0)', 'weight must be from 1'],
    ['a: Int @cache(maxAge: 0)', 'maxAge must be from 1'],
    ['a: Int @cache(maxAge: 1, scope: ALL)', 'ALL'],
    ['a: Int @cache(maxAge: 1, match: SEMANTIC)', 'SEMANTIC'],
    ['a: Int @audited(action: "Do it")', 'thing.verb'],
    ['a: Int @requiresScopes(scopes: [])', 'ever be met'],
    ['a: Int @requiresScopes(scopes: [[]])', 'empty list'],
    ['a: Int @requiresScopes(scopes: [["models:wirte"]])', 'models:wirte'],
    ['a: Int @policy(policies: [["p"]])', 'no policy'],
    ['a: Int @prompt(model: "", template: "t")', 'model is empty'],
    ['a: Int @prompt(model: "m", template: " ")', 'template is empty'],
    ['a: Int @unknown', 'not defined'],
  ])('is refused: %s', (field, problem) => {
    expect(problems(field)).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    'a: Int @cost(weight: 0)',
    'a(first: Int!): C @listSize(slicingArguments: ["first"], sizedFields: ["edges"])',
    'a: [Int!]! @listSize(assumedSize: 5)',
    'a: Int @quota(meters: [REQUESTS, COST], weight: 2)',
    'a: Int @cache(maxAge: 60, scope: CALLER)',
    'a: Int @audited(action: "apiKey.create")',
    'a: Int @requiresScopes(scopes: [["models:write"], ["tenants:admin", "tenants:write"]])',
  ])('is taken: %s', (field) => {
    expect(problems(field)).toEqual([]);
  });

  it('is looked at on arguments, input fields and enums too', () => {
    const sdl = `type Query { a(x: I @cost(weight: -1)): E } input I { f: Int @cost(weight: -1) } enum E @cost(weight: -1) { X }`;
    const where = findInvalidDirectives(`${sdl} ${definitions}`).map((finding) => finding.where);
    expect(where.toSorted()).toEqual(['E', 'I.f', 'Query.a(x:)']);
  });

  it('is right throughout this checkout', () => {
    expect(findInvalidDirectives(composeCheckout())).toEqual([]);
  });
});
