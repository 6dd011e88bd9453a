import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import { anonymousCaller, type Caller } from '#core/caller.ts';
import { ask, everyScope, sampleRouters } from '#test/support/gateways/sample-router.ts';
import { createSampleMesh } from '#test/support/gateways/sample-subgraphs.ts';
import type { GatewayLimits } from './limits.ts';
import { isOperation } from './router.ts';

const { start } = sampleRouters();

const series = (count: number, text: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => text(n)).join(' ');

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
    ['too many tokens', { tokensMax: 5 }, '{ motd a: motd }'],
    ['too long', {}, `{ motd } #${'x'.repeat(128 * 1024)}`],
    ['a block string that is too long', {}, `{ motd(a: """${'\n'.repeat(128 * 1024)}""") }`],
    ['of too many operations', {}, series(51, (n) => `query q${n} { motd }`)],
    ['of too many fragments', {}, `{ motd } ${series(501, (n) => `fragment f${n} on Query { motd }`)}`],
    ['of too many variables', {}, `query (${series(251, (n) => `$v${n}: Int`)}) { motd }`],
    ['of a long name', {}, `{ ${'x'.repeat(257)} }`],
    ['of a long alias', {}, `{ ${'x'.repeat(257)}: motd }`],
    ['of a long name of an argument', {}, `{ motd(${'x'.repeat(257)}: 1) }`],
    ['of a long name of a variable', {}, `query ($${'x'.repeat(257)}: Int) { motd }`],
    ['of a long name of a directive', {}, `{ motd @${'x'.repeat(257)} }`],
    ['of a long name of a fragment', {}, `{ ...${'x'.repeat(257)} }`],
    ['of a long name of a type', {}, `{ ...on ${'x'.repeat(257)} { motd } }`],
    ['of a long value of an enum', {}, `{ motd(a: [{ b: ${'x'.repeat(257)} }]) }`],
    ['nested in inline fragments', {}, `{ ${'... { '.repeat(70)} motd ${'}'.repeat(70)} }`],
    [
      'nested in fragments',
      {},
      `{ ...f0 } ${series(70, (n) => `fragment f${n} on Query { motd ...f${n + 1} }`)}`,
    ],
    ['a value nested in lists', {}, `{ motd(a: ${'['.repeat(70)}${']'.repeat(70)}) }`],
    ['a value nested in objects', {}, `{ motd(a: ${'{ b: '.repeat(70)}1${'}'.repeat(70)}) }`],
    ['a type nested in lists', {}, `query ($a: ${'['.repeat(70)}Int${']'.repeat(70)}) { motd }`],
    [
      'large where its arguments are written out',
      {},
      `{ ${series(50, () => '...f')} } fragment f on Query { motd(a: [${'1 '.repeat(900)}]) }`,
    ],
    ['asking for the schema twice', {}, '{ a: __schema { types { name } } b: __schema { types { name } } }'],
    [
      'asking for the schema twice in fragments',
      {},
      '{ __schema { types { name } } ...f } fragment f on Query { ... { b: __schema { types { name } } } }',
    ],
    ['asking for many types', {}, `{ ${series(6, (n) => `a${n}: __type(name: "Query") { name }`)} }`],
    [
      'asking for much of the schema',
      {},
      `{ __schema { types { ${series(90, (n) => `a${n}: fields { description type { fields { name } } }`)} } } }`,
    ],
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

  it('answers what tools request of the schema', async () => {
    const router = start(createSampleMesh());
    for (const options of [
      {},
      { descriptions: true, inputValueDeprecation: true, oneOf: true, specifiedByUrl: true },
    ]) {
      const { data, errors } = await ask(router, getIntrospectionQuery(options), anonymousCaller);
      expect([errors, data?.__schema !== undefined]).toEqual([undefined, true]);
    }
    const types = series(5, (n) => `a${n}: __type(name: "Model") { name fields { name type { name } } }`);
    expect((await ask(router, `{ ${types} }`, anonymousCaller)).errors).toBeUndefined();
  });

  it('takes a document of many fragments, as Relay writes them', async () => {
    const fragments = series(300, (n) => `fragment f${n} on Model { id name }`);
    const query = `{ model(id: "m1") { ${series(300, (n) => `...f${n}`)} } } ${fragments}`;
    expect((await ask(start(createSampleMesh()), query)).errors).toBeUndefined();
  });

  it('counts as the root only what an operation requests of it', async () => {
    const query = '{ model(id: "m1") { ...M } } fragment M on Model { id name replacedBy { id } }';
    const result = await ask(start(createSampleMesh(), { rootFieldsMax: 2 }), query);
    expect(result.errors).toBeUndefined();
  });

  it('remembers documents within a bound of what they take, not of how long they are', () => {
    const router = start(createSampleMesh(), { documentBytesMax: 100_000 });
    const isRemembered = (query: string) => {
      const prepared = router.prepare(query, null, everyScope);
      return router.prepare(query, null, everyScope) === prepared;
    };
    const large = (items: number) =>
      `{ models { edges { node { name ${'@skip(if: false) name '.repeat(items)} } } } }`;
    expect(isRemembered('{ motd }')).toBe(true);
    expect(isRemembered(large(10))).toBe(true);
    expect(isRemembered(large(100))).toBe(false);
  });

  it('remembers the refusal of a document, apart for callers without a key, within a bound', () => {
    const router = start(createSampleMesh(), { refusedDocumentsMax: 2, anonymousTokensMax: 6 });
    const isPrepared = (query: string) =>
      [everyScope, anonymousCaller].map((caller) => router.isPrepared(query, caller));
    const refused = '{ nothing }';
    expect(isPrepared(refused)).toEqual([false, false]);
    const answer = router.prepare(refused, null, everyScope);
    expect(isPrepared(refused)).toEqual([true, false]);
    expect(router.prepare(refused, null, everyScope)).toBe(answer);
    for (const query of ['{ a }', '{ b }']) router.prepare(query, null, everyScope);
    expect(isPrepared(refused)).toEqual([false, false]);
    expect(isPrepared('{ b }')).toEqual([true, false]);
  });

  it('takes smaller documents of callers without a key, whoever has sent them before', () => {
    const router = start(createSampleMesh(), { anonymousTokensMax: 6 });
    const query = '{ a: motd b: motd }';
    const isRefused = (caller: Caller) => !isOperation(router.prepare(query, null, caller));
    expect(isRefused(anonymousCaller)).toBe(true);
    expect(isRefused(everyScope)).toBe(false);
    expect(isRefused(anonymousCaller)).toBe(true);
    expect(isOperation(router.prepare('{ motd }', null, anonymousCaller))).toBe(true);
  });

  it('remembers the programs of a document within the same bound, however its conditions are turned', () => {
    const router = start(createSampleMesh(), { documentBytesMax: 20_000 });
    const operation = router.prepare(
      'query ($a: Boolean!) { motd a: motd @include(if: $a) }',
      null,
      everyScope,
    );
    if (!isOperation(operation)) throw new Error('refused');
    const program = (a: boolean) => operation.program(everyScope, { a });
    const first = program(true);
    expect(program(true)).toBe(first);
    for (const caller of [everyScope, anonymousCaller]) {
      for (const a of [true, false]) operation.program(caller, { a });
    }
    expect(program(true)).not.toBe(first);
  });

  it('counts the page size that a variable requests', async () => {
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
