import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { expect, it, vi } from 'vitest';
import { createHttpDrain } from './http-drain.ts';

it('lets the next response close a share of the open connections, and no later one', async () => {
  await using stack = new AsyncDisposableStack();
  const server = createServer((_request, response) => response.end('ok'));
  const { shed } = createHttpDrain(server);
  stack.adopt(server.listen(0, '127.0.0.1'), () => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  // Each keeps one connection.
  const agents = Array.from({ length: 8 }, () =>
    stack.adopt(new Agent({ keepAlive: true, maxSockets: 1 }), (one) => one.destroy()),
  );
  const send = async (agent: Agent) => {
    const sent = request({ port, host: '127.0.0.1', agent }).end();
    const [response] = await once(sent, 'response');
    await once(response.resume(), 'end');
    return response.headers.connection;
  };
  const sendAll = () => Promise.all(agents.map(send));
  expect(new Set(await sendAll())).toEqual(new Set(['keep-alive']));
  shed(0.25);
  expect((await sendAll()).filter((connection) => connection === 'close')).toHaveLength(2);
  expect(new Set(await sendAll())).toEqual(new Set(['keep-alive']));
});

it('leaves no stopped server in its process', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const stopServer = async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const drain = createHttpDrain(server);
    await drain.stop(0);
    await drain.closed;
    return new WeakRef(server);
  };
  const server = await stopServer();
  await vi.waitFor(() => {
    collectGarbage();
    expect(server.deref() === undefined).toBe(true);
  });
});

/** A client in a thread of its own: it connects, and sends its request, when it is let, whatever the server's thread does. */
const clientSource = `
  const { connect } = require('node:net');
  const { parentPort, workerData: { port, begin, sent, isOpenBefore } } = require('node:worker_threads');
  const whenLet = (run) => { parentPort.postMessage('waits'); setImmediate(() => { Atomics.wait(begin, 0, 0); run(); }); };
  const open = (onConnect) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => onConnect(socket))
      .on('data', (chunk) => { received += chunk; })
      .on('error', () => undefined)
      .on('close', () => parentPort.postMessage(received));
  };
  const send = (socket) => socket.write('GET / HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n', () => {
    Atomics.store(sent, 0, 1);
    Atomics.notify(sent, 0);
  });
  if (isOpenBefore) open((socket) => whenLet(() => send(socket)));
  else whenLet(() => open(send));
`;

it.each([
  ['a connection that waits to be accepted', false],
  ['an open connection that is due to be closed', true],
])('serves the request that %s brought while the process was held up', async (_what, isOpenBefore) => {
  await using stack = new AsyncDisposableStack();
  const server = createServer((_request, response) => response.end('served'));
  const drain = createHttpDrain(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const accepted = isOpenBefore ? once(server, 'connection') : undefined;
  const [begin, sent] = [new Int32Array(new SharedArrayBuffer(4)), new Int32Array(new SharedArrayBuffer(4))];
  const client = new Worker(clientSource, { eval: true, workerData: { port, begin, sent, isOpenBefore } });
  stack.defer(async () => void (await client.terminate()));
  await Promise.all([once(client, 'message'), accepted]);
  const lingerMs = 100;
  const stop = () => void drain.stop(lingerMs);
  if (isOpenBefore) {
    stop();
    await vi.waitFor(() => expect(server.listening).toBe(false), { interval: 1 });
  }
  // From here on the timers of the event loop come before what has arrived.
  await nextTurn();
  Atomics.store(begin, 0, 1);
  Atomics.notify(begin, 0);
  expect(Atomics.wait(sent, 0, 0, 10_000)).not.toBe('timed-out');
  if (isOpenBefore) Atomics.wait(begin, 0, 1, 2 * lingerMs);
  else stop();
  const [received] = await once(client, 'message');
  expect(received).toContain('served');
  await drain.closed;
});

it('serves a request of which a part had come when its connection was due to be closed', async () => {
  await using stack = new AsyncDisposableStack();
  const server = createServer((_request, response) => response.end('served'));
  const drain = createHttpDrain(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
  const [[socket]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  stack.defer(() => void vi.useRealTimers());
  const until = async (isTrue: () => boolean) => {
    while (!isTrue()) await nextTurn();
  };
  void drain.stop(50);
  await until(() => vi.getTimerCount() === 1);
  client.write('GET / HTTP/1.1\r\nhost: ');
  await until(() => socket.bytesRead > 0);
  vi.advanceTimersByTime(50);
  await until(() => vi.getTimerCount() === 1);
  client.write('a\r\n\r\n');
  expect(await once(client, 'data')).toEqual([expect.stringContaining('served')]);
  await drain.closed;
});
