import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { echo, newTenant } from '#test/e2e/scenarios/setup.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { allRows, registerUpstream } from './support/ledger.ts';

import { endless, startUpstream } from './support/upstream.ts';
import { expectUnharmed, listAlarms, residentMiB } from './support/victim.ts';

const random = createRandom(printedSeed('websocket door'));
const connectionsMax = 150;

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startOneProcess({
    LOG_LEVEL: 'debug',
    HEDDLE_CONNECTIONS_MAX: String(connectionsMax),
    HEDDLE_WS_INIT_TIMEOUT_MS: '2000',
  });
});
afterAll(() => mesh[Symbol.asyncDispose]());
afterEach(() => expectUnharmed(mesh));

const address = () => `${mesh.url.replace('http', 'ws')}/graphql`;
const stream = 'subscription ($input: CompletionInput!) { completionStream(input: $input) { sequence } }';
const subscribe = (id: string, payload: unknown) => JSON.stringify({ id, type: 'subscribe', payload });
const init = (key = mesh.adminKey) =>
  JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } });

async function open(...protocols: string[]): Promise<WebSocket> {
  const socket = new WebSocket(address(), protocols.length === 0 ? ['graphql-transport-ws'] : protocols);
  socket.on('error', () => undefined);
  await once(socket, 'open');
  return socket;
}

async function openAcknowledged(key?: string): Promise<WebSocket> {
  const socket = await open();
  const acknowledged = once(socket, 'message');
  socket.send(init(key));
  await acknowledged;
  return socket;
}

async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = await once(socket, 'close');
  return code as number;
}

describe('a WebSocket client that breaks the protocol', () => {
  it.each<[string, number, () => readonly (string | Buffer)[]]>([
    ['subscribes before its init', 4401, () => [subscribe('1', { query: '{ __typename }' })]],
    ['says who it is twice', 4429, () => [init(), init()]],
    ['uses an id twice at once', 4409, () => [init(), subscribe('1', slow()), subscribe('1', slow())]],
    ['sends no JSON', 4400, () => ['hello']],
    ['sends a list', 4400, () => ['[]']],
    ['sends an unknown type', 4400, () => ['{"type": "__proto__"}']],
    ['sends what only a server sends', 4400, () => [init(), '{"type": "next", "id": "1", "payload": {}}']],
    ['sends a subscription without a query', 4400, () => [init(), subscribe('1', {})]],
    ['sends a message too large', 1009, () => [init(), 'x'.repeat(2_000_000)]],
    ['sends broken bytes', 4400, () => [random.bytes(3_000)]],
    ['sends deep nesting', 4400, () => [`{"type": "ping", "payload": ${'['.repeat(30_000)}`]],
  ])('is closed when it %s', async (_what, code, messages) => {
    const socket = await open();
    const closed = closeCode(socket);
    for (const [at, message] of messages().entries()) {
      socket.send(message);
      if (at === 0 && messages().length > 1) await once(socket, 'message');
    }
    expect(await closed).toBe(code);
  });

  it('is closed when it names no subprotocol', async () => {
    const socket = new WebSocket(address());
    socket.on('error', () => undefined);
    expect(await closeCode(socket)).toBe(4406);
  });

  it('gets thousands of operations over one socket answered or refused, each once', async () => {
    const socket = await openAcknowledged();
    const answered = new Map<string, string>();
    const done = Promise.withResolvers<void>();
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { id: string; type: string; payload?: unknown };
      if (message.type === 'next') return;
      expect(answered.has(message.id)).toBe(false);
      answered.set(message.id, message.type === 'error' ? JSON.stringify(message.payload) : '');
      if (answered.size === 3_000) done.resolve();
    });
    socket.on('close', (code) => done.reject(new Error(`closed with ${code}`)));
    for (let n = 0; n < 3_000; n++) {
      socket.send(subscribe(String(n), { query: stream, variables: echo('warp and weft') }));
    }
    await done.promise;
    const refused = [...answered.values()].filter((text) => text !== '');
    expect(answered.size - refused.length).toBeGreaterThan(50);
    for (const text of refused) expect(text).toContain('OVERLOADED');
    socket.terminate();
  });

  it('leaves nothing running when it vanishes in the middle of its streams', async () => {
    const { client } = await newTenant(() => mesh);
    const sockets = await Promise.all(Array.from({ length: 20 }, () => openAcknowledged(client.key)));
    await Promise.all(
      sockets.map(async (socket) => {
        const event = once(socket, 'message');
        for (const id of ['a', 'b', 'c']) socket.send(subscribe(id, slow()));
        await event;
        socket.terminate();
      }),
    );
    await vi.waitFor(
      async () => {
        const rows = await allRows(client);
        expect(rows.filter(({ status }) => status !== 'CANCELLED')).toEqual([]);
      },
      { timeout: 10_000, interval: 200 },
    );
  });
});

