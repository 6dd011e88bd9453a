import { gql } from '@apollo/client';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { echo, newTenant } from '#test/e2e/scenarios/setup.ts';
import { createTestClient, overWebSocket, type TestClient } from '#test/support/client.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { overSse } from '../support/gateways/over-sse.ts';
import { type ApolloUsers, apolloUsers } from './apollo.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id text } }';
const START = 'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id status } }';
const CANCEL = 'mutation ($id: ID!) { cancelCompletion(id: $id) { status } }';
const STREAM =
  'subscription ($input: CompletionInput!) { completionStream(input: $input) { __typename ... on TextDelta { text } } }';
const RESUME = 'subscription ($id: ID!) { resumeCompletion(id: $id) { __typename } }';
const ROWS = '{ invocations(first: 50) { edges { node { id endUserId } } } }';
const MAKE = 'mutation ($input: PageTokenInput!) { createPageToken(input: $input) { token } }';

interface Rows {
  readonly invocations: { readonly edges: readonly { readonly node: { id: string; endUserId: string } }[] };
}

const mesh = findSharedMesh();
let users: ApolloUsers;
let site: Awaited<ReturnType<typeof newTenant>>;
let a: TestClient;
let b: TestClient;

beforeAll(async () => {
  users = await apolloUsers(mesh);
});
afterAll(async () => {
  await users?.stop();
});
beforeEach(async () => {
  site = await newTenant(() => mesh, { scopes: ['inference:invoke', 'tenants:write', 'prompts:write'] });
  [a, b] = await Promise.all([visitor('visitor-a'), visitor('visitor-b')]);
});

/** What the site's server gives to the page of this visitor. */
async function visitor(endUserId: string, more: object = {}): Promise<TestClient> {
  const made = await site.client.data<{ createPageToken: { token: string } }>(MAKE, {
    input: { endUserId, ...more },
  });
  return createTestClient(mesh.url, made.createPageToken.token);
}

async function collectEvents<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** What a client is told why: an array of errors over WebSocket, an error otherwise. */
async function catchRefusal(call: Promise<unknown>): Promise<string> {
  const refused = await call.then(
    () => 'nothing was refused',
    (error: unknown) => error,
  );
  return refused instanceof Error ? refused.message : JSON.stringify(refused);
}

const completeForId = async (client: TestClient, text: string, more: Record<string, unknown> = {}) =>
  (await client.data<{ complete: { id: string } }>(COMPLETE, echo(text, more))).complete.id;

describe('two visitors of a page', () => {
  it('do not find, read, follow or stop the calls of each other, nor of the site’s server', async () => {
    const secret = 'I am Alice, my diagnosis is X';
    const ids = [
      await completeForId(a, secret),
      await completeForId(site.client, secret),
      await completeForId(site.client, secret, { endUserId: 'visitor-c' }),
    ];
    const { startCompletion } = await a.data<{ startCompletion: { id: string } }>(
      START,
      // Longer than the test takes: it is canceled at the end.
      echo('word '.repeat(2_000), { model: 'demo/slow' }),
    );
    expect((await b.data<Rows>(ROWS)).invocations.edges).toEqual([]);
    for (const id of [...ids, startCompletion.id]) {
      const read =
        'query ($id: ID!, $row: ID!) { completion(id: $id) { text } invocation(id: $id) { id } c: node(id: $id) { id } i: node(id: $row) { id } }';
      expect(await b.data(read, { id, row: `invocation:${id}` })).toEqual({
        completion: null,
        invocation: null,
        c: null,
        i: null,
      });
      expect(await b.code(CANCEL, { id })).toBe('NOT_FOUND');
      expect(await catchRefusal(collectEvents(overWebSocket(b, RESUME, { id })))).toContain('no completion');
      expect(await catchRefusal(collectEvents(overSse(b, RESUME, { id })))).toContain('no completion');
    }
    const own = await a.data<Rows>(ROWS);
    expect(own.invocations.edges.map(({ node }) => node.endUserId)).toEqual(['visitor-a', 'visitor-a']);
    expect(await a.data(CANCEL, { id: startCompletion.id })).toEqual({
      cancelCompletion: { status: 'CANCELLED' },
    });
    const everyone = await site.client.data<Rows>(ROWS);
    expect(everyone.invocations.edges).toHaveLength(4);
  });

  it('read nothing of the tenant, the texts of prompts, the providers and the spending', async () => {
    await site.client.data('mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }', {
      input: { name: 'greeting', version: { model: 'demo/echo', template: 'Hello' } },
    });
    const refused = [
      '{ tenant { members { subject email role } } }',
      '{ me { tenant { budgets { amount spent } } } }',
      '{ me { app { keys { label hint scopes } limits { amount } } } }',
      '{ me { tenant { apps { id } } } }',
      '{ prompts { edges { node { version { system template } } } } }',
      '{ providers { baseUrl health { successRate } } }',
      '{ models { edges { node { price { input } provider { baseUrl } } } } }',
      '{ usage(from: "2026-01-01T00:00:00Z", to: "2026-12-01T00:00:00Z", by: [APP, KEY]) { cost } }',
      '{ auditLog { edges { node { action } } } }',
      '{ plans { limits { amount } } }',
      '{ accessGrants { edges { node { resource } } } }',
    ];
    for (const query of refused) expect(await b.code(query), query).toBe('FORBIDDEN');
    expect(await b.data('{ me { kind endUserId scopes tenant { id } app { id } } }')).toEqual({
      me: {
        kind: 'API_KEY',
        endUserId: 'visitor-b',
        scopes: ['inference:invoke'],
        tenant: { id: site.tenantId },
        app: { id: site.appId },
      },
    });
    expect(await b.data('{ models { edges { node { id name capabilities } } } }')).toMatchObject({
      models: { edges: expect.arrayContaining([expect.objectContaining({})]) },
    });
  });

  it('are not confused by the same idempotency key, and do not speak for each other', async () => {
    const keyed = { idempotencyKey: 'same' };
    const [first, second] = [await completeForId(a, 'Hello', keyed), await completeForId(b, 'Hello', keyed)];
    expect(second).not.toBe(first);
    expect(await completeForId(a, 'Hello', keyed)).toBe(first);
    expect(await a.code(COMPLETE, echo('x', { endUserId: 'visitor-b' }))).toBe('FORBIDDEN');
    expect(await completeForId(a, 'x', { endUserId: 'visitor-a' })).toBeTypeOf('string');
    expect((await b.data<Rows>(ROWS)).invocations.edges).toHaveLength(1);
  });

  it('read an answer from the cache as a call of their own', async () => {
    const cached = { cache: 'USE' };
    const [first, second] = [
      await completeForId(a, 'Cached', cached),
      await completeForId(b, 'Cached', cached),
    ];
    const read = 'query ($id: ID!) { completion(id: $id) { text cache } }';
    expect(await b.data(read, { id: second })).toEqual({ completion: { text: 'Cached', cache: 'HIT' } });
    expect(await b.data(read, { id: first })).toEqual({ completion: null });
  });
});

