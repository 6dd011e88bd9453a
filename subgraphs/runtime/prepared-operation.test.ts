import { buildSchema, execute, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { prepareOperation } from './prepared-operation.ts';

const sdl = `
  scalar JSON
  enum Colour { RED GREEN }
  input Ask { text: String!, times: Int = 2, colour: Colour = RED }
  type Query { show(ask: Ask, asks: [Ask!], times: Int = 1, colour: Colour!): JSON nested: Nested }
  type Nested { show(ask: Ask!, on: Boolean!): JSON }
  type Subscription { events(ask: Ask!): JSON }
`;
const rootValue = { show: (args: unknown) => args, nested: { show: (args: unknown) => args } };

function both(text: string, variables: Record<string, unknown>, schemaText = sdl) {
  const schema = buildSchema(schemaText);
  const document = parse(text);
  const prepared = prepareOperation(schema, document, undefined).execution(variables);
  const plainly = execute({ schema, document, variableValues: variables, rootValue });
  return { prepared: execute({ schema, ...prepared, rootValue }), plainly };
}

describe('a prepared operation answers as graphql-js does', () => {
  it.for([
    [
      'query ($a: Ask, $c: Colour!) { show(ask: $a, colour: $c) }',
      { a: { text: 'x', colour: 'GREEN' }, c: 'RED' },
    ],
    ['query ($a: Ask = { text: "d" }, $c: Colour = GREEN) { show(ask: $a, colour: $c) }', {}],
    ['query ($t: String!, $c: Colour!) { show(ask: { text: $t }, colour: $c) }', { t: 'x', c: 'GREEN' }],
    ['query ($a: [Ask!], $c: Colour!) { show(asks: $a, colour: $c) }', { a: { text: 'one' }, c: 'RED' }],
    ['query ($t: Int, $c: Colour!) { show(times: $t, colour: $c) }', { c: 'RED' }],
    ['query ($t: Int, $c: Colour!) { show(times: $t, colour: $c) }', { t: null, c: 'RED' }],
    [
      'query ($a: Ask!, $on: Boolean!) { nested { show(ask: $a, on: $on) @include(if: $on) } }',
      { a: { text: 'x' }, on: true },
    ],
    [
      'query ($a: Ask!, $on: Boolean!) { nested { show(ask: $a, on: $on) @skip(if: $on) } }',
      { a: { text: 'x' }, on: true },
    ],
    [
      'query ($a: Ask!) { nested { ...F } } fragment F on Nested { show(ask: $a, on: true) }',
      { a: { text: 'x' } },
    ],
    ['query ($a: Ask!) { nested { show(ask: $a, on: true) } }', { a: { text: 1 } }],
    ['query ($a: Ask!) { nested { show(ask: $a, on: true) } }', { a: { extra: 1, text: 'x' } }],
    ['query ($a: Ask!) { nested { show(ask: $a, on: true) } }', {}],
    ['query ($c: Colour!) { show(colour: $c) }', { c: 'BLUE' }],
  ] as const)('%s with %j', ([text, variables]) => {
    const { prepared, plainly } = both(text, { ...variables });
    expect(JSON.parse(JSON.stringify(prepared))).toEqual(JSON.parse(JSON.stringify(plainly)));
  });

  it('also where the schema has no JSON', () => {
    const text = 'query ($c: Colour!) { show(colour: $c) }';
    const { prepared, plainly } = both(text, { c: 'RED' }, sdl.replaceAll('JSON', 'Any'));
    expect(prepared).toEqual(plainly);
  });
});

it('knows a subscription, and the operation that is named', () => {
  const schema = buildSchema(sdl);
  const document = parse(
    'query Q { nested { __typename } } subscription S($a: Ask!) { events(ask: $a) } query R($a: Ask) { show(ask: $a, colour: RED) }',
  );
  expect(prepareOperation(schema, document, 'S').isSubscription).toBe(true);
  expect(prepareOperation(schema, document, 'R').isSubscription).toBe(false);
  const {
    document: executed,
    variableValues,
    operationName,
  } = prepareOperation(schema, document, 'R').execution({ a: { text: 'x' } });
  const result = execute({ schema, document: executed, variableValues, operationName, rootValue });
  expect(result).toEqual({
    data: { show: { ask: { text: 'x', times: 2, colour: 'RED' }, times: 1, colour: 'RED' } },
  });
  expect(prepareOperation(schema, document, undefined).isSubscription).toBe(false);
});
