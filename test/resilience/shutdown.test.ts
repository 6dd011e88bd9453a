import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createTestClient } from '#test/support/client.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { allRows, durableTenant, registerUpstream } from './support/ledger.ts';
import { type Restartable, startRestartable } from './support/restartable.ts';
import { buildAnswer, startUpstream, type Upstream } from './support/upstream.ts';
import { listAlarms } from './support/victim.ts';

const fields = 'id status text';
const operations = {
  complete: `mutation ($input: CompletionInput!) { complete(input: $input) { ${fields} } }`,
  start: `mutation ($input: CompletionInput!) { startCompletion(input: $input) { ${fields} } }`,
  stream: `subscription ($input: CompletionInput!) { completionStream(input: $input) { __typename
    ... on CompletionFinished { completion { ${fields} } } ... on CompletionFailed { code completion { ${fields} } } } }`,
};
const models = ['m0', 'm1', 'm2', 'm3'];
const buildInput = (model: string) => ({
  input: { model: `up/${model}`, messages: [{ role: 'USER', content: 'ask' }], onDisconnect: 'KEEP' },
});

let stack: AsyncDisposableStack;
let dir: string;
let upstream: Upstream;
let gate: PromiseWithResolvers<void>;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  gate = Promise.withResolvers();
  dir = stack.use(await temporaryDirectory()).path;
  upstream = stack.use(await startUpstream({ gate: () => gate.promise }));
});
afterEach(() => stack.disposeAsync());

async function start(environment: Record<string, string>) {
  const mesh = stack.use(await startRestartable(dir, environment));
  await registerUpstream(mesh, upstream.url, models);
  return { mesh, tenant: await durableTenant(mesh) };
}

