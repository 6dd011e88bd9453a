import { type ExecutionResult, GraphQLError } from 'graphql';
import pino from 'pino';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { anonymousCaller, type Caller } from '#schema/caller.ts';
import { composeSupergraph } from '#schema/compose.ts';
import { HeddleError } from '#schema/errors.ts';
import { sampleSdls } from '#test/support/sample-graph.ts';
import {
  createSampleMesh,
  delta,
  finished,
  type SampleMesh,
  SampleSource,
  sampleCaller,
  started,
} from '#test/support/sample-subgraphs.ts';
import type { ClientResult } from './errors.ts';
import { PlannerProcess } from './execution/planner.ts';
import { type GatewayLimits, resolveLimits } from './limits.ts';
import { createRouter, isOperation, isStream, type Router } from './router.ts';

const supergraphSdl = composeSupergraph(sampleSdls);
const invoker = sampleCaller('inference:invoke');
const everyScope = sampleCaller('inference:invoke', 'models:write', 'tenants:admin');

const planner = new PlannerProcess(supergraphSdl);
afterAll(() => planner[Symbol.asyncDispose]());

function start(mesh: SampleMesh, limits: Partial<GatewayLimits> = {}): Router {
  const log = pino({ level: 'silent' });
  return createRouter({
    supergraphSdl,
    planner,
    executors: mesh.executors,
    limits: resolveLimits(limits),
    log,
  });
}

async function answer(
  router: Router,
  query: string,
  caller: Caller = everyScope,
  variables?: Record<string, unknown>,
) {
  const operation = router.prepare(query, undefined);
  if (!isOperation(operation)) return operation;
  return router.run(operation, variables, { caller, requestId: 'r1', clientAddress: null });
}

