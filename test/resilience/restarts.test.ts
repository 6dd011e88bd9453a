import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { admin, echo, newTenant } from '#test/e2e/scenarios/setup.ts';
import { overWebSocket, type TestClient } from '#test/support/client.ts';
import { allRows, registerUpstream } from './support/ledger.ts';
import { type SplitMesh, startSplit } from './support/split.ts';
import { buildAnswer, startUpstream, type Upstream } from './support/upstream.ts';

const others = 'models,prompts,tenants,usage';
const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { id status text } }';
const stream = `subscription ($input: CompletionInput!) { completionStream(input: $input) { __typename completionId
  ... on CompletionFinished { completion { status text } } ... on CompletionFailed { code } } }`;
const upCall = (model: string) => ({
  input: { model: `up/${model}`, messages: [{ role: 'USER', content: 'ask' }], onDisconnect: 'KEEP' },
});

/** Longer than any test: one that waits for its end fails. */
const grace = { HEDDLE_SHUTDOWN_GRACE_MS: '600000' };

let mesh: SplitMesh;
let upstream: Upstream;
let gate: PromiseWithResolvers<void>;
/** Between two words of the provider. */
let latencyMs = 0;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  gate = Promise.withResolvers();
  upstream = stack.use(await startUpstream({ gate: () => gate.promise, latencyMs: () => latencyMs }));
  mesh = stack.use(await startSplit([others, 'inference'], grace));
  await registerUpstream(mesh, upstream.url, ['m0', 'm1', 'm2', 'm3']);
}, 120_000);
afterAll(() => stack.disposeAsync());

const works = async (client: TestClient) =>
  expect(await client.send(complete, echo('back'))).toMatchObject({ data: { complete: { text: 'back' } } });

interface Event {
  readonly __typename: string;
  readonly completion?: { readonly status: string; readonly text: string };
  readonly code?: string;
}

async function heard(client: TestClient, model: string): Promise<{ events: Event[]; error: string | null }> {
  const events: Event[] = [];
  try {
    for await (const event of overWebSocket<Event>(client, stream, upCall(model))) events.push(event);
    return { events, error: null };
  } catch (error) {
    return { events, error: error instanceof Error ? error.message : JSON.stringify(error) };
  }
}

/** Begins a call of m0 and a stream of m1, and waits until the provider has been asked both. */
async function bothUnderWay(client: TestClient) {
  const ended: unknown[] = [];
  const call = client.send(complete, upCall('m0'));
  const events = heard(client, 'm1');
  for (const outcome of [call, events]) outcome.then((end) => ended.push(end));
  await vi.waitFor(
    () =>
      expect({ asked: [...upstream.calls.keys()].sort(), ended }).toEqual({ asked: ['m0', 'm1'], ended: [] }),
    { timeout: 15_000 },
  );
  return { call, events };
}

