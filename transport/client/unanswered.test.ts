import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { parse } from 'graphql';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { loadDirectiveDefinitions } from '#schema/load-sdl.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { createMemoryUsedTokens } from '#state/tokens/memory.ts';
import type { UsedTokens } from '#state/tokens/tokens.ts';
import { createSubgraph } from '#subgraphs/runtime/subgraph.ts';
import { sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';
import { memoryAudit } from '#test/support/gateways/small-graph.ts';
import { deriveMeshKeys } from '../mesh-keys.ts';
import { serveSubgraph } from '../server/serve.ts';
import { createHttpExecutor } from './http.ts';

const keys = deriveMeshKeys('a secret of at least thirty-two bytes');
const log = pino({ level: 'silent' });
const typeDefs = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@authenticated"])
  type Query { who: String! }
  type Mutation { count: String! @authenticated }
  type Subscription { names: String! @authenticated }
  ${loadDirectiveDefinitions()}
`;
let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

/** A process of the subgraph. `ran` are the operations that ran there. */
async function start(name: string, usedTokens: UsedTokens) {
  const ran: string[] = [];
  const run = (operation: string) => () => {
    ran.push(operation);
    return name;
  };
  const subgraph = createSubgraph({
    name: 'models',
    typeDefs,
    services: {
      log,
      bus: createMemoryBus(log),
      quota: createMemoryQuota(),
      audit: memoryAudit().audit,
    },
    resolvers: {
      Query: { who: run('who') },
      Mutation: { count: run('count') },
      Subscription: {
        names: {
          async *subscribe() {
            yield { names: run('names')() };
          },
        },
      },
    },
  });
  const served = await serveSubgraph(subgraph, { host: '127.0.0.1', port: 0, keys, usedTokens, log });
  stack.defer(() => served.close(0));
  return { url: served.url, served, ran };
}

/** What a request meets: its connection breaks as it comes, or as its answer does. */
type Fate = 'breaks before' | 'breaks after' | 'holds';

/** Stands before a process. Requests have the fates of the list in order, and the last of it from then on. */
async function startCutter(url: string, fates: readonly [Fate, ...Fate[]]) {
  const open = new Set<Socket>();
  let requests = 0;
  const cutter = createServer((client) => {
    const server = connect(Number(new URL(url).port), '127.0.0.1');
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
    }
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
    let fate: Fate = 'holds';
    client.on('data', (chunk) => {
      fate = fates[Math.min(requests, fates.length - 1)] ?? 'holds';
      requests += 1;
      if (fate === 'breaks before') client.destroy();
      else server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (fate === 'breaks after') client.destroy();
      else client.write(chunk);
    });
  }).listen(0, '127.0.0.1');
  await once(cutter, 'listening');
  const stop = () => {
    for (const socket of open) socket.destroy();
    cutter.close();
  };
  stack.defer(stop);
  const { port } = cutter.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/graphql`, requests: () => requests, accepts: cutter };
}

function reach(...urls: readonly string[]) {
  const executor = stack.use(createHttpExecutor({ name: 'models', url: urls.join(','), keys }));
  return (query: string) =>
    executor.execute({
      document: parse(query),
      caller: sampleCaller(),
      requestId: 'r1',
      clientRequestId: null,
      clientAddress: null,
    });
}

const shareTokens = (): UsedTokens => ({ ...createMemoryUsedTokens(), shared: true });
const mayHaveRun = { code: 'INTERNAL', message: /broke; the operation may have run/ };

