import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCatalog } from '#catalog/catalog.ts';
import { openInferenceEngine } from '#inference/open-engine.ts';
import type { Database } from '#mongo/connect.ts';
import type { Provider, ProviderCall } from '#providers/provider.ts';
import { createMemoryCache } from '#state/cache/memory.ts';
import { createMemoryStreamLogs } from '#state/streams/memory.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { scriptedProvider } from '#test/support/scripted-provider.ts';
import { testPayloads, testSecrets } from '#test/support/seal.ts';
import { testCaller, testServices } from '#test/support/subgraph.ts';
import { createTokenCounter } from './count-tokens.ts';
import { parseCompletionInput } from './input/parse-input.ts';

const COUNT = 'query ($input: CompletionInput!) { countTokens(input: $input) { inputTokens isEstimated } }';

interface Counted {
  readonly countTokens: { readonly inputTokens: number; readonly isEstimated: boolean };
}

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

const asking = (message: object, more: object = {}) => ({
  input: { model: 'alpha/one', messages: [{ role: 'USER', ...message }], ...more },
});

it('estimates about a token for four bytes of texts and tools, and more for files, without a call', async () => {
  await using mesh = await startInference(database);
  const count = async (variables: object) => (await mesh.data<Counted>(COUNT, { ...variables })).countTokens;
  const short = await count(asking({ content: 'x'.repeat(400) }));
  const long = await count(asking({ content: 'x'.repeat(4_400) }));
  expect(short.isEstimated).toBe(true);
  expect(short.inputTokens).toBeGreaterThanOrEqual(100);
  expect(short.inputTokens).toBeLessThan(120);
  expect(long.inputTokens - short.inputTokens).toBe(1_000);
  const tools = [{ name: 'f', description: 'y'.repeat(400), parameters: { type: 'object' } }];
  const withTools = await count(asking({ content: 'x'.repeat(400) }, { tools }));
  expect(withTools.inputTokens).toBeGreaterThan(short.inputTokens + 100);
  const file = (mediaType: string, data: string) => asking({ parts: [{ mediaType, data }] });
  const image = await count(file('image/png', 'iVBORw0KGgo='));
  expect(image.inputTokens).toBeGreaterThan(1_000);
  const text = await count(file('text/plain', Buffer.from('z'.repeat(4_000)).toString('base64')));
  expect(text.inputTokens).toBeGreaterThanOrEqual(1_000);
  expect(text.inputTokens).toBeLessThan(1_020);
  expect(await mesh.rows()).toEqual([]);
});

it('refuses an AI model that does not exist, and an input that complete refuses', async () => {
  await using mesh = await startInference(database);
  expect(await mesh.refusal(COUNT, asking({ content: 'x' }, { model: 'alpha/none' }))).toMatchObject({
    code: 'NOT_FOUND',
  });
  expect(await mesh.refusal(COUNT, asking({ content: 'x' }, { temperature: 9 }))).toMatchObject({
    code: 'BAD_USER_INPUT',
  });
});

type Count = NonNullable<Provider['countTokens']>;

const createCounting = (countTokens: Count) => async (): Promise<Provider> => ({
  ...scriptedProvider(),
  countTokens,
});

/** A counter over a provider that counts as the test states; `time` is the signal of the time that each count may take. */
async function openCounter(stack: AsyncDisposableStack, countTokens: Count, time: AbortSignal) {
  const services = testServices(database);
  const { connection } = database;
  const catalog = stack.use(await openCatalog(connection, services));
  const engine = stack.use(
    await openInferenceEngine({
      ...services,
      connection,
      catalog,
      secrets: testSecrets,
      payloads: testPayloads,
      cache: createMemoryCache(),
      streams: createMemoryStreamLogs(),
      graceMs: 0,
      createProvider: createCounting(countTokens),
    }),
  );
  const limitsMs: number[] = [];
  const counter = createTokenCounter(engine, (ms) => {
    limitsMs.push(ms);
    return time;
  });
  const caller = testCaller('t-counts', 'inference:invoke');
  const request = parseCompletionInput(
    { model: 'alpha/one', messages: [{ role: 'USER', content: 'Hello' }] },
    { requestId: 'r', clientRequestId: null, clientAddress: null, caller },
  );
  return { limitsMs, count: (signal: AbortSignal) => counter(request, caller, signal) };
}

/** Never answers; rejects when its call is aborted. */
function hang({ signal }: ProviderCall): Promise<number> {
  const { promise, reject } = Promise.withResolvers<number>();
  signal?.addEventListener('abort', () => reject(signal.reason));
  return promise;
}

it('estimates when the provider has not counted within the time that a count may take', async () => {
  await using stack = new AsyncDisposableStack();
  const time = new AbortController();
  const counting = Promise.withResolvers<void>();
  const { count, limitsMs } = await openCounter(
    stack,
    (call) => {
      counting.resolve();
      return hang(call);
    },
    time.signal,
  );
  const counted = count(new AbortController().signal);
  await counting.promise;
  time.abort(new DOMException('The time is over.', 'TimeoutError'));
  expect(await counted).toMatchObject({ isEstimated: true, inputTokens: expect.any(Number) });
  expect(limitsMs).toEqual([3_000]);
});

it('rejects, and does not estimate, when the client leaves during the count', async () => {
  await using stack = new AsyncDisposableStack();
  const client = new AbortController();
  const counting = Promise.withResolvers<void>();
  const { count } = await openCounter(
    stack,
    (call) => {
      counting.resolve();
      return hang(call);
    },
    new AbortController().signal,
  );
  const counted = count(client.signal);
  await counting.promise;
  const left = new Error('The client has left.');
  client.abort(left);
  await expect(counted).rejects.toBe(left);
});

it('runs 16 counts of providers at once, estimates the others, and counts again after they end', async () => {
  await using stack = new AsyncDisposableStack();
  const time = new AbortController();
  const release = Promise.withResolvers<number>();
  const full = Promise.withResolvers<void>();
  let calls = 0;
  const { count } = await openCounter(
    stack,
    () => {
      calls += 1;
      if (calls === 16) full.resolve();
      return release.promise;
    },
    time.signal,
  );
  const { signal } = new AbortController();
  const counts = Array.from({ length: 16 }, () => count(signal));
  await full.promise;
  expect(await count(signal)).toMatchObject({ isEstimated: true });
  expect(calls).toBe(16);
  release.resolve(77);
  const known = { isEstimated: false, inputTokens: 77 };
  expect(await Promise.all(counts)).toEqual(Array(16).fill(known));
  expect(await count(signal)).toEqual(known);
});

it('sends no input to the provider that counts where a guardrail blocks it', async () => {
  let calls = 0;
  const createProvider = createCounting(async () => {
    calls += 1;
    return 77;
  });
  await using mesh = await startInference(database, { createProvider, guardrails: 'secrets' });
  const counted = await mesh.data<Counted>(COUNT, asking({ content: 'Hello' }));
  expect(counted.countTokens).toEqual({ inputTokens: 77, isEstimated: false });
  const blocked = await mesh.refusal(COUNT, asking({ content: `My key is AKIA${'Q7RT4X2N'.repeat(2)}` }));
  expect(blocked.code).toBe('GUARDRAIL_BLOCKED');
  expect(calls).toBe(1);
});
