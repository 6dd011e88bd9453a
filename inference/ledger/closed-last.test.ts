import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CatalogModel } from '#catalog/catalog.ts';
import { anonymousCaller } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import { invocations, type ProgressRecord } from '#mongo/invocations.ts';
import { noUsage } from '#providers/provider.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { createMemoryStreamLogs } from '#state/streams/memory.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { testPayloads } from '#test/support/seal.ts';
import type { CompletionData } from '../completion.ts';
import { openingRecord, progressOfRow } from './attempt-progress.ts';
import { nativeCollection } from './native-collection.ts';
import { closeOrphaned, commitLast, type SweepServices } from './orphaned.ts';
import { openRow, toClosing } from './rows.ts';

const startedAtMs = Date.parse('2026-01-01T10:00:00Z');
const sweptAtMs = startedAtMs + 9_000;

const price = {
  effectiveFrom: new Date(0),
  inputNanosPerMillion: 1_000_000_000n,
  outputNanosPerMillion: 10_000_000_000n,
  cachedInputNanosPerMillion: null,
  cacheWriteNanosPerMillion: null,
};
const findModel = (id: string) =>
  ({ id, provider: { id: id.split('/')[0] }, price, maxOutputTokens: 1_000 }) as CatalogModel;
const model = findModel('alpha/one');
const bounds = { inputTokensMax: 400, outputTokensMax: 1_000 };

let database: Database;
let services: SweepServices;
const streams = createMemoryStreamLogs();
const quota = createMemoryQuota();
beforeAll(async () => {
  database = await openTestDatabase();
  const log = pino({ level: 'silent' });
  services = { connection: database.connection, log, streams, quota, payloads: testPayloads };
});
afterAll(() => database.close());

/** An owner that is gone, of rows of its own. */
function goneOwner() {
  const ownerId = `gone/1/${randomUUID()}`;
  return {
    ownerId,
    /** Opens a row that says this of its progress. */
    async open(progress?: Partial<ProgressRecord>, kind: 'completion' | 'embedding' = 'completion') {
      const id = randomUUID();
      const row = openRow({
        id,
        kind,
        labels: { requestId: 'r', clientRequestId: null, endUserId: null, tags: [] },
        caller: { ...anonymousCaller, tenantId: 't' },
        model,
        promptId: null,
        promptVersionId: null,
        cache: 'MISS',
        startedAtMs,
        ownerId,
        opening: openingRecord(model, bounds),
      });
      if (progress !== undefined) Object.assign(row, { progress: { ...progressOfRow(row), ...progress } });
      await nativeCollection(database.connection, invocations).insertOne(row);
      return id;
    },
    close: (atMs = sweptAtMs) => closeOrphaned(services, [ownerId], atMs),
  };
}

const answered: Omit<CompletionData, 'id'> = {
  status: 'SUCCEEDED',
  text: 'It was said.',
  json: null,
  reasoning: null,
  toolCalls: [],
  finishReason: 'STOP',
  usage: { ...noUsage, inputTokens: 7, outputTokens: 3 },
  costNanos: '9007199254740993',
  cache: 'MISS',
  modelId: 'beta/one',
  promptVersionId: null,
  attempts: [],
  createdAtMs: startedAtMs,
  error: null,
};

describe('what an owner closed last', () => {
  it.each([
    ['a call of a minute', -60_000, 0, true],
    ['a call that began earlier', -60_001, 1, false],
    ['a call that it closed before', -1, -1, false],
  ])('is committed again: %s', async (_what, startMs, endMs, isCommitted) => {
    const sinceMs = startedAtMs;
    const gone = goneOwner();
    const other = goneOwner();
    const settled: string[] = [];
    for (const { open } of [gone, other]) {
      const id = await open();
      const closing = toClosing({ ...answered, id }, 'beta', sinceMs + endMs, null);
      const started = { startedAt: new Date(sinceMs + startMs) };
      await nativeCollection(database.connection, invocations).updateOne(
        { _id: id },
        { $set: { ...closing, ...started } },
      );
      if (open === gone.open) settled.push(id);
    }
    const calls: unknown[] = [];
    const noting = { ...quota, settle: async (_partition: string, id: string) => void calls.push(id) };
    await commitLast({ ...services, quota: noting }, [gone.ownerId], sinceMs);
    expect(calls).toEqual(isCommitted ? settled : []);
  });
});