describe('clients that do not read', () => {
  /** Garbage alone may come to two thirds of it; kept answers would come to twice as much. */
  const allowedMiB = 300;

  it.each([
    ['refused operations', { query: '{ nothing }' }],
    ['a denied operation', { query: '{ me { kind } }' }],
    ['an unknown operation', { query: 'query a { __typename }', operationName: 'b' }],
  ])('cannot fill the memory with answers to %s', { timeout: 120_000 }, async (_what, payload) => {
    const [pid] = mesh.processes.map(({ child }) => child.pid);
    const socket = await open();
    const acknowledged = once(socket, 'message');
    socket.send('{"type": "connection_init"}');
    await acknowledged;
    socket.pause();
    const before = residentMiB(pid);
    const closed = Promise.race([once(socket, 'close'), once(socket, 'error')]);
    for (let n = 0; n < 100_000 && socket.readyState === socket.OPEN; n++) {
      socket.send(subscribe(`${n}`.padEnd(6_000, '.'), payload));
      if (n % 2_000 === 0) await drained(socket, closed);
    }
    expect(residentMiB(pid) - before).toBeLessThan(allowedMiB);
    socket.terminate();
  });

  it('hold the provider back rather than fill the memory, over SSE as over WebSockets', {
    timeout: 120_000,
  }, async () => {
    await using upstream = await startUpstream();
    await registerUpstream(mesh, upstream.url, [endless]);
    const { client } = await newTenant(() => mesh);
    const [pid] = mesh.processes.map(({ child }) => child.pid);
    const before = residentMiB(pid);
    const payload = {
      query: stream,
      variables: { input: { model: `up/${endless}`, messages: [{ role: 'USER', content: 'go on' }] } },
    };
    const body = JSON.stringify(payload);
    const { hostname, port } = new URL(mesh.url);
    const readers = await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        if (n % 2 === 0) {
          const socket = await openAcknowledged(client.key);
          const event = once(socket, 'message');
          socket.send(subscribe('1', payload));
          await event;
          socket.pause();
          return () => socket.terminate();
        }
        const socket = connect(Number(port), hostname);
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        socket.write(
          `POST /graphql HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\ncontent-type: application/json\r\n` +
            `authorization: Bearer ${client.key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
        await once(socket, 'readable');
        return () => socket.destroy();
      }),
    );
    // The provider comes to a halt: nobody takes another word.
    let said = -1;
    await vi.waitFor(
      () => {
        const since = upstream.wordsSent - said;
        said = upstream.wordsSent;
        expect(since).toBe(0);
      },
      { timeout: 40_000, interval: 500 },
    );
    expect(upstream.open).toBe(8);
    expect(residentMiB(pid) - before).toBeLessThan(allowedMiB);
    await expectUnharmed(mesh);
    for (const leave of readers) leave();
    await vi.waitFor(() => expect(upstream.open).toBe(0), { timeout: 10_000 });
    await vi.waitFor(
      async () => {
        const rows = await allRows(client);
        expect(rows.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'CANCELLED'));
      },
      { timeout: 10_000, interval: 200 },
    );
  });
});

describe('a flood of connections', () => {
  it('is held at the bound, and passes', async () => {
    const { hostname, port } = new URL(mesh.url);
    const sockets = Array.from({ length: 3 * connectionsMax }, () => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      return socket;
    });
    // Those beyond the bound are closed at once.
    await vi.waitFor(() => {
      expect(sockets.filter(({ closed }) => closed).length).toBeGreaterThanOrEqual(2 * connectionsMax - 10);
    });
    for (const socket of sockets) socket.destroy();
    await vi.waitFor(async () => expect((await fetch(`${mesh.url}/health/live`)).status).toBe(200));
  });

  it('has left no error in the log', () => {
    expect(listAlarms(mesh)).toEqual([]);
  });
});

function slow() {
  return {
    query: stream,
    variables: {
      input: { model: 'demo/slow', messages: [{ role: 'USER', content: 'word '.repeat(2_000) }] },
    },
  };
}

async function drained(socket: WebSocket, closed: Promise<unknown>): Promise<void> {
  await Promise.race([
    closed,
    new Promise<void>((sent) => socket.send(Buffer.from('{"type":"pong"}'), () => sent())),
  ]);
}
