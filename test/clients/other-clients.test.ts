import { cacheExchange, fetchExchange, subscriptionExchange, Client as UrqlClient } from '@urql/core';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { admin, echo, newTenant } from '#test/e2e/scenarios/setup.ts';
import type { TestClient } from '#test/support/client.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';

const mesh = findSharedMesh();
let client: TestClient;
beforeAll(async () => {
  ({ client } = await newTenant(() => mesh));
});

interface Event {
  readonly __typename: string;
  readonly completionId: string;
  readonly sequence: number;
  readonly text?: string;
}
type Streamed = Readonly<Record<string, Event>>;

const stream = `subscription ($input: CompletionInput!) {
  completionStream(input: $input) { __typename completionId sequence ... on TextDelta { text } }
}`;
const resume = `subscription ($id: ID!, $after: Int!) {
  resumeCompletion(id: $id, after: $after) { __typename completionId sequence ... on TextDelta { text } }
}`;
const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { text } }';
const joinText = (events: readonly Event[]) => events.map(({ text = '' }) => text).join('');
const numbered = (events: readonly Event[]) =>
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index));

const ws = (
  { url, key }: TestClient,
  payload: Record<string, unknown> = { authorization: `Bearer ${key}` },
) => {
  const socket = createWsClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: payload,
    retryAttempts: 0,
  });
  return Object.assign(socket, { [Symbol.asyncDispose]: async () => socket.dispose() });
};
const sse = ({ url, key }: TestClient) =>
  createSseClient({ url: `${url}/graphql`, headers: { authorization: `Bearer ${key}` }, retryAttempts: 0 });

describe('graphql-ws', () => {
  it('runs queries, mutations and many subscriptions at once over one socket', async () => {
    await using socket = ws(client);
    const follow = async (text: string) => {
      const events: Event[] = [];
      for await (const { data } of socket.iterate<Streamed>({ query: stream, variables: echo(text) })) {
        events.push(...Object.values(data ?? {}));
      }
      return events;
    };
    const texts = Array.from({ length: 12 }, (_, n) => `stream ${n} of twelve`);
    const [streams, query, mutation] = await Promise.all([
      Promise.all(texts.map(follow)),
      socket.iterate({ query: '{ me { kind } }' }).next(),
      socket.iterate({ query: complete, variables: echo('by socket') }).next(),
    ]);
    expect(streams.map(joinText)).toEqual(texts);
    for (const events of streams) numbered(events);
    expect(query.value).toEqual({ data: { me: { kind: 'API_KEY' } } });
    expect(mutation.value).toEqual({ data: { complete: { text: 'by socket' } } });
  });

  it('is let in by apiKey too, and shut out with 4401 when the key is wrong', async () => {
    await using welcome = ws(client, { apiKey: client.key });
    expect((await welcome.iterate({ query: '{ me { kind } }' }).next()).value).toEqual({
      data: { me: { kind: 'API_KEY' } },
    });
    await using wrong = ws(client, { authorization: `Bearer hd_no_${'x'.repeat(40)}` });
    await expect(wrong.iterate({ query: '{ __typename }' }).next()).rejects.toMatchObject({ code: 4401 });
  });

  it('gets the code of a refusal in the errors of the operation, and keeps its socket', async () => {
    await using socket = ws(client);
    const refused = socket.iterate({ query: stream, variables: echo('x', { model: 'no/such' }) }).next();
    await expect(refused).rejects.toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
    expect((await socket.iterate({ query: '{ __typename }' }).next()).value).toEqual({
      data: { __typename: 'Query' },
    });
  });
});

describe('graphql-sse, distinct connections', () => {
  it('streams, and runs a query and a mutation', async () => {
    const source = sse(client);
    const events: Event[] = [];
    for await (const { data } of source.iterate<Streamed>({
      query: stream,
      variables: echo('one two three'),
    })) {
      events.push(...Object.values(data ?? {}));
    }
    numbered(events);
    expect(joinText(events)).toBe('one two three');
    expect((await source.iterate({ query: '{ me { kind } }' }).next()).value).toEqual({
      data: { me: { kind: 'API_KEY' } },
    });
    expect((await source.iterate({ query: complete, variables: echo('by event') }).next()).value).toEqual({
      data: { complete: { text: 'by event' } },
    });
    source.dispose();
  });

  it('leaves in the middle and continues over a WebSocket, without a token lost or doubled', async () => {
    const text = Array.from({ length: 30 }, (_, n) => `word${n}`).join(' ');
    const source = sse(client);
    const events: Event[] = [];
    const variables = echo(text, { model: 'demo/slow', onDisconnect: 'KEEP' });
    for await (const { data } of source.iterate<Streamed>({ query: stream, variables })) {
      events.push(...Object.values(data ?? {}));
      if (events.length === 6) break;
    }
    source.dispose();
    await using socket = ws(client);
    const after = { id: events[0]?.completionId ?? '', after: events.at(-1)?.sequence ?? -1 };
    for await (const { data } of socket.iterate<Streamed>({ query: resume, variables: after })) {
      events.push(...Object.values(data ?? {}));
    }
    numbered(events);
    expect(joinText(events)).toBe(text);
    expect(events.at(-1)?.__typename).toBe('CompletionFinished');
  });

  it('hears of a refusal with its code', async () => {
    const source = sse(client);
    const answer = await source
      .iterate({ query: stream, variables: echo('x', { model: 'no/such' }) })
      .next()
      .catch((error: unknown) => error);
    expect(JSON.stringify(answer)).toContain('NOT_FOUND');
    source.dispose();
  });
});

