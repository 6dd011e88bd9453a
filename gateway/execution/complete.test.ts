import { buildSchema, type FragmentDefinitionNode, getLocation, Kind, parse, Source } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { ClientError } from '../errors.ts';
import { completeResult } from './complete.ts';
import { compileShape } from './shape.ts';

const schema = buildSchema(`
  interface Named { name: String }
  type Loom implements Named { name: String threads: [Thread!] first: Thread! }
  type Thread { id: ID! twin: Thread }
  type Query { named: Named nameds: [Named!] loom: Loom looms: [Loom] }
`);

/** What a client gets for what the subgraphs answered. */
function complete(query: string, raw: Record<string, unknown>) {
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
