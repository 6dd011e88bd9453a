import { buildASTSchema, buildSchema, Kind, parse, print } from 'graphql';
import { describe, expect, it } from 'vitest';
import { readFields } from '../planning/supergraph-fields.ts';
import { canonicalize } from './canonical-operation.ts';
import { collectFragments } from './selections.ts';

const sdl = `
  directive @join__type(graph: String, key: String) repeatable on OBJECT
  directive @join__field(graph: String, type: String, requires: String) repeatable on FIELD_DEFINITION
  union Any = Loom | Needle
  interface Named { name: String }
  type Loom implements Named @join__type(key: "id part(n: 1) { id }") {
    id: ID! @join__field(type: "ID!") @join__field(type: "ID")
    name: String x(n: Int): Int x_1: Int part(n: Int): Loom made: Needle
    cost: Int @join__field(requires: "x(n: 5)")
  }
  type Needle implements Named { id: ID name: String size: Int x(n: Int): Int at: Loom }
  type Query { loom(id: ID): Loom needle: Needle any: Any named: Named }
  type Mutation { count: Int! loom: Loom }
`;
const schema = buildSchema(sdl);
const fields = readFields(parse(sdl));

/** The canonical form of the only operation, on one line, and what the client calls its fields where it differs. */
function canonical(query: string) {
  const document = parse(query, { noLocation: true });
  const operation = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  if (operation === undefined) throw new Error('no operation');
  const context = { schema, fields, fragments: collectFragments(document), starts: new Map() };
  const { definition, clientFields } = canonicalize(operation, context);
  const clientNames = [...clientFields].flatMap(([{ alias, name }, { key }]) =>
    key === (alias ?? name).value ? [] : [`${(alias ?? name).value} is ${key}`],
  );
  return { text: print(definition).replaceAll(/\s+/g, ' '), clientNames: clientNames.sort() };
}

describe('the canonical operation', () => {
  it.each([
    ['an alias', '{ loom { id: name } }'],
    ['an alias like a key', '{ loom { id: name name: id } }'],
    ['an alias in a fragment', '{ id: loom { ...F } } fragment F on Loom { x: name }'],
    ['a field again, under another name', '{ loom { name id: name ... { x: name } } }'],
    ['a type as data', '{ loom { id: __typename name } }'],
    ['an alias like one of the planner', '{ loom { _internal_qp_alias_0: name } }'],
  ])('has no trace of %s', (_, query) => {
    const { text } = canonical(query);
    expect(text).not.toContain(':');
    expect(text).toMatch(/^\{ loom \{.* name.*\}/);
  });

  it('is the same for all aliasings, but for what is selected twice', () => {
    const plain =
      '{ loom { name made { size x(n: 1) } } any { ... on Loom { name } ... on Needle { size } } }';
    const aliased =
      '{ id: loom { id: name x: made { id: size size: x(n: 1) } } loom: any { ... on Loom { z: name } ... on Needle { z: size } } }';
    expect(canonical(aliased).text).toBe(canonical(plain).text);
    expect(canonical(aliased).clientNames).toEqual([
      'any is loom',
      'loom is id',
      'made is x',
      'name is id',
      'name is z',
      'size is id',
      'size is z',
      'x_2 is size',
    ]);
  });

  it('keeps apart what is not the same, under names that no field has', () => {
    expect(canonical('{ needle { a: name } loom { name: made { at { name } } made { name } } }').text).toBe(
      '{ needle { name } loom { made { at { name } } made_1: made { name } } }',
    );
    expect(canonical('{ a: loom { id } b: loom { name } loom(id: 1) { name } }').text).toBe(
      '{ loom { id } loom_1: loom { name } loom_2: loom(id: 1) { name } }',
    );
    expect(canonical('{ any { ... on Loom { y: x } ... on Needle { y: x(n: 2) } } }').text).toBe(
      '{ any { ... on Loom { x_2: x } ... on Needle { x_3: x(n: 2) } } }',
    );
  });

  it('leaves the name of a field that is required with arguments to the planner', () => {
    expect(canonical('{ loom { x(n: 5) cost part(n: 2) { id } } }').text).toBe(
      '{ loom { x_2: x(n: 5) cost part_1: part(n: 2) { id } } }',
    );
  });

  it('keeps apart fields of objects whose types differ in any subgraph, in all that lies below one key', () => {
    expect(canonical('{ any { ... on Loom { id } ... on Needle { id } } }').text).toBe(
      '{ any { ... on Loom { id } ... on Needle { id_1: id } } }',
    );
    expect(
      canonical('{ any { ... on Loom { part { id } } } named { ... on Loom { id } ... on Named { name } } }')
        .text,
    ).toBe('{ any { ... on Loom { part_1: part { id } } } named { ... on Loom { id } name } }');
  });

  it('runs each field of a mutation by itself', () => {
    expect(canonical('mutation { a: count b: count c: loom { id } count }').text).toBe(
      'mutation { count count_1: count loom { id } count_2: count }',
    );
  });

  it('leaves introspection as it is', () => {
    const query =
      '{ a: __schema { types { x: name ...T } } b: __schema { types { x: kind } } } fragment T on __Type { y: kind }';
    expect(canonical(query).text).toBe(
      '{ __schema { types { x: name ... on __Type { y: kind } } } __schema_1: __schema { types { x: kind } } }',
    );
  });

  it('writes a fragment out once where it is spread again, and with its conditions', () => {
    const query = `query ($a: Boolean!) { loom { ...F ...F ...F @include(if: $a) ... on Named { ...F } } }
      fragment F on Loom { name ...G } fragment G on Loom { id }`;
    expect(canonical(query).text).toBe(
      'query ($a: Boolean!) { loom { name id ... on Loom @include(if: $a) { name id } } }',
    );
  });

  it('refuses fragments that are used more often than can be written out', () => {
    const chain = Array.from({ length: 500 }, (_, n) => `fragment F${n} on Loom { ...F${n + 1} }`).join(' ');
    const spreads = Array.from({ length: 30 }, () => '...F0 @include(if: true)').join(' ');
    const query = `{ loom { ${spreads} } } ${chain} fragment F500 on Loom { name }`;
    expect(() => canonical(query)).toThrow(expect.objectContaining({ code: 'GRAPH_COST_EXCEEDED' }));
  });

  it('is read from a schema without types that clients cannot see', () => {
    const hidden = parse('type Query { a: Int } type Secret { a_1: Int }');
    const document = parse('{ a x: a }', { noLocation: true });
    const operation = document.definitions[0];
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation');
    const { definition } = canonicalize(operation, {
      schema: buildASTSchema(parse('type Query { a(n: Int): Int }')),
      fields: readFields(hidden),
      fragments: new Map(),
      starts: new Map(),
    });
    expect(print(definition)).not.toContain('a_1');
  });
});
