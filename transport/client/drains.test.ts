import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { parse } from 'graphql';
import { pino } from 'pino';
import { request as send } from 'undici';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { isEndedByMesh } from '#core/connection-lost.ts';
import { HeddleError } from '#core/errors.ts';
import { loadDirectiveDefinitions } from '#schema/load-sdl.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import type { SubgraphContext } from '#subgraphs/runtime/context.ts';
import { createSubgraph } from '#subgraphs/runtime/subgraph.ts';
import { SampleSource, sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';
import { memoryAudit } from '#test/support/gateways/small-graph.ts';
import { drainedCloseCode } from '../http-drain.ts';
import { authenticateSocket, socketNonceHeader } from '../mesh-answers.ts';
import { deriveMeshKeys } from '../mesh-keys.ts';
import { type ServedSubgraph, serveSubgraph } from '../server/serve.ts';
import { createHttpExecutor } from './http.ts';

const keys = deriveMeshKeys('a secret of at least thirty-two bytes');
const log = pino({ level: 'silent' });
const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@authenticated"])
  type Event { by: String! }
  type Query { who: String! waits: String }
  type Mutation { count: String! @authenticated waits: String @authenticated }
  type Subscription { events: Event! @authenticated }
  ${loadDirectiveDefinitions()}
`;
const stack: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of stack.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

/** A subgraph process, and what it was asked. */
interface Instance {
  readonly name: string;
  readonly served: ServedSubgraph;
  mutations: number;
  /** Thrown by `count` where it is set. */
  refusal: HeddleError | undefined;
  isReady: boolean;
  readonly sources: SampleSource[];
  /** The signal of the operation that waits. */
  readonly waiting: Promise<AbortSignal>;
}

async function start(name: string, port = 0): Promise<Instance> {
  const waiting = Promise.withResolvers<AbortSignal>();
  const instance = {
    name,
    mutations: 0,
    refusal: undefined,
    isReady: true,
    sources: [],
    waiting: waiting.promise,
  };
  const state = instance as unknown as { -readonly [K in keyof Instance]: Instance[K] };
  const waits = (_: unknown, __: unknown, { signal }: SubgraphContext) => {
    waiting.resolve(signal);
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () =>
        reject(new HeddleError('OVERLOADED', 'It was ended.', { extensions: { completionId: 'c1' } })),
      );
    });
  };
  const subgraph = createSubgraph({
    name: 'models',
    typeDefs: sdl,
    services: {
      log,
      bus: createMemoryBus(log),
      quota: createMemoryQuota(),
      audit: memoryAudit().audit,
    },
    resolvers: {
      Query: { who: () => name, waits },
      Mutation: {
        count: () => {
          state.mutations += 1;
          if (state.refusal !== undefined) throw state.refusal;
          return name;
        },
        waits,
      },
      Subscription: {
        events: {
          subscribe: (_: unknown, __: unknown, { signal }: SubgraphContext) => {
            waiting.resolve(signal);
            const source = new SampleSource([{ events: { by: name } }]);
            state.sources.push(source);
            return source;
          },
        },
      },
    },
  });
  state.served = await serveSubgraph(subgraph, {
    host: '127.0.0.1',
    port,
    keys,
    log,
    problems: async () => (state.isReady ? [] : ['the store cannot be written']),
  });
  stack.push({ [Symbol.asyncDispose]: () => state.served.close(0) });
  return state;
}

function reach(...instances: readonly { readonly served: Pick<ServedSubgraph, 'url'> }[]) {
  const url = instances.map(({ served }) => served.url).join(',');
  const clock = { nowMs: 0 };
  const executor = createHttpExecutor({ name: 'models', url, keys, now: () => clock.nowMs });
  stack.push(executor);
  const ask = (query: string, signal?: AbortSignal) =>
    executor.execute({
      document: parse(query),
      caller: sampleCaller(),
      requestId: 'r1',
      clientRequestId: null,
      clientAddress: null,
      signal,
    });
  const subscribe = async (signal?: AbortSignal) => {
    const events = await ask('subscription { events { by } }', signal);
    if (!(Symbol.asyncIterator in events)) throw new Error(JSON.stringify(events));
    return events[Symbol.asyncIterator]();
  };
  return { executor, ask, subscribe, clock };
}

const by = (name: string) => ({ value: { data: { events: { by: name } } }, done: false });
const notBegun = () => new HeddleError('OVERLOADED', 'Draining.', { extensions: { notBegun: true } });

describe('a subgraph of several processes', () => {
  it('is called in turn', async () => {
    const [a, b] = [await start('a'), await start('b')];
    const { ask } = reach(a, b);
    const answers = [await ask('{ who }'), await ask('{ who }'), await ask('{ who }'), await ask('{ who }')];
    expect(answers.map((answer) => ('data' in answer ? answer.data?.who : answer))).toEqual([
      'a',
      'b',
      'a',
      'b',
    ]);
  });

  it.each([
    ['mutation { count }', { count: 'b' }],
    ['{ who }', { who: 'b' }],
  ])('loses no call when one of them has ended: %s', async (query, data) => {
    const [a, b] = [await start('a'), await start('b')];
    const { ask } = reach(a, b);
    await a.served.close(0);
    for (let call = 0; call < 6; call++) expect(await ask(query)).toEqual({ data });
    if ('count' in data) expect(b.mutations).toBe(6);
  });

  it('leaves an address that refused alone for two seconds, also when it serves again', async () => {
    const [a, b] = [await start('a'), await start('b')];
    const { ask, clock } = reach(a, b);
    const who = async () => {
      const answer = await ask('{ who }');
      return 'data' in answer ? answer.data?.who : answer;
    };
    await a.served.close(0);
    expect(await who()).toBe('b');
    await start('a again', Number(new URL(a.served.url).port));
    clock.nowMs += 1_999;
    expect([await who(), await who(), await who()]).toEqual(['b', 'b', 'b']);
    clock.nowMs += 1;
    expect([await who(), await who()].toSorted()).toEqual(['a again', 'b']);
  });

  it('loses no subscription when one of them is frozen: it takes connections and answers nothing', {
    timeout: 20_000,
  }, async () => {
    const sockets = new Set<Socket>();
    const frozen = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
    await once(frozen, 'listening');
    stack.push({
      async [Symbol.asyncDispose]() {
        for (const socket of sockets) socket.destroy();
        frozen.close();
      },
    });
    const { port } = frozen.address() as AddressInfo;
    const a = await start('a');
    const { subscribe } = reach({ served: { url: `http://127.0.0.1:${port}/graphql` } }, a);
    for (let time = 0; time < 2; time++) expect(await (await subscribe()).next()).toEqual(by('a'));
    expect(sockets.size).toBe(1);
  });

  it('loses no subscription when one of them drains, and lets its streams end', async () => {
    const [a, b] = [await start('a'), await start('b')];
    const { subscribe } = reach(a, b);
    const first = await subscribe();
    expect(await first.next()).toEqual(by('a'));
    const closed = a.served.close(10_000);
    const others = [await subscribe(), await subscribe(), await subscribe()];
    for (const events of others) expect(await events.next()).toEqual(by('b'));
    a.sources[0]?.push({ events: { by: 'the end' } });
    expect(await first.next()).toEqual(by('the end'));
    a.sources[0]?.end();
    expect(await first.next()).toMatchObject({ done: true });
    await closed;
  });
});

