import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { hasRedis, startRedis } from '#test/support/processes/redis.ts';
import {
  checkEventOrder,
  eventSchema,
  type ParsedEvent,
  parseResponseEvents,
  responseSchema,
} from '#test/support/response-schemas.ts';
import { startRestartable } from './support/restartable.ts';
import { type SplitMesh, startSplit } from './support/split.ts';

const words = (count: number) => 'word '.repeat(count).trim();

/** Calls of /v1/responses with a key. */
function createClient(key: string) {
  const send = (url: string, path: string, method: string, body?: object) =>
    fetch(`${url}/v1/responses${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const readResponse = async (response: Response) => responseSchema.parse(await response.json());
  return {
    send,
    async start(url: string, count: number): Promise<string> {
      const body = { model: 'demo/slow', input: words(count), background: true };
      const { id, status } = await readResponse(await send(url, '', 'POST', body));
      expect(status).toBe('in_progress');
      return id;
    },
    retrieve: async (url: string, id: string) => readResponse(await send(url, `/${id}`, 'GET')),
    cancel: async (url: string, id: string) => readResponse(await send(url, `/${id}/cancel`, 'POST')),
    /** Events after a number, one by one, until their end. */
    async *follow(url: string, id: string, after?: number): AsyncGenerator<ParsedEvent> {
      const query = after === undefined ? '' : `&starting_after=${after}`;
      const response = await send(url, `/${id}?stream=true${query}`, 'GET');
      let text = '';
      for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        text += Buffer.from(chunk).toString();
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          if (block.startsWith(':')) continue;
          yield eventSchema.parse(JSON.parse(block.slice(block.indexOf('\ndata: ') + 7)));
        }
      }
    },
    async followAll(url: string, id: string, after?: number): Promise<readonly ParsedEvent[]> {
      const query = after === undefined ? '' : `&starting_after=${after}`;
      const response = await send(url, `/${id}?stream=true${query}`, 'GET');
      return parseResponseEvents(await response.text());
    },
  };
}

/** Reads so many events, and leaves. */
async function readSome(events: AsyncGenerator<ParsedEvent>, count: number): Promise<readonly ParsedEvent[]> {
  const read: ParsedEvent[] = [];
  for await (const event of events) if (read.push(event) === count) break;
  return read;
}

if (!hasRedis()) console.warn('Left out: responses over two gateways. There is no redis-server on the PATH.');

describe.runIf(hasRedis())('a response in the background, over two gateways', () => {
  const stack = new AsyncDisposableStack();
  let mesh: SplitMesh;
  let client: ReturnType<typeof createClient>;
  let other: string;
  beforeAll(async () => {
    const { url } = stack.use(await startRedis());
    mesh = stack.use(await startSplit(['models,prompts,tenants,usage', 'inference'], { REDIS_URL: url }));
    other = await mesh.startGatewayBeside();
    client = createClient((await newTenant(() => mesh)).client.key);
  }, 120_000);
  afterAll(() => stack.disposeAsync());

  it('is followed from any number on by the gateway that did not begin it', {
    timeout: 120_000,
  }, async () => {
    const id = await client.start(mesh.url, 20);
    const early = await readSome(client.follow(mesh.url, id), 6);
    const events = await client.followAll(other, id);
    checkEventOrder(events);
    expect(events.slice(0, 6)).toEqual(early);
    expect(await client.followAll(other, id, 5)).toEqual(events.slice(6));
    expect(await client.retrieve(other, id)).toMatchObject({
      status: 'completed',
      output: [{ content: [{ text: words(20) }] }],
    });
  });

  it('is canceled by the gateway that did not begin it', { timeout: 120_000 }, async () => {
    const id = await client.start(mesh.url, 2_000);
    await readSome(client.follow(mesh.url, id), 6);
    expect((await client.cancel(other, id)).status).toBe('cancelled');
    const last = (await client.followAll(mesh.url, id)).at(-1);
    expect(last).toMatchObject({ response: { id, status: 'cancelled' } });
    expect((await client.retrieve(mesh.url, id)).status).toBe('cancelled');
  });

  it('is deleted by the gateway that did not begin it', { timeout: 120_000 }, async () => {
    const id = await client.start(mesh.url, 2);
    await client.followAll(mesh.url, id);
    expect((await client.send(other, `/${id}`, 'DELETE')).status).toBe(200);
    expect((await client.send(mesh.url, `/${id}`, 'GET')).status).toBe(404);
  });

  it('completes though its gateway is killed, and its client has gone', { timeout: 120_000 }, async () => {
    const id = await client.start(mesh.url, 60);
    const early = await readSome(client.follow(mesh.url, id), 6);
    await mesh.process('gateway').end('SIGKILL');
    const events = await client.followAll(other, id, 5);
    checkEventOrder([...early, ...events]);
    expect(events.at(-1)).toMatchObject({
      response: { status: 'completed', output: [{ content: [{ text: words(60) }] }] },
    });
    await mesh.start('gateway');
    expect((await client.retrieve(mesh.url, id)).status).toBe('completed');
  });

  it('fails where the process of its call is killed', { timeout: 120_000 }, async () => {
    const id = await client.start(mesh.url, 2_000);
    await readSome(client.follow(mesh.url, id), 6);
    await mesh.process('inference').end('SIGKILL');
    await mesh.start('inference');
    const events = await client.followAll(other, id);
    checkEventOrder(events);
    expect(events.at(-1)).toMatchObject({ type: 'response.failed', response: { id, status: 'failed' } });
    expect(await client.retrieve(mesh.url, id)).toMatchObject({
      status: 'failed',
      error: { code: 'server_error' },
    });
  });
});

it('ends a response in the background that the killed process has left, and keeps those before it', {
  timeout: 120_000,
}, async () => {
  await using dir = await temporaryDirectory();
  await using mesh = await startRestartable(dir.path);
  const client = createClient((await newTenant(() => mesh)).client.key);
  const done = await client.start(mesh.url, 2);
  const before = await client.followAll(mesh.url, done);
  const left = await client.start(mesh.url, 2_000);
  await readSome(client.follow(mesh.url, left), 6);
  await mesh.process.end('SIGKILL');
  await mesh.start();
  expect(await client.followAll(mesh.url, done, 1)).toMatchObject([
    { type: 'response.output_item.added' },
    { type: 'response.output_item.done' },
    {
      type: 'response.completed',
      response: { status: 'completed', output: [{ content: [{ text: words(2) }] }] },
    },
  ]);
  expect(before.at(-1)).toMatchObject({ response: await client.retrieve(mesh.url, done) });
  expect(await client.retrieve(mesh.url, left)).toMatchObject({ status: 'failed' });
  const events = await client.followAll(mesh.url, left);
  expect(events.at(-1)).toMatchObject({ type: 'response.failed', response: { id: left } });
  const body = { model: 'demo/echo', input: 'More', previous_response_id: done };
  expect((await client.send(mesh.url, '', 'POST', body)).status).toBe(200);
});
