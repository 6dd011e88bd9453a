import { buildSchema, parse, print } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildApiSchema } from '#schema/api-schema.ts';
import { ask, everyScope, sampleRouters } from '#test/support/gateways/sample-router.ts';
import { createSampleMesh } from '#test/support/gateways/sample-subgraphs.ts';
import { withoutLargeIntegers } from './large-integers.ts';

const { start } = sampleRouters();
const large = '123456789012345678901234567890';
const schema = buildApiSchema(`
  scalar JSON scalar Decimal
  input In { id: ID float: Float amount: Decimal any: JSON }
  type Query { x(id: ID, ids: [ID!], float: Float, amount: Decimal, any: JSON, input: In): Int }
`);

const rewritten = (query: string) => print(withoutLargeIntegers(schema, query, parse(query)));

describe('an integer literal of more than 64 bits', () => {
  it('reaches the subgraph as the same value in a variable does', async () => {
    for (const value of [large, `-${large}`, '9223372036854775808', '9223372036854775807', '5']) {
      const mesh = createSampleMesh();
      const literal = await ask(start(mesh), `{ completion(id: ${value}) { id } }`);
      const query = 'query ($id: ID!) { completion(id: $id) { id } }';
      const variable = await ask(start(mesh), query, everyScope, { id: value });
      expect(literal).toEqual({ data: { completion: { id: value } } });
      expect(variable).toEqual(literal);
    }
  });

  it.each([
    ['an ID', `{ x(id: ${large}) }`, `{ x(id: "${large}") }`],
    ['IDs', `{ x(ids: [1, ${large}]) }`, `{ x(ids: [1, "${large}"]) }`],
    ['one of IDs', `{ x(ids: ${large}) }`, `{ x(ids: "${large}") }`],
    ['a Float', `{ x(float: -${large}) }`, '{ x(float: -1.2345678901234568e+29) }'],
    ['a Decimal, all digits of it', `{ x(amount: ${large}) }`, `{ x(amount: "${large}") }`],
    [
      'JSON',
      `{ x(any: { a: [${large}], b: { c: ${large} } }) }`,
      '{ x(any: { a: [1.2345678901234568e+29], b: { c: 1.2345678901234568e+29 } }) }',
    ],
    [
      'a field of an input',
      `{ x(input: { id: ${large}, amount: ${large}, any: ${large} }) }`,
      `{ x(input: { id: "${large}", amount: "${large}", any: 1.2345678901234568e+29 }) }`,
    ],
    [
      'a default of a variable',
      `query ($id: ID = ${large}) { x(id: $id) }`,
      `query ($id: ID = "${large}") { x(id: $id) }`,
    ],
  ])('is written as what it means for %s', (_, query, expected) => {
    expect(rewritten(query)).toBe(print(parse(expected)));
  });

  it('leaves a document without one as it is', () => {
    const query = '{ x(id: 9223372036854775807, float: 1) }';
    const document = parse(query);
    expect(
      withoutLargeIntegers(buildSchema('type Query { x(id: ID, float: Float): Int }'), query, document),
    ).toBe(document);
  });
});