async function ask(
  router: Router,
  query: string,
  caller?: Caller,
  variables?: Record<string, unknown>,
): Promise<ClientResult> {
  const result = await answer(router, query, caller, variables);
  if (isStream(result)) throw new Error('a stream');
  // As it goes over the wire.
  return JSON.parse(JSON.stringify(result));
}

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

  it('asks for entities that several places want once', async () => {
    const mesh = createSampleMesh();
    await ask(
      start(mesh),
      '{ a: completion(id: "a") { model { name } } b: completion(id: "b") { model { name } } }',
    );
    const [fetch, ...others] = mesh.calls.filter((call) => call.subgraph === 'models');
    expect(others).toEqual([]);
    expect(Object.values(fetch?.request.variables ?? {})).toEqual([[{ __typename: 'Model', id: 'm1' }]]);
  });

  it('tells of an entity that is gone where null is not allowed, and lets null rise', async () => {
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
    expect(mesh.calls.map(({ query: sent }) => /_entities|createModel|complete/.exec(sent)?.[0])).toEqual([
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
    const options = { supergraphSdl, planner, limits: resolveLimits(), log: pino({ level: 'silent' }) };
    expect(() => createRouter({ ...options, executors: { models, tenants } })).toThrow('inference');
  });

  it('does not plan with every request what could not be planned', async () => {
    const plan = vi.fn(() => Promise.reject(new Error('the planner gave up')));
    const { executors } = createSampleMesh();
    const log = pino({ level: 'silent' });
    const router = createRouter({
      supergraphSdl,
      planner: { plan },
      executors,
      limits: resolveLimits(),
      log,
    });
    for (let time = 0; time < 3; time++) {
      expect((await ask(router, '{ motd }')).errors?.[0]?.extensions?.code).toBe('INTERNAL');
    }
    expect(plan).toHaveBeenCalledTimes(1);
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
      { message: 'models is not reachable', path: ['motd'], extensions: { code: 'OVERLOADED' } },
    ]);
    const joined = await ask(router, '{ completion(id: "a") { text model { name } } }');
    expect(joined.data).toEqual({ completion: null });
    expect(joined.errors).toHaveLength(1);
  });

  it('tells of one wrong field once, also where it leaves its neighbours without a value', async () => {
    const { executors } = createSampleMesh();
    const failing = (data: unknown, ...path: (string | number)[]) => {
      const error = new GraphQLError('No.', { path, extensions: { code: 'CONFLICT' } });
      const execute = () => Promise.resolve({ data, errors: [error] } as ExecutionResult);
      return start({ ...createSampleMesh(), executors: { ...executors, models: { execute } } });
    };
    const page = '{ edges { node { id } } }';
    const root = await ask(failing(null, 'b'), `{ a: models ${page} b: models(after: "x") ${page} }`);
    expect(root).toEqual({
      data: null,
      errors: [{ message: 'No.', path: ['b'], extensions: { code: 'CONFLICT' } }],
    });
    const entity = await ask(
      failing({ _entities: [null] }, '_entities', 0, 'wholesalePrice'),
      '{ completion(id: "c") { text model { name wholesalePrice } } }',
    );
    expect(entity.errors).toEqual([
      {
        message: 'No.',
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

  it('says what to do about a valid document that cannot be planned', async () => {
    const deep = `{ model(id: "m") ${'{ replacedBy '.repeat(60)} { id } ${'}'.repeat(60)} }`;
    for (const query of ['{ completion(id: 99999999999999999999) { id } }', deep]) {
      const { errors } = await ask(start(createSampleMesh(), { depthMax: 100 }), query);
      expect(errors?.[0]).toMatchObject({
        message: expect.stringContaining('as variables'),
        extensions: { code: 'BAD_USER_INPUT' },
      });
    }
  });

  it('keeps its messages short, however long the names of the document', async () => {
    const { errors } = await ask(start(createSampleMesh()), `{ ${'x'.repeat(500_000)} }`);
    expect(JSON.stringify(errors).length).toBeLessThan(2_000);
  });
});

describe('auth', () => {
  const denied = async (query: string, caller: Caller, variables?: Record<string, unknown>) => {
    const mesh = createSampleMesh();
    const result = await ask(start(mesh), query, caller, variables);
    return { ...result, codes: result.errors?.map((error) => error.extensions?.code), calls: mesh.calls };
  };

  it('puts null and the missing scope where the graph allows null', async () => {
    const { data, errors, calls } = await denied('{ model(id: "m1") { name price } }', invoker);
    expect(data).toEqual({ model: { name: 'Model m1', price: null } });
    expect(errors).toEqual([
      {
        message: 'Model.price asks for the scope models:write, or tenants:admin.',
        path: ['model', 'price'],
        extensions: { code: 'FORBIDDEN' },
      },
    ]);
    expect(calls.map((call) => call.query).join()).not.toContain('price');
  });

  it('lets null rise from a refused field that cannot be null', async () => {
    const { data, errors } = await denied('{ model(id: "m1") { name wholesalePrice } motd }', invoker);
    expect(data).toEqual({ model: null, motd: 'hello' });
    expect(errors?.[0]?.path).toEqual(['model', 'wholesalePrice']);
  });

  it('grants an alternative of a requirement, and only all scopes of it together', async () => {
    const query = '{ model(id: "m1") { price wholesalePrice } }';
    expect((await denied(query, sampleCaller('models:write', 'tenants:admin'))).errors).toBeUndefined();
    expect(
      (await denied('{ model(id: "m1") { price } }', sampleCaller('tenants:admin'))).errors,
    ).toBeUndefined();
    expect((await denied(query, sampleCaller('models:write'))).codes).toEqual(['FORBIDDEN']);
  });

  it('asks an anonymous caller for credentials', async () => {
    const { data, codes, calls } = await denied('{ model(id: "m1") { name } motd }', anonymousCaller);
    expect(data).toEqual({ model: null, motd: 'hello' });
    expect(codes).toEqual(['UNAUTHENTICATED']);
    expect(calls.map((call) => call.subgraph)).toEqual(['models']);
  });

  it('calls no subgraph when nothing of the document is granted', async () => {
    for (const query of ['{ me { scopes } }', '{ model(id: "m1") { name } }', '{ me { scopes } motd }']) {
      const { calls, codes } = await denied(query, anonymousCaller);
      expect(codes).toEqual(['UNAUTHENTICATED']);
      expect(calls).toEqual([]);
    }
  });

  it('runs no part of a mutation of which any field is refused, however deep and whatever the variables', async () => {
    for (const query of [
      'mutation { complete(input: { model: "m1", text: "x" }) { text } createModel(input: { name: "n" }) { id } }',
      'mutation { complete(input: { model: "m1", text: "x" }) { text model { price } } }',
      'mutation ($no: Boolean = false) { complete(input: { model: "m1", text: "x" }) { model { price @include(if: $no) } } }',
      'mutation { complete(input: { model: "m1", text: "x" }) { ...C } } fragment C on Completion { model { ...M } } fragment M on Model { p: price }',
    ]) {
      const { data, codes, calls } = await denied(query, invoker);
      expect({ data, codes, calls }).toEqual({ data: null, codes: ['FORBIDDEN'], calls: [] });
    }
  });

  it('runs a mutation whose refused field is literally left out', async () => {
    const query =
      'mutation { complete(input: { model: "m1", text: "x" }) { text model { price @include(if: false) } } }';
    const { data, errors } = await denied(query, invoker);
    expect({ data, errors }).toEqual({ data: { complete: { text: 'x', model: {} } }, errors: undefined });
  });

  it('leaves a refused field out of the answer when its condition says so', async () => {
    const query = 'query ($all: Boolean!) { model(id: "m1") { name price @include(if: $all) } }';
    const without = await denied(query, invoker, { all: false });
    expect(without.data).toEqual({ model: { name: 'Model m1' } });
    expect(without.errors).toBeUndefined();
    const withPrice = await denied(query, invoker, { all: true });
    expect(withPrice.data).toEqual({ model: { name: 'Model m1', price: null } });
  });

  it('demands of an interface what its implementations demand', async () => {
    const query = '{ named { name ... on App { id } } }';
    expect((await denied(query, invoker)).codes).toEqual(['FORBIDDEN']);
    expect((await denied(query, sampleCaller('tenants:admin'))).data).toEqual({
      named: [{ name: 'Tenant t1' }, { name: 'App a1', id: 'a1' }],
    });
  });

  it('decides for each caller anew', async () => {
    const router = start(createSampleMesh());
    const query = '{ model(id: "m1") { price } }';
    for (const caller of [invoker, everyScope, anonymousCaller, invoker, everyScope]) {
      const { errors } = await ask(router, query, caller);
      expect(errors === undefined).toBe(caller === everyScope);
    }
  });

  it('refuses a field with a policy that nothing can grant', async () => {
    const sdl = supergraphSdl
      .replace(
        'enum join__Graph',
        'directive @policy(policies: [[String!]!]!) on FIELD_DEFINITION\nenum join__Graph',
      )
      .replace('motd: String', 'motd: String @policy(policies: [["staff"]])');
    const mesh = createSampleMesh();
    const log = pino({ level: 'silent' });
    const router = createRouter({
      supergraphSdl: sdl,
      planner,
      executors: mesh.executors,
      limits: resolveLimits(),
      log,
    });
    expect((await ask(router, '{ motd }')).errors?.[0]?.extensions?.code).toBe('FORBIDDEN');
    expect(mesh.calls).toEqual([]);
  });
});

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

describe('subscriptions', () => {
  const query = `subscription { completionStream(input: { model: "m1", text: "x" }) { sequence
    ... on CompletionStarted { model { name } } ... on TextDelta { text }
    ... on CompletionFinished { completion { model { name } tenant { name } } } } }`;

  async function open(mesh: SampleMesh, caller = invoker, text = query) {
    const events = await answer(start(mesh), text, caller);
    if (!isStream(events)) throw new Error(JSON.stringify(events));
    return events;
  }

  it('joins what an event needs from other subgraphs', async () => {
    const mesh = createSampleMesh();
    const source = new SampleSource([started(0), delta(1, 'he'), delta(2, 'llo'), finished(3)]);
    source.end();
    mesh.source = source;
    const seen: unknown[] = [];
    for await (const event of await open(mesh)) seen.push(event.data?.completionStream);
    expect(seen).toEqual([
      { sequence: 0, model: { name: 'Model m1' } },
      { sequence: 1, text: 'he' },
      { sequence: 2, text: 'llo' },
      { sequence: 3, completion: { model: { name: 'Model m2' }, tenant: { name: 'Tenant t1' } } },
    ]);
  });

  it('needs no type name where no field depends on it, and gives it under any alias', async () => {
    for (const [fields, event] of [
      ['sequence', { sequence: 1 }],
      ['t: __typename sequence', { t: 'TextDelta', sequence: 1 }],
      ['... on CompletionEvent { s: sequence } __typename', { s: 1, __typename: 'TextDelta' }],
    ] as const) {
      const mesh = createSampleMesh();
      mesh.source = new SampleSource([delta(1, 'x')]);
      const text = `subscription { completionStream(input: { model: "m", text: "t" }) { ${fields} } }`;
      const events = await open(mesh, invoker, text);
      expect(await events.next()).toEqual({ done: false, value: { data: { completionStream: event } } });
      await events.return?.();
    }
  });

  it('keeps an error to the event it belongs to', async () => {
    const mesh = createSampleMesh();
    const source = new SampleSource([{ ...started(0), model: { id: 'gone' } }, delta(1, 'on')]);
    source.end();
    mesh.source = source;
    const events: ClientResult[] = [];
    for await (const event of await open(mesh)) events.push(event);
    expect(events.map((event) => event.errors?.length)).toEqual([1, undefined]);
  });

  it('reads one event at a time, when it is asked for', async () => {
    const mesh = createSampleMesh();
    const source = new SampleSource(Array.from({ length: 100 }, (_, n) => delta(n, 'x')));
    mesh.source = source;
    const events = await open(mesh);
    await events.next();
    await events.next();
    expect(source.pulled).toBe(2);
    await events.return?.();
  });

  it('reaches the source at once when the reader leaves while it waits', async () => {
    const mesh = createSampleMesh();
    const source = new SampleSource();
    mesh.source = source;
    const events = await open(mesh);
    const waiting = events.next();
    await events.return?.();
    await source.returned;
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(mesh.calls.at(-1)?.request.signal?.aborted).toBe(true);
  });

  it('refuses before the source is asked', async () => {
    const mesh = createSampleMesh();
    for (const caller of [anonymousCaller, sampleCaller('models:write')]) {
      const result = await answer(start(mesh), query, caller);
      expect(isStream(result)).toBe(false);
    }
    expect(mesh.calls).toEqual([]);
  });

  it('nulls a refused field in each event that has it', async () => {
    const mesh = createSampleMesh();
    mesh.source = new SampleSource([delta(0, 'x'), started(1)]);
    const text = query.replace('model { name } }', 'model { name price } }');
    const events = await open(mesh, invoker, text);
    expect(await events.next()).toMatchObject({ value: { data: { completionStream: { text: 'x' } } } });
    expect(await events.next()).toMatchObject({
      value: {
        data: { completionStream: { model: { name: 'Model m1', price: null } } },
        errors: [{ path: ['completionStream', 'model', 'price'], extensions: { code: 'FORBIDDEN' } }],
      },
    });
    await events.return?.();
  });

  it('ends with a masked error when the source fails', async () => {
    const mesh = createSampleMesh();
    mesh.source = (async function* () {
      yield delta(0, 'x');
      throw new Error('the password is hunter2');
    })();
    const seen: ClientResult[] = [];
    for await (const event of await open(mesh)) seen.push(event);
    expect(seen[1]?.errors?.[0]?.extensions).toEqual({ code: 'INTERNAL', requestId: 'r1' });
    expect(JSON.stringify(seen)).not.toContain('hunter2');
    expect(seen).toHaveLength(2);
  });
});
