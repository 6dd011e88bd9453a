import { once } from 'node:events';
import { createServer, request as send } from 'node:https';
import type { AddressInfo } from 'node:net';
import { parse } from 'graphql';
import pino from 'pino';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { loadDirectiveDefinitions } from '#schema/load-sdl.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { createSubgraph } from '#subgraphs/runtime/subgraph.ts';
import { sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';
import { memoryAudit } from '#test/support/gateways/small-graph.ts';
import {
  createTestAuthority,
  createTlsSource,
  type TestAuthority,
} from '#test/support/processes/certificates.ts';
import { createMeshKeyPair, readPublicKeys, readSigningKey } from '../mesh-keys.ts';
import { namesPart, type TlsMaterial } from '../mesh-tls.ts';
import { type ServedSubgraph, serveSubgraph } from '../server/serve.ts';
import { createHttpExecutor } from './http.ts';

const pair = createMeshKeyPair();
const gatewayKeys = { signingKey: readSigningKey(pair.privateKey) };
const subgraphKeys = { publicKeys: readPublicKeys(pair.publicKey) };
const log = pino({ level: 'silent' });
const sdl = `
  type Query { scopes: [String!]! }
  type Subscription { numbers: Int }
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [])
  ${loadDirectiveDefinitions()}
`;

let authority: TestAuthority;
let foreign: TestAuthority;
beforeAll(async () => {
  authority = await createTestAuthority();
  foreign = await createTestAuthority();
});

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

async function serveTenants(material: TlsMaterial, port = 0) {
  const subgraph = createSubgraph({
    name: 'tenants',
    typeDefs: sdl,
    services: { log, bus: createMemoryBus(log), quota: createMemoryQuota(), audit: memoryAudit().audit },
    resolvers: {
      Query: { scopes: () => ['few'] },
      Subscription: {
        numbers: {
          async *subscribe() {
            for (let n = 1; n <= 3; n++) yield { numbers: n };
          },
        },
      },
    },
  });
  const tls = createTlsSource(material);
  const served = await serveSubgraph(subgraph, { host: '127.0.0.1', port, keys: subgraphKeys, tls, log });
  stack.defer(() => served.close(0));
  return { served, tls };
}

function reach({ url }: Pick<ServedSubgraph, 'url'>, material: TlsMaterial) {
  const tls = createTlsSource(material);
  const executor = stack.use(createHttpExecutor({ name: 'tenants', url, keys: gatewayKeys, tls }));
  const ask = (query: string) =>
    executor.execute({
      document: parse(query),
      caller: sampleCaller(),
      requestId: 'r1',
      clientAddress: null,
    });
  const subscribe = async () => {
    const result = await ask('subscription { numbers }');
    if (!(Symbol.asyncIterator in result)) throw new Error(JSON.stringify(result));
    return (await Array.fromAsync(result)).map(({ data }) => data?.numbers);
  };
  return { ask, subscribe, executor, tls };
}

describe('a subgraph over TLS', () => {
  it('answers queries, subscriptions and the readiness check of a gateway', async () => {
    const { served } = await serveTenants(await authority.issuePart('tenants'));
    expect(served.url).toMatch(/^https:/);
    const { ask, subscribe, executor } = reach(served, await authority.issuePart('gateway'));
    expect(await ask('{ scopes }')).toEqual({ data: { scopes: ['few'] } });
    expect(await subscribe()).toEqual([1, 2, 3]);
    expect(await executor.ready?.(AbortSignal.timeout(5_000))).toBe(true);
  });

  /** Whoever is in its place and answers what it likes. */
  async function startImpostor({ cert, key }: TlsMaterial): Promise<{ readonly url: string }> {
    const server = createServer({ cert, key }, (_request, response) => {
      response.setHeader('content-type', 'application/json').end('{"data":{"scopes":["tenants:admin"]}}');
    });
    const sockets = new WebSocketServer({ server, handleProtocols: () => 'graphql-transport-ws' });
    sockets.on('connection', (socket) => {
      socket.on('message', (data) => {
        const { type, id } = JSON.parse(String(data));
        if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
        else socket.send(JSON.stringify({ type: 'next', id, payload: { data: { numbers: 666 } } }));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stack.defer(() => {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
      server.closeAllConnections();
    });
    return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/graphql` };
  }

  it('is the one whose certificate names it: an impostor with the right one would be trusted', async () => {
    const impostor = await startImpostor(await authority.issuePart('tenants'));
    const { ask } = reach(impostor, await authority.issuePart('gateway'));
    expect(await ask('{ scopes }')).toEqual({ data: { scopes: ['tenants:admin'] } });
  });

  it.each<[string, () => Promise<TlsMaterial>]>([
    ['another subgraph', () => authority.issuePart('models')],
    ['a gateway', () => authority.issuePart('gateway')],
    ['a gateway that may serve', () => authority.issuePart('gateway', { isServer: true })],
    ['a store', () => authority.issue()],
    ['another host', () => authority.issuePart('tenants', { hosts: ['elsewhere'] })],
    ['a client alone', () => authority.issuePart('tenants', { isServer: false, isClient: true })],
    ['a past time', () => authority.issuePart('tenants', { days: -0.5 })],
    ['another authority', () => foreign.issuePart('tenants')],
    [
      'a host whose name looks like the subgraph',
      () => authority.issue({ hosts: ['127.0.0.1', 'x, URI:spiffe://heddle/tenants, DNS:y'] }),
    ],
  ])('is not whoever presents the certificate of %s', async (_what, certificate) => {
    const impostor = await startImpostor(await certificate());
    const { ask, subscribe, executor } = reach(impostor, await authority.issuePart('gateway'));
    await expect(ask('{ scopes }')).rejects.toMatchObject({ extensions: { subgraph: 'tenants' } });
    await expect(subscribe()).rejects.toMatchObject({ extensions: { subgraph: 'tenants' } });
    expect(await executor.ready?.(AbortSignal.timeout(5_000))).toBe(false);
  });

  /** The status of a request, and whether a WebSocket opens. */
  async function knock(url: string, path: string, client: Partial<TlsMaterial>) {
    const options = { ...client, ca: authority.ca, agent: false };
    const request = send(new URL(path, url), { ...options, method: 'POST' }).end('{}');
    const opened = await once(request, 'response').then(
      ([response]) => {
        response.resume();
        return response.statusCode as number;
      },
      () => 'cut',
    );
    const socket = new WebSocket(new URL(path, url.replace('https', 'wss')), 'graphql-transport-ws', options);
    const socketOpened = await Promise.race([
      once(socket, 'open').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false);
    socket.terminate();
    return { status: opened, socket: socketOpened };
  }

  it.each<[string, boolean, () => Promise<Partial<TlsMaterial>>]>([
    ['a gateway', true, () => authority.issuePart('gateway')],
    ['a process that runs a gateway too', true, () => authority.issuePart('gateway', { isServer: true })],
    ['nobody', false, async () => ({})],
    ['another subgraph', false, () => authority.issuePart('models', { isClient: true })],
    ['itself', false, () => authority.issuePart('tenants')],
    ['a store', false, () => authority.issue()],
    ['a server alone', false, () => authority.issuePart('gateway', { isServer: true, isClient: false })],
    ['a past time', false, () => authority.issuePart('gateway', { days: -0.5 })],
    ['another authority', false, () => foreign.issuePart('gateway')],
  ])(
    'called by whoever presents the certificate of %s: takes operations %s, health checks always',
    async (_what, taken, certificate) => {
      const { served } = await serveTenants(await authority.issuePart('tenants'));
      const { ca: _ca, ...client } = await certificate();
      const operations = await knock(served.url, '/graphql', client);
      // Without an identity: BAD_USER_INPUT.
      expect(operations).toEqual(taken ? { status: 400, socket: true } : { status: 403, socket: false });
      expect(await knock(served.url, '/health/ready', client)).toEqual({ status: 200, socket: false });
    },
  );

  it('takes new certificates for new connections on both sides, and lets those that are open be', async () => {
    const { served, tls } = await serveTenants(await authority.issuePart('tenants'));
    const { ask, subscribe, ...gateway } = reach(served, await authority.issuePart('gateway'));
    await ask('{ scopes }');
    const bundle = authority.ca + foreign.ca;
    gateway.tls.change({ ...(await authority.issuePart('gateway')), ca: bundle });
    tls.change({ ...(await foreign.issuePart('tenants')), ca: bundle });
    expect(await subscribe()).toEqual([1, 2, 3]);
    const other = reach(served, { ...(await foreign.issuePart('gateway')), ca: foreign.ca });
    expect(await other.ask('{ scopes }')).toEqual({ data: { scopes: ['few'] } });
    expect(await ask('{ scopes }')).toEqual({ data: { scopes: ['few'] } });
    const former = reach(served, await authority.issuePart('gateway'));
    await expect(former.ask('{ scopes }')).rejects.toThrow();
  });

  it('lets operations end that are in progress when it closes, and then ends', async () => {
    const { served } = await serveTenants(await authority.issuePart('tenants'));
    const { ask, subscribe } = reach(served, await authority.issuePart('gateway'));
    await Promise.all([ask('{ scopes }'), subscribe()]);
    const answers = Promise.all([ask('{ scopes }'), ask('{ scopes }')]);
    await served.close(5_000);
    for (const answer of await answers) expect(answer).toEqual({ data: { scopes: ['few'] } });
  });
});

it('reads the part of a certificate among its names, and not out of the midst of one', () => {
  for (const [subjectaltname, names] of [
    ['DNS:tenants, URI:spiffe://heddle/tenants', true],
    ['URI:spiffe://heddle/tenants', true],
    ['DNS:"x, URI:spiffe://heddle/tenants, y"', false],
    ['DNS:"\\"x, URI:spiffe://heddle/tenants, y"', false],
    ['URI:spiffe://heddle/tenants2', false],
    ['URI:spiffe://other/tenants', false],
    ['DNS:spiffe://heddle/tenants', false],
    [undefined, false],
  ] as const) {
    expect({
      subjectaltname,
      names: namesPart({ subjectaltname: subjectaltname as string }, 'tenants'),
    }).toEqual({
      subjectaltname,
      names,
    });
  }
});