/** What a client hears over a WebSocket, with the close code at the end. */
function overSocket(mesh: Restartable, key: string) {
  const socket = new WebSocket(`${mesh.url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws']);
  const messages: string[] = [];
  socket.on('error', () => undefined);
  socket.on('open', () =>
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } })),
  );
  socket.on('message', (data) => {
    const text = String(data);
    messages.push(text);
    if (!text.includes('connection_ack')) return;
    const payload = { query: operations.stream, variables: buildInput('m1') };
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
  });
  const ended = once(socket, 'close').then(([code]) => ({ code: code as number, text: messages.join('\n') }));
  return { socket, messages, ended };
}

/** Everything that a stream of server-sent events says, and whether it ended as HTTP wants it. */
async function overEvents(mesh: Restartable, key: string): Promise<{ text: string; whole: boolean }> {
  let text = '';
  try {
    const response = await fetch(`${mesh.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${key}`,
      },
      body: JSON.stringify({ query: operations.stream, variables: buildInput('m2') }),
    });
    if (response.body === null) throw new Error('There is no body.');
    const decoder = new TextDecoder();
    for await (const chunk of response.body) text += decoder.decode(chunk, { stream: true });
    return { text, whole: true };
  } catch {
    return { text, whole: false };
  }
}

/** One call of each kind, all waiting for the provider. */
async function callEveryWay(mesh: Restartable, key: string) {
  const client = createTestClient(mesh.url, key);
  const whole = client.send<{ complete: { status: string; text: string } }>(
    operations.complete,
    buildInput('m0'),
  );
  const outcome = whole.then(
    (answer) => answer,
    (error: Error) => error,
  );
  const socket = overSocket(mesh, key);
  const events = overEvents(mesh, key);
  const started = await client.data(operations.start, buildInput('m3'));
  await vi.waitFor(() => expect([...upstream.calls.keys()].sort()).toEqual(models), { timeout: 10_000 });
  return { client, outcome, socket, events, started };
}

async function refusal(mesh: Restartable, key: string): Promise<string> {
  try {
    return await createTestClient(mesh.url, key).code('{ me { kind } }');
  } catch (error) {
    return error instanceof TypeError ? 'connection refused' : String(error);
  }
}

describe('a mesh that gets a signal to stop', () => {
  it('finishes operations in progress, refuses new ones, closes every row, and ends with 0', {
    timeout: 120_000,
  }, async () => {
    const { mesh, tenant } = await start({ HEDDLE_SHUTDOWN_GRACE_MS: '20000' });
    const { key } = tenant.client;
    const { outcome, socket, events } = await callEveryWay(mesh, key);
    const ended = mesh.process.end('SIGTERM');
    await vi.waitFor(async () => {
      expect(['OVERLOADED', 'connection refused']).toContain(await refusal(mesh, key));
    });
    gate.resolve();
    expect(await outcome).toMatchObject({
      data: { complete: { status: 'SUCCEEDED', text: buildAnswer('m0') } },
    });
    expect((await socket.ended).text).toContain(buildAnswer('m1'));
    expect((await socket.ended).code).toBe(1001);
    expect(await events).toMatchObject({ whole: true, text: expect.stringContaining(buildAnswer('m2')) });
    expect((await events).text).toMatch(/event: complete/);
    expect(await ended).toBe(0);

    await mesh.start();
    const rows = await allRows(tenant.clientNow());
    expect(rows.map(({ status, model }) => `${model.id} ${status}`).sort()).toEqual(
      models.map((model) => `up/${model} SUCCEEDED`),
    );
    expect(listAlarms(mesh)).toEqual([]);
    expect(mesh.output()).not.toContain('processes that are gone');
  });

  it('sends every client an end when the grace time is over, and closes every row itself', {
    timeout: 120_000,
  }, async () => {
    const { mesh, tenant } = await start({ HEDDLE_SHUTDOWN_GRACE_MS: '300' });
    const { outcome, socket, events } = await callEveryWay(mesh, tenant.client.key);
    expect(await mesh.process.end('SIGTERM')).toBe(0);
    expect(mesh.output()).not.toContain('ended before everything was closed');
    for (const { text } of [await socket.ended, await events]) {
      expect(text).toContain('CompletionFailed');
      expect(text).toContain('OVERLOADED');
      expect(text).not.toContain('CompletionFinished');
    }
    expect((await events).whole).toBe(true);
    expect(await outcome).toMatchObject({
      errors: [
        {
          extensions: {
            code: 'OVERLOADED',
            completionId: expect.any(String),
            retryAfterMs: expect.any(Number),
          },
        },
      ],
    });
    gate.resolve();

    await mesh.start();
    const rows = await allRows(tenant.clientNow());
    expect(rows.map(({ status, errorCode }) => ({ status, errorCode }))).toEqual(
      models.map(() => ({ status: 'FAILED', errorCode: 'OVERLOADED' })),
    );
    expect(mesh.output()).not.toContain('processes that are gone');
    expect(listAlarms(mesh)).toEqual([]);
  });

  it('refuses readiness and serves on for the drain time, then accepts nothing', {
    timeout: 120_000,
  }, async () => {
    const { mesh, tenant } = await start({ HEDDLE_SHUTDOWN_GRACE_MS: '20000', HEDDLE_DRAIN_MS: '1500' });
    const { key } = tenant.client;
    const { outcome, socket, events } = await callEveryWay(mesh, key);
    const health = async (path: string) => {
      const response = await fetch(`${mesh.url}/health/${path}`);
      return { status: response.status, text: await response.text() };
    };
    const ended = mesh.process.end('SIGTERM');
    await vi.waitFor(async () =>
      expect(await health('ready')).toMatchObject({
        status: 503,
        text: expect.stringContaining('shutting down'),
      }),
    );
    expect(await health('live')).toMatchObject({ status: 200 });
    // New calls, over new connections, by every way.
    expect(await createTestClient(mesh.url, key).data('{ me { kind } }')).toEqual({
      me: { kind: 'API_KEY' },
    });
    const late = overSocket(mesh, key);
    await once(late.socket, 'open');
    const response = await fetch(`${mesh.url}/health/live`);
    expect(response.headers.get('connection')).toBe('close');
    // What was begun in time ends as usual, though the process accepts nothing more.
    await vi.waitFor(async () => expect(await refusal(mesh, key)).toBe('connection refused'), {
      timeout: 10_000,
    });
    gate.resolve();
    expect(await outcome).toMatchObject({ data: { complete: { text: buildAnswer('m0') } } });
    expect((await events).text).toContain(buildAnswer('m2'));
    for (const { text } of [await socket.ended, await late.ended]) expect(text).toContain(buildAnswer('m1'));
    expect(await ended).toBe(0);
  });

  it('takes the same signal twice at once, as npm hands on Ctrl-C, for one', {
    timeout: 120_000,
  }, async () => {
    const { mesh, tenant } = await start({ HEDDLE_SHUTDOWN_GRACE_MS: '20000' });
    const { outcome } = await callEveryWay(mesh, tenant.client.key);
    const ended = once(mesh.process.child, 'exit');
    mesh.process.child.kill('SIGINT');
    mesh.process.child.kill('SIGINT');
    await vi.waitFor(async () => {
      expect(['OVERLOADED', 'connection refused']).toContain(await refusal(mesh, tenant.client.key));
    });
    mesh.process.child.kill('SIGTERM');
    gate.resolve();
    expect(await outcome).toMatchObject({ data: { complete: { status: 'SUCCEEDED' } } });
    expect((await ended)[0]).toBe(0);
  });

  it('exits at once on a second signal later', { timeout: 120_000 }, async () => {
    const { mesh, tenant } = await start({ HEDDLE_SHUTDOWN_GRACE_MS: '60000' });
    await callEveryWay(mesh, tenant.client.key);
    const { child } = mesh.process;
    await vi.waitFor(
      () => {
        child.kill('SIGTERM');
        expect([child.exitCode, child.signalCode]).toEqual([1, null]);
      },
      { timeout: 10_000, interval: 300 },
    );
    gate.resolve();
    // What it left is closed by the next start.
    await mesh.start();
    const rows = await allRows(tenant.clientNow());
    expect(rows.map(({ status }) => status).filter((status) => status === 'RUNNING')).toEqual([]);
  });
});
