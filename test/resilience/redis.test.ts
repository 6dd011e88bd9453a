import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { overWebSocket, type TestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { hasRedis } from '../support/processes/redis.ts';
import { allRows, registerUpstream } from './support/ledger.ts';
import { type RedisProcess, startRedisProcess } from './support/redis-process.ts';
import { startUpstream, type Upstream } from './support/upstream.ts';

const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { id status } }';
const stream = 'subscription ($input: CompletionInput!) { completionStream(input: $input) { __typename } }';
const call = { input: { model: 'up/m0', messages: [{ role: 'USER', content: 'ask' }] } };
const limits = [
  { meter: 'REQUESTS', window: 'DAY', amount: '100000' },
  { meter: 'CONCURRENCY', window: 'INFLIGHT', amount: '1000' },
];

if (!hasRedis()) console.warn('No redis-server on the PATH: what happens when Redis goes was not tested.');

describe.runIf(hasRedis())('a mesh whose Redis goes and comes back', () => {
  const stack = new AsyncDisposableStack();
  let redis: RedisProcess;
  let mesh: TestMesh;
  let upstream: Upstream;
  let client: TestClient;

  beforeAll(async () => {
    redis = stack.use(await startRedisProcess('pw-of-redis-4711'));
    upstream = stack.use(await startUpstream());
    mesh = stack.use(await startOneProcess({ REDIS_URL: redis.url, LOG_LEVEL: 'trace' }));
    await registerUpstream(mesh, upstream.url, ['m0']);
    ({ client } = await newTenant(() => mesh, { limits }));
  }, 120_000);
  afterAll(() => stack.disposeAsync());

  const asked = () => upstream.calls.get('m0') ?? 0;

  it('admits no caller whose limits cannot be read, with a code and the time to wait', {
    timeout: 120_000,
  }, async () => {
    await client.data(complete, call);
    // Under load, so that calls are under way at every stage when it goes.
    const load = Array.from({ length: 60 }, () => client.send(complete, call));
    await vi.waitFor(() => expect(asked()).toBeGreaterThan(5));
    await redis.kill();
    for (const { errors = [] } of await Promise.all(load)) {
      for (const { extensions, message } of errors) expect(extensions.code, message).toBe('OVERLOADED');
    }
    const before = asked();
    const refused = await Promise.all(Array.from({ length: 30 }, () => client.send(complete, call)));
    for (const { errors } of refused) {
      expect(errors).toMatchObject([
        { extensions: { code: 'OVERLOADED', retryAfterMs: expect.any(Number) } },
      ]);
    }
    const events: unknown[] = [];
    const refusedStream = async () => {
      for await (const event of overWebSocket(client, stream, call)) events.push(event);
    };
    await expect(refusedStream()).rejects.toBeDefined();
    expect(events).toEqual([]);
    expect(asked()).toBe(before);
    const rows = await allRows(client);
    expect(rows).toHaveLength(before);
  });

  it('is not ready while its calls would be refused', async () => {
    const response = await fetch(`${mesh.url}/health/ready`);
    expect(response.status).toBe(503);
    expect((await fetch(`${mesh.url}/health/live`)).status).toBe(200);
  });

  it('continues without a restart of its own', { timeout: 120_000 }, async () => {
    await redis.start();
    await vi.waitFor(
      async () =>
        expect(await client.send(complete, call)).toMatchObject({
          data: { complete: { status: 'SUCCEEDED' } },
        }),
      { timeout: 15_000, interval: 200 },
    );
    const events: { __typename: string }[] = [];
    for await (const event of overWebSocket<{ __typename: string }>(client, stream, call)) events.push(event);
    expect(events.at(-1)?.__typename).toBe('CompletionFinished');
    await vi.waitFor(async () => expect((await fetch(`${mesh.url}/health/ready`)).status).toBe(200));
    const rows = await allRows(client);
    expect(rows.filter(({ status }) => status === 'RUNNING')).toEqual([]);
    expect(rows).toHaveLength(asked());
  });

  it('waits for a Redis that hangs no longer than its limit, and admits no caller', {
    timeout: 120_000,
  }, async () => {
    const before = asked();
    redis.hang(true);
    const refused = await Promise.all(Array.from({ length: 5 }, () => client.send(complete, call)));
    for (const { errors } of refused) expect(errors).toMatchObject([{ extensions: { code: 'OVERLOADED' } }]);
    expect(asked()).toBe(before);
    redis.hang(false);
    await vi.waitFor(
      async () => expect(await client.send(complete, call)).toMatchObject({ data: { complete: {} } }),
      { timeout: 15_000, interval: 200 },
    );
  });

  it('writes no password in its log, and knows of no unhandled rejection', () => {
    const output = mesh.processes.map((process) => process.output()).join('\n');
    expect(output.length).toBeGreaterThan(100);
    expect(output).not.toContain(redis.password);
    expect(output).not.toMatch(/unhandled rejection|uncaught exception/);
  });
});
