import { buildASTSchema, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { printedSeed, randomOf } from '#test/support/random.ts';
import { compileCost, refuseCostlyOperation } from './cost.ts';
import { readPolicy } from './policy.ts';

const document = parse(`
  directive @listSize(slicingArguments: [String!], assumedSize: Int, requireOneSlicingArgument: Boolean) on FIELD_DEFINITION
  type Item { name: String }
  type Query {
    items(first: Int, last: Int, top: Int = 3): [Item!]
      @listSize(slicingArguments: ["first", "last", "top"], assumedSize: 7)
    plain(first: Int, last: Int): [Item!] @listSize(slicingArguments: ["first", "last"], assumedSize: 7)
  }`);
const schema = buildASTSchema(document, { assumeValid: true });
const policy = readPolicy(document);

function costOf(query: string) {
  const [operation] = parse(query).definitions.filter(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (operation === undefined) throw new Error('There is no operation.');
  return compileCost(schema, policy, operation, new Map(), { listSizeAssumed: 10 });
}

describe('the static cost', () => {
  it.each<[string, Record<string, unknown>, number]>([
    ['{ plain(first: 4, last: 9) { name } }', {}, 9],
    ['{ plain(first: 9, last: 4) { name } }', {}, 9],
    ['query ($a: Int, $b: Int) { plain(first: $a, last: $b) { name } }', { a: 2, b: 30 }, 30],
    ['query ($a: Int, $b: Int) { plain(first: $a, last: $b) { name } }', { a: 30, b: 2 }, 30],
    ['query ($a: Int) { plain(first: $a, last: 50) { name } }', { a: 2 }, 50],
    ['query ($a: Int) { plain(first: 50, last: $a) { name } }', { a: 2 }, 50],
    ['query ($a: Int) { plain(first: $a, last: 50) { name } }', { a: 80 }, 80],
    ['query ($a: Int) { plain(first: $a) { name } }', { a: null }, 7],
    ['query ($a: Int) { plain(first: $a) { name } }', {}, 7],
    ['query ($a: Int) { plain(first: $a) { name } }', { a: -5 }, 0],
    ['{ items { name } }', {}, 3],
    ['query ($a: Int) { items(first: $a) { name } }', { a: 1 }, 3],
    ['query ($a: Int) { items(first: $a, top: $a) { name } }', { a: 1 }, 1],
  ])('of several slicing arguments is bounded by the largest: %s with %j', (query, variables, expected) => {
    expect(costOf(query).evaluate(variables)).toBe(expected);
  });

  it('is that of the largest, however the arguments are given', () => {
    const random = randomOf(printedSeed('slicing arguments'));
    for (let round = 0; round < 500; round++) {
      const variables: Record<string, number> = {};
      const values: number[] = [];
      const given = ['first', 'last', 'top'].flatMap((name) => {
        const value = random.below(200);
        if (random.below(3) === 0) {
          if (name === 'top') values.push(3);
          return [];
        }
        values.push(value);
        if (random.below(2) === 0) return [`${name}: ${value}`];
        variables[name] = value;
        return [`${name}: $${name}`];
      });
      const declared = Object.keys(variables).map((name) => `$${name}: Int`);
      const head = declared.length === 0 ? '' : `query (${declared.join(', ')}) `;
      const query = `${head}{ items${given.length === 0 ? '' : `(${given.join(', ')})`} { name } }`;
      const expected = values.length === 0 ? 3 : Math.max(...values);
      expect({ query, cost: costOf(query).evaluate(variables) }).toEqual({ query, cost: expected });
    }
  });
});

describe('the limit of the cost', () => {
  const cost = costOf('query ($n: Int) { plain(first: $n) { name } }');
  it.each([0, 1, 99, 100])('lets an operation of %i run, of 100', (n) => {
    expect(() => refuseCostlyOperation(cost, { n }, { costMax: 100 })).not.toThrow();
  });
  it.each([101, 1_000])('refuses one of %i', (n) => {
    expect(() => refuseCostlyOperation(cost, { n }, { costMax: 100 })).toThrow(/100 is allowed/);
  });
});
