import { describe, expect, it } from 'vitest';
import { anonymousCaller, type Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { scalarResolvers } from '#schema/scalars.ts';
import { listCodes, startGraph } from '#test/support/gateways/small-graph.ts';
import { testCaller } from '#test/support/subgraph.ts';
import { recordLoader } from './loaders.ts';

describe('@authenticated and @requiresScopes', () => {
  const sdl = `
    type Query {
      open: Int
      known: Int @authenticated
      either: Int @requiresScopes(scopes: [["a", "b"], ["c"]])
      vault: Vault
      secret: Secret
      vaults: [Vault!]
    }
    type Vault @key(fields: "id") @requiresScopes(scopes: [["a"]]) { id: ID! gold: Int @requiresScopes(scopes: [["b"]]) }
    scalar Secret @authenticated
    type Mutation { change: Int @requiresScopes(scopes: [["a"]]) after: Int }
  `;
  const ran: string[] = [];
  const { run } = startGraph(sdl, {
    Query: {
      open: () => 1,
      known: () => 1,
      either: () => 1,
      vault: () => ({ id: 1, gold: 2 }),
      secret: () => 's',
    },
    Mutation: { change: () => ran.push('change'), after: () => ran.push('after') },
  });
  const holding = (...scopes: string[]): Caller => ({ ...testCaller('acme'), scopes });

  it('let through what they name and refuse the rest, stating which scope', async () => {
    expect(await run('{ open }', anonymousCaller)).toEqual({ data: { open: 1 } });
    expect(listCodes(await run('{ known secret }', anonymousCaller))).toEqual([
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
    ]);
    expect(await run('{ known secret }')).toEqual({ data: { known: 1, secret: 's' } });
    expect(listCodes(await run('{ either }', anonymousCaller))).toEqual(['UNAUTHENTICATED']);
    for (const caller of [holding('a', 'b'), holding('c')]) {
      expect(await run('{ either }', caller)).toEqual({ data: { either: 1 } });
    }
    for (const caller of [holding(), holding('a'), holding('b')]) {
      const refused = await run('{ either }', caller);
      expect(refused).toMatchObject({
        data: { either: null },
        errors: [
          { message: 'Query.either needs the scope a and b, or c: use a key that has it.', path: ['either'] },
        ],
      });
      expect(listCodes(refused)).toEqual(['FORBIDDEN']);
    }
  });

  it('hold for a type wherever it is answered, together with what its fields request', async () => {
    expect(listCodes(await run('{ vault { id } vaults { id } }', holding('b')))).toEqual([
      'FORBIDDEN',
      'FORBIDDEN',
    ]);
    expect(await run('{ vault { id gold } }', holding('a'))).toMatchObject({
      data: { vault: { id: '1', gold: null } },
    });
    expect(await run('{ vault { id gold } }', holding('a', 'b'))).toEqual({
      data: { vault: { id: '1', gold: 2 } },
    });
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Vault { gold } } }';
    const referenced = await run(query, holding('b'), { r: [{ __typename: 'Vault', id: '1', gold: 2 }] });
    expect(listCodes(referenced)).toEqual(['FORBIDDEN']);
  });

  it('do not run a mutation that they refuse', async () => {
    expect(listCodes(await run('mutation { change }', holding('b')))).toEqual(['FORBIDDEN']);
    expect(ran).toEqual([]);
  });

  it('refuse to be built on what they cannot enforce', () => {
    const policy = 'type Query { a: Int @policy(policies: [["p"]]) }';
    expect(() => startGraph(policy, {})).toThrow(/Query\.a: @policy is not enforced/);
    const audited = 'type Query { a: Int } type Subscription { a: Int @audited(action: "a") }';
    expect(() => startGraph(audited, {})).toThrow(/not on subscriptions/);
    expect(() => startGraph('type Query { a: Int }', { Query: { b: () => 1 } })).toThrow(
      /Query\.b, which the SDL lacks/,
    );
    expect(() => startGraph('type Query { a: Int }', { Thing: {} })).toThrow(/Thing, which the SDL lacks/);
  });
});

