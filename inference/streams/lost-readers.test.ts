import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConnectionLost } from '#core/connection-lost.ts';
import type { Database } from '#mongo/connect.ts';
import type { Bus } from '#state/bus/bus.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';
import { LostReaders } from './lost-readers.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id text } }';
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { cost } }';
const EVENTS = `__typename completionId sequence ... on TextDelta { text }
  ... on CompletionFailed { code completion { status } }`;
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${EVENTS} } }`;
const RESUME = `subscription ($id: ID!, $after: Int) { resumeCompletion(id: $id, after: $after) { ${EVENTS} } }`;
const asking = { input: { model: 'alpha/one', messages: [{ role: 'USER', content: 'Hello' }] } };

const log = pino({ level: 'silent' });
let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

/** A mesh in which the time to resume is over when the test says so. */
async function start() {
  const over = Promise.withResolvers<void>();
  const waiting = Promise.withResolvers<void>();
  const mesh = await startInference(database, {
    delay: async (ms) => {
      if (ms !== 10_000) return;
      waiting.resolve();
      await over.promise;
    },
  });
  return { mesh, over, waiting: waiting.promise };
}

/** A stream of which the client has two events. */
async function streaming(mesh: TestInference) {
  const connection = new AbortController();
  const events = await mesh.stream(STREAM, asking, { signal: connection.signal });
  const call = await mesh.alpha.next();
  call.say('a ');
  const { value } = await events.next();
  await events.next();
  return { connection, call, id: String(value?.completionId) };
}

describe('a stream whose gateway is lost', () => {
  it('fails with OVERLOADED when its client does not resume it in time', async () => {
    const { mesh, over, waiting } = await start();
    await using _ = mesh;
    const { connection, call } = await streaming(mesh);
    connection.abort(new ConnectionLost());
    await waiting;
    expect(call.call.signal?.aborted).toBe(false);
    over.resolve();
    await call.aborted;
    await vi.waitFor(async () =>
      expect(await mesh.rows()).toMatchObject([
        { status: 'FAILED', errorCode: 'OVERLOADED', attempts: [{ usageEstimated: true }] },
      ]),
    );
  });

  it('continues for a client that resumes it, whose leaving is its own', async () => {
    const { mesh, over, waiting } = await start();
    await using _ = mesh;
    const { connection, call, id } = await streaming(mesh);
    connection.abort(new ConnectionLost());
    await waiting;
    const client = new AbortController();
    const resumed = await mesh.stream(RESUME, { id, after: 1 }, { signal: client.signal });
    over.resolve();
    call.say('b ');
    expect((await resumed.next()).value).toMatchObject({ sequence: 2, text: 'b ' });
    expect(call.call.signal?.aborted).toBe(false);
    client.abort();
    await call.aborted;
    await vi.waitFor(async () => expect(await mesh.rows()).toMatchObject([{ status: 'CANCELLED' }]));
  });

  it('succeeds when it ends in that time', async () => {
    const { mesh, over, waiting } = await start();
    await using _ = mesh;
    const { connection, call } = await streaming(mesh);
    connection.abort(new ConnectionLost());
    await waiting;
    call.finish(buildUsage(1, 1));
    await vi.waitFor(async () => expect(await mesh.rows()).toMatchObject([{ status: 'SUCCEEDED' }]));
    over.resolve();
  });

  it('ends at once as CANCELLED when the client itself leaves', async () => {
    const { mesh } = await start();
    await using _ = mesh;
    const { connection, call } = await streaming(mesh);
    connection.abort();
    await call.aborted;
    await vi.waitFor(async () => expect(await mesh.rows()).toMatchObject([{ status: 'CANCELLED' }]));
  });
});

describe('a call whose gateway ends', () => {
  it.each([
    ['complete', COMPLETE, asking],
    ['embed', EMBED, { input: { model: 'alpha/embed', values: ['a'] } }],
  ])('fails with OVERLOADED and names its row: %s', async (_, query, variables) => {
    await using mesh = await startInference(database);
    const connection = new AbortController();
    const answering = mesh.askWith(query, variables, connection.signal);
    const call = await mesh.alpha.next();
    connection.abort(new ConnectionLost());
    await call.aborted;
    const rows = await vi.waitFor(async () => {
      const found = await mesh.rows();
      expect(found).toMatchObject([{ status: 'FAILED', errorCode: 'OVERLOADED' }]);
      return found;
    });
    expect(await answering).toMatchObject({
      errors: [
        {
          extensions: {
            code: 'OVERLOADED',
            completionId: rows[0]?._id,
            retryAfterMs: expect.any(Number),
          },
        },
      ],
    });
  });
});

it('of a completion that runs elsewhere is announced to its process before it leaves the log', async () => {
  const order: unknown[] = [];
  const bus = {
    publish: async (topic: string, message: unknown) => void order.push([topic, message]),
  } as unknown as Bus;
  const readers = new LostReaders({ bus, log, delay: async () => undefined, isRunning: () => false });
  const connection = new AbortController();
  const left = Promise.withResolvers<void>();
  readers.read('c1', connection.signal, (signal) => {
    signal.addEventListener('abort', () => {
      order.push('left');
      left.resolve();
    });
    return (async function* () {})();
  });
  connection.abort(new ConnectionLost());
  await left.promise;
  expect(order).toEqual([['completion.lost', { completionId: 'c1' }], 'left']);
});

it('that cannot be announced leaves the log all the same, and is logged', async () => {
  const failure = new Error('The bus is down.');
  const bus = { publish: () => Promise.reject(failure) } as unknown as Bus;
  const lines: Record<string, unknown>[] = [];
  const into = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) };
  const options = { bus, log: pino({}, into), delay: async () => undefined, isRunning: () => false };
  const readers = new LostReaders(options);
  const connection = new AbortController();
  const left = Promise.withResolvers<void>();
  readers.read('c1', connection.signal, (signal) => {
    signal.addEventListener('abort', () => left.resolve());
    return (async function* () {})();
  });
  connection.abort(new ConnectionLost());
  await left.promise;
  expect(lines).toMatchObject([{ level: 40, completionId: 'c1', err: { message: failure.message } }]);
});
