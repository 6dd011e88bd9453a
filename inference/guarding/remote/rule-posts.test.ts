import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEgress } from '#core/egress.ts';
import type { RulePost } from '#guardrails/guardrail.ts';
import { createHttpFetch, type HttpFetch } from '#providers/http/http-fetch.ts';
import { startWireServer } from '#providers/testing/wire-server.ts';
import { createRulePost } from './rule-posts.ts';

const log = pino({ level: 'silent' });
const named = createEgress('127.0.0.1');
const neverAborted = new AbortController().signal;

let http: HttpFetch;
beforeAll(() => {
  http = createHttpFetch({ egress: named.ofTenants, callsMax: 100, responseBytesMax: 65_536 });
});
afterAll(() => http.close());

/** Posts of one process, with a clock; `more` of the request. */
function setup({ egress = named.ofTenants, fetch = http.fetch } = {}) {
  const clock = { ms: 0 };
  const post = createRulePost({ fetch, egress, log, now: () => clock.ms });
  return {
    clock,
    send(url: string, more: Partial<RulePost> = {}, context: Partial<Parameters<typeof post>[1]> = {}) {
      const request = { url, region: null, headers: { 'x-a': 'b' }, body: '{"a":1}', timeoutMs: 5_000 };
      const here = { tenantId: 't', allowedRegions: null, signal: neverAborted };
      return post({ ...request, ...more }, { ...here, ...context });
    },
  };
}

/** A host that reads what comes, and does with its connections what is stated. */
async function startSocketServer(act: (socket: Socket, connection: number) => void) {
  let connections = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    act(socket, ++connections);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      server.close();
    },
  };
}

const answer = (body: string) =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

describe('a post of a guardrail', () => {
  it('sends its headers and its body once, and resolves to the text of the answer', async () => {
    await using server = await startWireServer((response) => void response.end('{"ok":true}'));
    expect(await setup().send(`${server.url}/check`)).toBe('{"ok":true}');
    expect(server.requests).toMatchObject([{ path: '/check', body: '{"a":1}', headers: { 'x-a': 'b' } }]);
  });

  it.each([301, 302, 307, 308])('follows no redirect: %i', async (status) => {
    await using other = await startWireServer((response) => void response.end('{}'));
    await using server = await startWireServer((response) => {
      response.writeHead(status, { location: other.url }).end();
    });
    await expect(setup().send(server.url)).rejects.toThrow(`status ${status}`);
    expect(other.requests).toEqual([]);
  });

  it.each([201, 204, 400, 401, 404, 429, 500, 503])(
    'fails at the status %i, after one request',
    async (status) => {
      await using server = await startWireServer((response) => void response.writeHead(status).end());
      await expect(setup().send(server.url)).rejects.toThrow(`status ${status}`);
      expect(server.requests).toHaveLength(1);
    },
  );

  it('that hangs ends with its time, and its connection is closed', async () => {
    await using server = await startWireServer(() => undefined);
    await expect(setup().send(server.url, { timeoutMs: 50 })).rejects.toThrow('within 50 ms');
    expect(await server.closed(0)).toBe(true);
    expect(server.requests).toHaveLength(1);
  });

  it('whose answer drips ends with its time, and its connection is closed', async () => {
    await using server = await startWireServer((response) => {
      const drip = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(drip));
    });
    await expect(setup().send(server.url, { timeoutMs: 100 })).rejects.toThrow('within 100 ms');
    expect(await server.closed(0)).toBe(true);
  });

  it('whose answer is huge ends where it is more than is read', async () => {
    await using server = await startWireServer((response) => {
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', pour);
      pour();
    });
    await expect(setup().send(server.url)).rejects.toThrow(/larger than/);
    expect(await server.closed(0)).toBe(true);
  });

  it('that is cut before its answer is not sent again', async () => {
    await using server = await startSocketServer((socket) =>
      socket.on('data', () => socket.resetAndDestroy()),
    );
    await expect(setup().send(server.url)).rejects.toThrow();
    expect(server.connections()).toBe(1);
  });

  it('that is cut within its answer is not sent again', async () => {
    await using server = await startSocketServer((socket) =>
      socket.on('data', () => {
        socket.write(answer('{"ok":true}').slice(0, -5), () => socket.resetAndDestroy());
      }),
    );
    await expect(setup().send(server.url)).rejects.toThrow();
    expect(server.connections()).toBe(1);
  });

  it('is sent once more where its connection was closed while it was idle', async () => {
    await using server = await startSocketServer((socket, connection) => {
      let requests = 0;
      socket.on('data', () => {
        requests += 1;
        if (connection === 1 && requests === 2) socket.resetAndDestroy();
        else socket.write(answer('{}'));
      });
    });
    const { send } = setup();
    await send(server.url);
    expect(await send(server.url)).toBe('{}');
    expect(server.connections()).toBe(2);
  });

  it('is tried twice where nothing listens, and no third time', async () => {
    const server = await startWireServer(() => undefined);
    await server[Symbol.asyncDispose]();
    let calls = 0;
    const fetch: typeof globalThis.fetch = (...args) => {
      calls += 1;
      return http.fetch(...args);
    };
    await expect(setup({ fetch }).send(server.url)).rejects.toThrow('ECONNREFUSED');
    expect(calls).toBe(2);
  });

  it('ends with its call', async () => {
    const leaving = new AbortController();
    await using server = await startWireServer(() => leaving.abort(new Error('left')));
    await expect(setup().send(server.url, {}, { signal: leaving.signal })).rejects.toThrow('left');
    expect(await server.closed(0)).toBe(true);
    await expect(setup().send(server.url, {}, { signal: leaving.signal })).rejects.toThrow('left');
    expect(server.requests).toHaveLength(1);
  });
});

