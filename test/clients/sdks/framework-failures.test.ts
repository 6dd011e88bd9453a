import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import type { TestClient } from '#test/support/client.ts';
import { aiSdk } from './frameworks/ai-sdk.ts';
import type { Connection, Framework } from './frameworks/framework.ts';
import {
  chatModel,
  claudeModel,
  demoModel,
  type FrameworkMesh,
  startFrameworkMesh,
} from './frameworks/framework-mesh.ts';
import { langChain } from './frameworks/langchain.ts';

let upstreams: FrameworkMesh;
beforeAll(async () => {
  upstreams = await startFrameworkMesh();
});
afterAll(() => upstreams[Symbol.asyncDispose]());
afterEach(() => upstreams.reset());

const connect = (model: string, more: Partial<Connection> = {}): Connection => ({
  url: upstreams.mesh.url,
  key: upstreams.client.key,
  model,
  ...more,
});
const frameworks = [...aiSdk, ...langChain].map((framework) => [framework.name, framework] as const);
const prompt = 'Hello you';

async function readFailure(framework: Framework, call: Promise<unknown>) {
  const thrown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown, 'the call was expected to fail').toBeDefined();
  return framework.readFailure(thrown);
}

interface Row {
  readonly status: string;
  readonly cost: string;
}

/** The rows of the tenant, oldest first. */
async function listRows(client: TestClient): Promise<readonly Row[]> {
  const { invocations } = await client.data<{
    invocations: { edges: readonly { readonly node: Row }[] };
  }>('{ invocations(orderBy: OLDEST_FIRST) { edges { node { status cost } } } }');
  return invocations.edges.map(({ node }) => node);
}

describe.each(frameworks)('%s', (_name, framework) => {
  it('reports a wrong key as 401 and an unknown model as 404', async () => {
    const wrong = connect(demoModel, { key: `hd_none_${'0'.repeat(40)}` });
    expect(await readFailure(framework, framework.complete(wrong, { prompt }))).toMatchObject({
      status: 401,
    });
    expect(await readFailure(framework, framework.stream(wrong, { prompt }))).toMatchObject({ status: 401 });
    const unknown = connect('demo/none');
    expect(await readFailure(framework, framework.complete(unknown, { prompt }))).toMatchObject({
      status: 404,
      message: expect.stringContaining('demo/none'),
    });
  });

  it('reports a full limit as 429, with the time to wait', async () => {
    const { client } = await newTenant(() => upstreams.mesh, {
      limits: [{ meter: 'REQUESTS', window: 'HOUR', amount: '1' }],
    });
    const limited = connect(demoModel, { key: client.key });
    await framework.complete(limited, { prompt });
    const { status, retryAfter } = await readFailure(framework, framework.complete(limited, { prompt }));
    expect(status).toBe(429);
    expect(Number(retryAfter)).toBeGreaterThan(0);
  });

  it('is refused once by a spent budget, before a provider is called, and no row is left', async () => {
    const { client } = await newTenant(() => upstreams.mesh);
    const poor = connect(chatModel, { key: client.key });
    await framework.complete(poor, { prompt });
    await client.data('mutation ($input: BudgetInput!) { saveBudget(input: $input) { id } }', {
      input: { amount: '0.012', window: 'MONTH' },
    });
    const before = upstreams.chat.bodies.length;
    let requests = 0;
    const own: Connection = {
      ...poor,
      maxRetries: framework.repeatsEvery429 ? 0 : 2,
      fetch: (...request) => {
        requests += 1;
        return fetch(...request);
      },
    };
    const { status } = await readFailure(framework, framework.complete(own, { prompt }));
    expect(status).toBe(framework.dialect === 'openai' ? 429 : 402);
    expect(requests).toBe(1);
    expect(upstreams.chat.bodies).toHaveLength(before);
    expect(await listRows(client)).toHaveLength(1);
  });

  it.each([
    ['a chat completions model', chatModel],
    ['a Claude', claudeModel],
  ])('fails when %s breaks off in the middle of a stream, after the text so far', async (_behind, model) => {
    let breakOff = () => {};
    upstreams.script.chat = (_body, response) => {
      breakOff = () => response.destroy();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Hel' } }] })}\n\n`);
    };
    upstreams.script.messages = (_request, response) => {
      breakOff = () => response.destroy();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(
        'event: message_start\ndata: {"type":"message_start","message":{"id":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}\n\n' +
          'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}\n\n',
      );
    };
    const parts: string[] = [];
    const own = connect(await upstreams.addModelLike(model));
    const stream = framework.stream(own, { prompt }, (text) => {
      parts.push(text);
      breakOff();
    });
    await expect(stream).rejects.toThrow();
    expect(parts).toEqual(['Hel']);
  });

  it('cancels the call of the provider and its row when it is aborted, streamed or not', async () => {
    for (const isStreamed of [true, false]) {
      const { client } = await newTenant(() => upstreams.mesh);
      const abort = new AbortController();
      const left = Promise.withResolvers<void>();
      upstreams.script.chat = (_body, response) => {
        response.once('close', () => left.resolve());
        if (!isStreamed) {
          abort.abort();
          return;
        }
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Hel' } }] })}\n\n`);
      };
      const own = connect(chatModel, { key: client.key });
      const call = { prompt, signal: abort.signal };
      const answer = isStreamed
        ? framework.stream(own, call, () => abort.abort())
        : framework.complete(own, call);
      await expect(answer).rejects.toThrow();
      await left.promise;
      await expect.poll(() => listRows(client)).toMatchObject([{ status: 'CANCELLED' }]);
    }
  });

  it('has an answer that was lost on its way again by its idempotency key: called once, billed once', async () => {
    const { client } = await newTenant(() => upstreams.mesh);
    const before = upstreams.chat.bodies.length;
    let requests = 0;
    const answer = await framework.complete(
      connect(chatModel, {
        key: client.key,
        maxRetries: 2,
        headers: { 'idempotency-key': 'the-only-one' },
        fetch: async (...request) => {
          requests += 1;
          const response = await fetch(...request);
          if (requests > 1) return response;
          await response.text();
          return new Response('', { status: 503, headers: { 'retry-after-ms': '1' } });
        },
      }),
      { prompt },
    );
    expect(answer.text).toBe('Hello you');
    expect(requests).toBe(2);
    expect(upstreams.chat.bodies).toHaveLength(before + 1);
    const rows = await listRows(client);
    expect(rows).toEqual([{ status: 'SUCCEEDED', cost: '0.012000000' }]);
  });
});

describe.concurrent.each(frameworks)('%s', (name, framework) => {
  it('sends a failed call again: a row for each call, and only the answer is billed', async ({ expect }) => {
    const { client } = await newTenant(() => upstreams.mesh);
    const model = await upstreams.addModelLike(chatModel);
    const answer = await framework.complete(connect(model, { key: client.key, maxRetries: 2 }), {
      // The mesh attempts an AI model twice for each call.
      prompt: `fails 2 times for ${name}`,
    });
    expect(answer.text).toBe('Hello you');
    expect(await listRows(client)).toEqual([
      { status: 'FAILED', cost: '0.000000000' },
      { status: 'SUCCEEDED', cost: '0.012000000' },
    ]);
  });
});