describe('an operation of which nothing was begun', () => {
  it('is sent again over a new WebSocket when the process at the address drains', async () => {
    const former = await start('former');
    const { subscribe } = reach(former);
    const first = await subscribe();
    await first.next();
    const closed = former.served.close(10_000);
    const { port } = new URL(former.served.url);
    // The former accepts until it has read what has arrived.
    const next = await vi.waitFor(() => start('next', Number(port)));
    expect(await (await subscribe()).next()).toEqual(by('next'));
    expect(next.sources).toHaveLength(1);
    expect(former.sources).toHaveLength(1);
    former.sources[0]?.end();
    expect(await first.next()).toMatchObject({ done: true });
    await closed;
  });

  it('is sent to another process when its WebSocket is closed by a drain before an answer, and not otherwise', async () => {
    const b = await start('b');
    for (const { code, isForged, begun } of [
      { code: drainedCloseCode, isForged: false, begun: true },
      { code: 1011, isForged: false, begun: false },
      // Not by the mesh: whoever stands between would have a call made twice.
      { code: drainedCloseCode, isForged: true, begun: false },
    ]) {
      const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/graphql' });
      stack.push({ [Symbol.asyncDispose]: async () => sockets.close() });
      await once(sockets, 'listening');
      sockets.on('connection', (socket, { headers }) => {
        const forge = socket.close.bind(socket);
        authenticateSocket(socket, keys.answerKey as KeyObject, String(headers[socketNonceHeader]));
        socket.on('message', (data) => {
          const { type } = JSON.parse(String(data));
          if (type === 'connection_init') socket.send(JSON.stringify({ type: 'connection_ack' }));
          if (type === 'subscribe') (isForged ? forge : socket.close)(code);
        });
      });
      const { port } = sockets.address() as AddressInfo;
      const draining = { served: { url: `http://127.0.0.1:${port}/graphql` } } as Instance;
      const events = reach(draining, b).subscribe();
      if (begun) expect(await (await events).next()).toEqual(by('b'));
      else await expect(events).rejects.toMatchObject({ code: 'INTERNAL' });
    }
  });

  it('is tried three times in all, then refused as not begun', async () => {
    const a = await start('a');
    a.refusal = notBegun();
    const { ask } = reach(a);
    expect(await ask('mutation { count }')).toMatchObject({ errors: [{ extensions: { notBegun: true } }] });
    expect(a.mutations).toBe(3);
    await a.served.close(0);
    await expect(ask('mutation { count }')).rejects.toMatchObject({
      code: 'OVERLOADED',
      extensions: { notBegun: true, retryAfterMs: expect.any(Number) },
    });
  });

  it('is what a mutation of several fields is never taken for, nor any other failure', async () => {
    const a = await start('a');
    const { ask } = reach(a);
    a.refusal = notBegun();
    await ask('mutation { a: count b: count }');
    expect(a.mutations).toBe(1);
    a.refusal = new HeddleError('OVERLOADED', 'At capacity.');
    await ask('mutation { count }');
    expect(a.mutations).toBe(2);
  });
});

