import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import {
  answerWith,
  callOnce,
  delta,
  type LocalProvider,
  type Operation,
  openLocalProvider,
  openProviderMesh,
  type ProviderRequest,
} from '#test/support/provider-mesh.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const operations: readonly Operation[] = ['complete', 'completionStream', 'embed'];

/** Each of another length: the failure names the one that ended the wait. */
const timeouts = { connectMs: 9_000, firstTokenMs: 700, interTokenMs: 300, totalMs: 20_000 };
const far = 20_000;

type Fault = (request: ProviderRequest, response: ServerResponse) => void;

const silent: Fault = () => undefined;
const headersOnly: Fault = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
};
const roleOnly: Fault = (request, response) => {
  headersOnly(request, response);
  response.write('data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n');
};
const stallsInBody: Fault = (request, response) => {
  if (request.stream) {
    headersOnly(request, response);
    response.write(delta('Half'));
  } else {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"data":[{"index":0,');
  }
};

interface Cell {
  readonly name: string;
  readonly fault: Fault;
  readonly words: string;
}

const faults: readonly Cell[] = [
  { name: 'is silent', fault: silent, words: 'begun to answer within 700' },
  { name: 'sends headers only', fault: headersOnly, words: 'begun to answer within 700' },
  { name: 'stalls in the body', fault: stallsInBody, words: 'continued its answer within 300' },
];

function openFaulty(fault: Fault): Promise<LocalProvider> {
  return openLocalProvider((request, response) => fault(request, response));
}

/** Accepts connections and never speaks: a TLS handshake with it never ends. */
async function openMuteServer() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}/v1`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe('the time limits of a route', () => {
  it.for(faults.flatMap((cell) => operations.map((operation) => ({ ...cell, operation }))))(
    'hold by $operation for a provider that $name, and the next target is asked',
    async ({ fault, words, operation }) => {
      await using faulty = await openFaulty(fault);
      await using healthy = await openLocalProvider((request, response) =>
        answerWith('ok', request, response),
      );
      await using mesh = await openProviderMesh(database, {
        providers: { a: { url: faulty.url }, b: { url: healthy.url } },
        routes: {
          route: { targets: ['a/one', 'b/one'], timeouts },
          alone: { targets: ['a/one'], timeouts, maxAttempts: 1 },
        },
      });
      expect(await callOnce(mesh, operation, 'route')).toMatchObject({ model: 'b/one', code: null });
      expect(faulty.requests).toHaveLength(1);
      expect(await callOnce(mesh, operation, 'alone')).toMatchObject({
        code: 'PROVIDER_TIMEOUT',
        message: expect.stringContaining(words),
      });
    },
  );

  it.for(operations)(
    'hold by %s while a connection is opened, which takes nothing from the others',
    async (operation) => {
      await using mute = await openMuteServer();
      await using healthy = await openLocalProvider((request, response) =>
        answerWith('ok', request, response),
      );
      const short = { ...timeouts, connectMs: 400, firstTokenMs: far };
      await using mesh = await openProviderMesh(database, {
        providers: { a: { url: mute.url }, b: { url: healthy.url } },
        routes: {
          route: { targets: ['a/one', 'b/one'], timeouts: short },
          alone: { targets: ['a/one'], timeouts: short, maxAttempts: 1 },
        },
      });
      expect(await callOnce(mesh, operation, 'route')).toMatchObject({ model: 'b/one' });
      expect(await callOnce(mesh, operation, 'alone')).toMatchObject({
        message: expect.stringContaining('accepted the connection within 400'),
      });
    },
  );

  it('begin for a token that is not empty: a role or a count is none', async () => {
    await using faulty = await openFaulty(roleOnly);
    await using mesh = await openProviderMesh(database, {
      providers: { a: { url: faulty.url } },
      routes: { alone: { targets: ['a/one'], timeouts, maxAttempts: 1 } },
    });
    for (const operation of ['complete', 'completionStream'] as const) {
      expect(await callOnce(mesh, operation, 'alone')).toMatchObject({
        message: expect.stringContaining('begun to answer within 700'),
      });
    }
  });

  it.for(['complete', 'completionStream'] as const)(
    'are no limit for %s of an answer that keeps coming, however long',
    async (operation) => {
      await using slow = await openLocalProvider(async (request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (let token = 0; token < 12; token++) {
          response.write(delta('x'));
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        answerRest(request, response);
      });
      await using mesh = await openProviderMesh(database, {
        providers: { a: { url: slow.url } },
        routes: { route: { targets: ['a/one'], timeouts } },
      });
      expect(await callOnce(mesh, operation, 'route')).toMatchObject({ text: 'x'.repeat(12) });
      expect(slow.requests).toHaveLength(1);
    },
  );
});

function answerRest(_request: ProviderRequest, response: ServerResponse): void {
  response.write(delta('', 'stop'));
  response.end('data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":12}}\n\ndata: [DONE]\n\n');
}

describe('complete', () => {
  it('reads the stream of a route, and calls a model by its id for the whole answer', async () => {
    await using provider = await openLocalProvider((request, response) =>
      answerWith('ok', request, response),
    );
    await using mesh = await openProviderMesh(database, {
      providers: { a: { url: provider.url } },
      routes: { route: { targets: ['a/one'] } },
    });
    await callOnce(mesh, 'complete', 'route');
    await callOnce(mesh, 'complete', 'a/one');
    expect(provider.requests.map(({ stream }) => stream)).toEqual([true, false]);
  });
});