describe('a mesh whose inference process goes and comes back', () => {
  it('ends what ran with an error, refuses the next with the time to wait, and recovers', {
    timeout: 120_000,
  }, async () => {
    const { client } = await newTenant(() => mesh);
    const ran = await bothUnderWay(client);
    await mesh.process('inference').end('SIGKILL');
    const [answer, events] = await Promise.all([ran.call, ran.events]);
    expect(answer.errors).toMatchObject([
      {
        message: expect.stringContaining('may have run'),
        extensions: { code: 'INTERNAL', retryAfterMs: 1_000 },
      },
    ]);
    expect(events.error).toContain('broke');

    const refused = await client.send(complete, echo('x'));
    expect(refused.errors).toMatchObject([
      {
        message: expect.stringContaining('inference'),
        extensions: { code: 'OVERLOADED', retryAfterMs: expect.any(Number) },
      },
    ]);
    expect((await fetch(`${mesh.url}/health/ready`)).status).toBe(503);
    // What others answer is answered.
    expect(await client.data('{ me { kind } }')).toEqual({ me: { kind: 'API_KEY' } });

    // Hundreds of calls meanwhile neither pile up nor flood.
    const codes = await Promise.all(Array.from({ length: 300 }, () => client.code(complete, echo('x'))));
    expect([...new Set(codes)]).toEqual(['OVERLOADED']);
    const streams = await Promise.all(Array.from({ length: 20 }, () => heard(client, 'm0')));
    for (const { error } of streams) expect(error).toContain('cannot be reached');

    await mesh.start('inference');
    await works(client);
    gate.resolve();
    expect((await heard(client, 'm2')).events.at(-1)).toMatchObject({
      completion: { text: buildAnswer('m2') },
    });
    await vi.waitFor(async () => expect((await fetch(`${mesh.url}/health/ready`)).status).toBe(200));
    // The rows of what was killed are closed by the new process.
    const rows = await allRows(client);
    expect(rows.filter(({ model }) => /m[01]$/.test(model.id)).map(({ status }) => status)).toEqual([
      'FAILED',
      'FAILED',
    ]);
    expect(mesh.process('gateway').child.exitCode).toBeNull();
  });

  it('lets calls and streams finish on a signal to stop', { timeout: 120_000 }, async () => {
    const { client } = await newTenant(() => mesh);
    gate = Promise.withResolvers();
    upstream.forget();
    const ran = await bothUnderWay(client);
    const ended = mesh.process('inference').end('SIGTERM');
    await vi.waitFor(async () => expect(await client.code(complete, echo('x'))).toBe('OVERLOADED'));
    gate.resolve();
    const [answer, { events, error }] = await Promise.all([ran.call, ran.events]);
    expect(answer).toMatchObject({ data: { complete: { text: buildAnswer('m0') } } });
    expect(error).toBeNull();
    expect(events.at(-1)).toMatchObject({ completion: { status: 'SUCCEEDED', text: buildAnswer('m1') } });
    expect(await ended).toBe(0);
    await mesh.start('inference');
    await works(client);
  });
});

describe('a mesh whose gateway goes and comes back', () => {
  const numbered = '__typename completionId sequence';
  const begin = `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${numbered} } }`;
  const resume = `subscription ($id: ID!, $after: Int!) { resumeCompletion(id: $id, after: $after) { ${numbered} } }`;
  interface Numbered {
    readonly completionId: string;
    readonly sequence: number;
  }

  it('lets a client resume the stream of a gateway that was killed, also one that ends without its client', {
    timeout: 120_000,
  }, async () => {
    gate.resolve();
    const { client } = await newTenant(() => mesh);
    const { input } = upCall('m3');
    // Longer than the gateway takes to start again.
    latencyMs = 3_000;
    const events = overWebSocket<Numbered>(client, begin, { input: { ...input, onDisconnect: 'CANCEL' } });
    await events.next();
    const { value: last } = await events.next();
    await mesh.process('gateway').end('SIGKILL');
    await expect(events.next()).rejects.toBeDefined();
    await mesh.start('gateway');
    latencyMs = 0;
    const { completionId: id, sequence: after } = last as Numbered;
    const rest = await Array.fromAsync(overWebSocket<Numbered>(client, resume, { id, after }));
    expect(rest[0]).toMatchObject({ sequence: after + 1 });
    expect(rest.at(-1)).toMatchObject({ __typename: 'CompletionFinished' });
    expect(await allRows(client)).toMatchObject([{ status: 'SUCCEEDED' }]);
  });

  it('ends at once on a signal to stop and carries nothing, whatever it has carried before', {
    timeout: 120_000,
  }, async () => {
    const { client } = await newTenant(() => mesh);
    const response = await fetch(`${mesh.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${client.key}`,
      },
      body: JSON.stringify({ query: stream, variables: echo('five words of a stream') }),
    });
    expect(await response.text()).toContain('CompletionFinished');
    await works(client);
    expect(await mesh.process('gateway').end('SIGTERM')).toBe(0);
    await mesh.start('gateway');
    await works(client);
  });
});

describe('a mesh whose other subgraphs go and come back', () => {
  it('fails closed with a code and the time to wait, and recovers', { timeout: 120_000 }, async () => {
    const { client } = await newTenant(() => mesh);
    await works(client);
    await mesh.process(others).end('SIGKILL');
    const stranger = { ...client, key: `hd_nobody_${'x'.repeat(40)}` };
    const response = await fetch(`${mesh.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${stranger.key}` },
      body: JSON.stringify({ query: complete, variables: echo('x') }),
    });
    // Who it is cannot be told: nobody is let in, and it is not said that the key is wrong.
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'OVERLOADED', retryAfterMs: expect.any(Number) } }],
    });
    await mesh.start(others);
    await works(client);
    await works(admin(() => mesh));
  });
});