describe('a mutation whose connection breaks before the answer', () => {
  it('runs at another process when it had not begun at the first', async () => {
    const used = shareTokens();
    const [a, b] = [await start('a', used), await start('b', used)];
    const cutter = await startCutter(a.url, ['breaks before']);
    expect(await reach(cutter.url, b.url)('mutation { count }')).toEqual({ data: { count: 'b' } });
    expect([a.ran, b.ran]).toEqual([[], ['count']]);
  });

  it('runs at no other process when it had begun at the first, and the error states that it may have run', async () => {
    const used = shareTokens();
    const [a, b] = [await start('a', used), await start('b', used)];
    const cutter = await startCutter(a.url, ['breaks after']);
    await expect(reach(cutter.url, b.url)('mutation { count }')).rejects.toMatchObject(mayHaveRun);
    expect([a.ran, b.ran]).toEqual([['count'], []]);
  });

  it.each<[string, readonly [Fate, ...Fate[]]]>([
    ['before it named itself', ['breaks before', 'holds']],
    ['after it named itself', ['breaks after', 'holds']],
    ['before the mutation had begun', ['holds', 'breaks before', 'holds']],
  ])('runs once at a process that shares no tokens, where it broke %s', async (_when, fates) => {
    const [a, b] = [await start('a', createMemoryUsedTokens()), await start('b', createMemoryUsedTokens())];
    const cutter = await startCutter(a.url, fates);
    expect(await reach(cutter.url, b.url)('mutation { count }')).toHaveProperty('data.count');
    expect([...a.ran, ...b.ran]).toEqual(['count']);
  });

  it('runs once at a process that shares no tokens and had begun it, and the error states that it may have run', async () => {
    const [a, b] = [await start('a', createMemoryUsedTokens()), await start('b', createMemoryUsedTokens())];
    const cutter = await startCutter(a.url, ['holds', 'breaks after', 'holds']);
    await expect(reach(cutter.url, b.url)('mutation { count }')).rejects.toMatchObject(mayHaveRun);
    expect([a.ran, b.ran]).toEqual([['count'], []]);
    expect(cutter.requests()).toBe(3);
  });

  it('is sent three times in all, and a query twice', async () => {
    const a = await start('a', shareTokens());
    const cutter = await startCutter(a.url, ['breaks before']);
    const ask = reach(cutter.url);
    await expect(ask('mutation { count }')).rejects.toMatchObject(mayHaveRun);
    expect(cutter.requests()).toBe(3);
    await expect(ask('{ who }')).rejects.toMatchObject(mayHaveRun);
    expect(cutter.requests()).toBe(5);
    expect(a.ran).toEqual([]);
  });

  it('runs at a third process when nothing accepts connections at the second', async () => {
    const used = shareTokens();
    const [a, gone, c] = [await start('a', used), await start('gone', used), await start('c', used)];
    await gone.served.close(0);
    const cutter = await startCutter(a.url, ['breaks before']);
    expect(await reach(cutter.url, gone.url, c.url)('mutation { count }')).toEqual({ data: { count: 'c' } });
    expect([a.ran, c.ran]).toEqual([[], ['count']]);
  });

  it('may have run where nothing accepts connections any more when it is sent again', async () => {
    const a = await start('a', shareTokens());
    const cutter = await startCutter(a.url, ['breaks before']);
    cutter.accepts.once('connection', () => cutter.accepts.close());
    await expect(reach(cutter.url)('mutation { count }')).rejects.toMatchObject(mayHaveRun);
    expect(cutter.requests()).toBe(1);
  });
});

describe('a subscription whose connection breaks before its first event', () => {
  const subscribe = async (...urls: readonly string[]) => {
    const events = await reach(...urls)('subscription { names }');
    if (!(Symbol.asyncIterator in events)) throw new Error(JSON.stringify(events));
    return events[Symbol.asyncIterator]().next();
  };
  const by = (name: string) => ({ value: { data: { names: name } }, done: false });
  // The first two open the WebSocket.
  const [brokenBefore, brokenAfter] = [
    ['holds', 'holds', 'breaks before', 'holds'],
    ['holds', 'holds', 'breaks after', 'holds'],
  ] as const;

  it('begins at another process when it had not begun at the first', async () => {
    const used = shareTokens();
    const [a, b] = [await start('a', used), await start('b', used)];
    const cutter = await startCutter(a.url, brokenBefore);
    expect(await subscribe(cutter.url, b.url)).toEqual(by('b'));
    expect([a.ran, b.ran]).toEqual([[], ['names']]);
  });

  it('begins at no other process when it had begun at the first', async () => {
    const used = shareTokens();
    const [a, b] = [await start('a', used), await start('b', used)];
    const cutter = await startCutter(a.url, brokenAfter);
    await expect(subscribe(cutter.url, b.url)).rejects.toMatchObject(mayHaveRun);
    expect([a.ran, b.ran]).toEqual([['names'], []]);
  });

  it('begins at a third process when nothing accepts connections at the second', async () => {
    const used = shareTokens();
    const [a, gone, c] = [await start('a', used), await start('gone', used), await start('c', used)];
    await gone.served.close(0);
    const cutter = await startCutter(a.url, brokenBefore);
    expect(await subscribe(cutter.url, gone.url, c.url)).toEqual(by('c'));
    expect([a.ran, c.ran]).toEqual([[], ['names']]);
  });

  it('begins once at a process that shares no tokens', async () => {
    const a = await start('a', createMemoryUsedTokens());
    const b = await start('b', createMemoryUsedTokens());
    const cutter = await startCutter(a.url, brokenBefore);
    expect(await subscribe(cutter.url, b.url)).toHaveProperty('value.data.names');
    expect([...a.ran, ...b.ran]).toEqual(['names']);
  });
});
