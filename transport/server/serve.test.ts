import { once } from 'node:events';
import { type Client, createClient } from 'graphql-ws';
import { pino } from 'pino';
import supertest from 'supertest';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Caller } from '#core/caller.ts';
import { loadDirectiveDefinitions } from '#schema/load-sdl.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { createMemoryUsedTokens } from '#state/tokens/memory.ts';
import { createSubgraph } from '#subgraphs/runtime/subgraph.ts';
import { memoryAudit } from '#test/support/gateways/small-graph.ts';
import { testCaller } from '#test/support/subgraph.ts';
import { type IdentityOperation, identityHeader, signIdentity } from '../identity.ts';
import { deriveMeshKeys } from '../mesh-keys.ts';
import { type ServedSubgraph, serveSubgraph } from './serve.ts';

const keys = deriveMeshKeys('a secret of at least thirty-two bytes');
const log = pino({ level: 'silent' });
const caller = testCaller('acme', 'models:write');

const sdl = `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated", "@requiresScopes"])
    @link(url: "https://heddle.dev/directives/v1.0", import: ["@quota"])
  type Query { who(a: Int, b: String): String! @authenticated slow: Int held: Int }
  type Mutation { make(name: String!): String! @requiresScopes(scopes: [["models:write"]]) }
  type Subscription { count(to: Int!): Int! @authenticated waiting: Int! @authenticated }
  ${loadDirectiveDefinitions()}
`;

/** Told by the resolvers of the fixture: what they saw. */
let heard: Record<'begun' | 'aborted' | 'released', PromiseWithResolvers<void>>;
let served: ServedSubgraph;
let subgraph: ReturnType<typeof createSubgraph>;

beforeEach(async () => {
  heard = {
    begun: Promise.withResolvers(),
    aborted: Promise.withResolvers(),
    released: Promise.withResolvers(),
  };
  const untilAborted = async (signal: AbortSignal) => {
    heard.begun.resolve();
    if (!signal.aborted) await once(signal, 'abort');
    heard.aborted.resolve();
  };
  subgraph = createSubgraph({
    name: 'models',
    typeDefs: sdl,
    services: {
      log,
      bus: createMemoryBus(log),
      quota: createMemoryQuota(),
      audit: memoryAudit().audit,
    },
    resolvers: {
      Query: {
        who: (_root, _args, context) =>
          `${context.caller.tenantId} ${context.requestId} ${context.clientAddress}`,
        slow: (_root, _args, context) => untilAborted(context.signal),
        held: async () => {
          heard.begun.resolve();
          await heard.released.promise;
          return 1;
        },
      },
      Mutation: { make: (_root, { name }) => name },
      Subscription: {
        count: {
          subscribe: async function* (_root, { to }) {
            for (let n = 1; n <= to; n++) yield { count: n };
          },
        },
        waiting: {
          subscribe: async function* (_root, _args, context) {
            yield { waiting: 1 };
            await untilAborted(context.signal);
          },
        },
      },
    },
  });
  served = await serveSubgraph(subgraph, {
    host: '127.0.0.1',
    port: 0,
    keys,
    // As processes share them through Redis.
    usedTokens: { ...createMemoryUsedTokens(), shared: true },
    log,
    bodyBytesMax: 4_096,
  });
});

afterEach(() => served.close());

const origin = () => served.url.replace('/graphql', '');
const sign = (operation: IdentityOperation, by: Caller = caller, now = Date.now, key = keys.signingKey) =>
  signIdentity(
    key,
    { subgraph: 'models' },
    { caller: by, requestId: 'r-1', clientAddress: '192.0.2.1' },
    operation,
    now,
  );

function post(operation: IdentityOperation, token?: string) {
  const request = supertest(origin()).post('/graphql');
  if (token !== undefined) request.set(identityHeader, token);
  return request.send(operation);
}

