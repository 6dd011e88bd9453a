import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useServer } from 'graphql-ws/use/ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { buildApiSchema } from '#schema/api-schema.ts';
import {
  type SampleGateway,
  sampleKey,
  sampleSupergraph,
  startSampleGateway,
} from '../support/gateways/sample-gateway.ts';
import { delta, SampleSource, started } from '../support/gateways/sample-subgraphs.ts';

/**
 * The same conversations with our WebSocket door and with graphql-ws's own server. Known to differ: a message that
 * only servers send closes with 4400 here, as the protocol says of invalid messages, and with 4500 there; a request
 * that fails before it runs (a wrong variable) is an `error` here, as the protocol has it, and a `next` without data
 * there; an id that is used twice at once closes with 4409 here however long it is, and with 4500 there where it is longer than
 * the reason of a close.
 */

let sample: SampleGateway;
let reference: Server;
let source: SampleSource;
const origins: Record<string, string> = {};

beforeAll(async () => {
  sample = await startSampleGateway({});
  reference = createServer();
  useServer(
    {
      schema: buildApiSchema(sampleSupergraph),
      roots: {
        query: { motd: () => 'hello' },
        subscription: { completionStream: () => sourceAsRoots() },
      },
    },
    new WebSocketServer({ server: reference, path: '/graphql' }),
  );
  reference.listen(0, '127.0.0.1');
  await once(reference, 'listening');
  origins.ours = sample.url.replace('http', 'ws');
  origins.theirs = `ws://127.0.0.1:${(reference.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await sample[Symbol.asyncDispose]();
  reference.closeAllConnections();
  reference.close();
});

async function* sourceAsRoots() {
  try {
    for await (const completionStream of source) yield { completionStream };
  } finally {
    await source.return();
  }
}

/** To send, or a type of message (and how many of it) to wait for. */
type Turn = string | Record<string, unknown> | { readonly awaited: string; readonly count: number };
const until = (awaited: string, count = 1): Turn => ({ awaited, count });

const init = { type: 'connection_init', payload: { authorization: `Bearer ${sampleKey}` } };
const subscribe = (id: unknown, query: unknown, more: object = {}) => ({
  id,
  type: 'subscribe',
  payload: { query, ...more },
});
const stream = 'subscription { completionStream(input: { model: "m", text: "t" }) { sequence } }';

/** The messages of each operation in their order; which operation is first is nobody's promise. */
function byOperation(said: readonly Record<string, unknown>[]) {
  return said.toSorted((a, b) => String(a.id ?? '').localeCompare(String(b.id ?? '')));
}

/** What a server said, errors as their number only, and the code of its close; undefined where it went on. */
async function converse(origin: string, turns: readonly Turn[]) {
  source = new SampleSource([started(0), delta(1, 'x')]);
  sample.mesh.source = source;
  const socket = new WebSocket(`${origin}/graphql`, 'graphql-transport-ws');
  const said: Record<string, unknown>[] = [];
  let code: number | undefined;
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    said.push(message.type === 'error' ? { ...message, payload: message.payload.length } : message);
  });
  socket.on('close', (closed: number) => {
    code = closed;
  });
  await once(socket, 'open');
  for (const turn of [...turns, { type: 'ping', payload: { last: true } }]) {
    if (typeof turn === 'object' && 'awaited' in turn) {
      const { awaited, count } = turn;
      await vi.waitFor(
        () =>
          expect(
            code !== undefined || said.filter(({ type }) => type === awaited).length >= Number(count),
          ).toBe(true),
        { interval: 2 },
      );
    } else if (socket.readyState === WebSocket.OPEN) {
      socket.send(typeof turn === 'string' ? turn : JSON.stringify(turn));
    }
  }
  const isLast = ({ type, payload }: Record<string, unknown>) =>
    type === 'pong' && (payload as { last?: boolean } | undefined)?.last === true;
  await vi.waitFor(() => expect(code !== undefined || said.some(isLast)).toBe(true), { interval: 2 });
  if (code === undefined) {
    socket.close();
    await once(socket, 'close');
    return { said: byOperation(said), code: undefined };
  }
  return { said: byOperation(said), code };
}

const ready: readonly Turn[] = [init, until('connection_ack')];
const one = '{ motd }';

const conversations: Readonly<Record<string, readonly Turn[]>> = {
  'a query': [...ready, subscribe('1', one), until('complete')],
  'two operations at once': [
    ...ready,
    subscribe('1', one),
    subscribe('2', '{ other: motd }'),
    until('complete', 2),
  ],
  'an id used again': [
    ...ready,
    subscribe('1', one),
    until('complete'),
    subscribe('1', one),
    until('complete', 2),
  ],
  'a ping before and after the handshake': [
    { type: 'ping' },
    until('pong'),
    ...ready,
    { type: 'ping', payload: { a: [1] } },
    until('pong', 2),
  ],
  'a pong that nobody asked for': [
    ...ready,
    { type: 'pong', payload: { a: 1 } },
    subscribe('1', one),
    until('complete'),
  ],
  'a subscription that the client completes': [
    ...ready,
    subscribe('1', stream),
    until('next', 2),
    { id: '1', type: 'complete' },
  ],
  'completing what does not run': [
    ...ready,
    { id: '9', type: 'complete' },
    subscribe('1', one),
    until('complete'),
  ],
  'a document that is not valid': [
    ...ready,
    subscribe('1', '{ nothing }'),
    until('error'),
    subscribe('1', one),
    until('complete'),
  ],
  'names, variables and extensions': [
    ...ready,
    subscribe('1', 'query A { motd } query B($no: Boolean!) { motd @skip(if: $no) }', {
      operationName: 'B',
      variables: { no: true },
      extensions: { x: 1 },
    }),
    until('complete'),
  ],
  'nulls where something is optional': [
    { type: 'connection_init', payload: undefined },
    until('connection_ack'),
    subscribe('1', one, { operationName: null, variables: null, extensions: null }),
    until('complete'),
  ],
  'more in a message than the protocol knows': [
    ...ready,
    { ...subscribe('1', one), extra: true },
    until('complete'),
  ],
  'a giant id': [...ready, subscribe('x'.repeat(20_000), one), until('complete')],
  'an id of odd characters': [...ready, subscribe('__proto__\u0000\ud800"\\', one), until('complete')],
  'ids that differ in the case of their letters': [
    ...ready,
    subscribe('a', stream),
    subscribe('A', one),
    until('complete'),
    { id: 'a', type: 'complete' },
  ],
  'completing an operation twice, and what ended by itself': [
    ...ready,
    subscribe('1', stream),
    until('next', 2),
    { id: '1', type: 'complete' },
    { id: '1', type: 'complete' },
    subscribe('2', one),
    until('complete'),
    { id: '2', type: 'complete' },
    subscribe('2', one),
    until('complete', 2),
  ],
  'completing before the handshake': [
    { id: '1', type: 'complete' },
    ...ready,
    subscribe('1', one),
    until('complete'),
  ],
  'a hundred pings at once': [
    ...ready,
    ...Array.from({ length: 100 }, (_, n) => ({ type: 'ping', payload: { n } })),
    until('pong', 100),
    subscribe('1', one),
    until('complete'),
  ],
  'a giant type': [...ready, { type: 'x'.repeat(20_000) }, until('close')],
  'an id that is null': [...ready, subscribe(null, one), until('close')],
  'completing an id that is a number': [...ready, { id: 1, type: 'complete' }, until('close')],
  'subscribing before the handshake': [subscribe('1', one), until('close')],
  'subscribing before the handshake is acknowledged': [init, subscribe('1', one), until('close')],
  'a second handshake': [...ready, init, until('close')],
  'two handshakes at once': [init, init, until('close')],
  'an id twice at once': [...ready, subscribe('1', stream), subscribe('1', stream), until('close')],
  'no JSON': [...ready, 'nonsense', until('close')],
  'an empty message': [...ready, '', until('close')],
  'no object': [...ready, '[]', until('close')],
  'no type': [...ready, {}, until('close')],
  'an unknown type': [...ready, { type: 'start' }, until('close')],
  'no id': [...ready, { type: 'subscribe', payload: { query: one } }, until('close')],
  'an empty id': [...ready, subscribe('', one), until('close')],
  'an id that is a number': [...ready, subscribe(1, one), until('close')],
  'no query': [...ready, { id: '1', type: 'subscribe', payload: {} }, until('close')],
  'a query that is no text': [...ready, subscribe('1', 5), until('close')],
  'variables that are no object': [...ready, subscribe('1', one, { variables: 'x' }), until('close')],
  'extensions that are no object': [...ready, subscribe('1', one, { extensions: 'x' }), until('close')],
  'an operation name that is no text': [...ready, subscribe('1', one, { operationName: 5 }), until('close')],
  'completing without an id': [...ready, { type: 'complete' }, until('close')],
  'a payload of ping that is no object': [...ready, { type: 'ping', payload: 'x' }, until('close')],
  'a handshake whose payload is no object': [{ type: 'connection_init', payload: 'x' }, until('close')],
};

describe('the WebSocket door', () => {
  it.each(Object.entries(conversations))('answers as graphql-ws does to %s', async (_, turns) => {
    const theirs = await converse(origins.theirs ?? '', turns);
    const ours = await converse(origins.ours ?? '', turns);
    expect(ours).toEqual(theirs);
  });
});
