import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'graphql';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { loadDirectiveDefinitions } from '#schema/load-sdl.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { createMemoryUsedTokens } from '#state/tokens/memory.ts';
import type { UsedTokens } from '#state/tokens/tokens.ts';
import { createSubgraph } from '#subgraphs/runtime/subgraph.ts';
import { sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';
import { memoryAudit } from '#test/support/gateways/small-graph.ts';
import type { Subgraph } from '../executor.ts';
import { socketNonceHeader } from '../mesh-answers.ts';
import {
  createMeshKeyPair,
  deriveAnswerKeys,
  deriveMeshKeys,
  readPublicKeys,
  readSigningKey,
} from '../mesh-keys.ts';
import { type ServedSubgraph, serveSubgraph } from '../server/serve.ts';
import { createHttpExecutor } from './http.ts';

const pair = createMeshKeyPair();
const answerKeys = deriveAnswerKeys('what authenticates the answers of this mesh');
const gatewayKeys = { signingKey: readSigningKey(pair.privateKey), answerKeys };
const subgraphKeys = { publicKeys: readPublicKeys(pair.publicKey), answerKey: answerKeys[0] };
const log = pino({ level: 'silent' });
const sdl = `
  type Query { scopes(of: String): String }
  type Mutation { count: Int! @requiresScopes(scopes: [["models:write"]]) }
  type Subscription { numbers: Int }
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@requiresScopes"])
  ${loadDirectiveDefinitions()}
`;

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

let stack: AsyncDisposableStack;
let subgraph: Subgraph;
let usedTokens: UsedTokens & { readonly shared: boolean };
let served: ServedSubgraph;
let mutations: number;
/** What whoever stands between makes of an answer, and of the messages of a WebSocket. */
let forge: (answer: Answer) => Answer;
let forgeMessages: (messages: readonly string[]) => readonly string[];

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  mutations = 0;
  forge = (answer) => answer;
  forgeMessages = (messages) => messages;
  subgraph = createSubgraph({
    name: 'models',
    typeDefs: sdl,
    services: { log, bus: createMemoryBus(log), quota: createMemoryQuota(), audit: memoryAudit().audit },
    resolvers: {
      Query: { scopes: (_: unknown, { of }: { of: string }) => `those of ${of}` },
      Mutation: { count: () => ++mutations },
      Subscription: {
        numbers: {
          async *subscribe() {
            for (let n = 1; n <= 3; n++) yield { numbers: n };
          },
        },
      },
    },
  });
  usedTokens = { ...createMemoryUsedTokens(), shared: true };
  served = await serveSubgraph(subgraph, { host: '127.0.0.1', port: 0, keys: subgraphKeys, usedTokens, log });
  stack.defer(() => served.close(0));
});
afterEach(() => stack.disposeAsync());

