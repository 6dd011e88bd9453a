import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { overEventStream, overWebSocket, type TestClient } from '#test/support/client.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { hasRedis } from '../support/processes/redis.ts';
import { allRows, durableTenant, type Row, registerUpstream } from './support/ledger.ts';
import {
  askFor,
  type MeteredCall,
  type MeteredUpstream,
  startMeteredUpstream,
} from './support/metered-upstream.ts';
import { startRedisProcess } from './support/redis-process.ts';
import { type Restartable, startRestartable } from './support/restartable.ts';
import { type SplitMesh, startSplit } from './support/split.ts';

const fields = `id status text cost usage { inputTokens outputTokens } attempts { outcome error usageEstimated }`;
const COMPLETE = `mutation ($input: CompletionInput!) { complete(input: $input) { ${fields} } }`;
const COMPLETION = `query ($id: ID!) { completion(id: $id) { ${fields} } }`;
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  __typename completionId sequence ... on TextDelta { text } } }`;
const RESUME = `subscription ($id: ID!, $after: Int!) { resumeCompletion(id: $id, after: $after) {
  __typename sequence ... on TextDelta { text }
  ... on CompletionFailed { code message completion { text attempts { usageEstimated } } } } }`;

/** What is on its way from the provider to Heddle, on a slow machine. */
const onWayMsMax = 500;
/** A record covers four tokens and what comes until the next one, 100 ms later, is written on a slow machine. */
const aheadTokens = 4;
const aheadMsMax = 500;

/** Words that clients have received, by the name of the call. */
type Received = Map<string, number>;

const buildInput = (name: string, words: number, everyMs: number, more: Record<string, unknown> = {}) => ({
  input: {
    model: 'up/m',
    messages: [{ role: 'USER', content: askFor(name, words, everyMs) }],
    tags: [name],
    cache: 'BYPASS',
    maxOutputTokens: 1_000,
    ...more,
  },
});

interface Event {
  readonly __typename: string;
  readonly completionId: string;
  readonly sequence: number;
  readonly text?: string;
}

function count(received: Received, name: string, text = ''): void {
  received.set(name, (received.get(name) ?? 0) + text.length / 4);
}

/** Reads until so many events have come, or the end; the connection may break. */
async function readUpTo(
  count: number,
  events: AsyncIterable<Event>,
  onEvent: (event: Event) => void,
): Promise<void> {
  let read = 0;
  try {
    for await (const event of events) {
      onEvent(event);
      read += 1;
      if (read === count) return;
    }
  } catch {
    // Its process is gone.
  }
}

/** The row of a call has what its client has received, and what its provider bills within the bound of docs/storage.md. */
function expectBilled(call: MeteredCall, rows: readonly Row[], everyMs: number, received: Received): void {
  const name = call.content.split(' ')[0] ?? '';
  const own = rows.filter(({ tags }) => tags.includes(name));
  const what = `${name}: sent ${call.sent}, ${JSON.stringify(own)}`;
  expect(own, what).toHaveLength(1);
  const [row] = own as [Row];
  expect(row.status, what).not.toBe('RUNNING');
  expect(row.usage.inputTokens, what).toBeGreaterThan(0);
  expect(Number(row.cost), what).toBeGreaterThan(0);
  if (row.status === 'SUCCEEDED') {
    expect(row.usageEstimated, what).toBe(false);
    expect(row.usage.outputTokens, what).toBe(call.sent);
    return;
  }
  expect(row.usageEstimated, what).toBe(true);
  const ahead = call.streamed ? aheadTokens + Math.ceil(aheadMsMax / everyMs) : 0;
  expect(row.usage.outputTokens, what).toBeLessThanOrEqual(call.sent + ahead);
  expect(row.usage.outputTokens, what).toBeGreaterThanOrEqual(received.get(name) ?? 0);
  // Of an answer that is not streamed nothing is known before it is whole.
  if (!call.streamed) return;
  expect(row.usage.outputTokens, what).toBeGreaterThanOrEqual(call.sent - Math.ceil(onWayMsMax / everyMs));
}

describe('calls that die with the one process', () => {
  const stack = new AsyncDisposableStack();
  const random = createRandom(printedSeed('dead calls'));
  let upstream: MeteredUpstream;
  let mesh: Restartable;
  let tenant: Awaited<ReturnType<typeof durableTenant>>;

  beforeAll(async () => {
    upstream = stack.use(await startMeteredUpstream());
    const dir = stack.use(await temporaryDirectory());
    mesh = stack.use(await startRestartable(dir.path));
    await registerUpstream(mesh, upstream.url, ['m']);
    tenant = await durableTenant(mesh);
  }, 120_000);
  afterAll(() => stack.disposeAsync());

  async function killAndRestart(): Promise<TestClient> {
    await mesh.process.end('SIGKILL');
    await mesh.start();
    return tenant.clientNow();
  }

  it('are billed what had come, as an estimate, and report it', { timeout: 120_000 }, async () => {
    let id = '';
    const received: Received = new Map();
    const events = overWebSocket<Event>(tenant.clientNow(), STREAM, buildInput('stream', 200, 20));
    await readUpTo(200, events, ({ completionId, text }) => {
      id = completionId;
      count(received, 'stream', text);
      if ((upstream.calls[0]?.sent ?? 0) >= 90) mesh.process.child.kill('SIGKILL');
    });
    const client = await killAndRestart();
    const [call] = upstream.calls as [MeteredCall];
    expect(call.sent).toBeGreaterThanOrEqual(90);
    expect(received.get('stream')).toBeGreaterThan(50);
    expectBilled(call, await allRows(client), 20, received);
    const { completion } = await client.data<{ completion: object }>(COMPLETION, { id });
    expect(completion).toMatchObject({
      status: 'FAILED',
      attempts: [{ outcome: 'FAILED', usageEstimated: true, error: expect.stringContaining('process') }],
    });
    const last = (await Array.fromAsync(overWebSocket(client, RESUME, { id, after: 3 }))).at(-1);
    expect(last).toMatchObject({
      __typename: 'CompletionFailed',
      code: 'INTERNAL',
      message: expect.stringContaining('process that ran this call ended'),
    });
  });

  it('run again with their idempotency key, once', { timeout: 120_000 }, async () => {
    const asked = () => upstream.calls.filter(({ content }) => content.startsWith('keyed '));
    const input = buildInput('keyed', 40, 10, { idempotencyKey: 'k' });
    const lost = tenant
      .clientNow()
      .send(COMPLETE, input)
      .catch(() => undefined);
    await vi.waitFor(() => expect(asked()).toHaveLength(1), 10_000);
    const client = await killAndRestart();
    await lost;
    const answers: string[] = [];
    for (let time = 0; time < 3; time++) {
      const { complete } = await client.data<{ complete: { id: string; text: string } }>(COMPLETE, input);
      expect(complete.text).toBe('one '.repeat(40));
      answers.push(complete.id);
    }
    expect(new Set(answers).size).toBe(1);
    expect(asked()).toHaveLength(2);
    const rows = (await allRows(client)).filter(({ tags }) => tags.includes('keyed'));
    expect(rows.map(({ status, usageEstimated }) => [status, usageEstimated]).sort()).toEqual([
      ['FAILED', true],
      ['SUCCEEDED', false],
    ]);
  });

  it('are billed under traffic of every kind, whatever became of their clients', {
    timeout: 120_000,
  }, async () => {
    const everyMs = 20;
    let serial = 0;
    const received: Received = new Map();
    const one = async (client: TestClient) => {
      serial += 1;
      const onDisconnect = random.pick(['CANCEL', 'DRAIN', 'KEEP']);
      const name = `traffic${serial}`;
      const input = buildInput(name, 5 + random.below(250), everyMs, { onDisconnect });
      const door = random.pick(['POST', 'WS', 'SSE']);
      if (door === 'POST') return void (await client.send(COMPLETE, input).catch(() => undefined));
      const over = door === 'WS' ? overWebSocket : overEventStream;
      const events = random.chance(0.2) ? 1 + random.below(20) : Number.POSITIVE_INFINITY;
      await readUpTo(events, over<Event>(client, STREAM, input), ({ text }) => count(received, name, text));
    };
    const sentWords = () => upstream.calls.reduce((sum, { sent }) => sum + sent, 0);
    for (let round = 0; round < 3; round++) {
      const client = tenant.clientNow();
      let killed = false;
      const workers = Array.from({ length: 8 }, async () => {
        while (!killed) await one(client);
      });
      const words = sentWords() + 200 + random.below(600);
      await vi.waitFor(() => expect(sentWords()).toBeGreaterThan(words), { timeout: 30_000, interval: 5 });
      killed = true;
      await mesh.process.end('SIGKILL');
      await Promise.all(workers);
      await mesh.start();
    }
    const rows = await allRows(tenant.clientNow());
    const calls = upstream.calls.filter(({ content }) => content.startsWith('traffic'));
    expect(calls.length).toBeGreaterThan(20);
    let [sent, billed] = [0, 0];
    for (const call of calls) {
      const row = rows.find(({ tags }) => tags.includes(call.content.split(' ')[0] ?? ''));
      if (row?.status === 'CANCELLED') expect(Number(row.cost)).toBeGreaterThan(0);
      else expectBilled(call, rows, everyMs, received);
      if (!call.streamed) continue;
      sent += call.sent;
      billed += row?.usage.outputTokens ?? 0;
    }
    expect(billed / sent, `${billed} of ${sent} tokens`).toBeGreaterThan(0.85);
  });
});

if (!hasRedis())
  console.warn('No redis-server on the PATH: calls that die with one of many processes were not tested.');

describe.runIf(hasRedis())('calls that die with one of many processes', () => {
  const stack = new AsyncDisposableStack();
  let upstream: MeteredUpstream;
  let mesh: SplitMesh;
  let client: TestClient;

  beforeAll(async () => {
    upstream = stack.use(await startMeteredUpstream());
    const redis = stack.use(await startRedisProcess('pw-of-redis-4712'));
    mesh = stack.use(
      await startSplit(['models,prompts,tenants,usage', 'inference'], { REDIS_URL: redis.url }),
    );
    await registerUpstream(mesh, upstream.url, ['m']);
    client = (await durableTenant(mesh)).clientNow();
    await mesh.startBeside('inference');
  }, 120_000);
  afterAll(() => stack.disposeAsync());

  it('are closed by a living process within seconds, with the text and the count that the log still has', {
    timeout: 90_000,
  }, async () => {
    const kinds = ['CANCEL', 'DRAIN', 'KEEP'].flatMap((kind) => [
      { kind, over: overWebSocket },
      { kind, over: overEventStream },
    ]);
    const received: Received = new Map();
    const seen = kinds.map(() => ({ id: '', last: -1, text: '' }));
    const reading = kinds.map(({ kind, over }, at) =>
      readUpTo(
        Number.POSITIVE_INFINITY,
        over<Event>(client, STREAM, buildInput(`many${at}`, 400, 20, { onDisconnect: kind })),
        ({ completionId, sequence, text = '' }) => {
          const own = seen[at];
          if (own === undefined) return;
          own.id = completionId;
          own.last = sequence;
          own.text += text;
          count(received, `many${at}`, text);
        },
      ),
    );
    await vi.waitFor(() => expect(Math.min(...seen.map(({ last }) => last))).toBeGreaterThan(10), 20_000);
    await mesh.process('inference').end('SIGKILL');
    await vi.waitFor(
      async () => {
        const open = (await allRows(client)).filter(({ status }) => status === 'RUNNING');
        expect(open).toEqual([]);
      },
      { timeout: 10_000, interval: 200 },
    );
    const rows = await allRows(client);
    expect(upstream.calls).toHaveLength(6);
    for (const call of upstream.calls) expectBilled(call, rows, 20, received);

    // Their connections are held by the gateway, which follows them once there is an inference process again.
    const before = structuredClone(seen);
    await mesh.start('inference');
    await Promise.all(reading);
    for (const { id, last, text } of before) {
      const { completion } = await client.data<{ completion: { text: string; status: string } }>(COMPLETION, {
        id,
      });
      expect(completion.status).toBe('FAILED');
      expect(completion.text.startsWith(text)).toBe(true);
      const resumed = await Array.fromAsync(overWebSocket<Event>(client, RESUME, { id, after: last }));
      expect(resumed.at(-1)).toMatchObject({
        __typename: 'CompletionFailed',
        code: 'INTERNAL',
        completion: { text: completion.text, attempts: [{ usageEstimated: true }] },
      });
    }
  });
});
