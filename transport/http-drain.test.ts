import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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
