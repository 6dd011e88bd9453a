import { once } from 'node:events';
import { createServer } from 'node:net';
import { createClient } from 'graphql-sse';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { composeSupergraph } from '#schema/compose.ts';
import { sampleKey, sampleSupergraph, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { sampleSdls } from '#test/support/gateways/sample-graph.ts';
import { createSampleMesh, delta, SampleSource } from '#test/support/gateways/sample-subgraphs.ts';

const streamQuery = 'subscription { completionStream(input: { model: "m", text: "t" }) { sequence } }';

async function ask(url: string, query: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${sampleKey}` },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

function stream(url: string) {
  const client = createClient({
    url: `${url}/graphql`,
    headers: { authorization: `Bearer ${sampleKey}` },
    retryAttempts: 0,
  });
  return client.iterate<{ completionStream: { sequence: number } }>({ query: streamQuery });
}

describe('a gateway', () => {
  it('is alive at once and ready when its subgraphs answer', async () => {
    const mesh = createSampleMesh();
    const working = mesh.executors.tenants;
    let down = true;
    const tenants: typeof working = {
      execute: (request) => (down ? Promise.reject(new Error('down')) : working.execute(request)),
    };
    let nowMs = 0;
    await using sample = await startSampleGateway({
      mesh: { ...mesh, executors: { ...mesh.executors, tenants } },
      now: () => nowMs,
    });
    expect((await fetch(`${sample.url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${sample.url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({
      status: 'unavailable',
      problems: ['the subgraph tenants is not ready'],
    });
    down = false;
    nowMs += 1_000;
    expect((await fetch(`${sample.url}/health/ready`)).status).toBe(200);
  });

  it('finishes a running stream when it closes, and lets nothing new in', async () => {
    await using sample = await startSampleGateway();
    const source = new SampleSource([delta(0, 'x')]);
    sample.mesh.source = source;
    const events = stream(sample.url);
    expect((await events.next()).value?.data?.completionStream.sequence).toBe(0);
    const closing = sample.gateway.close(10_000);
    await vi.waitFor(() => expect(fetch(`${sample.url}/health/live`)).rejects.toThrow());
    source.push(delta(1, 'y'));
    source.end();
    expect((await events.next()).value?.data?.completionStream.sequence).toBe(1);
    expect((await events.next()).done).toBe(true);
    await closing;
  });

  /** A WebSocket with one running stream, and what comes over it. */
  async function streamOverWebSocket(url: string) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const types: string[] = [];
    const closed = once(socket, 'close');
    await once(socket, 'open');
    socket.on('message', (data) => types.push(JSON.parse(String(data)).type));
    socket.send(JSON.stringify({ type: 'connection_init', payload: { apiKey: sampleKey } }));
    await once(socket, 'message');
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: streamQuery } }));
    await once(socket, 'message');
    return { socket, types, closed };
  }

  it('finishes a stream over a WebSocket when it closes, and closes those that are idle', async () => {
    await using sample = await startSampleGateway();
    const source = new SampleSource([delta(0, 'x')]);
    sample.mesh.source = source;
    const { socket, types, closed } = await streamOverWebSocket(sample.url);
    const idle = new WebSocket(`${sample.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(idle, 'open');
    const closing = sample.gateway.close(10_000);
    expect((await once(idle, 'close'))[0]).toBe(1001);
    socket.send(JSON.stringify({ id: '2', type: 'subscribe', payload: { query: '{ motd }' } }));
    await once(socket, 'message');
    source.push(delta(1, 'y'));
    await once(socket, 'message');
    source.end();
    expect((await closed)[0]).toBe(1001);
    expect(types).toEqual(['connection_ack', 'next', 'error', 'next', 'complete']);
    await closing;
  });

  it('cuts off what still runs when the grace time is over', async () => {
    await using sample = await startSampleGateway();
    const source = new SampleSource([delta(0, 'x')]);
    sample.mesh.source = source;
    const { closed } = await streamOverWebSocket(sample.url);
    await sample.gateway.close(0);
    expect((await closed)[0]).toBe(1001);
    await source.returned;
  });

  it('takes up a new supergraph while a stream continues', async () => {
    await using sample = await startSampleGateway();
    const source = new SampleSource([delta(0, 'x')]);
    sample.mesh.source = source;
    const events = stream(sample.url);
    await events.next();
    expect(await ask(sample.url, '{ broken motd }')).toMatchObject({ data: { motd: 'hello' } });
    const without = sampleSdls.models.replace(/"What may fail."\n\s+broken: String/, '');
    await sample.gateway.reload(composeSupergraph({ ...sampleSdls, models: without }));
    expect(await ask(sample.url, '{ broken motd }')).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
    source.push(delta(1, 'y'));
    source.end();
    expect((await events.next()).value?.data?.completionStream.sequence).toBe(1);
    expect((await events.next()).done).toBe(true);
  });

  it('keeps the supergraph it has when a new one is unfit', async () => {
    await using sample = await startSampleGateway();
    for (const unfit of [
      'type Query {',
      sampleSupergraph.replace('@join__type(graph: MODELS, key: "id")', '@join__type'),
    ]) {
      await expect(sample.gateway.reload(unfit)).rejects.toThrow();
    }
    expect(await ask(sample.url, '{ motd }')).toEqual({ data: { motd: 'hello' } });
  });

  it('reports that its port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(startSampleGateway({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    taken.close();
  });

  it('refuses a limit that is no limit', async () => {
    await expect(startSampleGateway({ limits: { depthMax: 0 } })).rejects.toThrow(/depthMax/);
  });
});
