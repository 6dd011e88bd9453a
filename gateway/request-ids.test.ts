import { once } from 'node:events';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { finished, SampleSource, started } from '#test/support/gateways/sample-subgraphs.ts';

const ours = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const STREAM = 'subscription { completionStream(input: { model: "m", text: "t" }) { __typename } }';

let sample: SampleGateway;
beforeAll(async () => {
  sample = await startSampleGateway();
});
afterAll(() => sample[Symbol.asyncDispose]());

const headers = (more: Record<string, string>) => ({
  'content-type': 'application/json',
  authorization: `Bearer ${sampleKey}`,
  ...more,
});
const askForAnswer = async (path: string, init: RequestInit) => {
  const response = await fetch(`${sample.url}${path}`, init);
  await response.text();
  return response.headers.get('x-request-id');
};
const post = (query: string, more: Record<string, string>) =>
  askForAnswer('/graphql', { method: 'POST', headers: headers(more), body: JSON.stringify({ query }) });

/** What a client's operation last asked the subgraph with; the mesh itself reports refusals there every few seconds. */
const lastCall = () => sample.mesh.calls.findLast(({ request }) => request.caller.kind !== 'SYSTEM')?.request;

/** Asks once in each way, with the client's own id; answers the id of the answer, where the way has a place for it. */
const ways: readonly [string, (clientId: Record<string, string>) => Promise<string | null | undefined>][] = [
  ['a POST', (id) => post('{ motd }', id)],
  ['a GET', (id) => askForAnswer('/graphql?query=%7Bmotd%7D', { headers: headers(id) })],
  ['a refused document', (id) => post('{ nothing }', id)],
  ['a refused key', (id) => post('{ motd }', { ...id, authorization: 'Bearer hd_unknown' })],
  [
    'a body that is no JSON',
    (id) => askForAnswer('/graphql', { method: 'POST', headers: headers(id), body: '{' }),
  ],
  [
    'server-sent events',
    (id) => {
      sample.mesh.source = new SampleSource([started(0), finished(1)]);
      (sample.mesh.source as SampleSource).end();
      return post(STREAM, { ...id, accept: 'text/event-stream' });
    },
  ],
  ['the Explorer', (id) => askForAnswer('/graphql', { headers: { ...headers(id), accept: 'text/html' } })],
  ['what is not there', (id) => askForAnswer('/nothing', { headers: headers(id) })],
  ['liveness', (id) => askForAnswer('/health/live', { headers: headers(id) })],
  ['readiness', (id) => askForAnswer('/health/ready', { headers: headers(id) })],
];

describe('the id of a request', () => {
  it.each(ways)('is ours, and new each time, in the answer to %s', async (_what, ask) => {
    const ids = [];
    for (const given of [{}, { 'x-request-id': 'same-id' }, { 'x-request-id': 'same-id' }])
      ids.push(await ask(given));
    for (const id of ids) expect(id).toMatch(ours);
    expect(new Set(ids).size).toBe(3);
  });

  it.each([
    ['their-id', 'their-id'],
    ['not plain "at all"', null],
    ['x'.repeat(129), null],
  ])("goes to the subgraphs with the client's own beside it: %s", async (given, kept) => {
    const requestId = await post('{ motd }', { 'x-request-id': given });
    expect(lastCall()).toMatchObject({ requestId, clientRequestId: kept });
  });

  it('is new for each operation of a WebSocket, whose own id stands beside them', async () => {
    class Socket extends WebSocket {
      constructor(address: string | URL, protocols?: string | string[]) {
        super(address, protocols, { headers: { 'x-request-id': 'socket-id' } });
      }
    }
    const client = createClient({
      url: `${sample.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: Socket,
      connectionParams: { authorization: `Bearer ${sampleKey}` },
    });
    const ids = [];
    for (let n = 0; n < 3; n++) {
      for await (const answer of client.iterate({ query: '{ motd }' })) expect(answer.errors).toBeUndefined();
      expect(lastCall()?.clientRequestId).toBe('socket-id');
      ids.push(lastCall()?.requestId);
    }
    await client.dispose();
    for (const id of ids) expect(id).toMatch(ours);
    expect(new Set(ids).size).toBe(3);
  });

  it('stands in the answer that refuses a WebSocket', async () => {
    const socket = new WebSocket(`${sample.url.replace('http', 'ws')}/nothing`);
    socket.on('error', () => undefined);
    const [, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(404);
    expect(response.headers['x-request-id']).toMatch(ours);
  });
});
