import { afterAll, beforeAll, expect, it } from 'vitest';
import { completions } from '#mongo/completions.ts';
import type { Database } from '#mongo/connect.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { row } from '#test/support/usage-mesh.ts';
import type { CompletionData } from '../completion.ts';
import { closeAbandoned } from './abandoned.ts';
import { resultOf } from './rows.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const startedAt = '2026-01-01T10:00:00Z';
const startedAtMs = Date.parse(startedAt);
const running = (id: string, ownerId: string) =>
  row(id, startedAt, {
    ownerId,
    status: 'RUNNING',
    endedAt: null,
    latencyMs: null,
    costNanos: 0n,
    modelId: 'alpha/one',
    providerId: 'alpha',
  });

const answered: CompletionData = {
  id: 'answered',
  status: 'SUCCEEDED',
  text: 'It was said.',
  json: null,
  reasoning: null,
  toolCalls: [],
  finishReason: 'STOP',
  usage: { inputTokens: 7, outputTokens: 3, cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
  costNanos: '9007199254740993',
  cache: 'MISS',
  modelId: 'beta/one',
  promptVersionId: null,
  attempts: [],
  createdAtMs: startedAtMs,
  error: null,
};

it('closes a row by its result where there is one, as FAILED otherwise, and leaves the rows of others', async () => {
  const { connection } = database;
  await invocations(connection).insertMany([
    running('answered', 'gone'),
    running('silent', 'gone'),
    running('other', 'alive'),
  ]);
  await completions(connection).create({ ...resultOf(answered, startedAtMs + 400) });

  expect(await closeAbandoned(connection, ['gone'], startedAtMs + 9_000)).toBe(2);
  expect(await closeAbandoned(connection, ['gone'], startedAtMs + 9_999)).toBe(0);

  const rows = await invocations(connection).find().sort({ _id: 1 }).lean<InvocationRecord[]>();
  expect(rows).toMatchObject([
    {
      _id: 'answered',
      status: 'SUCCEEDED',
      modelId: 'beta/one',
      providerId: 'beta',
      usage: { inputTokens: 7, outputTokens: 3 },
      costNanos: 9_007_199_254_740_993n,
      latencyMs: 400,
      endedAt: new Date(startedAtMs + 400),
      errorCode: null,
    },
    { _id: 'other', status: 'RUNNING', endedAt: null },
    { _id: 'silent', status: 'FAILED', errorCode: 'INTERNAL', endedAt: new Date(startedAtMs + 9_000) },
  ]);
});
