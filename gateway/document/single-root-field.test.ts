import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { keptLog } from '#test/support/processes/log-lines.ts';

const logged = keptLog();
let sample: SampleGateway;
beforeAll(async () => {
  sample = await startSampleGateway({ log: logged.log });
});
afterAll(() => sample[Symbol.asyncDispose]());

const call = 'completionStream(input: { model: "m1", text: "x" })';
const field = `${call} { __typename }`;
const fragment = `fragment F on Subscription { ${field} }`;

const conditional: [string, string, Record<string, unknown>?][] = [
  [
    '@skip on the field',
    `subscription ($s: Boolean!) { ${call} @skip(if: $s) { __typename } }`,
    { s: false },
  ],
  [
    '@include on an alias',
    `subscription ($s: Boolean!) { id: ${call} @include(if: $s) { __typename } }`,
    { s: true },
  ],
  ['a literal', `subscription { ${call} @include(if: true) { __typename } }`],
  ['a literal that leaves it out', `subscription Named { ${call} @skip(if: true) { __typename } }`],
  [
    'both',
    `subscription ($s: Boolean!) { ${call} @skip(if: $s) @include(if: true) { __typename } }`,
    { s: false },
  ],
  ['an inline fragment', `subscription ($s: Boolean!) { ... @include(if: $s) { ${field} } }`, { s: true }],
  [
    'a typed inline fragment',
    `subscription ($s: Boolean = true) { ... on Subscription @include(if: $s) { ${field} } }`,
  ],
  ['a spread', `subscription ($s: Boolean!) { ...F @include(if: $s) } ${fragment}`, { s: true }],
  [
    'a fragment in a fragment',
    `subscription ($s: Boolean!) { ...G } fragment G on Subscription { ... { ...F @skip(if: $s) } } ${fragment}`,
    { s: false },
  ],
  [
    'the field in a fragment',
    `subscription ($s: Boolean!) { ...F } fragment F on Subscription { ${call} @skip(if: $s) { __typename } }`,
    { s: false },
  ],
];

const buildHeaders = (key: string | null) => (key === null ? {} : { authorization: `Bearer ${key}` });

describe.each([
  ['a caller', sampleKey],
  ['nobody', null],
])('a subscription of %s with a condition at its root', (_, key) => {
  it.each(conditional)(
    'is refused as bad input over HTTP and WebSocket: %s',
    async (_what, query, variables = {}) => {
      logged.lines.length = 0;
      const response = await fetch(`${sample.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...buildHeaders(key) },
        body: JSON.stringify({ query, variables }),
      });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('text/event-stream');
      const text = await response.text();
      expect(text).toContain('must not use @skip or @include');
      expect(text).toContain('"BAD_USER_INPUT"');

      const socket = createClient({
        url: `${sample.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: buildHeaders(key),
        retryAttempts: 0,
      });
      const refused = await socket
        .iterate({ query, variables })
        .next()
        .catch((error: unknown) => error);
      await socket.dispose();
      expect(refused).toEqual([
        expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' }, locations: expect.anything() }),
      ]);
      expect(logged.lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
    },
  );
});

describe('a subscription', () => {
  const ask = async (query: string) => {
    const response = await fetch(`${sample.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...buildHeaders(sampleKey),
      },
      body: JSON.stringify({ query }),
    });
    return response.text();
  };

  it.each([
    ['two fields', `subscription { a: ${field} b: ${field} }`, 'must select only one top level field'],
    ['two through a fragment', `subscription { a: ${field} ...F } ${fragment}`, 'only one top level field'],
    ['its type', 'subscription { __typename }', 'introspection top level field'],
  ])('cannot select %s', async (_, query, message) => {
    expect(await ask(query)).toContain(message);
  });

  it('may have conditions below its root, and the same field again', async () => {
    const below = `subscription { ${call} { __typename @skip(if: true) ... @include(if: false) { sequence } } ...F } ${fragment}`;
    const controller = new AbortController();
    const response = await fetch(`${sample.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...buildHeaders(sampleKey),
      },
      body: JSON.stringify({ query: below }),
      signal: controller.signal,
    });
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).not.toContain('errors');
    controller.abort();
  });
});