describe('regions', () => {
  it.each<[string, string | null, readonly string[] | null, boolean]>([
    ['a tenant without regions and a host without one', null, null, true],
    ['a tenant without regions', 'us', null, true],
    ['a host in one of the regions', 'eu', ['us', 'eu'], true],
    ['a host in another region', 'us', ['eu'], false],
    ['a host without a region', null, ['eu'], false],
    ['a tenant that may be processed nowhere', 'eu', [], false],
  ])('hold for %s', async (_what, region, allowedRegions, isSent) => {
    await using server = await startWireServer((response) => void response.end('{}'));
    const sending = setup().send(server.url, { region }, { allowedRegions });
    if (isSent) await sending;
    else await expect(sending).rejects.toMatchObject({ code: 'NO_ROUTE' });
    expect(server.connections).toBe(isSent ? 1 : 0);
  });
});

describe('egress', () => {
  it.each<[string, string | undefined, boolean, string]>([
    ['a loopback address that is not named', undefined, true, 'http://127.0.0.1:1'],
    ['a private address over TLS', undefined, true, 'https://10.0.0.1'],
    ['a host without TLS', undefined, true, 'http://guard.example'],
    ['a host without TLS of the mesh', undefined, false, 'http://guard.example'],
    ['metadata, of the mesh and whatever is named', '0.0.0.0/0', false, 'http://169.254.169.254'],
    ['a host that is not named, where others are', 'other.example', false, 'https://9.9.9.9'],
  ])('refuses %s', async (_what, allow, isOfTenant, url) => {
    const egress = createEgress(allow);
    const own = isOfTenant ? egress.ofTenants : egress;
    const fetch = () => Promise.reject(new Error('It was called.'));
    await expect(setup({ egress: own, fetch }).send(url)).rejects.toMatchObject({ code: 'NO_ROUTE' });
  });

  it('holds for the address that a name stands for when it is connected to', async () => {
    const egress = createEgress();
    await using guarded = createHttpFetch({ egress: egress.ofTenants });
    const { send } = setup({
      egress: { ...egress.ofTenants, refusalOfEndpoint: () => null },
      fetch: guarded.fetch,
    });
    await using server = await startWireServer((response) => void response.end('{}'));
    await expect(send(server.url.replace('127.0.0.1', 'localhost'))).rejects.toThrow(/may not be called/);
    expect(server.connections).toBe(0);
  });
});

describe('a host', () => {
  it('that fails five times is left alone by that tenant, until a later request succeeds', async () => {
    let isDown = true;
    await using server = await startWireServer(
      (response) => void response.writeHead(isDown ? 500 : 200).end('{}'),
    );
    const { send, clock } = setup();
    for (let index = 0; index < 5; index += 1) await expect(send(server.url)).rejects.toThrow('status 500');
    await expect(send(server.url)).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(server.requests).toHaveLength(5);
    await expect(send(server.url, {}, { tenantId: 'other' })).rejects.toThrow('status 500');
    isDown = false;
    clock.ms += 60_000;
    expect(await send(server.url)).toBe('{}');
    expect(await send(server.url)).toBe('{}');
  });

  it('is not taken for one that fails where it refuses, or where clients leave', async () => {
    await using server = await startWireServer((response) => void response.writeHead(401).end());
    await using hanging = await startWireServer(() => undefined);
    const { send } = setup();
    for (let index = 0; index < 6; index += 1) {
      await expect(send(server.url)).rejects.toThrow('status 401');
      const leaving = new AbortController();
      const sending = send(hanging.url, {}, { signal: leaving.signal });
      leaving.abort(new Error('left'));
      await expect(sending).rejects.toThrow('left');
    }
  });

  it('has 32 requests of a tenant at the same time, and those of another tenant beside them', async () => {
    const open: (() => void)[] = [];
    const all = Promise.withResolvers<void>();
    await using server = await startWireServer((response) => {
      open.push(() => response.end('{}'));
      if (open.length === 33) all.resolve();
    });
    const { send } = setup();
    const sending = Array.from({ length: 32 }, () => send(server.url));
    await expect(send(server.url)).rejects.toMatchObject({ code: 'OVERLOADED' });
    const other = send(server.url, {}, { tenantId: 'other' });
    await all.promise;
    for (const end of open) end();
    expect(await Promise.all([...sending, other])).toHaveLength(33);
    const next = send(server.url);
    await expect.poll(() => open.length).toBe(34);
    open.at(-1)?.();
    expect(await next).toBe('{}');
  });
});
