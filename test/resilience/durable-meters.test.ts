import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { createTestClient, type TestClient } from '#test/support/client.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { allRows } from './support/ledger.ts';
import { type Restartable, startRestartable } from './support/restartable.ts';

const stack = new AsyncDisposableStack();
let mesh: Restartable;
let upstreamUrl: string;

/** Answers everything with 100 tokens in and 60 out: $0.0007. */
async function startCounting(): Promise<string> {
  const server = createServer(async (request, response) => {
    request.resume();
    await once(request, 'end');
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        id: 'c',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Yes.' } }],
        usage: { prompt_tokens: 100, completion_tokens: 60, total_tokens: 160 },
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

beforeAll(async () => {
  upstreamUrl = await startCounting();
  const dir = stack.use(await temporaryDirectory());
  mesh = stack.use(await startRestartable(dir.path));
  const root = createTestClient(mesh.url, mesh.adminKey);
  await root.data('mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id } }', {
    input: { id: 'up', kind: 'OPENAI_COMPATIBLE', baseUrl: upstreamUrl, apiKey: 'k' },
  });
  await root.data('mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }', {
    input: {
      providerId: 'up',
      name: 'm',
      contextTokens: 100_000,
      maxOutputTokens: 1_000,
      capabilities: ['CHAT'],
      price: { input: '1', output: '10' },
    },
  });
}, 120_000);
afterAll(() => stack.disposeAsync());

async function admitted(client: TestClient, calls: number): Promise<number> {
  let count = 0;
  for (let call = 0; call < calls; call++) {
    const { data } = await client.send<{ complete: object } | null>(
      'mutation ($input: CompletionInput!) { complete(input: $input) { id } }',
      {
        input: {
          model: 'up/m',
          messages: [{ role: 'USER', content: 'a short message' }],
          maxOutputTokens: 100,
          cache: 'BYPASS',
        },
      },
    );
    if (data?.complete) count += 1;
  }
  return count;
}

async function spent(client: TestClient): Promise<string | undefined> {
  const { tenant } = await client.data<{ tenant: { budgets: { spent: string; reserved: string }[] } }>(
    '{ tenant { budgets { spent reserved } } }',
  );
  expect(tenant.budgets).toMatchObject([{ reserved: '0.000000000' }]);
  return tenant.budgets[0]?.spent;
}

it('keeps hard budgets and limits of a day through SIGKILL and SIGTERM, and returns what was spent at once', {
  timeout: 120_000,
}, async () => {
  const budgeted = await newTenant(() => mesh);
  await budgeted.client.data('mutation ($input: BudgetInput!) { saveBudget(input: $input) { id } }', {
    input: { appId: budgeted.appId, amount: '0.003', window: 'MONTH', hard: true },
  });
  const limits = [{ meter: 'REQUESTS', window: 'DAY', amount: '3' }];
  const limited = await newTenant(() => mesh, { limits });
  const now = ({ client }: { readonly client: TestClient }) => createTestClient(mesh.url, client.key);

  expect(await admitted(now(budgeted), 6)).toBe(3);
  expect(await admitted(now(limited), 5)).toBe(3);
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    await mesh.process.end(signal);
    await mesh.start();
    expect(await spent(now(budgeted))).toBe('0.002100000');
    expect(await admitted(now(budgeted), 6)).toBe(0);
    expect(await admitted(now(limited), 5)).toBe(0);
    const rows = await allRows(now(budgeted));
    expect(rows.map(({ cost }) => cost)).toEqual(Array(3).fill('0.000700000'));
    const { usage } = await now(budgeted).data<{ usage: { cost: string }[] }>(
      'query ($from: DateTime!, $to: DateTime!) { usage(from: $from, to: $to) { cost } }',
      { from: new Date(Date.now() - 86_400_000), to: new Date(Date.now() + 86_400_000) },
    );
    expect(usage).toEqual([{ cost: '0.002100000' }]);
  }
});
