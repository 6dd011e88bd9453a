import { once } from 'node:events';
import { parse } from 'graphql';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { loadDirectiveDefinitions } from '#schema/load-sdl.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import type { SubgraphContext } from '#subgraphs/runtime/context.ts';
import { createSubgraph } from '#subgraphs/runtime/subgraph.ts';
import { SampleSource, sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';
import { memoryAudit } from '#test/support/gateways/small-graph.ts';
import type { SubgraphExecutor } from '../executor.ts';
import { deriveMeshKeys } from '../mesh-keys.ts';
import { type ServedSubgraph, serveSubgraph } from '../server/serve.ts';
import { createHttpExecutor } from './http.ts';

const keys = deriveMeshKeys('a secret of at least thirty-two bytes');
const log = pino({ level: 'silent' });
const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@authenticated", "@requiresScopes"])
  type Event { completionId: ID! sequence: Int! }
  type Query { who(a: Int): String! @authenticated fails: String slow: String asked: String }
  type Mutation { count: Int! @requiresScopes(scopes: [["models:write"]]) }
  type Subscription { events(name: String!): Event! @requiresScopes(scopes: [["models:write"]]) asked: String }
  ${loadDirectiveDefinitions()}
`;

let served: ServedSubgraph;
let sources: Map<string, SampleSource>;
let mutations: number;
let slow: PromiseWithResolvers<AbortSignal>;
const disposables: AsyncDisposable[] = [];

beforeEach(async () => {
  sources = new Map();
  mutations = 0;
  slow = Promise.withResolvers();
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
      Query: {
        who: (_: unknown, { a }: { a?: number }, context: { caller: Caller; requestId: string }) =>
          `${context.caller.tenantId} ${context.requestId} ${a}`,
        asked: (_: unknown, __: unknown, { requestId, clientRequestId }: SubgraphContext) =>
          `${requestId} ${clientRequestId}`,
        fails: () => {
          throw new Error('the password is hunter2');
        },
        slow: (_: unknown, __: unknown, context: { signal: AbortSignal }) => {
          slow.resolve(context.signal);
          return new Promise(() => undefined);
        },
      },
      Mutation: { count: () => ++mutations },
      Subscription: {
        events: { subscribe: (_: unknown, { name }: { name: string }) => sources.get(name) },
        asked: {
          async *subscribe(_: unknown, __: unknown, { requestId, clientRequestId }: SubgraphContext) {
            yield { asked: `${requestId} ${clientRequestId}` };
          },
        },
      },
    },
  });
  served = await serveSubgraph(subgraph, { host: '127.0.0.1', port: 0, keys, log, graceMs: 0 });
});

afterEach(async () => {
  for (const disposable of disposables.splice(0)) await disposable[Symbol.asyncDispose]();
  await served.close();
});

function reach(options: Partial<Parameters<typeof createHttpExecutor>[0]> = {}) {
  const executor = createHttpExecutor({ name: 'models', url: served.url, keys, ...options });
  disposables.push(executor);
  return executor;
}

function ask(
  executor: SubgraphExecutor,
  query: string,
  options: { caller?: Caller; variables?: Record<string, unknown>; signal?: AbortSignal } = {},
) {
  return executor.execute({
    document: parse(query),
    caller: sampleCaller('models:write'),
    requestId: 'r1',
    clientAddress: null,
    ...options,
  });
}

async function subscribe(executor: SubgraphExecutor, name: string, signal?: AbortSignal) {
  const query = 'subscription ($name: String!) { events(name: $name) { completionId sequence } }';
  const result = await ask(executor, query, {
    variables: { name },
    ...(signal === undefined ? {} : { signal }),
  });
  if (!(Symbol.asyncIterator in result)) throw new Error(JSON.stringify(result));
  return result[Symbol.asyncIterator]();
}

const event = (sequence: number) => ({ events: { completionId: 'c1', sequence } });

describe('a subgraph in another process', () => {
  it('is called with the caller, the request id and the variables', async () => {
    const executor = reach();
    for (let n = 0; n < 3; n++) {
      const result = await ask(executor, 'query ($a: Int) { who(a: $a) }', { variables: { a: n } });
      expect(result).toEqual({ data: { who: `t1 r1 ${n}` } });
    }
    expect(await ask(executor, 'mutation { count }')).toEqual({ data: { count: 1 } });
  });

  it.each(['their-id', null])(
    'receives both ids of the request, over HTTP and WebSocket: %s',
    async (clientRequestId) => {
      const executor = reach();
      const options = {
        caller: sampleCaller('models:write'),
        requestId: 'ours',
        clientRequestId,
        clientAddress: null,
      };
      const asked = { data: { asked: `ours ${clientRequestId}` } };
      expect(await executor.execute({ ...options, document: parse('{ asked }') })).toEqual(asked);
      const events = await executor.execute({ ...options, document: parse('subscription { asked }') });
      if (!(Symbol.asyncIterator in events)) throw new Error('A stream was expected.');
      for await (const event of events) expect(event).toEqual(asked);
    },
  );

  it('takes all that a gateway may make of what a client may send', async () => {
    const limits = Array.from({ length: 200 }, (_, n) => ({
      subject: `budget:${'x'.repeat(60)}${n}`,
      meter: 'COST' as const,
      window: 'MONTH' as const,
      amount: '9007199254740991',
    }));
    const query = `query ($a: Int) { who(a: $a) } #${'x'.repeat(1024 * 1024)}`;
    const result = await ask(reach(), query, {
      variables: { a: 1, unused: [' '.repeat(1024 * 1024)] },
      caller: { ...sampleCaller(), limits },
    });
    expect(result).toEqual({ data: { who: 't1 r1 1' } });
  });

  it('is sent nothing that nests too deep to be written', async () => {
    const variables = { name: JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) };
    for (const query of ['mutation { count }', 'subscription { events(name: "a") { sequence } }']) {
      await expect(ask(reach(), query, { variables })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    expect(mutations).toBe(0);
  });

  it('hands on errors with code and path', async () => {
    expect(await ask(reach(), '{ fails }')).toMatchObject({
      data: { fails: null },
      errors: [{ path: ['fails'], extensions: { code: 'INTERNAL', requestId: 'r1' } }],
    });
  });

  it('hears at once that the client has gone', async () => {
    const leave = new AbortController();
    const asked = ask(reach(), '{ slow }', { signal: leave.signal });
    const refused = expect(asked).rejects.toMatchObject({ message: 'The client has gone.' });
    const signal = await slow.promise;
    const aborted = once(signal, 'abort');
    leave.abort();
    await aborted;
    await refused;
  });

  it('is named when it cannot be reached, with the time after which to try again', async () => {
    const { url } = served;
    await served.close();
    const executor = reach({ url });
    const refused = {
      code: 'OVERLOADED',
      message: 'The subgraph models cannot be reached.',
      extensions: { subgraph: 'models', retryAfterMs: 1_000 },
    };
    await expect(ask(executor, '{ who }')).rejects.toMatchObject(refused);
    await expect(ask(executor, 'mutation { count }')).rejects.toMatchObject(refused);
    await expect(subscribe(executor, 'a')).rejects.toMatchObject(refused);
  });

  it('is distinguished from one that refuses us', async () => {
    const { signingKey } = deriveMeshKeys('another secret that is as long as the first');
    const executor = reach({ keys: { ...keys, signingKey } });
    for (const asked of [() => ask(executor, '{ who }'), () => subscribe(executor, 'a')]) {
      await expect(asked()).rejects.toMatchObject({
        code: 'INTERNAL',
        message: /refuses this gateway's identity/,
        cause: { message: expect.stringContaining('was not made by this mesh') },
      });
    }
  });

  it('refuses one operation more than may be under way', async () => {
    const executor = reach({ operationsMax: 1 });
    const leave = new AbortController();
    const first = ask(executor, '{ slow }', { signal: leave.signal });
    await slow.promise;
    await expect(ask(executor, '{ who }')).rejects.toMatchObject({ code: 'OVERLOADED' });
    leave.abort();
    await expect(first).rejects.toThrow();
    expect(await ask(executor, '{ who }')).toHaveProperty('data');
  });

  it('refuses an address that is none', () => {
    for (const url of ['', 'nonsense', 'ftp://models/', 'models:4001']) {
      expect(() => createHttpExecutor({ name: 'models', url, keys })).toThrow(/models/);
    }
  });
});

