import { once } from 'node:events';
import { type ExecutionResult, parse } from 'graphql';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { AuditBeginning, AuditEnd, AuditLog } from '#mongo/audit-log.ts';
import { anonymousCaller, type Caller } from '#schema/caller.ts';
import { HeddleError } from '#schema/errors.ts';
import { loadDirectiveDefinitions } from '#schema/load-sdl.ts';
import { scalarResolvers } from '#schema/scalars.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { testCaller } from '#test/support/subgraph.ts';
import { recordLoader } from './loaders.ts';
import { quotaOf } from './policy.ts';
import { createSubgraph, type SubgraphOptions } from './subgraph.ts';

const header = `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@authenticated", "@requiresScopes", "@policy"])
    @link(url: "https://heddle.dev/directives/v1.0", import: ["@quota", "@audited"])
`;

/** An audit log that remembers, and can be told to fail. */
function memoryAudit(fails: Partial<Record<'begin' | 'end', boolean>> = {}) {
  const began: AuditBeginning[] = [];
  const ended: AuditEnd[] = [];
  const audit: AuditLog = {
    async begin(entry) {
      if (fails.begin) throw new Error('no disk');
      began.push(entry);
      return String(began.length);
    },
    async end(_id, entry) {
      if (fails.end) throw new Error('no disk');
      ended.push(entry);
    },
  };
  return { audit, began, ended };
}

function start<TLoaders = unknown>(
  sdl: string,
  resolvers: SubgraphOptions<TLoaders>['resolvers'],
  options: { audit?: AuditLog; createLoaders?: () => TLoaders } = {},
) {
  const logged: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => logged.push(line) });
  const subgraph = createSubgraph<TLoaders>({
    name: 'models',
    typeDefs: header + sdl + loadDirectiveDefinitions(),
    resolvers,
    services: {
      log,
      bus: createMemoryBus(log),
      quota: createMemoryQuota(),
      audit: options.audit ?? memoryAudit().audit,
    },
    ...(options.createLoaders && { createLoaders: options.createLoaders }),
  });
  const execute = (query: string, caller: Caller = testCaller('acme'), variables = {}) =>
    subgraph.execute({
      document: parse(query),
      variables,
      caller,
      requestId: 'r-1',
      clientAddress: '192.0.2.1',
    });
  return {
    logged,
    execute,
    async run(query: string, caller?: Caller, variables?: object) {
      const result = await execute(query, caller, variables);
      if (Symbol.asyncIterator in result) throw new Error('a stream was not expected');
      return JSON.parse(JSON.stringify(result)) as {
        data?: Record<string, unknown> | null;
        errors?: { message: string; path?: string[]; extensions: Record<string, unknown> }[];
      };
    },
    async stream(query: string, caller?: Caller) {
      const result = await execute(query, caller);
      if (!(Symbol.asyncIterator in result)) throw new Error(JSON.stringify(result));
      return result as AsyncGenerator<ExecutionResult, void, void>;
    },
  };
}

