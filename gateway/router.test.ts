import { type ExecutionResult, GraphQLError } from 'graphql';
import pino from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { anonymousCaller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { sampleSupergraph } from '#test/support/gateways/sample-gateway.ts';
import { ask, everyScope, sampleRouters } from '#test/support/gateways/sample-router.ts';
import { createSampleMesh } from '#test/support/gateways/sample-subgraphs.ts';
import { resolveLimits } from './limits.ts';
import { createRouter } from './router.ts';

const { planner, start } = sampleRouters();

describe('joins', () => {
  it('answers from three subgraphs in the order of the document', async () => {
    const result = await ask(
      start(createSampleMesh()),
      '{ completion(id: "c7") { tenant { name } text model { name replacedBy { id } } } motd me { scopes } }',
    );
    expect(JSON.stringify(result)).toBe(
      '{"data":{"completion":{"tenant":{"name":"Tenant t1"},"text":"text of c7","model":{"name":"Model m1",' +
        '"replacedBy":{"id":"m2"}}},"motd":"hello","me":{"scopes":["inference:invoke","models:write",' +
        '"tenants:admin"]}}}',
    );
  });

  it('keeps aliases, fragments and conditions on variables apart', async () => {
    const query = `query ($yes: Boolean!, $no: Boolean!) {
      first: completion(id: "a") { ...C m: model @include(if: $no) { name } }
      second: completion(id: "b") { ...C m: model @skip(if: $no) { name } ... @include(if: $yes) { id } }
    }
    fragment C on Completion { words: text }`;
    const { data } = await ask(start(createSampleMesh()), query, everyScope, { yes: true, no: false });
    expect(data).toEqual({
      first: { words: 'text of a' },
      second: { words: 'text of b', m: { name: 'Model m1' }, id: 'b' },
    });
  });

  it('requests entities that several places want once', async () => {
    const mesh = createSampleMesh();
    await ask(
      start(mesh),
      '{ a: completion(id: "a") { model { name } } b: completion(id: "b") { model { name } } }',
    );
    const [fetch, ...others] = mesh.calls.filter((call) => call.subgraph === 'models');
    expect(others).toEqual([]);
    expect(Object.values(fetch?.request.variables ?? {})).toEqual([[{ __typename: 'Model', id: 'm1' }]]);
  });

  it('reports an entity that is gone where null is not allowed, and lets null rise', async () => {
    const { data, errors } = await ask(
      start(createSampleMesh()),
      '{ completion(id: "orphan") { id model { name } } }',
    );
    expect(data).toEqual({ completion: null });
    expect(errors).toEqual([
      expect.objectContaining({ path: ['completion', 'model'], extensions: { code: 'NOT_FOUND' } }),
    ]);
  });

  it('answers introspection beside data, also through fragments at the root', async () => {
    const query = '{ ...R t: __typename motd } fragment R on Query { __type(name: "Model") { name } }';
    expect(await ask(start(createSampleMesh()), query, anonymousCaller)).toEqual({
      data: { __type: { name: 'Model' }, t: 'Query', motd: 'hello' },
    });
  });

  it('shows nothing inaccessible and none of the machinery of federation', async () => {
    const { data } = await ask(
      start(createSampleMesh()),
      '{ __schema { types { name } queryType { fields { name } } } }',
    );
    const text = JSON.stringify(data);
    expect(text).toContain('CompletionEvent');
    expect(text).not.toMatch(/_caller|join__|link__|_Any|_entities/);
  });
});

describe('mutations', () => {
  it('finish one field with all that it joins before the next begins', async () => {
    const mesh = createSampleMesh();
    const query = `mutation {
      complete(input: { model: "m1", text: "x" }) { model { name } }
      createModel(input: { name: "n" }) { name }
      again: complete(input: { model: "m2", text: "y" }) { text }
    }`;
    const { data } = await ask(start(mesh), query);
    expect(JSON.stringify(data)).toBe(
      '{"complete":{"model":{"name":"Model m1"}},"createModel":{"name":"n"},"again":{"text":"y"}}',
    );
    const sent = mesh.calls.map((call) => call.query).filter((query) => !/@admit\b/.test(query));
    expect(sent.map((query) => /_entities|createModel|complete/.exec(query)?.[0])).toEqual([
      'complete',
      '_entities',
      'createModel',
      'complete',
    ]);
  });
});

describe('failures', () => {
  it('does not start over a supergraph of which a part cannot be reached', () => {
    const { models, tenants } = createSampleMesh().executors;
    const options = {
      supergraphSdl: sampleSupergraph,
      planner,
      limits: resolveLimits(),
      log: pino({ level: 'silent' }),
    };
    expect(() => createRouter({ ...options, executors: { models, tenants } })).toThrow('inference');
  });

  it('does not plan with every request what could not be planned, unless the planner was but busy', async () => {
    const { executors } = createSampleMesh();
    const timesPlanned = async (error: Error) => {
      const plan = vi.fn(() => Promise.reject(error));
      const router = createRouter({
        supergraphSdl: sampleSupergraph,
        planner: { plan },
        executors,
        limits: resolveLimits(),
        log: pino({ level: 'silent' }),
      });
      const codes = new Set<unknown>();
      for (let time = 0; time < 3; time++) {
        codes.add((await ask(router, '{ motd }')).errors?.[0]?.extensions?.code);
      }
      return [...codes, plan.mock.calls.length];
    };
    expect(await timesPlanned(new Error('the planner gave up'))).toEqual(['INTERNAL', 1]);
    expect(await timesPlanned(new HeddleError('OVERLOADED', 'Busy.'))).toEqual(['OVERLOADED', 3]);
  });

  it('masks what was not expected and lets coded errors through', async () => {
    const masked = await ask(start(createSampleMesh()), '{ broken motd }');
    expect(masked.data).toEqual({ broken: null, motd: 'hello' });
    expect(masked.errors).toEqual([
      expect.objectContaining({ path: ['broken'], extensions: { code: 'INTERNAL', requestId: 'r1' } }),
    ]);
    expect(JSON.stringify(masked)).not.toContain('hunter2');
    const coded = await ask(start(createSampleMesh()), 'mutation { retireModel(id: "x") { id } }');
    expect(coded.errors?.[0]).toMatchObject({
      message: 'There is no such model.',
      path: ['retireModel'],
      extensions: { code: 'NOT_FOUND' },
    });
  });

  it('answers what it can when a subgraph cannot be reached', async () => {
    const mesh = createSampleMesh();
    const down = {
      execute: () => Promise.reject(new HeddleError('OVERLOADED', 'models is not reachable')),
    };
    const router = start({ ...mesh, executors: { ...mesh.executors, models: down } });
    const { data, errors } = await ask(router, '{ motd completion(id: "a") { text } }');
    expect(data).toEqual({ motd: null, completion: { text: 'text of a' } });
    expect(errors).toEqual([
      {
        message: 'models is not reachable',
        locations: [{ line: 1, column: 3 }],
        path: ['motd'],
        extensions: { code: 'OVERLOADED' },
      },
    ]);
    const joined = await ask(router, '{ completion(id: "a") { text model { name } } }');
    expect(joined.data).toEqual({ completion: null });
    expect(joined.errors).toHaveLength(1);
  });

  it('reports one wrong field once, also where it leaves its neighbours without a value', async () => {
    const { executors } = createSampleMesh();
    const failing = (data: unknown, ...path: (string | number)[]) => {
      const error = new GraphQLError('No.', { path, extensions: { code: 'CONFLICT' } });
      const execute = () => Promise.resolve({ data, errors: [error] } as ExecutionResult);
      return start({ ...createSampleMesh(), executors: { ...executors, models: { execute } } });
    };
    const page = '{ edges { node { id } } }';
    const root = await ask(failing(null, 'models_1'), `{ a: models ${page} b: models(after: "x") ${page} }`);
    expect(root).toEqual({
      data: null,
      errors: [
        {
          message: 'No.',
          locations: [{ line: 1, column: 39 }],
          path: ['b'],
          extensions: { code: 'CONFLICT' },
        },
      ],
    });
    const entity = await ask(
      failing({ _entities: [null] }, '_entities', 0, 'wholesalePrice'),
      '{ completion(id: "c") { text model { name wholesalePrice } } }',
    );
    expect(entity.errors).toEqual([
      {
        message: 'No.',
        locations: [{ line: 1, column: 43 }],
        path: ['completion', 'model', 'wholesalePrice'],
        extensions: { code: 'CONFLICT' },
      },
    ]);
  });

  it('names the variable that is wrong and runs nothing', async () => {
    const mesh = createSampleMesh();
    const query = 'query ($id: ID!) { completion(id: $id) { id } }';
    const result = await ask(start(mesh), query, everyScope, { id: null });
    expect(result).not.toHaveProperty('data');
    expect(result.errors?.[0]).toMatchObject({
      message: expect.stringContaining('$id'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
    expect(mesh.calls).toEqual([]);
  });

  it.each<[string, string, object | undefined, [number, number][]]>([
    ['a variable', 'query (\n  $id: ID!\n) { completion(id: $id) { id } }', { id: null }, [[2, 3]]],
    [
      'several variables',
      'query ($a: ID!, $b: Int!) { a: completion(id: $a) { id } models(first: $b) { edges { cursor: __typename } } }',
      {},
      [
        [1, 8],
        [1, 17],
      ],
    ],
    ['a field of a subgraph', '{\n  motd\n  no: broken\n}', {}, [[3, 3]]],
    [
      'a field under several names',
      '{ a: broken motd b: broken broken }',
      {},
      [
        [1, 3],
        [1, 18],
        [1, 28],
      ],
    ],
    ['a field in a fragment', '{ ...F }\nfragment F on Query { x: broken }', {}, [[2, 23]]],
    ['a condition', 'query ($yes: Boolean = true) { motd @skip(if: $yes) }', { yes: null }, [[1, 8]]],
  ])('returns the places in the text of %s that fails', async (_, query, variables, places) => {
    const { errors = [] } = await ask(start(createSampleMesh()), query, everyScope, { ...variables });
    expect(errors.flatMap(({ locations = [] }) => locations)).toEqual(
      places.map(([line, column]) => ({ line, column })),
    );
  });

  it('reports a field under each name that the client uses for it, where it stands', async () => {
    const { data, errors } = await ask(
      start(createSampleMesh()),
      '{ motd: broken x: motd models(first: 1) { edges { id: node { name: id id: name } } } again: broken }',
    );
    expect(data).toEqual({
      motd: null,
      x: 'hello',
      models: { edges: [{ id: { name: 'm1', id: 'Model m1' } }] },
      again: null,
    });
    expect(errors?.map(({ path, locations }) => [path, locations?.[0]?.column])).toEqual([
      [['motd'], 3],
      [['again'], 86],
    ]);
  });

  it.each([
    ['{ completion(id: "c") { model { id: name } } }', { model: { id: 'Model m1' } }],
    [
      '{ completion(id: "c") { model { id: __typename name } } }',
      { model: { id: 'Model', name: 'Model m1' } },
    ],
    [
      '{ completion(id: "c") { id: text model { name id: price } } }',
      { id: 'text of c', model: { name: 'Model m1', id: '1.50' } },
    ],
    [
      '{ completion(id: "c") { model { ...F name } } } fragment F on Model { real: id id: price }',
      { model: { real: 'm1', id: '1.50', name: 'Model m1' } },
    ],
    [
      '{ completion(id: "c") { tenant { id: __typename name } } }',
      { tenant: { id: 'Tenant', name: 'Tenant t1' } },
    ],
    [
      '{ completion(id: "c") { tenant: model { name } model: tenant { name } } }',
      { tenant: { name: 'Model m1' }, model: { name: 'Tenant t1' } },
    ],
  ])('joins by the key, whatever is called like it: %s', async (query, completion) => {
    expect(await ask(start(createSampleMesh()), query)).toEqual({ data: { completion } });
  });

  it('refuses a malformed document and an unknown field with their place', async () => {
    const router = start(createSampleMesh());
    for (const query of ['{ motd', '{ nothing }', '', 'fragment F on Query { motd }']) {
      const result = await ask(router, query);
      expect(result).not.toHaveProperty('data');
      expect(result.errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT' });
    }
    expect((await ask(router, '{ nothing }')).errors?.[0]?.locations).toEqual([{ line: 1, column: 3 }]);
  });

  it.each([
    'mutation { __proto__: complete(input: { model: "m", text: "t" }) { polluted: text } }',
    'query ($__proto__: ID!) { completion(id: $__proto__) { id } }',
    'query { ...F } fragment F on Query { completion(id: "c") { __proto__: id } }',
    '{ completion(id: "c") { __typename: id model { name } } }',
  ])('refuses a name that stands for something else: %s', async (query) => {
    const mesh = createSampleMesh();
    const { errors } = await ask(start(mesh), query, everyScope, JSON.parse('{"__proto__": "c"}'));
    expect(errors?.[0]).toMatchObject({
      message: expect.stringMatching(/__proto__|__typename/),
      extensions: { code: 'BAD_USER_INPUT' },
    });
    expect(mesh.calls).toEqual([]);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('states what to do about a valid document that cannot be planned', async () => {
    const deep = `{ model(id: "m") ${'{ replacedBy '.repeat(60)} { id } ${'}'.repeat(60)} }`;
    const { errors } = await ask(start(createSampleMesh(), { depthMax: 100 }), deep);
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining('as variables'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  it('keeps its messages short, however long the names of the document', async () => {
    const { errors } = await ask(start(createSampleMesh()), `{ ${'x'.repeat(500_000)} }`);
    expect(JSON.stringify(errors).length).toBeLessThan(2_000);
  });
});