/** A server between the gateway and the subgraph: it reads and changes everything, and holds no key. */
async function startBetween(): Promise<string> {
  const server = createServer(async (request, response) => {
    const onward = send(served.url, { method: request.method ?? 'POST', headers: request.headers });
    request.pipe(onward);
    const [answered] = await once(onward, 'response');
    const body = (await Array.fromAsync(answered as AsyncIterable<Buffer>)).join('');
    const forged = forge({ status: answered.statusCode, headers: answered.headers, body });
    response.writeHead(forged.status, {
      ...forged.headers,
      'content-length': Buffer.byteLength(forged.body),
    });
    response.end(forged.body);
  });
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'graphql-transport-ws' });
  sockets.on('connection', (toGateway, { headers }) => {
    const nonce = String(headers[socketNonceHeader]);
    const toSubgraph = new WebSocket(served.url.replace('http', 'ws'), 'graphql-transport-ws', {
      headers: { [socketNonceHeader]: nonce },
    });
    const early: string[] = [];
    toGateway.on('message', (data) => {
      if (toSubgraph.readyState === WebSocket.OPEN) toSubgraph.send(String(data));
      else early.push(String(data));
    });
    toSubgraph.on('open', () => early.forEach((text) => void toSubgraph.send(text)));
    // Handed on when the acknowledgement, three events and the end are there.
    const messages: string[] = [];
    toSubgraph.on('message', (data) => {
      const isAcknowledgement = messages.push(String(data)) === 1;
      if (isAcknowledgement) toGateway.send(String(data));
      if (messages.length < 5) return;
      for (const message of forgeMessages(messages.slice(1))) toGateway.send(message);
    });
    toGateway.on('close', () => toSubgraph.terminate());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

async function reachThrough(url: string) {
  const executor = stack.use(createHttpExecutor({ name: 'models', url, keys: gatewayKeys }));
  return (query: string, variables: Record<string, unknown> = {}) =>
    executor.execute({
      document: parse(query),
      variables,
      caller: sampleCaller('models:write'),
      requestId: 'r1',
      clientAddress: null,
    });
}

const scopes = 'query ($of: String) { scopes(of: $of) }';

describe('an answer over plain HTTP', () => {
  it('is accepted as the subgraph made it', async () => {
    const ask = await reachThrough(await startBetween());
    expect(await ask(scopes, { of: 'mine' })).toEqual({ data: { scopes: 'those of mine' } });
  });

  const readCode = (answer: Answer) => answer.headers['heddle-answer'];
  it.each<[string, (former: Answer) => (answer: Answer) => Answer]>([
    ['that was made up', () => (answer) => ({ ...answer, headers: {}, body: '{"data":{"scopes":"all"}}' })],
    ['whose body was changed', () => (answer) => ({ ...answer, body: `${answer.body} ` })],
    ['whose status was changed', () => (answer) => ({ ...answer, status: answer.status + 1 })],
    ['of another request', (former) => () => former],
    [
      'with the code of another request',
      (former) => (answer) => ({
        ...answer,
        headers: { ...answer.headers, 'heddle-answer': readCode(former) },
      }),
    ],
    [
      'that says that nothing was begun',
      () => (answer) => ({
        ...answer,
        status: 503,
        body: '{"errors":[{"message":"x","extensions":{"code":"OVERLOADED","notBegun":true}}]}',
      }),
    ],
    [
      'that names another process',
      () => (answer) => ({
        ...answer,
        status: 401,
        body: '{"errors":[{"message":"x","extensions":{"code":"UNAUTHENTICATED","notBegun":true,"instance":"i"}}]}',
      }),
    ],
  ])('is refused %s', async (_what, attack) => {
    const ask = await reachThrough(await startBetween());
    let former: Answer | undefined;
    forge = (answer) => {
      former = answer;
      return answer;
    };
    await ask(scopes, { of: 'other' });
    forge = attack(former as Answer);
    const forged = { code: 'INTERNAL', message: /is not authentic/ };
    await expect(ask(scopes, { of: 'mine' })).rejects.toMatchObject(forged);
    await expect(ask('mutation { count }')).rejects.toMatchObject(forged);
    expect(mutations).toBe(1);
  });

  it('is not requested where it could not be checked', () => {
    const { signingKey } = gatewayKeys;
    const open = () => createHttpExecutor({ name: 'models', url: served.url, keys: { signingKey } });
    expect(open).toThrow(/plain HTTP, and no mesh secret/);
  });

  it('is refused of a subgraph with another mesh secret', async () => {
    const keys = { ...gatewayKeys, answerKeys: deriveAnswerKeys('x'.repeat(32)) };
    const executor = stack.use(createHttpExecutor({ name: 'models', url: served.url, keys }));
    const asked = executor.execute({
      document: parse('{ scopes }'),
      caller: sampleCaller(),
      requestId: 'r',
      clientAddress: null,
    });
    await expect(asked).rejects.toMatchObject({ code: 'INTERNAL', message: /HEDDLE_MESH_SECRET/ });
  });
});

describe('the events of a WebSocket over plain HTTP', () => {
  /** What the gateway reads of the stream: data, or that it broke. */
  async function read(): Promise<readonly unknown[]> {
    const ask = await reachThrough(await startBetween());
    const result = await ask('subscription { numbers }');
    if (!(Symbol.asyncIterator in result)) throw new Error(JSON.stringify(result));
    const events = await Array.fromAsync(result);
    return events.map(({ data, errors }) => data?.numbers ?? errors?.[0]?.extensions.code);
  }

  it('are accepted as the subgraph sent them', async () => {
    expect(await read()).toEqual([1, 2, 3]);
  });

  const [first, second, third] = [0, 1, 2] as const;
  const at = (messages: readonly string[], index: number) => messages[index] ?? '';
  it.each<[string, readonly unknown[], (messages: readonly string[]) => readonly string[]]>([
    [
      'changed',
      [1, 'INTERNAL'],
      (sent) => [at(sent, first), at(sent, second).replace('"numbers":2', '"numbers":9'), at(sent, third)],
    ],
    ['without a code', [1, 'INTERNAL'], (sent) => [at(sent, first), at(sent, second).slice(43)]],
    ['left out', [1, 'INTERNAL'], (sent) => [at(sent, first), at(sent, third)]],
    ['in another order', [1, 'INTERNAL'], (sent) => [at(sent, first), at(sent, third), at(sent, second)]],
    ['twice', [1, 'INTERNAL'], (sent) => [at(sent, first), at(sent, first)]],
  ])('end where one comes %s', async (_what, seen, attack) => {
    forgeMessages = attack;
    expect(await read()).toEqual(seen);
  });

  it('are refused from another socket', async () => {
    let former: readonly string[] = [];
    forgeMessages = (sent) => {
      former = sent;
      return sent;
    };
    await read();
    forgeMessages = (sent) => [at(sent, first), ...former.slice(1)];
    expect(await read()).toEqual([1, 'INTERNAL']);
  });
});

describe('a mesh secret that changes', () => {
  const [former, next] = [
    'the former secret of this mesh: 32 bytes',
    'the next secret of this mesh: 32 bytes',
  ];

  it.each([
    [former, former, true],
    [former, `${former},${next}`, true],
    [`${former},${next}`, former, true],
    [`${former}, ${next}`, `${next},${former}`, true],
    [`${next},${former}`, `${former},${next}`, true],
    [next, `${next},${former}`, true],
    [`${next},${former}`, next, true],
    [`${next},${former}`, former, false],
    [former, next, false],
  ])('%s in subgraphs and %s in gateways authenticates answers and events: %s', async (there, here, fits) => {
    const [keys, own] = [deriveMeshKeys(there), deriveMeshKeys(here)];
    const server = await serveSubgraph(subgraph, { host: '127.0.0.1', port: 0, keys, usedTokens, log });
    stack.defer(() => server.close(0));
    const signed = { ...own, signingKey: keys.signingKey };
    for (const gateway of fits ? [own, signed] : [signed]) {
      const executor = stack.use(createHttpExecutor({ name: 'models', url: server.url, keys: gateway }));
      const ask = (query: string) =>
        executor.execute({
          document: parse(query),
          caller: sampleCaller(),
          requestId: 'r',
          clientAddress: null,
        });
      const answered = ask('{ scopes(of: "x") }');
      if (!fits) {
        await expect(answered).rejects.toMatchObject({ code: 'INTERNAL', message: /HEDDLE_MESH_SECRET/ });
        await expect(ask('subscription { numbers }')).rejects.toMatchObject({ code: 'OVERLOADED' });
        continue;
      }
      expect(await answered).toEqual({ data: { scopes: 'those of x' } });
      const events = await ask('subscription { numbers }');
      if (!(Symbol.asyncIterator in events)) throw new Error(JSON.stringify(events));
      expect((await Array.fromAsync(events)).map(({ data }) => data?.numbers)).toEqual([1, 2, 3]);
    }
  });
});