describe('a page token', () => {
  it('streams by WebSocket, server-sent events and Apollo Client, and resumes its own stream', async () => {
    for (const over of [overWebSocket, overSse]) {
      const events = await collectEvents(over<{ __typename: string }>(a, STREAM, echo('some words')));
      expect(events.at(-1)?.__typename).toBe('CompletionFinished');
      const rows = await a.data<Rows>(ROWS);
      const id = rows.invocations.edges[0]?.node.id.replace('invocation:', '');
      const resumed = await collectEvents(over<{ __typename: string }>(a, RESUME, { id }));
      expect(resumed.at(-1)?.__typename).toBe('CompletionFinished');
    }
    const { apollo } = users.of(a);
    const { data } = await apollo.mutate({ mutation: gql(COMPLETE), variables: echo('Hello Apollo') });
    expect(data).toMatchObject({ complete: { text: 'Hello Apollo' } });
  });

  it('draws on the limits of its key', async () => {
    await site.client.data(
      'mutation ($id: ID!) { updateApp(id: $id, input: { limits: [{ meter: REQUESTS, window: DAY, amount: "2" }] }) { id } }',
      { id: site.appId },
    );
    await completeForId(a, 'one');
    await completeForId(b, 'two');
    expect(await a.code(COMPLETE, echo('three'))).toBe('QUOTA_EXCEEDED');
    expect(await site.client.code(COMPLETE, echo('four'))).toBe('QUOTA_EXCEEDED');
  });

  it('calls the models that it is for, and lists no others', async () => {
    const one = await visitor('visitor-a', { models: ['demo/echo'] });
    expect(await completeForId(one, 'x')).toBeTypeOf('string');
    expect(await one.code(COMPLETE, echo('x', { model: 'demo/slow' }))).toBe('FORBIDDEN');
    expect(
      await one.data('{ models { edges { node { id } } } routes { alias } model(id: "demo/slow") { id } }'),
    ).toEqual({
      models: { edges: [{ node: { id: 'demo/echo' } }] },
      routes: [],
      model: null,
    });
  });

  it('makes no token and no key, and ends with its key, on an open WebSocket too', async () => {
    expect(await a.code(MAKE, { input: { endUserId: 'visitor-b' } })).toBe('FORBIDDEN');
    expect(
      await a.code('mutation ($id: ID!) { createApiKey(input: { appId: $id }) { secret } }', {
        id: site.appId,
      }),
    ).toBe('FORBIDDEN');
    const socket = createClient({
      url: `${mesh.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${a.key}` },
      lazy: false,
      retryAttempts: 0,
    });
    const me = () => collectEvents(socket.iterate({ query: '{ me { endUserId } }' }));
    expect(await me()).toMatchObject([{ data: { me: { endUserId: 'visitor-a' } } }]);
    await createTestClient(mesh.url, mesh.adminKey).data(
      'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }',
      {
        id: site.keyId,
      },
    );
    expect(await a.code('{ me { kind } }')).toBe('UNAUTHENTICATED');
    expect(await catchRefusal(me())).toContain('UNAUTHENTICATED');
    await socket.dispose();
  });
});