describe('over HTTP', () => {
  const operation = {
    query: 'query Q($b: String, $a: Int) { who(a: $a, b: $b) }',
    variables: { b: 'x', a: 1 },
    operationName: 'Q',
  };

  it('runs queries and mutations for the caller that the identity names', async () => {
    const asked = await post(operation, sign(operation));
    expect([asked.status, asked.body]).toEqual([200, { data: { who: 'acme r-1 192.0.2.1' } }]);
    const mutation = { query: 'mutation { make(name: "a") }' };
    expect((await post(mutation, sign(mutation))).body).toEqual({ data: { make: 'a' } });
    const refused = await post(mutation, sign(mutation, testCaller('acme')));
    expect(refused.body.errors[0].extensions.code).toBe('FORBIDDEN');
  });

  it('refuses what is unsigned, signed elsewhere, altered, stale or replayed', async () => {
    const good = sign(operation);
    const anHourAgo = () => Date.now() - 3_600_000;
    const refusals = [
      await post(operation),
      await post(operation, 'nonsense'),
      await post(
        operation,
        sign(operation, caller, Date.now, deriveMeshKeys('another secret of thirty-two bytes').signingKey),
      ),
      await post(operation, sign(operation, caller, anHourAgo)),
      await post({ ...operation, variables: { b: 'y', a: 1 } }, good),
      await post({ ...operation, query: operation.query.replace('who(', 'other: who(') }, good),
      await post({ ...operation, operationName: 'P' }, good),
    ];
    expect((await post(operation, good)).status).toBe(200);
    refusals.push(await post(operation, good));
    for (const { status, body } of refusals) {
      expect([status, body.data, body.errors[0].extensions.code]).toEqual([
        401,
        undefined,
        'UNAUTHENTICATED',
      ]);
    }
    expect(refusals.at(-1)?.body.errors[0].message).toMatch(/used before/);
  });

  it.each([
    ['a GET', () => supertest(origin()).get('/graphql?query={who}')],
    ['a form', () => supertest(origin()).post('/graphql').type('form').send({ query: '{ who }' })],
    ['no JSON', () => supertest(origin()).post('/graphql').type('json').send('{')],
    ['a list', () => supertest(origin()).post('/graphql').send([])],
    ['no query', () => supertest(origin()).post('/graphql').send({})],
    [
      'a body that is too large',
      () =>
        supertest(origin())
          .post('/graphql')
          .send({ query: 'x'.repeat(100_000) }),
    ],
  ])('refuses %s as BAD_USER_INPUT', async (_what, request) => {
    const { status, body } = await request();
    expect([status, body.errors[0].extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
  });

  it('refuses a document that does not fit the schema, and a subscription', async () => {
    for (const query of ['{ nothing }', '{', 'subscription { count(to: 1) }']) {
      const { body } = await post({ query }, sign({ query }));
      expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
    }
  });

  it('aborts what a client requested that went away', async () => {
    const query = '{ slow }';
    const leaving = new AbortController();
    const asked = fetch(served.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [identityHeader]: sign({ query }) },
      body: JSON.stringify({ query }),
      signal: leaving.signal,
    });
    await heard.begun.promise;
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await heard.aborted.promise;
  });
});

