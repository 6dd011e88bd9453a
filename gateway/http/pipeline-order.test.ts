import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { HeddleError } from '#core/errors.ts';
import { sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';
import { keptLog } from '#test/support/processes/log-lines.ts';
import type { Door, DoorPath } from '../doors/door.ts';
import { doors } from '../doors/doors.ts';
import { readJson } from './body.ts';

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

const path: DoorPath = { methods: ['GET', 'POST'], pattern: '/made-up', access: 'optional' };

/** A gateway with one handler more, which does what a test sets. */
async function startWith(
  handle: Door['handle'],
  more: Partial<Door> = {},
  options: Parameters<typeof startSampleGateway>[0] = {},
) {
  const door: Door = {
    name: 'made-up',
    paths: [path],
    isCrossOrigin: false,
    challenge: 'Bearer',
    handle,
    writeError: ({ response }, { status }) => void response.end(String(status)),
    ...more,
  };
  return stack.use(await startSampleGateway({ doors: [...doors, door], ...options }));
}

const refuse = () => {
  throw new HeddleError('BAD_USER_INPUT', 'Why.');
};

/** A connection on which a test writes by hand. */
async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  stack.defer(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** What the server sends until it closes the connection. */
async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

const sendUpgrade = (target: string) =>
  `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
  'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: made-up\r\n\r\n';

describe('an upgrade', () => {
  const upgrade = () => ({ receive() {}, closeWhenIdle() {}, ended() {} });

  it('is 404 where the path is turned off', async () => {
    const off: DoorPath = { ...path, access: () => 'off', webSocket: 'made-up' };
    const sample = await startWith(({ response }) => void response.end(), { paths: [off], upgrade });
    const socket = await openSocket(sample.url);
    socket.write(sendUpgrade('/made-up'));
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('is 503 with the time to wait where the process shuts down', async () => {
    const open: DoorPath = { ...path, webSocket: 'made-up' };
    const sample = await startWith(({ response }) => void response.end('x'), { paths: [open], upgrade });
    const socket = await openSocket(sample.url);
    socket.write('GET /made-up HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'data');
    const stopped = sample.gateway.stop();
    socket.write(sendUpgrade('/made-up'));
    const answer = await readAll(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toContain('\r\nretry-after: 1\r\n');
    await stopped;
  });
});

describe('a refusal', () => {
  const limits = { refusalsPerSecond: 1 };
  const now = () => 1_000;
  const refusedOften = async (url: string, headers: Record<string, string> = {}) => {
    for (let n = 0; n < 12; n++) await (await fetch(`${url}/made-up`, { headers })).text();
  };

  it('for too many refused requests comes before any other: no further work is done for the client', async () => {
    const sample = await startWith(refuse, {}, { limits, now });
    await refusedOften(sample.url);
    const forgeable = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' };
    expect((await fetch(`${sample.url}/made-up`, forgeable)).status).toBe(429);
  });

  it('counts against the key of its caller, not against others behind the same address', async () => {
    const sample = await startWith(refuse, {}, { limits, now });
    const keyId = { ...sampleCaller(), keyId: 'key-1' };
    await refusedOften(sample.url, { 'x-api-key': sample.keyFor(keyId) });
    expect((await fetch(`${sample.url}/graphql?query=%7Bmotd%7D`)).status).toBe(200);
  });

  it('has the time to wait with each 503, also where its error has none', async () => {
    const sample = await startWith(() => {
      throw new HeddleError('NO_ROUTE', 'Why.');
    });
    const { status, headers } = await fetch(`${sample.url}/made-up`);
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('closes the connection whose body was not read to its end', async () => {
    const sample = await startWith(refuse);
    const socket = await openSocket(sample.url);
    socket.write(
      'POST /made-up HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
    );
    const answer = await readAll(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
  });

  it('is not written to a client that has left', async () => {
    const begun = Promise.withResolvers<void>();
    let written = 0;
    const sample = await startWith(
      async ({ signal }) => {
        begun.resolve();
        await once(signal, 'abort');
        refuse();
      },
      { writeError: () => void written++ },
    );
    const left = new AbortController();
    const answer = fetch(`${sample.url}/made-up`, { signal: left.signal });
    await begun.promise;
    left.abort();
    await expect(answer).rejects.toThrow();
    await sample.gateway.stop();
    expect(written).toBe(0);
  });
});

describe('a page of another origin', () => {
  const ask = async (isCrossOrigin: boolean, init: RequestInit) =>
    fetch(
      `${(await startWith(({ response }) => void response.end('x'), { isCrossOrigin })).url}/made-up`,
      init,
    );

  it('reads the request id and the time to wait of an answer', async () => {
    const { headers } = await ask(true, {});
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-expose-headers')).toMatch(/^x-request-id, request-id, retry-after,/);
  });

  it.each([
    [{ 'access-control-request-headers': 'x-own' }, 'x-own'],
    [{}, 'authorization, content-type, x-api-key, x-request-id'],
  ])('is answered once a day what it may send: %o', async (headers, allowed) => {
    const answer = await ask(true, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-headers')).toBe(allowed);
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, POST');
    expect(answer.headers.get('access-control-max-age')).toBe('86400');
  });
});

describe('an exchange', () => {
  it('has the path, and the query from its ? on', async () => {
    const sample = await startWith(({ response, path, search }) => void response.end(`${path} ${search}`));
    expect(await (await fetch(`${sample.url}/made-up?a=1&b=?`)).text()).toBe('/made-up ?a=1&b=?');
    expect(await (await fetch(`${sample.url}/made-up`)).text()).toBe('/made-up ');
  });

  it('does not abort after the whole answer was sent', async () => {
    let signal: AbortSignal | undefined;
    const sample = await startWith((exchange) => {
      ({ signal } = exchange);
      exchange.response.end('x');
    });
    await (await fetch(`${sample.url}/made-up`)).text();
    await sample.gateway.close(0);
    expect(signal?.aborted).toBe(false);
  });

  it('bounds a body as without a key where the path identifies no caller', async () => {
    const post: DoorPath = { ...path, access: 'public' };
    const sample = await startWith(
      async (exchange) => {
        await readJson(exchange);
        exchange.response.end('x');
      },
      { paths: [post] },
    );
    const headers = { 'content-type': 'application/json', 'x-api-key': sampleKey };
    const body = JSON.stringify('x'.repeat(40_000));
    const answer = await fetch(`${sample.url}/made-up`, { method: 'POST', headers, body });
    expect(answer.status).toBe(413);
  });
});

describe('a line of the access log', () => {
  it('names the tenant, the key and the address of the caller, and how long the answer took', async () => {
    const { log, lines } = keptLog('info');
    const sample = await startWith(
      ({ response }) => {
        vi.advanceTimersByTime(250);
        response.end('x');
      },
      {},
      { log, accessLog: true },
    );
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const caller = { ...sampleCaller(), keyId: 'key-1', tenantId: 'tenant-1' };
    const headers = { 'x-api-key': sample.keyFor(caller) };
    await (await fetch(`${sample.url}/made-up`, { headers })).text();
    await sample.gateway.stop();
    const line = lines.find(({ event }) => event === 'request');
    expect(line).toMatchObject({ tenantId: 'tenant-1', keyId: 'key-1', clientAddress: '127.0.0.1' });
    expect(line?.durationMs).toBe(250);
  });

  it('comes after the answer, also where that is a failure', async () => {
    const { log, lines } = keptLog('info');
    const writing = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const sample = await startWith(
      refuse,
      {
        async writeError({ response }, { status }) {
          writing.resolve();
          await gate.promise;
          response.end(String(status));
        },
      },
      { log, accessLog: true },
    );
    const answer = fetch(`${sample.url}/made-up`);
    await writing.promise;
    expect(lines.filter(({ event }) => event === 'request')).toEqual([]);
    gate.resolve();
    expect(await (await answer).text()).toBe('400');
    await sample.gateway.stop();
    expect(lines.filter(({ event }) => event === 'request')).toMatchObject([{ status: 400 }]);
  });

  it('states that the client left before the whole answer', async () => {
    const { log, lines } = keptLog('info');
    const begun = Promise.withResolvers<void>();
    const sample = await startWith(
      async ({ signal }) => {
        begun.resolve();
        await once(signal, 'abort');
      },
      {},
      { log, accessLog: true },
    );
    const left = new AbortController();
    const answer = fetch(`${sample.url}/made-up`, { signal: left.signal });
    await begun.promise;
    left.abort();
    await expect(answer).rejects.toThrow();
    await sample.gateway.stop();
    expect(lines.filter(({ event }) => event === 'request')).toMatchObject([{ isCut: true }]);
  });
});