describe('a subgraph process that drains', () => {
  it('serves on, requests that its clients close their connections, and is unready for new clients alone', async () => {
    const a = await start('a');
    const { ask, executor } = reach(a);
    const ready = () => executor.ready?.(AbortSignal.timeout(5_000));
    expect(await ready()).toBe(true);
    a.served.drain();
    expect(await ask('mutation { count }')).toEqual({ data: { count: 'a' } });
    const health = await send(a.served.url.replace('/graphql', '/health/ready'));
    expect(health.statusCode).toBe(503);
    expect(health.headers.connection).toBe('close');
    expect(await health.body.json()).toEqual({ status: 'draining' });
    expect((await send(a.served.url.replace('/graphql', '/health/live'))).statusCode).toBe(200);
    expect(await ready()).toBe(true);
    a.isReady = false;
    expect(await ready()).toBe(false);
    const unready = await send(a.served.url.replace('/graphql', '/health/ready'));
    expect(unready.statusCode).toBe(503);
    expect(await unready.body.json()).toEqual({
      status: 'not ready',
      problems: ['the store cannot be written'],
    });
    await a.served.close(0);
    expect(await ready()).toBe(false);
  });

  it('serves what arrives on an open connection after it has stopped accepting', async () => {
    const a = await start('a');
    const { ask } = reach(a);
    await ask('{ who }');
    const stopped = a.served.stop();
    expect(await ask('mutation { count }')).toEqual({ data: { count: 'a' } });
    await stopped;
    await expect(ask('mutation { count }')).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(a.mutations).toBe(1);
  });
});

describe('the end of an operation', () => {
  const ended = async (signal: AbortSignal) => {
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    }
    return isEndedByMesh(signal) ? 'by the mesh' : 'by its client';
  };
  const shutDown = () => new HeddleError('OVERLOADED', 'This gateway has shut down.');

  it.each(['{ waits }', 'mutation { waits }'])('is distinguished over HTTP: %s', async (query) => {
    const [a, b] = [await start('a'), await start('b')];
    const client = new AbortController();
    const left = reach(a)
      .ask(query, client.signal)
      .catch(() => undefined);
    const leftSignal = await a.waiting;
    client.abort();
    expect(await ended(leftSignal)).toBe('by its client');
    await left;

    const gateway = new AbortController();
    const cut = reach(b).ask(query, gateway.signal);
    const cutSignal = await b.waiting;
    gateway.abort(shutDown());
    expect(await ended(cutSignal)).toBe('by the mesh');
    // What the subgraph says of the call it has ended is the answer.
    expect(await cut).toMatchObject({
      errors: [{ extensions: { code: 'OVERLOADED', completionId: 'c1' } }],
    });
  });

  it('is distinguished over a WebSocket', async () => {
    const [left, cut, lost] = [await start('left'), await start('cut'), await start('lost')];
    const client = new AbortController();
    await (await reach(left).subscribe(client.signal)).next();
    client.abort();
    expect(await ended(await left.waiting)).toBe('by its client');

    const gateway = new AbortController();
    const ending = reach(cut);
    const events = await ending.subscribe(gateway.signal);
    await events.next();
    gateway.abort(shutDown());
    expect(await events.next()).toMatchObject({ done: true });
    await ending.executor[Symbol.asyncDispose]();
    expect(await ended(await cut.waiting)).toBe('by the mesh');

    const losing = reach(lost);
    await (await losing.subscribe()).next();
    await losing.executor[Symbol.asyncDispose]();
    expect(await ended(await lost.waiting)).toBe('by the mesh');
  });
});