describe('subscriptions to a subgraph in another process', () => {
  it('come in order and end with it', async () => {
    const source = new SampleSource([event(0), event(1)]);
    source.end();
    sources.set('a', source);
    const events = await subscribe(reach(), 'a');
    expect(await events.next()).toEqual({ done: false, value: { data: event(0) } });
    expect(await events.next()).toEqual({ done: false, value: { data: event(1) } });
    expect((await events.next()).done).toBe(true);
  });

  it('share one WebSocket, each with the identity of its own caller', async () => {
    const executor = reach();
    for (const name of ['a', 'b']) sources.set(name, new SampleSource([event(0)]));
    const [a, b] = await Promise.all([subscribe(executor, 'a'), subscribe(executor, 'b')]);
    await Promise.all([a.next(), b.next()]);
    const query = 'subscription { events(name: "a") { sequence } }';
    const refused = await ask(executor, query, { caller: sampleCaller() });
    expect(refused).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    sources.get('b')?.push(event(1));
    expect((await b.next()).value).toEqual({ data: event(1) });
  });

  it('may be written into a long document', async () => {
    const name = 'a'.repeat(300_000);
    sources.set(name, new SampleSource([event(0)]));
    const query = `subscription { events(name: "${name}") { completionId sequence } }`;
    const result = await ask(reach(), query);
    if (!(Symbol.asyncIterator in result)) throw new Error(JSON.stringify(result));
    expect((await result[Symbol.asyncIterator]().next()).value).toEqual({ data: event(0) });
  });

  it('are not ended by what another caller sends, or by how much it requests', async () => {
    const executor = reach();
    const source = new SampleSource([event(0)]);
    sources.set('a', source);
    const events = await subscribe(executor, 'a');
    await events.next();

    const name = 'b'.repeat(1024 * 1024);
    sources.set(name, new SampleSource([{ events: { completionId: 'c'.repeat(1_000_000), sequence: 1 } }]));
    const aliases = Array.from({ length: 100 }, (_, n) => `a${n}: completionId`).join(' ');
    const query = `subscription ($name: String!) { events(name: $name) { ${aliases} } }`;
    const large = await ask(executor, query, { variables: { name } });
    if (!(Symbol.asyncIterator in large)) throw new Error(JSON.stringify(large));
    expect((await large[Symbol.asyncIterator]().next()).value).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'GRAPH_COST_EXCEEDED' } }],
    });

    source.push(event(1));
    expect((await events.next()).value).toEqual({ data: event(1) });
  });

  it('reach the source at once when the reader returns or the client has gone', async () => {
    const executor = reach();
    for (const name of ['a', 'b']) sources.set(name, new SampleSource([event(0)]));
    const returned = await subscribe(executor, 'a');
    await returned.next();
    await returned.return?.();
    await sources.get('a')?.returned;
    const leave = new AbortController();
    const left = await subscribe(executor, 'b', leave.signal);
    await left.next();
    const waiting = left.next();
    leave.abort();
    await sources.get('b')?.returned;
    expect((await waiting).done).toBe(true);
  });

  it('end with OVERLOADED and the completion when the reader is too slow, and leave the source after the time to resume', async () => {
    const source = new SampleSource(Array.from({ length: 1_000 }, (_, n) => event(n)));
    sources.set('a', source);
    sources.set('b', new SampleSource([event(0)]));
    const delays: number[] = [];
    const timeToResume = Promise.withResolvers<void>();
    const executor = reach({
      eventsMax: 10,
      delay: (ms) => {
        delays.push(ms);
        return timeToResume.promise;
      },
    });
    const events = await subscribe(executor, 'a');
    const other = await subscribe(executor, 'b');
    await vi.waitFor(() => expect(source.pulled).toBe(1_001));
    const left = vi.fn();
    void source.returned.then(left);
    const seen: unknown[] = [];
    for (let next = await events.next(); next.done !== true; next = await events.next())
      seen.push(next.value);
    await events.return?.();
    expect(seen).toHaveLength(11);
    expect(seen[10]).toMatchObject({
      errors: [{ extensions: { code: 'OVERLOADED', completionId: 'c1', retryAfterMs: 1_000 } }],
    });
    expect((await other.next()).value).toEqual({ data: event(0) });
    expect(delays).toEqual([10_000]);
    expect(left).not.toHaveBeenCalled();
    timeToResume.resolve();
    await source.returned;
  });

  it('end with an error when the subgraph goes, and are not begun again', async () => {
    const source = new SampleSource([event(0)]);
    sources.set('a', source);
    const executor = reach();
    const events = await subscribe(executor, 'a');
    await events.next();
    const next = events.next();
    await served.close();
    expect((await next).value).toMatchObject({
      errors: [{ extensions: { code: 'INTERNAL', subgraph: 'models' } }],
    });
    expect((await events.next()).done).toBe(true);
    await expect(subscribe(executor, 'a')).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(source.pulled).toBe(2);
  });
});
