import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startWireServer, type WireServer } from '#providers/testing/wire-server.ts';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import type { TestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { addModel } from './vendors.ts';

const stack = new AsyncDisposableStack();
let mesh: TestMesh;
let client: TestClient;
let upstream: WireServer;
let model: string;
let called: PromiseWithResolvers<ServerResponse>;
beforeAll(async () => {
  mesh = stack.use(await startOneProcess({ HEDDLE_STALLED_CLIENT_MS: '200' }));
  ({ client } = await newTenant(() => mesh));
  upstream = stack.use(await startWireServer((response) => called.resolve(response)));
  model = await addModel(() => mesh, 'OPENAI_COMPATIBLE', `${upstream.url}/v1`, 'any');
});
afterAll(() => stack.disposeAsync());

const user = { role: 'user', content: 'Hello' };
const tool = { name: 'f', parameters: { type: 'object', properties: {} } };
/** What each dialect sends: a call, and the same with tools. */
const dialects = [
  {
    path: '/v1/chat/completions',
    body: { messages: [user] },
    tools: { type: 'function', function: tool },
    orphan: { messages: [user, { role: 'tool', tool_call_id: 'call_x', content: 'x' }] },
  },
  {
    path: '/v1/messages',
    body: { messages: [user], max_tokens: 100 },
    tools: { name: 'f', input_schema: tool.parameters },
    orphan: {
      messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_x', content: 'x' }] }],
    },
  },
  {
    path: '/v1/responses',
    body: { input: 'Hello' },
    tools: { type: 'function', ...tool },
    orphan: { input: [{ type: 'function_call_output', call_id: 'call_x', output: 'x' }] },
  },
] as const;

const headers = () => ({ authorization: `Bearer ${client.key}`, 'content-type': 'application/json' });

async function open(path: string, body: string, length = Buffer.byteLength(body)): Promise<Socket> {
  const { hostname, port } = new URL(mesh.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const lines = Object.entries({ host: 'x', ...headers(), 'content-length': length });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`POST ${path} HTTP/1.1\r\n${head}\r\n${body}`);
  return socket;
}

async function listStatuses(): Promise<readonly string[]> {
  const { invocations } = await client.data<{
    readonly invocations: { readonly edges: readonly { readonly node: { readonly status: string } }[] };
  }>('{ invocations(first: 100) { edges { node { status } } } }');
  return invocations.edges.map(({ node }) => node.status);
}

/** Waits until every row is closed. */
const expectClosed = () =>
  vi.waitFor(async () => expect(await listStatuses()).not.toContain('RUNNING'), { timeout: 20_000 });

describe.each(dialects)('$path', ({ path, body, tools, orphan }) => {
  it.each([
    ['before the answer begins', false, 'destroy'],
    ['before the stream begins', true, 'destroy'],
    // Of a client that closes its socket there is no other sign, until bytes are written to it.
    ['by ending its side of the connection alone', false, 'end'],
  ] as const)(
    'closes the call of the provider and its row when the client leaves %s',
    async (_when, stream, leave) => {
      called = Promise.withResolvers();
      const [before, rows] = [upstream.requests.length, (await listStatuses()).length];
      const socket = await open(path, JSON.stringify({ model, ...body, stream }));
      await called.promise;
      socket[leave]();
      expect(await upstream.closed(before)).toBe(true);
      await expectClosed();
      expect(upstream.requests).toHaveLength(before + 1);
      expect(await listStatuses()).toHaveLength(rows + 1);
    },
  );

  it('closes the call of the provider and its row when the client leaves in the middle of a stream', async () => {
    called = Promise.withResolvers();
    const before = upstream.requests.length;
    const socket = await open(path, JSON.stringify({ model, ...body, stream: true }));
    const response = await called.promise;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Hel' } }] })}\n\n`);
    let text = '';
    for await (const chunk of socket) {
      text += String(chunk);
      if (text.includes('Hel')) break;
    }
    expect(await upstream.closed(before)).toBe(true);
    await expectClosed();
    expect(upstream.requests).toHaveLength(before + 1);
  });

  it('closes the call of the provider and its row when the client reads nothing', async () => {
    called = Promise.withResolvers();
    const [before, rows] = [upstream.requests.length, (await listStatuses()).length];
    const socket = await open(path, JSON.stringify({ model, ...body, stream: true }));
    const response = await called.promise;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const content = 'x'.repeat(100_000);
    const delta = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
    // More than systems, and the log of the completion, take of an answer that its client does not read.
    const endless = Readable.from(Array.from({ length: 1_000 }, () => delta));
    // Any error: Heddle closes the call, which is awaited next.
    await pipeline(endless, response).catch(() => undefined);
    expect(await upstream.closed(before)).toBe(true);
    await expectClosed();
    await once(socket.resume(), 'close');
    expect(upstream.requests).toHaveLength(before + 1);
    expect((await listStatuses()).toSorted()).toHaveLength(rows + 1);
    expect((await listStatuses())[0]).toBe('CANCELLED');
  });

  it('calls no provider, and keeps no row, where half of a body comes', async () => {
    const [before, rows] = [upstream.requests.length, (await listStatuses()).length];
    const text = JSON.stringify({ model, ...body });
    const socket = await open(path, text, text.length + 1);
    socket.end();
    await once(socket.resume(), 'close');
    expect(upstream.requests).toHaveLength(before);
    expect(await listStatuses()).toHaveLength(rows);
  });

  it.each([
    ['wrong JSON', () => '{"model":', 400],
    ['a list in place of an object', () => '[]', 400],
    ['no messages', () => JSON.stringify({ model }), 400],
    ['10,000 tools', () => JSON.stringify({ model, ...body, tools: Array(10_000).fill(tools) }), 400],
    ['a result without a call', () => JSON.stringify({ model, ...body, ...orphan }), 400],
    ['a model that is none', () => JSON.stringify({ ...body, model: 'no/such' }), 404],
    ['more than 32 MiB', () => JSON.stringify({ model, ...body, filler: 'x'.repeat(33 * 1024 * 1024) }), 413],
  ])('answers %s with an error of the dialect, and calls no provider', async (_what, write, status) => {
    const before = upstream.requests.length;
    const response = await fetch(`${mesh.url}${path}`, { method: 'POST', headers: headers(), body: write() });
    const answer = await response.json();
    expect({ status: response.status, answer }).toMatchObject({
      status,
      answer: { error: { message: expect.any(String), heddle_code: expect.stringMatching(/^[A-Z_]+$/) } },
    });
    expect(upstream.requests).toHaveLength(before);
    await expectClosed();
  });
});
