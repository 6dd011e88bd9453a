import { connect } from 'node:net';
import { GraphQLError } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorCatalog, HeddleError } from '#core/errors.ts';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { createSampleMesh } from '#test/support/gateways/sample-subgraphs.ts';
import { readRetryAfter } from './headers.ts';

/** What every subgraph but tenants answers. */
let errors: readonly { readonly code: string; readonly retryAfterMs?: unknown }[] = [];
/** Why no subgraph but tenants can be reached. */
let unreachable: HeddleError | undefined;

let sample: SampleGateway;
beforeAll(async () => {
  const mesh = createSampleMesh();
  const refusing = {
    execute: async () => {
      if (unreachable !== undefined) throw unreachable;
      return { data: null, errors: errors.map((extensions) => new GraphQLError('No.', { extensions })) };
    },
  };
  const executors = { ...mesh.executors, models: refusing, inference: refusing };
  sample = await startSampleGateway({ mesh: { ...mesh, executors }, limits: { bodyBytesMax: 1_000 } });
});
afterAll(() => sample[Symbol.asyncDispose]());
beforeEach(() => {
  errors = [];
  unreachable = undefined;
});

const mutation = 'mutation { complete(input: { model: "m1", text: "x" }) { id } }';
const query = '{ motd }';
const subscription = 'subscription { completionStream(input: { model: "m1", text: "x" }) { sequence } }';

async function ask(text: string, accept: string, method = 'POST') {
  const headers = { authorization: `Bearer ${sampleKey}`, accept };
  const url = `${sample.url}/graphql`;
  const response =
    method === 'GET'
      ? await fetch(`${url}?query=${encodeURIComponent(text)}`, { headers })
      : await fetch(url, {
          method,
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify({ query: text }),
        });
  return { retryAfter: response.headers.get('retry-after'), text: await response.text(), response };
}

/** Every way in which a refusal leaves over HTTP before there is a first event. */
const ways: readonly (readonly [what: string, text: string, accept: string, method?: string])[] = [
  ['a mutation as application/json', mutation, 'application/json'],
  ['a mutation as application/graphql-response+json', mutation, 'application/graphql-response+json'],
  ['a mutation as server-sent events', mutation, 'text/event-stream'],
  ['a query by POST', query, 'application/json'],
  ['a query by GET', query, 'application/graphql-response+json', 'GET'],
  ['a subscription by server-sent events', subscription, 'text/event-stream'],
  ['a subscription by GET', subscription, 'text/event-stream', 'GET'],
  ['a subscription as multipart', subscription, 'multipart/mixed;subscriptionSpec=1.0'],
];

describe('Retry-After', () => {
  it.for(ways)('is set where a refusal states when to come back: %s', async ([, text, accept, method]) => {
    for (const code of Object.keys(errorCatalog)) {
      errors = [{ code, retryAfterMs: 7_001 }];
      const refused = await ask(text, accept, method);
      expect(refused.retryAfter, code).toBe('8');
      expect(refused.text).toContain('"retryAfterMs":7001');
      errors = [{ code }];
      expect((await ask(text, accept, method)).retryAfter, code).toBeNull();
    }
  });

  it.for(ways)('is the longest of several errors: %s', async ([, text, accept, method]) => {
    errors = [
      { code: 'QUOTA_EXCEEDED', retryAfterMs: 1_000 },
      { code: 'BUDGET_EXCEEDED', retryAfterMs: 61_000 },
      { code: 'NOT_FOUND' },
    ];
    expect((await ask(text, accept, method)).retryAfter).toBe('61');
  });

  it.for(ways)('is set where a subgraph cannot be reached: %s', async ([, text, accept, method]) => {
    unreachable = new HeddleError('OVERLOADED', 'Away.', { extensions: { retryAfterMs: 2_500 } });
    expect((await ask(text, accept, method)).retryAfter).toBe('3');
  });

  it('can be read by pages of other origins', async () => {
    errors = [{ code: 'QUOTA_EXCEEDED', retryAfterMs: 1 }];
    const { response } = await ask(mutation, 'application/json');
    expect(response.headers.get('access-control-expose-headers')).toContain('retry-after');
  });

  it('is absent where waiting does not help', async () => {
    for (const text of ['{ nonsense }', '{', query]) {
      expect((await ask(text, 'application/json')).retryAfter).toBeNull();
    }
    expect((await ask(`{ motd } #${'x'.repeat(2_000)}`, 'application/json')).retryAfter).toBeNull();
  });

  it('is set where the gateway is not ready', async () => {
    const mesh = createSampleMesh();
    const down = { execute: () => Promise.reject(new Error('down')) };
    await using unready = await startSampleGateway({
      mesh: { ...mesh, executors: { ...mesh.executors, models: down } },
    });
    const ready = await fetch(`${unready.url}/health/ready`);
    expect([ready.status, ready.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await fetch(`${unready.url}/health/live`)).headers.get('retry-after')).toBeNull();
  });

  it('is set where a gateway that shuts down refuses a WebSocket', async () => {
    const rest = 'connection: upgrade\r\nupgrade: websocket\r\n\r\n';
    await using closing = await startSampleGateway();
    const { port } = new URL(closing.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`GET /graphql HTTP/1.1\r\nhost: x\r\n`);
    // By its answer, what was written before is known to have come.
    await fetch(`${closing.url}/health/live`);
    const closed = closing.gateway.close(10_000);
    socket.write(rest);
    let answer = '';
    for await (const chunk of socket) {
      answer += String(chunk);
      if (answer.includes('\r\n\r\n')) break;
    }
    expect(answer).toContain('503 Service Unavailable');
    expect(answer.toLowerCase()).toContain('retry-after: 1\r\n');
    await closed;
  });
});

describe('the value of Retry-After', () => {
  const cases: readonly (readonly [retryAfterMs: unknown, expected: string | undefined])[] = [
    [0, '1'],
    [1, '1'],
    [0.1, '1'],
    [999, '1'],
    [1_000, '1'],
    [1_000.5, '2'],
    [1_001, '2'],
    [60_000, '60'],
    [3e12, '2147484'],
    [Number.POSITIVE_INFINITY, '2147484'],
    [Number.NaN, undefined],
    [-1, undefined],
    ['7000', undefined],
    [null, undefined],
    [{}, undefined],
  ];
  it.for(cases)('of retryAfterMs %s is %s', ([retryAfterMs, expected]) => {
    expect(readRetryAfter([{ message: 'No.', extensions: { retryAfterMs } }])).toBe(expected);
  });

  it('is the longest of several errors, in whichever order', () => {
    const errors = [3_000, 9_000, 5_000].map((retryAfterMs) => ({
      message: 'No.',
      extensions: { retryAfterMs },
    }));
    expect(readRetryAfter([...errors, { message: 'No.' }])).toBe('9');
    expect(readRetryAfter(errors.toReversed())).toBe('9');
  });

  it('is none without errors', () => {
    expect(readRetryAfter(undefined)).toBeUndefined();
    expect(readRetryAfter([])).toBeUndefined();
    expect(readRetryAfter([{ message: 'No.' }])).toBeUndefined();
  });
});