describe('urql', () => {
  it('queries, mutates and subscribes, and gets codes in its CombinedError', async () => {
    await using socket = ws(client);
    const urql = new UrqlClient({
      url: `${client.url}/graphql`,
      preferGetMethod: false,
      fetchOptions: { headers: { authorization: `Bearer ${client.key}` } },
      exchanges: [
        cacheExchange,
        fetchExchange,
        subscriptionExchange({
          forwardSubscription: ({ query = '', variables }) => ({
            subscribe: (sink) => ({
              unsubscribe: socket.subscribe(
                { query, variables: { ...variables } },
                { ...sink, next: ({ data = null }) => sink.next({ data }) },
              ),
            }),
          }),
        }),
      ],
    });
    expect((await urql.query('{ me { kind } }', {}).toPromise()).data).toMatchObject({
      me: { kind: 'API_KEY' },
    });
    expect((await urql.mutation(complete, echo('by urql')).toPromise()).data).toMatchObject({
      complete: { text: 'by urql' },
    });
    const refused = await urql.mutation(complete, echo('x', { model: 'no/such' })).toPromise();
    expect(refused.error?.graphQLErrors.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND']);
    const events: Event[] = [];
    await new Promise<void>((ended) => {
      const { unsubscribe } = urql
        .subscription(stream, echo('four small words here'))
        .subscribe(({ data }) => {
          const event: Event = data.completionStream;
          events.push(event);
          if (event.__typename !== 'CompletionFinished') return;
          queueMicrotask(() => unsubscribe());
          ended();
        });
    });
    expect(joinText(events)).toBe('four small words here');
  });
});

describe('plain fetch', () => {
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${client.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': client.key, ...headers },
      body: JSON.stringify(body),
    });

  it('is let in by x-api-key, and answered in the media type that it accepts', async () => {
    for (const accept of ['application/json', 'application/graphql-response+json', '*/*']) {
      const response = await post({ query: '{ me { kind } }' }, { accept });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain(
        accept === 'application/graphql-response+json' ? accept : 'application/json',
      );
      expect(await response.json()).toEqual({ data: { me: { kind: 'API_KEY' } } });
    }
  });

  it('may GET a query with variables, and never a mutation', async () => {
    const get = (query: string, variables: unknown) =>
      fetch(`${client.url}/graphql?${new URLSearchParams({ query, variables: JSON.stringify(variables) })}`, {
        headers: { 'x-api-key': client.key, accept: 'application/json' },
      });
    const read = await get('query ($id: ID!) { model(id: $id) { name } }', { id: 'demo/echo' });
    expect(await read.json()).toEqual({ data: { model: { name: 'echo' } } });
    expect((await get(complete, echo('x'))).status).toBe(405);
  });

  it('chooses the operation by its name, and gets an error when it must', async () => {
    const query = 'query A { me { kind } } query B { model(id: "demo/echo") { id } }';
    expect(await (await post({ query, operationName: 'B' })).json()).toEqual({
      data: { model: { id: 'demo/echo' } },
    });
    expect(await (await post({ query })).json()).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });

  it('selects one field twice under two names, each with its own arguments', async () => {
    const { data } = (await (
      await post({
        query: `mutation ($a: CompletionInput!, $b: CompletionInput!) {
          first: complete(input: $a) { text model { id provider { kind } } }
          second: complete(input: $b) { text invocation { model { id } } }
        }`,
        variables: { a: echo('one').input, b: echo('two').input },
      })
    ).json()) as { data: unknown };
    expect(data).toEqual({
      first: { text: 'one', model: { id: 'demo/echo', provider: { kind: 'DEMO' } } },
      second: { text: 'two', invocation: { model: { id: 'demo/echo' } } },
    });
  });

  it('takes default values, nulls and lists of one as the specification states', async () => {
    const query = `query ($first: Int = 1, $after: String) {
      models(first: $first, after: $after) { edges { node { id } } pageInfo { hasNextPage } }
    }`;
    for (const variables of [{}, { after: null }, undefined, null]) {
      const { data } = (await (await post({ query, variables })).json()) as {
        data: { models: { edges: unknown[]; pageInfo: unknown } };
      };
      expect(data.models).toMatchObject({ pageInfo: { hasNextPage: true } });
      expect(data.models.edges).toHaveLength(1);
    }
    const one = await admin(() => mesh).data(
      'mutation ($input: EmbedInput!) { embed(input: $input) { vectors } }',
      { input: { model: 'demo/embed', values: 'just one' } },
    );
    expect(one).toMatchObject({ embed: { vectors: [expect.any(Array)] } });
  });

  it.each([
    ['a literal', '{ usage(from: "yesterday", to: "2026-12-01T00:00:00Z") { cost } }', {}, 'ISO 8601'],
    [
      'a variable',
      'query ($from: DateTime!) { usage(from: $from, to: "2026-12-01T00:00:00Z") { cost } }',
      { from: 'yesterday' },
      'ISO 8601',
    ],
    [
      'a literal in an input',
      'mutation { saveBudget(input: { amount: "much", window: DAY }) { id } }',
      {},
      'digits with an optional decimal point',
    ],
    [
      'a field of a variable',
      'mutation ($input: BudgetInput!) { saveBudget(input: $input) { id } }',
      { input: { amount: 'much', window: 'DAY' } },
      'digits with an optional decimal point',
    ],
  ])(
    'gets an error that shows how a date or an amount is written when %s is wrong',
    async (_what, query, variables, how) => {
      expect(await (await post({ query, variables })).json()).toMatchObject({
        errors: [{ message: expect.stringContaining(how), extensions: { code: 'BAD_USER_INPUT' } }],
      });
    },
  );
});
