import { GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';
import { HeddleError } from '#core/errors.ts';
import { ask, sampleRouters } from '#test/support/gateways/sample-router.ts';
import { createSampleMesh } from '#test/support/gateways/sample-subgraphs.ts';
import type { SubgraphRequest } from '#transport/executor.ts';

const { start } = sampleRouters();
const complete = 'complete(input: { model: "m1", text: "x" }) { text }';
const create = 'createModel(input: { name: "n" }) { name }';

/** What `models` does of the mutation createModel. */
type Failure = (request: SubgraphRequest) => Promise<unknown>;

const refuse: Failure = () =>
  Promise.resolve({
    data: null,
    errors: [new GraphQLError('Taken.', { path: ['createModel'], extensions: { code: 'CONFLICT' } })],
  });
const failures: Readonly<Record<string, Failure>> = {
  'is refused': refuse,
  'cannot be reached': () => Promise.reject(new HeddleError('OVERLOADED', 'models is away')),
  'is null without a word': () => Promise.resolve({ data: { createModel: null } }),
  'lacks what cannot be null below it': () => Promise.resolve({ data: { createModel: { name: null } } }),
};

/** The mutations that reached a subgraph, and the answer. */
async function run(query: string, fail: Failure) {
  const { executors, calls } = createSampleMesh();
  const models = {
    execute: (request: SubgraphRequest) =>
      JSON.stringify(request.document).includes('createModel')
        ? (fail(request) as never)
        : executors.models.execute(request),
  };
  const result = await ask(start({ ...createSampleMesh(), executors: { ...executors, models } }), query);
  // What only reserves for fields, or returns what was reserved, runs none.
  const sent = calls.filter(({ query: text }) => !/@(admit|release)\b/.test(text));
  const ran = sent.flatMap(({ query: text }) => /complete|retireModel/.exec(text)?.[0] ?? []);
  return { ...result, ran };
}

describe('a mutation', () => {
  it.each(Object.entries(failures))('stops after a field that cannot be null and %s', async (_, fail) => {
    const { data, errors, ran } = await run(
      `mutation { a: ${complete} b: ${create} c: ${complete} d: retireModel(id: "m") { id } }`,
      fail,
    );
    expect(data).toBeNull();
    expect(errors?.map(({ path }) => path?.[0])).toEqual(['b']);
    expect(ran).toEqual(['complete']);
  });

  it('stops also where the field stands in a fragment, is aliased like another, and is the first', async () => {
    const { data, errors, ran } = await run(
      `mutation { ...F complete: ${complete} } fragment F on Mutation { createModel: ${create} }`,
      refuse,
    );
    expect(data).toBeNull();
    expect(errors?.[0]).toMatchObject({ path: ['createModel'], extensions: { code: 'CONFLICT' } });
    expect(ran).toEqual([]);
  });

  it('goes through all of its fields where the one that fails may be null', async () => {
    const { data, errors, ran } = await run(
      `mutation { a: retireModel(id: "m") { id } b: ${complete} }`,
      refuse,
    );
    expect(data).toEqual({ a: null, b: { text: 'x' } });
    expect(errors?.[0]).toMatchObject({ path: ['a'], extensions: { code: 'NOT_FOUND' } });
    expect(ran).toEqual(['retireModel', 'complete']);
  });

  it('runs a field as often as it is requested, under whatever names', async () => {
    const { data, ran } = await run(
      `mutation { a: ${complete} complete: ${complete} b: ${complete} }`,
      refuse,
    );
    expect(data).toEqual({ a: { text: 'x' }, complete: { text: 'x' }, b: { text: 'x' } });
    expect(ran).toEqual(['complete', 'complete', 'complete']);
  });
});