const codesOf = ({ errors = [] }: { errors?: { extensions: Record<string, unknown> }[] }) =>
  errors.map(({ extensions }) => extensions.code);

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
  const { run } = start(sdl, {
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

  it('let through what they name and refuse the rest, saying which scope', async () => {
    expect(await run('{ open }', anonymousCaller)).toEqual({ data: { open: 1 } });
    expect(codesOf(await run('{ known secret }', anonymousCaller))).toEqual([
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
    ]);
    expect(await run('{ known secret }')).toEqual({ data: { known: 1, secret: 's' } });
    expect(codesOf(await run('{ either }', anonymousCaller))).toEqual(['UNAUTHENTICATED']);
    for (const caller of [holding('a', 'b'), holding('c')]) {
      expect(await run('{ either }', caller)).toEqual({ data: { either: 1 } });
    }
    for (const caller of [holding(), holding('a'), holding('b')]) {
      const refused = await run('{ either }', caller);
      expect(refused).toMatchObject({
        data: { either: null },
        errors: [{ message: 'Query.either needs the scope a and b, or c.', path: ['either'] }],
      });
      expect(codesOf(refused)).toEqual(['FORBIDDEN']);
    }
  });

  it('hold for a type wherever it is answered, together with what its fields ask for', async () => {
    expect(codesOf(await run('{ vault { id } vaults { id } }', holding('b')))).toEqual([
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
    expect(codesOf(referenced)).toEqual(['FORBIDDEN']);
  });

  it('do not run a mutation that they refuse', async () => {
    expect(codesOf(await run('mutation { change }', holding('b')))).toEqual(['FORBIDDEN']);
    expect(ran).toEqual([]);
  });

  it('refuse to be built on what they cannot enforce', () => {
    const policy = 'type Query { a: Int @policy(policies: [["p"]]) }';
    expect(() => start(policy, {})).toThrow(/Query\.a: @policy is not enforced/);
    expect(() => start('type Query { a: Int @audited(action: "a") }', {})).toThrow(/belongs on mutations/);
    expect(() => start('type Query { a: Int }', { Query: { b: () => 1 } })).toThrow(
      /Query\.b, which the SDL lacks/,
    );
    expect(() => start('type Query { a: Int }', { Thing: {} })).toThrow(/Thing, which the SDL lacks/);
  });
});

describe('errors', () => {
  const sdl =
    'scalar DateTime type Query { boom: Int bad: Int known: Int n(n: Int!): Int at(at: DateTime): DateTime }';
  const graph = () =>
    start(sdl, {
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

  it('that nobody expected are masked and logged under the request id', async () => {
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
    expect(codesOf(await run('query ($n: Int!) { n(n: $n) }', undefined, { n: 'x' }))).toEqual([
      'BAD_USER_INPUT',
    ]);
    expect(codesOf(await run('query ($n: Int!) { n(n: $n) }'))).toEqual(['BAD_USER_INPUT']);
    expect(codesOf(await run('{ n(n: "x") }'))).toEqual(['BAD_USER_INPUT']);
    const at = await run('query ($at: DateTime) { at(at: $at) }', undefined, { at: 'tomorrow' });
    expect(at.errors).toMatchObject([
      { message: expect.stringContaining('ISO 8601'), extensions: { code: 'BAD_USER_INPUT' } },
    ]);
    expect(codesOf(await run('query A { n(n: 1) } query B { n(n: 2) }'))).toEqual(['BAD_USER_INPUT']);
    expect(logged).toEqual([]);
  });
});

describe('@quota', () => {
  const sdl = `
    type Query {
      cheap: Int @quota(meters: [REQUESTS])
      dear: Int @quota(meters: [REQUESTS], weight: 3)
      busy: Int @quota(meters: [REQUESTS, CONCURRENCY])
      fails: Int @quota(meters: [CONCURRENCY])
      metered: String @quota(meters: [REQUESTS, TOKENS, COST])
      free: Int
    }
  `;
  const limited = (limits: Caller['limits']): Caller => ({ ...testCaller('acme'), limits });

  it('lets REQUESTS through to the limit and then says when to come back', async () => {
    const { run } = start(sdl, { Query: { cheap: () => 1, dear: () => 1 } });
    const caller = limited([{ subject: 'key:a', meter: 'REQUESTS', window: 'MINUTE', amount: '4' }]);
    expect(await run('{ cheap }', caller)).toEqual({ data: { cheap: 1 } });
    expect(await run('{ dear }', caller)).toEqual({ data: { dear: 1 } });
    const { errors } = await run('{ cheap }', caller);
    expect(errors).toMatchObject([
      {
        message: 'The limit on REQUESTS of key:a per MINUTE has no room for this call.',
        extensions: { code: 'QUOTA_EXCEEDED', subject: 'key:a', meter: 'REQUESTS', window: 'MINUTE' },
      },
    ]);
    expect(errors?.[0]?.extensions.retryAfterMs).toBeGreaterThan(0);
    expect(errors?.[0]?.extensions.retryAfterMs).toBeLessThanOrEqual(60_000);
    expect(await run('{ cheap }', limited([]))).toEqual({ data: { cheap: 1 } });
  });

  it('gives CONCURRENCY back when a call has ended, also in failure', async () => {
    const release = Promise.withResolvers<number>();
    const { run } = start(sdl, {
      Query: {
        busy: () => release.promise,
        fails: () => {
          throw new HeddleError('CONFLICT', 'no');
        },
      },
    });
    const caller = limited([{ subject: 'key:a', meter: 'CONCURRENCY', window: 'INFLIGHT', amount: '1' }]);
    const first = run('{ busy }', caller);
    expect(codesOf(await run('{ busy }', caller))).toEqual(['QUOTA_EXCEEDED']);
    release.resolve(7);
    expect(await first).toEqual({ data: { busy: 7 } });
    for (let i = 0; i < 3; i++) expect(codesOf(await run('{ fails }', caller))).toEqual(['CONFLICT']);
    expect(await run('{ busy }', caller)).toEqual({ data: { busy: 7 } });
  });

  it('says when a call will never fit', async () => {
    const { run } = start(sdl, { Query: { dear: () => 1 } });
    const caller = limited([{ subject: 'key:a', meter: 'REQUESTS', window: 'DAY', amount: '2' }]);
    const { errors } = await run('{ dear }', caller);
    expect(errors?.[0]?.message).toMatch(/larger than the limit .* will ever allow/);
    expect(errors?.[0]?.extensions).not.toHaveProperty('retryAfterMs');
  });

  it('leaves fields that draw TOKENS or COST to themselves and tells them what they declare', async () => {
    const { run } = start(sdl, {
      Query: {
        metered: (_root, _args, _context, info) => JSON.stringify(quotaOf(info)),
        free: (_root, _args, _context, info) => (quotaOf(info) === undefined ? 1 : 0),
      },
    });
    const caller = limited([{ subject: 'key:a', meter: 'REQUESTS', window: 'DAY', amount: '1' }]);
    for (let i = 0; i < 3; i++) {
      expect(await run('{ metered free }', caller)).toEqual({
        data: { metered: '{"meters":["REQUESTS","TOKENS","COST"],"weight":1}', free: 1 },
      });
    }
  });
});

describe('@audited', () => {
  const sdl = `
    type Query { a: Int }
    type Mutation {
      save(name: String, apiKey: String, nested: In): Int @audited(action: "thing.save")
      plain: Int
      denied: Int @audited(action: "x") @requiresScopes(scopes: [["models:write"]])
    }
    input In { secret: String maxOutputTokens: Int }
  `;
  const change = { type: 'Thing', id: '7', before: { sealed: 's1', n: 1n }, after: { sealed: 's2', n: 2n } };

  it('records who did what, before and after, without secrets', async () => {
    const { audit, began, ended } = memoryAudit();
    const { run } = start(
      sdl,
      {
        Mutation: {
          save: (_root, _args, context) => {
            context.audit(change);
            return 1;
          },
        },
      },
      { audit },
    );
    await run('mutation { save(name: "n", apiKey: "sk-1", nested: { secret: "sk-2", maxOutputTokens: 5 }) }');
    expect(began).toEqual([
      {
        tenantId: 'acme',
        actor: { kind: 'API_KEY', keyId: 'acme-key', appId: 'acme-app', subject: null },
        action: 'thing.save',
        arguments: { name: 'n', apiKey: '[redacted]', nested: { secret: '[redacted]', maxOutputTokens: 5 } },
        requestId: 'r-1',
        clientAddress: '192.0.2.1',
      },
    ]);
    expect(ended).toEqual([
      {
        outcome: 'SUCCEEDED',
        errorCode: null,
        targetType: 'Thing',
        targetId: '7',
        before: { sealed: '[redacted]', n: '1' },
        after: { sealed: '[redacted]', n: '2' },
      },
    ]);
  });

  it('records a failure with its code, and each of several mutations for itself', async () => {
    const { audit, ended } = memoryAudit();
    const { run } = start(
      sdl,
      {
        Mutation: {
          save: (_root, { name }, context) => {
            if (name === 'first') context.audit({ type: 'Thing', id: name });
            if (name === 'second') throw new HeddleError('CONFLICT', 'no');
            if (name === 'third') throw new Error('no');
            return 1;
          },
        },
      },
      { audit },
    );
    await run('mutation { a: save(name: "first") b: save(name: "second") c: save(name: "third") }');
    expect(ended.map(({ outcome, errorCode, targetId }) => [outcome, errorCode, targetId])).toEqual([
      ['SUCCEEDED', null, 'first'],
      ['FAILED', 'CONFLICT', null],
      ['FAILED', 'INTERNAL', null],
    ]);
  });

  it('does not run a mutation whose record cannot be begun', async () => {
    let ran = false;
    const { run } = start(
      sdl,
      {
        Mutation: {
          save: () => {
            ran = true;
            return 1;
          },
        },
      },
      { audit: memoryAudit({ begin: true }).audit },
    );
    expect(codesOf(await run('mutation { save }'))).toEqual(['INTERNAL']);
    expect(ran).toBe(false);
  });

  it('answers a mutation that was made although its record was not closed, and logs it', async () => {
    const { run, logged } = start(
      sdl,
      { Mutation: { save: () => 1 } },
      { audit: memoryAudit({ end: true }).audit },
    );
    expect(await run('mutation { save }')).toEqual({ data: { save: 1 } });
    expect(logged.join()).toMatch(/audit record was not closed/);
  });

  it('leaves no record of what is refused or not audited', async () => {
    const { audit, began } = memoryAudit();
    const { run } = start(sdl, { Mutation: { plain: () => 1, denied: () => 1 } }, { audit });
    await run('mutation { plain denied }');
    expect(began).toEqual([]);
  });
});

describe('loaders', () => {
  it('read once per operation what is asked for at once, and again in the next', async () => {
    const fetched: string[][] = [];
    const { run } = start(
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

describe('subscriptions', () => {
  const sdl = `
    type Query { a: Int }
    type Subscription { ticks: Int @authenticated endless: Int fails: Int broken: Int }
  `;
  const events: string[] = [];
  const graph = start(sdl, {
    Subscription: {
      ticks: {
        subscribe: async function* () {
          for (const ticks of [1, 2, 3]) yield { ticks };
        },
      },
      endless: {
        subscribe: async function* (_root, _args, { signal }) {
          try {
            yield { endless: 1 };
            if (!signal.aborted) await once(signal, 'abort');
          } finally {
            events.push('ended');
          }
        },
      },
      fails: {
        subscribe: async function* () {
          yield { fails: 1 };
          throw new HeddleError('PROVIDER_ERROR', 'It broke.');
        },
      },
      broken: {
        subscribe: async function* () {
          yield { broken: 'no number' };
          yield { broken: 2 };
        },
      },
    },
  });

  it('stream to their end', async () => {
    const results = await Array.fromAsync(await graph.stream('subscription { ticks }'));
    expect(JSON.parse(JSON.stringify(results))).toEqual([1, 2, 3].map((ticks) => ({ data: { ticks } })));
  });

  it('are refused as one result', async () => {
    expect(codesOf(await graph.run('subscription { ticks }', anonymousCaller))).toEqual(['UNAUTHENTICATED']);
  });

  it('end at once when the reader leaves while the source waits', async () => {
    const stream = await graph.stream('subscription { endless }');
    await stream.next();
    const pending = stream.next();
    await stream.return(undefined);
    expect(events).toEqual(['ended']);
    expect(await pending).toEqual({ value: undefined, done: true });
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  it('end a failing source with a result that says why', async () => {
    const results = await Array.fromAsync(await graph.stream('subscription { fails }'));
    expect(results).toMatchObject([
      { data: { fails: 1 } },
      { errors: [{ extensions: { code: 'PROVIDER_ERROR' } }] },
    ]);
  });

  it('go on after an event that could not be resolved, masked', async () => {
    const results = await Array.fromAsync(await graph.stream('subscription { broken }'));
    expect(results).toMatchObject([
      { errors: [{ extensions: { code: 'INTERNAL' } }] },
      { data: { broken: 2 } },
    ]);
  });
});