describe('errors', () => {
  const sdl =
    'scalar DateTime type Query { boom: Int bad: Int known: Int n(n: Int!): Int at(at: DateTime): DateTime }';
  const graph = () =>
    startGraph(sdl, {
      DateTime: scalarResolvers.DateTime,
      Query: {
        boom: () => {
          throw new TypeError('the password is hunter2');
        },
        bad: () => 'no number',
        known: () => {
          throw new HeddleError('NOT_FOUND', 'There is no such thing.', { extensions: { hint: 1 } });
        },
        n: (_root, { n }) => n,
        at: (_root, { at }) => at,
      },
    });

  it('that were not expected are masked and logged under the request id', async () => {
    const { run, logged } = graph();
    const { errors } = await run('{ boom bad }');
    expect(JSON.stringify(errors)).not.toMatch(/hunter2|no number/);
    expect(errors?.map(({ extensions, path }) => [path, extensions])).toEqual([
      [['boom'], { code: 'INTERNAL', requestId: 'r-1' }],
      [['bad'], { code: 'INTERNAL', requestId: 'r-1' }],
    ]);
    expect(logged).toHaveLength(2);
    expect(logged[0]).toMatch(/hunter2/);
    expect(logged[0]).toMatch(/"requestId":"r-1"/);
  });

  it('that are meant for the client reach it', async () => {
    expect((await graph().run('{ known }')).errors).toMatchObject([
      { message: 'There is no such thing.', extensions: { code: 'NOT_FOUND', hint: 1 } },
    ]);
  });

  it('of the caller are BAD_USER_INPUT and are not logged', async () => {
    const { run, logged } = graph();
    expect(listCodes(await run('query ($n: Int!) { n(n: $n) }', undefined, { n: 'x' }))).toEqual([
      'BAD_USER_INPUT',
    ]);
    expect(listCodes(await run('query ($n: Int!) { n(n: $n) }'))).toEqual(['BAD_USER_INPUT']);
    expect(listCodes(await run('{ n(n: "x") }'))).toEqual(['BAD_USER_INPUT']);
    const at = await run('query ($at: DateTime) { at(at: $at) }', undefined, { at: 'tomorrow' });
    expect(at.errors).toMatchObject([
      { message: expect.stringContaining('ISO 8601'), extensions: { code: 'BAD_USER_INPUT' } },
    ]);
    expect(listCodes(await run('query A { n(n: 1) } query B { n(n: 2) }'))).toEqual(['BAD_USER_INPUT']);
    expect(logged).toEqual([]);
  });
});

describe('loaders', () => {
  it('read once per operation what is requested at once, and again in the next', async () => {
    const fetched: string[][] = [];
    const { run } = startGraph(
      'type Query { things(ids: [ID!]!): [Thing] } type Thing @key(fields: "id") { id: ID! twin: Thing }',
      {
        Query: { things: (_root, { ids }, { loaders }) => ids.map((id: string) => loaders.thing.load(id)) },
        Thing: {
          twin: (thing, _args, { loaders }) => loaders.thing.load(thing.id),
          __resolveReference: (reference, { loaders }) => loaders.thing.load(reference.id),
        },
      },
      {
        createLoaders: () => ({
          thing: recordLoader<{ id: string }>(
            async (ids) => {
              fetched.push(ids);
              return ids.filter((id) => id !== 'none').map((id) => ({ id }));
            },
            (thing) => thing.id,
            (thing) => thing.id !== 'hidden',
          ),
        }),
      },
    );
    const query = '{ things(ids: ["a", "none", "b", "hidden", "a"]) { id twin { id } } }';
    expect(await run(query)).toEqual({
      data: {
        things: [
          { id: 'a', twin: { id: 'a' } },
          null,
          { id: 'b', twin: { id: 'b' } },
          null,
          { id: 'a', twin: { id: 'a' } },
        ],
      },
    });
    expect(fetched).toEqual([['a', 'none', 'b', 'hidden']]);
    await run('query ($r: [_Any!]!) { _entities(representations: $r) { ... on Thing { id } } }', undefined, {
      r: ['a', 'b', 'c'].map((id) => ({ __typename: 'Thing', id })),
    });
    expect(fetched.slice(1)).toEqual([['a', 'b', 'c']]);
  });
});
