import { buildASTSchema, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createRandom, printedSeed } from '#test/support/random.ts';
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

function computeCost(query: string) {
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
    expect(computeCost(query).evaluate(variables)).toBe(expected);
  });

  it('is that of the largest, however the arguments are sent', () => {
    const random = createRandom(printedSeed('slicing arguments'));
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
      expect({ query, cost: computeCost(query).evaluate(variables) }).toEqual({ query, cost: expected });
    }
  });
});

describe('what a field weighs', () => {
  const weights = parse(`
    directive @cost(weight: Int!) on FIELD_DEFINITION | ARGUMENT_DEFINITION | OBJECT
    type Heavy @cost(weight: 7) { n: Int }
    type Light { n: Int dear: Int @cost(weight: 4) h: Heavy }
    type Query { plain(a: Int @cost(weight: 3), b: Int): Light heavy: Heavy }
    type Mutation { plain(a: Int @cost(weight: 3)): Light heavy: Heavy leaf: Int dear: Light @cost(weight: 2) }
    type Subscription { plain: Light }`);
  const weighed = buildASTSchema(weights, { assumeValid: true });
  const byWeights = readPolicy(weights);

  it.each([
    ['{ plain { n } }', 1],
    ['{ plain(b: 1) { n } }', 1],
    ['{ plain(a: 1, b: 1) { n } }', 4],
    ['{ plain { dear } }', 5],
    ['{ plain { h { n } } heavy { n } }', 15],
    ['mutation { plain { n } }', 11],
    ['mutation { plain(a: 1) { n } }', 14],
    ['mutation { leaf }', 10],
    ['mutation { heavy { n } dear { n } }', 9],
    ['mutation { ... { plain { n } } ...F } fragment F on Mutation { leaf ... on Mutation { a: leaf } }', 31],
    ['mutation { plain { ... { n h { n } } } }', 18],
    ['subscription { ... { plain { n } } }', 11],
  ])('is its kind, its place and what @cost states: %s', (query, expected) => {
    const { definitions } = parse(query);
    const fragments = new Map(
      definitions.flatMap((each) =>
        each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
      ),
    );
    const [operation] = definitions as [OperationDefinitionNode];
    const cost = compileCost(weighed, byWeights, operation, fragments, { listSizeAssumed: 10 });
    expect(cost.evaluate({})).toBe(expected);
  });
});

describe('the limit of the cost', () => {
  const cost = computeCost('query ($n: Int) { plain(first: $n) { name } }');
  it.each([0, 1, 99, 100])('lets an operation of %i run, of 100', (n) => {
    expect(() => refuseCostlyOperation(cost, { n }, { costMax: 100 })).not.toThrow();
  });
  it.each([101, 1_000])('refuses one of %i', (n) => {
    expect(() => refuseCostlyOperation(cost, { n }, { costMax: 100 })).toThrow(/100 is allowed/);
  });
});

describe('the refusal of a costly operation', () => {
  const nested = parse(`
    directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean) on FIELD_DEFINITION
    directive @cost(weight: Int!) on FIELD_DEFINITION
    type Key { label: String }
    type App { name: String keys: [Key!]! @listSize(assumedSize: 20) }
    type Tenant { apps: [App!]! @listSize(assumedSize: 20) }
    type Edge { node: Tenant }
    type Page { edges: [Edge!]! }
    type Query {
      tenants(first: Int, last: Int): Page
        @listSize(assumedSize: 50, slicingArguments: ["first", "last"], sizedFields: ["edges"])
      bounded: [App!]! @listSize(assumedSize: 100)
      dear: String @cost(weight: 500)
    }`);
  const nestedPolicy = readPolicy(nested);
  const nestedSchema = buildASTSchema(nested, { assumeValid: true });

  function catchRefusal(query: string, variables: Record<string, unknown> = {}) {
    const [operation] = parse(query).definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('There is no operation.');
    const cost = compileCost(nestedSchema, nestedPolicy, operation, new Map(), { listSizeAssumed: 10 });
    try {
      refuseCostlyOperation(cost, variables, { costMax: 100 });
      return undefined;
    } catch (error) {
      return error as { readonly message: string; readonly extensions: Record<string, unknown> };
    }
  }

  it.each([
    [
      '{ a: tenants(first: 200) { b: edges { node { apps { keys { label } } } } } }',
      {},
      'tenants.edges.node.apps.keys costs 80000 of it (tenants × 200, apps × 20, keys × 20). Send a smaller first or last to tenants, or leave the field out.',
    ],
    [
      'query ($n: Int) { tenants(last: $n) { edges { node { apps { name } } } } }',
      { n: 30 },
      'tenants.edges.node.apps costs 600 of it (tenants × 30, apps × 20). Send a smaller first or last to tenants, or leave the field out.',
    ],
    [
      '{ bounded { keys { label } } }',
      {},
      'bounded.keys costs 2000 of it (bounded × 100, keys × 20). Leave it out, or request it in an operation of its own.',
    ],
    ['{ dear }', {}, 'dear costs 500 of it. Leave it out, or request it in an operation of its own.'],
    [
      '{ ... on Query { ... { bounded { keys { label } } } } dear }',
      {},
      'bounded.keys costs 2000 of it (bounded × 100, keys × 20). Leave it out, or request it in an operation of its own.',
    ],
  ])('names the field that costs most, why, and what to reduce: %s', (query, variables, expected) => {
    const refusal = catchRefusal(query, variables);
    expect(refusal?.message).toMatch(/^The operation costs up to \d+; 100 is allowed\. /);
    expect(refusal?.message.replace(/^.* is allowed\. /, '')).toBe(expected);
    expect(refusal?.extensions).toMatchObject({
      code: 'GRAPH_COST_EXCEEDED',
      cost: expect.any(Number),
      costMax: 100,
      field: expected.split(' ')[0],
    });
  });

  it('is of an operation whose fields cost together what the operation costs', () => {
    const refusal = catchRefusal('{ tenants(first: 200) { edges { node { apps { keys { label } } } } } }');
    // 1 + 200 edges + 200 nodes + 4000 apps + 80000 keys.
    expect(refusal?.extensions.cost).toBe(84_401);
  });
});
