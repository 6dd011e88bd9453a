import { openStore } from '@heddle/embedded-store';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { echo, newTenant } from '#test/e2e/scenarios/setup.ts';
import { createTestClient, overWebSocket, type TestClient } from '#test/support/client.ts';
import { startOneProcess, temporaryDirectory } from '#test/support/mesh.ts';
import { hasRedis } from '../support/processes/redis.ts';
import { type RedisProcess, startRedisProcess } from './support/redis-process.ts';
import { type SplitMesh, startSplit } from './support/split.ts';

const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { id text } }';
const stream = 'subscription ($input: CompletionInput!) { completionStream(input: $input) { __typename } }';
const embed = 'mutation ($input: EmbedInput!) { embed(input: $input) { vectors } }';

async function health(origin: string, path = 'ready'): Promise<{ status: number; text: string }> {
  const response = await fetch(`${origin}/health/${path}`);
  return { status: response.status, text: await response.text() };
}

/** The code that each way of calling is refused with. */
async function refusals(client: TestClient): Promise<unknown[]> {
  const calls = [
    client.send(complete, echo('x')),
    client.send(complete, {
      input: { ...(echo('x').input as object), idempotencyKey: crypto.randomUUID() },
    }),
    client.send(embed, { input: { model: 'demo/embed', values: ['x'] } }),
  ];
  const answers = await Promise.all(calls);
  const streamed = await Array.fromAsync(overWebSocket(client, stream, echo('x'))).catch(
    (errors: readonly { readonly extensions: unknown }[]) => errors[0]?.extensions,
  );
  return [...answers.map(({ errors }) => errors?.[0]?.extensions), streamed];
}

const overloaded = { code: 'OVERLOADED', retryAfterMs: expect.any(Number) };
const inTime = { timeout: 20_000, interval: 200 };

describe('a store that cannot be written', () => {
  it('makes the mesh unready and refuses calls with OVERLOADED, until it can be written again', {
    timeout: 120_000,
  }, async () => {
    await using stack = new AsyncDisposableStack();
    const dir = stack.use(await temporaryDirectory());
    const store = await openStore({ dir: dir.path, failPoints: true, listen: { port: 0 } });
    stack.defer(() => store.close());
    const mesh = stack.use(await startOneProcess({ MONGO_URL: `${store.uri}&directConnection=true` }));
    const client = createTestClient(mesh.url, mesh.adminKey);
    expect(await health(mesh.url)).toMatchObject({ status: 200 });

    const { openDatabase } = await import('#mongo/connect.ts');
    const database = stack.use(await openDatabase(store.uri));
    const outOfDiskSpace = 14_031;
    const fill = (isFull: boolean) =>
      database.connection
        .getClient()
        .db('admin')
        .command({
          configureFailPoint: 'failCommand',
          mode: isFull ? 'alwaysOn' : 'off',
          ...(isFull && {
            data: {
              failCommands: ['insert', 'update', 'delete', 'findAndModify'],
              errorCode: outOfDiskSpace,
            },
          }),
        });
    await fill(true);
    await vi.waitFor(async () => {
      expect(await health(mesh.url)).toEqual({
        status: 503,
        text: expect.stringContaining('the store cannot be written'),
      });
    }, inTime);
    expect(await health(mesh.url, 'live')).toMatchObject({ status: 200 });
    for (const refusal of await refusals(client)) expect(refusal).toMatchObject(overloaded);
    await fill(false);
    await vi.waitFor(async () => expect(await health(mesh.url)).toMatchObject({ status: 200 }), inTime);
    expect(await client.send(complete, echo('back'))).toMatchObject({ data: { complete: { text: 'back' } } });
  });
});

describe.runIf(hasRedis())('many processes', () => {
  const stack = new AsyncDisposableStack();
  let redis: RedisProcess;
  let mesh: SplitMesh;
  beforeAll(async () => {
    redis = stack.use(await startRedisProcess('pw-of-redis-4712'));
    mesh = stack.use(
      await startSplit(['models,prompts,tenants,usage', 'inference'], { REDIS_URL: redis.url }),
    );
  }, 120_000);
  afterAll(() => stack.disposeAsync());

  const origins = () => [mesh.url, ...Object.values(mesh.subgraphUrls).map((url) => new URL(url).origin)];
  const expectAll = (status: number) =>
    vi.waitFor(async () => {
      const statuses = await Promise.all(origins().map(async (origin) => (await health(origin)).status));
      expect(statuses).toEqual(origins().map(() => status));
    }, inTime);

  it('agree that they are not ready without the state that they share, and that they are again', {
    timeout: 120_000,
  }, async () => {
    await expectAll(200);
    await redis.kill();
    await expectAll(503);
    expect((await health(mesh.url)).text).toContain('the shared state cannot be reached');
    await redis.start();
    await expectAll(200);
  });

  it('agree that they are not ready without their store, and answer OVERLOADED, never INTERNAL', {
    timeout: 90_000,
  }, async () => {
    const { client } = await newTenant(() => mesh);
    await client.data(complete, echo('x'));
    const codes = new Set<unknown>();
    let loading = true;
    const load = Array.from({ length: 4 }, async () => {
      while (loading) {
        const { errors } = await client.send(complete, echo('x'));
        const [error] = errors ?? [];
        const { code } = error?.extensions ?? {};
        codes.add(
          error === undefined ? 'answered' : code === 'OVERLOADED' ? code : `${code}: ${error.message}`,
        );
      }
    });
    await vi.waitFor(() => expect(codes).toEqual(new Set(['answered'])));
    await mesh.store.end('SIGKILL');
    await expectAll(503);
    expect((await health(mesh.url)).text).toContain('is not ready');
    await mesh.startStore();
    await expectAll(200);
    loading = false;
    await Promise.all(load);
    expect([...codes].filter((code) => code !== 'answered' && code !== 'OVERLOADED')).toEqual([]);
    expect(await client.send(complete, echo('back'))).toMatchObject({ data: { complete: { text: 'back' } } });
  });
});