describe('over WebSocket', () => {
  let client: Client | undefined;
  afterEach(async () => {
    await client?.dispose();
    client = undefined;
  });

  async function subscribe(
    operation: { query: string; variables?: Record<string, unknown> },
    identity: string,
  ) {
    client ??= createClient({
      url: served.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    });
    return client.iterate({ ...operation, extensions: { identity } });
  }
  it('streams to its end, also two callers over one socket', async () => {
    const operation = { query: 'subscription ($to: Int!) { count(to: $to) }', variables: { to: 3 } };
    const streams = await Promise.all([
      subscribe(operation, sign(operation)),
      subscribe(operation, sign(operation, testCaller('other'))),
    ]);
    for (const stream of streams) {
      expect(await Array.fromAsync(stream)).toEqual([1, 2, 3].map((count) => ({ data: { count } })));
    }
  });

  it('runs queries and mutations too', async () => {
    const operation = { query: 'mutation { make(name: "a") }' };
    const stream = await subscribe(operation, sign(operation));
    expect(await Array.fromAsync(stream)).toEqual([{ data: { make: 'a' } }]);
  });

  it('refuses an operation without an identity of its own, and a replayed one', async () => {
    const operation = { query: 'subscription { count(to: 1) }' };
    const good = sign(operation);
    await Array.fromAsync(await subscribe(operation, good));
    for (const token of ['', good]) {
      const refusal = Array.fromAsync(await subscribe(operation, token));
      await expect(refusal).rejects.toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    }
  });

  it('refuses a caller without credentials, and a document that does not fit', async () => {
    const operation = { query: 'subscription { count(to: 1) }' };
    const anonymous = { ...testCaller(null), kind: 'ANONYMOUS' } as const;
    const refused = await Array.fromAsync(await subscribe(operation, sign(operation, anonymous)));
    expect(refused).toMatchObject([{ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }]);
    const wrong = { query: 'subscription { nothing }' };
    await expect(Array.fromAsync(await subscribe(wrong, sign(wrong)))).rejects.toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });

  it('wakes and ends a waiting source when the client leaves the stream', async () => {
    const operation = { query: 'subscription { waiting }' };
    const stream = await subscribe(operation, sign(operation));
    expect(await stream.next()).toEqual({ value: { data: { waiting: 1 } }, done: false });
    await heard.begun.promise;
    await stream.return?.();
    await heard.aborted.promise;
  });

  it('wakes and ends a waiting source when the socket breaks', async () => {
    const operation = { query: 'subscription { waiting }' };
    const stream = await subscribe(operation, sign(operation));
    await stream.next();
    await heard.begun.promise;
    client?.terminate();
    await heard.aborted.promise;
  });
});

describe('its life', () => {
  it('reports that it lives and is ready, and nothing else', async () => {
    expect((await supertest(origin()).get('/health/live')).status).toBe(200);
    expect((await supertest(origin()).get('/health/ready')).status).toBe(200);
    expect((await supertest(origin()).get('/')).status).toBe(404);
  });

  it('lets a request end that runs while it closes, and refuses new ones', async () => {
    const query = '{ held }';
    const token = sign({ query });
    const running = post({ query }, token).then((response) => response);
    await heard.begun.promise;
    const closed = served.close();
    await vi.waitFor(() => expect(fetch(served.url)).rejects.toThrow());
    heard.released.resolve();
    expect((await running).body).toEqual({ data: { held: 1 } });
    await closed;
  });

  it('rejects with the cause when the port is in use', async () => {
    const port = Number(new URL(served.url).port);
    const other = createSubgraph({
      name: 'models',
      typeDefs: sdl,
      services: {
        log,
        bus: createMemoryBus(log),
        quota: createMemoryQuota(),
        audit: memoryAudit().audit,
      },
      resolvers: {},
    });
    await expect(serveSubgraph(other, { host: '127.0.0.1', port, keys, log })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});

describe('with introspection turned off', () => {
  it('names nothing of its schema, over HTTP and WebSocket', async () => {
    const closed = await serveSubgraph(subgraph, {
      host: '127.0.0.1',
      port: 0,
      keys,
      usedTokens: { ...createMemoryUsedTokens(), shared: true },
      log,
      introspection: false,
    });
    try {
      for (const query of ['{ __schema { queryType { name } } }', '{ whoo }']) {
        const response = await supertest(new URL(closed.url).origin)
          .post('/graphql')
          .set(identityHeader, await sign({ query }))
          .send({ query });
        const text = JSON.stringify(response.body);
        expect(text).toContain('BAD_USER_INPUT');
        expect(text).not.toMatch(/Did you mean|Query"/);
        const client = createClient({
          url: closed.url.replace('http', 'ws'),
          webSocketImpl: WebSocket,
          retryAttempts: 0,
        });
        const operation = { query, extensions: { identity: await sign({ query }) } };
        const refused = Array.fromAsync(client.iterate(operation));
        await expect(refused).rejects.toSatisfy(
          (errors) =>
            !/Did you mean/.test(JSON.stringify(errors)) && JSON.stringify(errors).includes('BAD_USER_INPUT'),
        );
        await client.dispose();
      }
    } finally {
      await closed.close();
    }
  });
});
