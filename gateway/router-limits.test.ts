import { describe, expect, it } from 'vitest';
import { anonymousCaller } from '#schema/caller.ts';
import { ask, everyScope, sampleRouters } from '#test/support/sample-router.ts';
import { createSampleMesh } from '#test/support/sample-subgraphs.ts';
import type { GatewayLimits } from './limits.ts';
import { isOperation } from './router.ts';

const { start } = sampleRouters();

describe('limits', () => {
  const refused = async (
    limits: Partial<GatewayLimits>,
    query: string,
    variables?: Record<string, unknown>,
  ) => {
    const mesh = createSampleMesh();
    const result = await ask(start(mesh, limits), query, everyScope, variables);
    expect(mesh.calls).toEqual([]);
    expect(result).not.toHaveProperty('data');
    return result.errors?.map((error) => error.extensions?.code);
  };
  const nested = '{ model(id: "m1") { ...A } } fragment A on Model { replacedBy { replacedBy { name } } }';

  it.each([
    ['too deep', { depthMax: 3 }, nested],
    ['too many aliases', { aliasesMax: 2 }, '{ a: motd b: motd c: motd }'],
    ['too broad', { rootFieldsMax: 2 }, '{ motd ...B } fragment B on Query { a: motd b: motd }'],
    ['too many fields', { fieldsMax: 3 }, nested],
    [
      'too many fields in several operations',
      { fieldsMax: 3 },
      `{ motd a: motd } query Other { motd a: motd }`,
    ],
    ['the same fields too often', {}, `{ models { edges { node { ${'name '.repeat(1_900)} } } } }`],
    ['too many tokens', { tokensMax: 5 }, '{ motd a: motd }'],
    ['too costly', { costMax: 100 }, '{ models(first: 200) { edges { node { name } } } }'],
    ['too costly by default', { costMax: 90 }, '{ models { edges { node { name } } } }'],
    [
      'too costly for a weight',
      { costMax: 9 },
      'mutation { complete(input: { model: "m", text: "t" }) { text } }',
    ],
  ])('refuses a document that is %s', async (_, limits, query) => {
    expect(await refused(limits, query)).toEqual(['GRAPH_COST_EXCEEDED']);
  });

  it('counts as the root only what an operation asks of it', async () => {
    const query = '{ model(id: "m1") { ...M } } fragment M on Model { id name replacedBy { id } }';
    const result = await ask(start(createSampleMesh(), { rootFieldsMax: 2 }), query);
    expect(result.errors).toBeUndefined();
  });

  it('remembers documents within a bound of what they take, not of how long they are', () => {
    const router = start(createSampleMesh(), { documentBytesMax: 100_000 });
    const isRemembered = (query: string) => {
      const prepared = router.prepare(query, null);
      return router.prepare(query, null) === prepared;
    };
    const large = (items: number) =>
      `{ models { edges { node { name ${'@skip(if: false) name '.repeat(items)} } } } }`;
    expect(isRemembered('{ motd }')).toBe(true);
    expect(isRemembered(large(10))).toBe(true);
    expect(isRemembered(large(100))).toBe(false);
    expect(isRemembered('{ nothing }')).toBe(false);
  });

  it('remembers what runs of a document within the same bound, however its conditions are turned', () => {
    const router = start(createSampleMesh(), { documentBytesMax: 20_000 });
    const operation = router.prepare('query ($a: Boolean!) { motd a: motd @include(if: $a) }', null);
    if (!isOperation(operation)) throw new Error('refused');
    const program = (a: boolean) => operation.program(everyScope, { a });
    const first = program(true);
    expect(program(true)).toBe(first);
    for (const caller of [everyScope, anonymousCaller]) {
      for (const a of [true, false]) operation.program(caller, { a });
    }
    expect(program(true)).not.toBe(first);
  });

  it('counts the page size that a variable asks for', async () => {
    const query = 'query ($n: Int) { models(first: $n) { edges { node { name } } } }';
    expect(await refused({ costMax: 100 }, query, { n: 200 })).toEqual(['GRAPH_COST_EXCEEDED']);
    const small = await ask(start(createSampleMesh(), { costMax: 100 }), query, everyScope, { n: 2 });
    expect(small.errors).toBeUndefined();
  });

  it('measures fragments that multiply in no time, and those that go round in circles', async () => {
    const doubling = Array.from(
      { length: 40 },
      (_, n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`,
    );
    const bomb = `{ ...F0 } ${doubling.join('\n')} fragment F40 on Query { motd }`;
    expect(await refused({}, bomb)).toEqual(['GRAPH_COST_EXCEEDED']);
    const circle = '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }';
    expect(await refused({}, circle)).toEqual(['BAD_USER_INPUT']);
  });

  it('refuses introspection that goes round in circles', async () => {
    const fields = (below: string) => `fields { type { ${below} } }`;
    const query = `{ __schema { types { ${fields(fields(fields('name')))} } } }`;
    expect(await refused({}, query)).toEqual(['GRAPH_COST_EXCEEDED']);
  });
});
