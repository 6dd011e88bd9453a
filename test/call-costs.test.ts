import type { ServerResponse } from 'node:http';
import { join, resolve } from 'node:path';
import { createClient } from 'graphql-ws';
import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openChatUpstream } from './support/chat-upstream.ts';
import { createTestClient } from './support/client.ts';
import { newAdminKey, startCommand, temporaryDirectory } from './support/mesh.ts';
import {
  type InspectedProcess,
  inspectProcess,
  measuredOptions,
  measureUnitCost,
  type UnitCost,
} from './support/processes/unit-cost.ts';

const root = resolve(import.meta.dirname, '..');
const model = 'openai-compatible/costs';
const content = 'The loom keeps every thread in its place. '.repeat(50).slice(0, 2_000);
const usage = { prompt_tokens: 520, completion_tokens: 330, total_tokens: 850 };
const send = (fields: object) => `data: ${JSON.stringify(fields)}\n\n`;
/** Ends with a space: no guardrail waits for the rest of a word. */
const token = send({ choices: [{ index: 0, delta: { content: 'x ' }, finish_reason: null }] });
const end = `${send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage })}data: [DONE]\n\n`;

/** Each count is at most so much, and something; where a change makes one smaller, its bound is to become smaller too. */
function expectWithin(cost: UnitCost, bounds: UnitCost): void {
  const beyond = Object.entries(bounds).flatMap(([field, bound]) => {
    const count = cost[field as keyof UnitCost];
    return count > 0 && count <= bound ? [] : [`${field}: ${count}, and at most ${bound} pass`];
  });
  expect(beyond, JSON.stringify(cost)).toEqual([]);
}

/**
 * System calls, bytes and allocations, by counts of the kernel and of V8, which are the same on a slow and on a fast machine. A request waits for the answer of the one
 * before, and a token for the arrival of the one before: none shares a system call with another.
 */
describe('what a call and a token take', () => {
  const stack = new AsyncDisposableStack();
  const key = newAdminKey();
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  let inspected: InspectedProcess;
  let url: string;
  let pool: Pool;
  let streamed: ServerResponse | undefined;

  beforeAll(async () => {
    const dir = stack.use(await temporaryDirectory());
    const upstream = stack.use(
      await openChatUpstream(({ stream }, response) => {
        if (stream === true) {
          response.writeHead(200, { 'content-type': 'text/event-stream' }).write(token);
          streamed = response;
          return;
        }
        const message = { role: 'assistant', content };
        const answer = JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }], usage });
        const length = Buffer.byteLength(answer);
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': length }).end(answer);
      }),
    );
    const heddle = stack.use(
      startCommand(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', ...measuredOptions, join(root, 'cli/main.ts')],
        {
          PORT: '0',
          HEDDLE_WORKERS: '1',
          HEDDLE_DATA_DIR: dir.path,
          HEDDLE_ADMIN_KEY: key,
          HEDDLE_KEY_LIMITS: 'none',
          HEDDLE_GUARDRAILS: 'secrets',
          LOG_LEVEL: 'warn',
          OPENAI_COMPATIBLE_BASE_URL: upstream.url,
          OPENAI_COMPATIBLE_API_KEY: 'costs',
        },
      ),
    );
    [, url = ''] = await heddle.line(/(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
    inspected = stack.use(await inspectProcess(heddle));
    pool = stack.adopt(new Pool(url, { connections: 1 }), (open) => open.destroy());
    await createTestClient(url, key).data(
      'mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }',
      {
        input: {
          providerId: 'openai-compatible',
          name: 'costs',
          capabilities: ['CHAT', 'STREAMING'],
          contextTokens: 128_000,
          maxOutputTokens: 4_096,
          price: { input: '0.25', output: '2' },
        },
      },
    );
  });
  afterAll(() => stack.disposeAsync());

  /** After so many units that every part of the path is loaded, and that the numbers of events have three digits. */
  async function measure(work: () => Promise<unknown>): Promise<UnitCost> {
    for (let unit = 0; unit < 100; unit++) await work();
    return measureUnitCost(inspected, work, 100);
  }

  it('a call: with key, limits, guardrail and a ledger row that is durable before the provider is called', async () => {
    const query =
      'mutation ($input: CompletionInput!) { complete(input: $input) { id text finishReason cost usage { inputTokens outputTokens } } }';
    let serial = 1_000_000;
    const cost = await measure(async () => {
      const input = { model, messages: [{ role: 'USER', content: `${serial++} ${content}` }] };
      const body = JSON.stringify({ query, variables: { input } });
      const answer = await pool.request({ method: 'POST', path: '/graphql', headers, body });
      expect(await answer.body.text()).toContain('"finishReason":"STOP"');
    });
    expectWithin(cost, {
      // The request, the answer of the provider, and the store twice: the row is durable, the row is closed.
      reads: 4,
      writes: 4,
      bytesWritten: 5_494,
      allReads: 6,
      // The pages of the store that two commits change; 8,216 bytes each in its log.
      allWrites: 28,
      allBytesWritten: 96_500,
      // Measured: 238,400 to 243,600. Timers run during a call, more of them the slower the machine is.
      allocated: 246_000,
    });
  });

  it('a token over WebSocket', async () => {
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${key}` },
      retryAttempts: 0,
    });
    const query =
      'subscription ($input: CompletionInput!) { completionStream(input: $input) { completionId sequence ... on TextDelta { text } } }';
    const variables = { input: { model, messages: [{ role: 'USER', content }] } };
    const events = client.iterate<{ completionStream: { text?: string } }>({ query, variables });
    const readToken = async () => {
      for (let isToken = false; !isToken; ) {
        const { value, done } = await events.next();
        if (done === true) throw new Error('The stream has ended.');
        isToken = value.data?.completionStream.text !== undefined;
      }
    };
    await readToken();
    const cost = await measure(async () => {
      streamed?.write(token);
      await readToken();
    });
    streamed?.end(end);
    await client.dispose();
    expectWithin(cost, {
      reads: 1,
      writes: 1,
      bytesWritten: 179,
      allReads: 1,
      allWrites: 1,
      allBytesWritten: 179,
      allocated: 44_900,
    });
  });

  it('a token of server-sent events', async () => {
    const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content }] });
    const answer = await pool.request({ method: 'POST', path: '/v1/chat/completions', headers, body });
    const parts = answer.body[Symbol.asyncIterator]();
    const readToken = async () => {
      for (let isToken = false; !isToken; ) {
        const { value, done } = await parts.next();
        if (done === true) throw new Error('The stream has ended.');
        isToken = String(value).includes('"content":"x ');
      }
    };
    await readToken();
    const cost = await measure(async () => {
      streamed?.write(token);
      await readToken();
    });
    streamed?.end(end);
    expectWithin(cost, {
      reads: 1,
      writes: 1,
      bytesWritten: 261,
      allReads: 1,
      allWrites: 1,
      allBytesWritten: 261,
      allocated: 43_400,
    });
  });
});
