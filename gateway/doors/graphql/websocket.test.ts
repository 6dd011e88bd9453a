import { once } from 'node:events';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { anonymousCaller } from '#core/caller.ts';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import {
  delta,
  finished,
  SampleSource,
  sampleCaller,
  started,
} from '#test/support/gateways/sample-subgraphs.ts';

let sample: SampleGateway;
beforeAll(async () => {
  sample = await startSampleGateway({
    limits: { wsInitTimeoutMs: 100, operationsPerSocketMax: 2, bodyBytesMax: 64 * 1024 },
  });
});
afterAll(() => sample[Symbol.asyncDispose]());

const query = `subscription { completionStream(input: { model: "m1", text: "x" }) { sequence
  ... on CompletionStarted { model { name } } ... on TextDelta { text } } }`;

const address = () => `${sample.url.replace('http', 'ws')}/graphql`;

/** A socket spoken to by hand: every message that came, and how it closed. */
async function dial(
  options: {
    protocol?: string;
    headers?: Record<string, string>;
    init?: Record<string, unknown> | false;
  } = {},
) {
  const socket = new WebSocket(address(), options.protocol ?? 'graphql-transport-ws', {
    headers: options.headers ?? {},
  });
  const messages: Record<string, unknown>[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await once(socket, 'open');
  const send = (message: unknown) =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  const until = async (type: string, count = 1) => {
    while (messages.filter((message) => message.type === type).length < count) await once(socket, 'message');
  };
  if (options.init !== false) {
    send({ type: 'connection_init', payload: options.init ?? { authorization: `Bearer ${sampleKey}` } });
  }
  return { socket, messages, closed, send, until };
}

const subscribe = (id: string, text = query) => ({ id, type: 'subscribe', payload: { query: text } });

describe('WebSockets', () => {
  it('streams to a client of another project, and answers its queries and mutations', async () => {
    const source = new SampleSource([started(0), delta(1, 'hi'), finished(2)]);
    source.end();
    sample.mesh.source = source;
    const client = createClient({
      url: address(),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${sampleKey}` },
      retryAttempts: 0,
    });
    const all = async (text: string) => {
      const results: unknown[] = [];
      for await (const result of client.iterate({ query: text })) results.push(result);
      return results;
    };
    expect(await all(query)).toEqual([
      { data: { completionStream: { sequence: 0, model: { name: 'Model m1' } } } },
      { data: { completionStream: { sequence: 1, text: 'hi' } } },
      { data: { completionStream: { sequence: 2 } } },
    ]);
    expect(await all('{ motd }')).toEqual([{ data: { motd: 'hello' } }]);
    expect(await all('mutation { createModel(input: { name: "n" }) { name } }')).toEqual([
      { data: { createModel: { name: 'n' } } },
    ]);
    await expect(all('{ nothing }')).rejects.toEqual([
      expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } }),
    ]);
    await client.dispose();
  });

  it('takes the key as authorization or as apiKey', async () => {
    for (const init of [
      { authorization: `Bearer ${sampleKey}` },
      { Authorization: `Bearer ${sampleKey}` },
      { apiKey: sampleKey },
    ]) {
      const { socket, send, until, messages } = await dial({ init });
      await until('connection_ack');
      send(subscribe('1', '{ me { tenant { name } } }'));
      await until('complete');
      expect(messages[1]).toMatchObject({ payload: { data: { me: { tenant: { name: 'Tenant t1' } } } } });
      socket.close();
    }
  });

  it('never lets the payload replace what the request itself carried', async () => {
    const weak = sample.keyFor(sampleCaller());
    const { socket, send, until, messages } = await dial({
      headers: { authorization: `Bearer ${weak}` },
      init: { authorization: `Bearer ${sampleKey}` },
    });
    await until('connection_ack');
    send(subscribe('1', '{ me { scopes } }'));
    await until('complete');
    expect(messages[1]).toMatchObject({ payload: { data: { me: { scopes: [] } } } });
    socket.close();
  });

  it('closes with 4401 for a key that is wrong, 4403 for one that may not be used from here', async () => {
    expect(await (await dial({ init: { authorization: 'Bearer hd_wrong' } })).closed).toBe(4401);
    expect(await (await dial({ init: { authorization: 'Basic eA==' } })).closed).toBe(4401);
    const elsewhere = sample.keyFor({ ...sampleCaller(), allowedIps: ['10.0.0.0/8'] });
    expect(await (await dial({ init: { apiKey: elsewhere } })).closed).toBe(4403);
  });

  it('closes what does not follow the protocol with the code that the protocol has for it', async () => {
    expect(await (await dial({ init: false })).closed).toBe(4408);
    const early = await dial({ init: false });
    early.send(subscribe('1'));
    expect(await early.closed).toBe(4401);
    const twice = await dial();
    twice.send({ type: 'connection_init' });
    expect(await twice.closed).toBe(4429);
    for (const message of ['nonsense', '{"type":"what"}', '[]', 'null', { type: 'connection_ack' }]) {
      const garbled = await dial();
      garbled.send(message);
      expect(await garbled.closed).toBe(4400);
    }
    const large = await dial();
    large.send(subscribe('1', `{ motd } #${'x'.repeat(70_000)}`));
    expect(await large.closed).toBe(1009);
    sample.mesh.source = new SampleSource();
    const same = await dial();
    await same.until('connection_ack');
    same.send(subscribe('1'));
    same.send(subscribe('1'));
    expect(await same.closed).toBe(4409);
  });

  it('runs nothing that comes after the message for which it was closed', async () => {
    const client = await dial();
    await client.until('connection_ack');
    const before = sample.mesh.calls.length;
    client.send('nonsense');
    client.send(subscribe('1', 'mutation { complete(input: { model: "m1", text: "late" }) { text } }'));
    expect(await client.closed).toBe(4400);
    // The same key over another socket comes after all that the first one began.
    const other = await dial();
    await other.until('connection_ack');
    other.send(subscribe('1', '{ motd }'));
    await other.until('complete');
    expect(sample.mesh.calls.slice(before).map((call) => call.subgraph)).toEqual(['models']);
    other.socket.close();
  });

  it('lets an anonymous caller do what is open to everyone, and requires credentials for the rest', async () => {
    const { socket, send, until, messages } = await dial({ init: {} });
    await until('connection_ack');
    send(subscribe('1', '{ motd me { scopes } }'));
    await until('complete');
    expect(messages[1]).toMatchObject({
      payload: { data: null, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    });
    socket.close();
  });

  it('bounds the operations of one socket', async () => {
    sample.mesh.source = new SampleSource();
    const { socket, send, until, messages } = await dial();
    await until('connection_ack');
    for (const id of ['1', '2', '3']) send(subscribe(id));
    await until('error');
    expect(messages[1]).toMatchObject({
      id: '3',
      payload: [{ extensions: { code: 'OVERLOADED', notBegun: true } }],
    });
    socket.close();
  });

  it.each([
    ['short', '1', 'Subscriber for 1 already exists'],
    [
      'as long as a reason may be',
      'x'.repeat(123 - 30),
      `Subscriber for ${'x'.repeat(123 - 30)} already exists`,
    ],
    ['longer', 'x'.repeat(124 - 30), 'Subscriber for this id already exists'],
    ['of few characters and many bytes', '€'.repeat(40), 'Subscriber for this id already exists'],
    ['giant', 'x'.repeat(60_000), 'Subscriber for this id already exists'],
  ])('closes for an id that is used twice at once, and lives on: %s', async (_what, id, reason) => {
    sample.mesh.source = new SampleSource([started(0)]);
    const { socket, send, until } = await dial();
    const closing = once(socket, 'close');
    await until('connection_ack');
    send(subscribe(id));
    send(subscribe(id));
    const [code, said] = await closing;
    expect([code, String(said)]).toEqual([4409, reason]);
    const other = await dial();
    await other.until('connection_ack');
    other.send(subscribe('1', '{ motd }'));
    await other.until('complete');
    other.socket.close();
  });

  it('cuts off a client that sends ping frames and does not read the pongs', async () => {
    const { socket, until, closed } = await dial();
    await until('connection_ack');
    socket.pause();
    for (let batch = 0; batch < 1_000 && socket.readyState === WebSocket.OPEN; batch++) {
      for (let ping = 0; ping < 200; ping++) socket.ping(Buffer.alloc(125));
      await new Promise((resolve) => socket.ping(Buffer.alloc(125), undefined, resolve));
    }
    expect(socket.readyState).not.toBe(WebSocket.OPEN);
    socket.terminate();
    await closed;
  });

  it('counts the bytes that frames take, so that a small message in very many pieces is too large', async () => {
    // Without a key, so that the bound comes before the number of pieces that ws allows.
    const { socket, until, closed } = await dial({ init: {} });
    await until('connection_ack');
    for (let piece = 0; piece < 20_000; piece++) socket.send(' ', { fin: false });
    expect(await closed).toBe(1009);
  });

  it('answers pings', async () => {
    const { socket, send, until, messages } = await dial();
    send({ type: 'ping', payload: { n: 1 } });
    await until('pong');
    expect(messages.find(({ type }) => type === 'pong')).toEqual({ type: 'pong', payload: { n: 1 } });
    socket.close();
  });

  it('reaches the source at once when the client completes, and lets the id be used again', async () => {
    const source = new SampleSource([started(0)]);
    sample.mesh.source = source;
    const { socket, send, until } = await dial();
    await until('connection_ack');
    send(subscribe('1'));
    await until('next');
    send({ id: '1', type: 'complete' });
    await source.returned;
    send(subscribe('1', '{ motd }'));
    await until('complete');
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.close();
  });

  it('reaches every source at once when the socket is cut off', async () => {
    const sources = [new SampleSource([started(0)]), new SampleSource([started(0)])];
    const { socket, send, until } = await dial();
    await until('connection_ack');
    for (const [index, source] of sources.entries()) {
      sample.mesh.source = source;
      send(subscribe(String(index)));
      await until('next', index + 1);
    }
    socket.terminate();
    await Promise.all(sources.map((source) => source.returned));
  });

  it('lets others have their turn while a source is always ready', async () => {
    const total = 20_000;
    const source = new SampleSource(Array.from({ length: total }, (_, n) => delta(n, 'x')));
    source.end();
    sample.mesh.source = source;
    const { socket, send, until } = await dial();
    await until('connection_ack');
    send(subscribe('1'));
    await vi.waitFor(() => expect(source.pulled).toBeGreaterThan(0), { interval: 1, timeout: 20_000 });
    expect((await fetch(`${sample.url}/graphql?query={motd}`)).status).toBe(200);
    expect(source.pulled).toBeLessThan(total);
    await until('complete');
    socket.close();
  });

  it('stops pulling events for a client that has stopped reading', async () => {
    const total = 100_000;
    const source = new SampleSource(Array.from({ length: total }, (_, n) => delta(n, 'x'.repeat(1_000))));
    sample.mesh.source = source;
    const { socket, send, until } = await dial();
    await until('connection_ack');
    socket.pause();
    send(subscribe('1'));
    let before = -1;
    await vi.waitFor(
      () => {
        const unchanged = source.pulled > 1 && source.pulled === before;
        before = source.pulled;
        expect(unchanged).toBe(true);
      },
      { interval: 500, timeout: 20_000 },
    );
    socket.terminate();
    await source.returned;
    expect(source.pulled).toBeLessThan(total / 4);
  });

  it('refuses a connection elsewhere and another subprotocol', async () => {
    const elsewhere = new WebSocket(`${sample.url.replace('http', 'ws')}/elsewhere`, 'graphql-transport-ws');
    await expect(once(elsewhere, 'open')).rejects.toThrow('404');
    const other = new WebSocket(address());
    const [code] = await once(other, 'close');
    expect(code).toBe(4406);
  });

  it('stops serving a key that was revoked while the socket was open', async () => {
    const key = sample.keyFor(sampleCaller());
    const { socket, send, until, messages } = await dial({ init: { apiKey: key } });
    await until('connection_ack');
    sample.mesh.callers.clear();
    await sample.bus.publish('callers.changed', { tenantId: null });
    send(subscribe('1', '{ motd }'));
    await until('error');
    expect(messages[1]).toMatchObject({ payload: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    socket.close();
    expect(anonymousCaller.kind).toBe('ANONYMOUS');
  });
});
