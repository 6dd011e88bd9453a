import { buildSchema, type FragmentDefinitionNode, getLocation, Kind, parse, Source } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { ClientError } from '../errors.ts';
import { completeResult } from './complete.ts';
import { compileShape } from './shape.ts';

const schema = buildSchema(`
  interface Named { name: String }
  type Loom implements Named { name: String threads: [Thread!] first: Thread! }
  type Thread { id: ID! twin: Thread }
  scalar JSON
  type Query { named: Named nameds: [Named!] loom: Loom looms: [Loom] any: JSON }
`);

/** What a client gets for what the subgraphs answered. */
function complete(query: string, raw: Record<string, unknown>, charactersMax = 1_000_000) {
  const document = parse(query);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const operation = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  if (operation === undefined) throw new Error('no operation');
  const shape = compileShape(
    { schema, fragments, clientFields: new Map(), denied: new Map(), isIncluded: () => true },
    operation,
  );
  const errors: ClientError[] = [];
  const locate = (start: number) => getLocation(new Source(query), start);
  const completion = {
    errors,
    missing: new Set<object>(),
    failed: new Set<object>(),
    requestId: 'r1',
    locate,
    charactersMax,
    charactersLeft: charactersMax,
  };
  const data = completeResult(completion, shape, raw);
  return { data, errors: errors.map(({ path, extensions }) => ({ path, code: extensions?.code })) };
}

describe('completing an answer', () => {
  it('makes an object null whose type the graph hides, also where one type only is left to be seen', () => {
    const query = '{ named { name } nameds { __typename } }';
    const hidden = { __typename: 'Secret', name: 'x' };
    expect(complete(query, { named: hidden, nameds: null }).data).toEqual({ named: null, nameds: null });
    expect(complete(query, { named: { name: 'y' }, nameds: [{ __typename: 'Loom' }, hidden] })).toEqual({
      data: { named: { name: 'y' }, nameds: null },
      errors: [{ path: ['nameds', 1], code: 'INTERNAL' }],
    });
  });
});

describe('the length of an answer', () => {
  const long = 'x'.repeat(1_000);
  const deep = Array.from({ length: 50_000 }).reduce<unknown>((inner) => [inner], 1);
  const many = (count: number, item: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => item(at));

  it.each<[string, string, Record<string, unknown>]>([
    ['one text', '{ loom { name } }', { loom: { name: 'x'.repeat(10_001) } }],
    [
      'one text under many names',
      `{ loom { ${many(11, (at) => `a${at}: name`).join(' ')} } }`,
      { loom: { name: long, ...Object.fromEntries(many(11, (at) => `a${at}`).map((key) => [key, long])) } },
    ],
    [
      'a long name in each item of a list',
      `{ looms { ${'n'.repeat(1_000)}: name } }`,
      { looms: Array(11).fill({ ['n'.repeat(1_000)]: '' }) },
    ],
    ['many short values', '{ any }', { any: Array(10_001).fill(1) }],
    ['long names in JSON', '{ any }', { any: Array(11).fill({ [long]: 1 }) }],
    ['JSON that nests deep', '{ any }', { any: deep }],
  ])('is bounded: %s', (_what, query, raw) => {
    expect(() => complete(query, raw, 10_000)).toThrow(
      expect.objectContaining({ code: 'GRAPH_COST_EXCEEDED', message: expect.stringContaining('10000') }),
    );
    expect(complete(query, raw, 2_000_000).errors).toEqual([]);
  });
});
