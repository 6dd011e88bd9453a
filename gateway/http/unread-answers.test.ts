import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { post, sendInit } from '#test/support/gateways/bounded-clients.ts';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { createSampleMesh, sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';
import type { GatewayLimits } from '../limits.ts';

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

const start = async (options: Parameters<typeof startSampleGateway>[0] = {}) =>
  stack.use(await startSampleGateway(options));

const motd = { query: '{ motd }' };
const bearer = { authorization: `Bearer ${sampleKey}` };

async function openSocket({ url }: SampleGateway, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws'], { headers });
  stack.defer(() => socket.terminate());
  socket.on('error', () => undefined);
  await once(socket, 'open');
  return socket;
}

describe('answers that are not read', () => {
  /** More than the system takes of an answer that its client does not read. */
  const text = 'x'.repeat(14_000_000);

  async function startWithLongAnswers(limits: Partial<GatewayLimits> = {}) {
    const mesh = createSampleMesh();
    const { models } = mesh.executors;
    if (models === undefined) throw new Error('There is no subgraph models.');
    const execute: typeof models.execute = async (request) => {
      const result = await models.execute(request);
      if (Symbol.asyncIterator in result) return result;
      const data = Object.fromEntries(Object.keys(result.data ?? {}).map((name) => [name, text]));
      return { ...result, data };
    };
    const executors = { ...mesh.executors, models: { ...models, execute } };
    const sample = await start({
      mesh: { ...mesh, executors },
      limits: { unreadBytesMax: 1_000_000, ...limits },
    });
    const other = {
      authorization: `Bearer ${sample.keyFor({ ...sampleCaller(), keyId: 'other', keyLineId: 'other' })}`,
    };
    return { sample, other };
  }

  it('over HTTP keep a key from further ones until they are read, and no other key', async () => {
    const { sample, other } = await startWithLongAnswers();
    const request = httpRequest(`${sample.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer },
    });
    request.end(JSON.stringify(motd));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    expect(await post(sample, motd, bearer)).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(await post(sample, motd, other)).toMatchObject({ status: 200, code: undefined });
    response.resume();
    await once(response, 'end');
    expect(await post(sample, motd, bearer)).toMatchObject({ status: 200, code: undefined });
  });

  it.each([
    ['as a whole', {}],
    ['as a stream', { accept: 'text/event-stream' }],
  ])('over HTTP %s cut a client off that takes nothing for a while', async (_how, headers) => {
    const { sample } = await startWithLongAnswers({ stalledMs: 100 });
    const request = httpRequest(`${sample.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer, ...headers },
    });
    request.end(JSON.stringify(motd));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    await expect.poll(async () => (await post(sample, motd, bearer)).status).toBe(200);
    const failed = once(response, 'error');
    response.resume();
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
  });

  it('over a WebSocket cut it off', async () => {
    const { sample } = await startWithLongAnswers();
    const socket = await openSocket(sample);
    expect(await sendInit(socket, bearer)).toBe('connection_ack');
    socket.pause();
    const closed = once(socket, 'close');
    for (const id of ['1', '2', '3']) socket.send(JSON.stringify({ id, type: 'subscribe', payload: motd }));
    await expect.poll(async () => (await post(sample, motd, bearer)).status).toBe(200);
    socket.resume();
    expect((await closed)[0]).toBe(1006);
  });
});
