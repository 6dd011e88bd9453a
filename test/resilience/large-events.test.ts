import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestClient, overWebSocket, type TestClient } from '#test/support/client.ts';
import { startManyProcesses, startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { overSse } from '../support/gateways/over-sse.ts';
import { hasRedis, startRedis } from '../support/processes/redis.ts';
import { registerUpstream } from './support/ledger.ts';

const mebi = 1024 * 1024;
/** The deltas of each model, in characters: around the bound of a stream log, and up to what a provider's line may hold. */
const models: Readonly<Record<string, readonly number[]>> = {
  under: [mebi - 1],
  over: [1_049_000],
  largest: [4 * mebi - 1_000],
  among: [5, 1_049_000, 5, 2_000_000, 3_000_000, 5],
  total: [3_000_000, 3_000_000, 3_000_000],
};
const chunk = (fields: object) => `data: ${JSON.stringify({ id: 'c', choices: [], ...fields })}\n\n`;

/** A provider that says its models' deltas at once, and counts three tokens. */
async function startLargeUpstream() {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    response.setHeader('content-type', 'text/event-stream');
    for (const [at, size] of (models[JSON.parse(body).model] ?? []).entries()) {
      const content = String.fromCharCode(97 + at).repeat(size);
      response.write(chunk({ choices: [{ index: 0, delta: { content } }] }));
    }
    response.write(chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
    response.end(
      `${chunk({ usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 } })}data: [DONE]\n\n`,
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Event {
  readonly __typename: string;
  readonly completionId: string;
  readonly sequence: number;
  readonly text?: string;
  readonly completion?: { readonly text: string; readonly usage: Record<string, number> };
}
const fields = `__typename completionId sequence ... on TextDelta { text }
  ... on CompletionFinished { completion { text usage { inputTokens outputTokens } } }`;
const stream = `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${fields} } }`;
const resume = `subscription ($id: ID!, $after: Int!) { resumeCompletion(id: $id, after: $after) { ${fields} } }`;
const start = 'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id } }';
const buildInput = (model: string, more: object = {}) => ({
  input: { model: `up/${model}`, messages: [{ role: 'USER', content: 'x' }], cache: 'BYPASS', ...more },
});

async function* overMultipart({ url, key }: TestClient, query: string, variables: Record<string, unknown>) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'multipart/mixed;subscriptionSpec=1.0',
    },
    body: JSON.stringify({ query, variables }),
  });
  for (const part of (await response.text()).split('--graphql')) {
    const { payload } = JSON.parse(part.slice(part.indexOf('{')).trim() || '{}');
    if (payload !== undefined) yield Object.values(payload.data)[0] as Event;
  }
}
const doors = { WebSocket: overWebSocket<Event>, SSE: overSse<Event>, multipart: overMultipart };

function promises(begin: (stack: AsyncDisposableStack) => Promise<TestMesh>): void {
  const stack = new AsyncDisposableStack();
  let client: TestClient;
  beforeAll(async () => {
    const upstream = stack.use(await startLargeUpstream());
    const mesh = stack.use(await begin(stack));
    await registerUpstream(mesh, upstream.url, Object.keys(models));
    client = createTestClient(mesh.url, mesh.adminKey);
  });
  afterAll(() => stack.disposeAsync());

  const expectWhole = (events: readonly Event[], sizes: readonly number[]) => {
    const deltas = events.filter(({ __typename }) => __typename === 'TextDelta');
    expect(deltas.map(({ text = '' }) => text.length)).toEqual(sizes);
    const whole = sizes.map((size, at) => String.fromCharCode(97 + at).repeat(size)).join('');
    expect(deltas.map(({ text }) => text).join('') === whole).toBe(true);
    const last = events.at(-1);
    expect(last?.__typename).toBe('CompletionFinished');
    expect(last?.completion?.text === whole).toBe(true);
    expect(last?.completion?.usage).toEqual({ inputTokens: 7, outputTokens: 3 });
  };

  for (const [model, sizes] of Object.entries(models)) {
    for (const [door, open] of Object.entries(doors)) {
      it(`come whole and end, ${sizes.join(' and ')} characters by ${door}`, {
        timeout: 30_000,
      }, async () => {
        const events: Event[] = [];
        for await (const event of open(client, stream, buildInput(model))) events.push(event);
        expectWhole(events, sizes);
      });
    }

    if (model === 'under') continue;
    it(`are resumed after any event, ${sizes.join(' and ')} characters`, { timeout: 30_000 }, async () => {
      const events: Event[] = [];
      for await (const event of overWebSocket<Event>(
        client,
        stream,
        buildInput(model, { onDisconnect: 'KEEP' }),
      )) {
        events.push(event);
        if (events.length === 2) break;
      }
      const { completionId: id = '', sequence: after } = events.at(-1) ?? {};
      for await (const event of overWebSocket<Event>(client, resume, { id, after })) events.push(event);
      const from = events.findLastIndex(({ __typename }) => __typename === 'CompletionRestarted') + 1;
      const told = events.slice(from).map(({ text = '' }) => text);
      expect(told.join('').length).toBe(sizes.reduce((sum, size) => sum + size, 0));
      expect(events.at(-1)?.__typename).toBe('CompletionFinished');
    });

    it(`are read when no client followed them, ${sizes.join(' and ')} characters`, {
      timeout: 30_000,
    }, async () => {
      const { startCompletion } = await client.data<{ startCompletion: { id: string } }>(
        start,
        buildInput(model),
      );
      const { id } = startCompletion;
      for await (const _ of overWebSocket(client, resume, { id, after: -1 }));
      const { completion } = await client.data<{ completion: { status: string; text: string } }>(
        'query ($id: ID!) { completion(id: $id) { status text } }',
        { id },
      );
      expect(completion.status).toBe('SUCCEEDED');
      expect(completion.text.length).toBe(sizes.reduce((sum, size) => sum + size, 0));
    });
  }
}

describe('events larger than the bound of a stream log, in one process', () => {
  promises(() => startOneProcess());
});

if (!hasRedis())
  console.warn('Left out: large events in many processes. There is no redis-server on the PATH.');

describe.runIf(hasRedis())('events larger than the bound of a stream log, in many processes', () => {
  promises(async (stack) => startManyProcesses({ redisUrl: stack.use(await startRedis()).url }));
});
