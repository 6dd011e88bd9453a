import {
  buildSchema,
  getVariableValues,
  type OperationDefinitionNode,
  parse,
  type VariableDefinitionNode,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { compileVariables } from './compiled-variables.ts';

const schema = buildSchema(`
  scalar Any
  enum Colour { RED GREEN }
  input Node { value: Int! = 7, colour: Colour = RED, next: Node, tags: [String!], anything: Any, id: ID, weight: Float }
  input Pick @oneOf { a: Int, b: String }
  input Odd { toString: String }
  type Query { f(node: Node, nodes: [[Node!]], pick: Pick, flag: Boolean, n: Int, odd: Odd): Int }
`);

function readDefinitions(text: string): readonly VariableDefinitionNode[] {
  const [operation] = parse(`query (${text}) { f }`).definitions;
  return (operation as OperationDefinitionNode).variableDefinitions ?? [];
}

function check(text: string, given: Record<string, unknown>, by: 'compiled' | 'graphql-js' = 'compiled') {
  const definitions = readDefinitions(text);
  const expected = getVariableValues(schema, definitions, given);
  const coerced = compileVariables(schema, definitions)(given);
  if (by === 'graphql-js') expect(coerced).toBeUndefined();
  else {
    expect(expected.errors).toBeUndefined();
    expect(JSON.parse(JSON.stringify(coerced))).toEqual(JSON.parse(JSON.stringify(expected.coerced)));
    expect(Object.keys(coerced ?? {})).toEqual(Object.keys(expected.coerced ?? {}));
  }
}

describe('what is plainly right is coerced as graphql-js does it', () => {
  it('scalars, enums, lists, input objects that hold themselves, defaults and nulls', () => {
    check('$n: Int!', { n: 3 });
    check('$n: Int = 5', {});
    check('$n: Int = 5', { n: null });
    check('$n: Int', {});
    check('$flag: Boolean, $n: Int', { flag: false, n: -(2 ** 31), unused: 1 });
    check('$node: Node', { node: {} });
    check('$node: Node!', {
      node: { value: 1, colour: 'GREEN', next: { next: null, tags: ['a', 'b'] }, anything: { a: [1] } },
    });
    check('$node: Node = { value: 3, next: { id: "x" } }', {});
    check('$node: Node', { node: { id: 'x', weight: 0.5, tags: [], anything: 0 } });
    check('$node: Node', { node: { tags: undefined } });
    check('$nodes: [[Node!]]', { nodes: [[{ value: 1 }], null, []] });
  });
});

describe('everything else is left to graphql-js', () => {
  it.each([
    ['$n: Int!', {}],
    ['$n: Int!', { n: null }],
    ['$n: Int', { n: 1.5 }],
    ['$n: Int', { n: 2 ** 31 }],
    ['$n: Int', { n: '1' }],
    ['$flag: Boolean', { flag: 1 }],
    ['$node: Node', { node: [] }],
    ['$node: Node', { node: 'x' }],
    ['$node: Node', { node: { value: null } }],
    ['$node: Node', { node: { extra: 1 } }],
    ['$node: Node', { node: { colour: 'BLUE' } }],
    ['$node: Node', { node: { colour: 1 } }],
    ['$node: Node', { node: { weight: Number.NaN } }],
    ['$node: Node', { node: { next: { next: { value: 'x' } } } }],
    ['$node: Node', { node: { tags: [null] } }],
    ['$node: Node', { node: { tags: 'one' } }],
    ['$node: Node', { node: { id: 1 } }],
    ['$pick: Pick', { pick: { a: 1 } }],
    ['$odd: Odd', { odd: {} }],
    ['$node: Nothing', { node: 1 }],
  ])('%s with %j', (text, given) => check(text, given, 'graphql-js'));
});
