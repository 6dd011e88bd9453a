import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import type { CatalogModel } from '#catalog/catalog.ts';
import { anonymousCaller } from '#core/caller.ts';
import type { CompletionData } from '#inference/completion.ts';
import { openingRecord, progressOfRow } from '#inference/ledger/attempt-progress.ts';
import { nativeCollection } from '#inference/ledger/native-collection.ts';
import { closeOrphaned, type SweepServices } from '#inference/ledger/orphaned.ts';
import { openRow } from '#inference/ledger/rows.ts';
import type { Database } from '#mongo/connect.ts';
import { type InvocationRecord, invocations, type ProgressRecord } from '#mongo/invocations.ts';
import { noUsage } from '#providers/provider.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { createMemoryStreamLogs } from '#state/streams/memory.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { testPayloads } from '#test/support/seal.ts';

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

const findRow = (id: string) => invocations(database.connection).findById(id).lean<InvocationRecord>();

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

/** Starts what the tests of a file share before them, and ends it behind them. */
export function useOrphanedRows(): void {
  beforeAll(async () => {
    database = await openTestDatabase();
    const log = pino({ level: 'silent' });
    services = { connection: database.connection, log, streams, quota, payloads: testPayloads };
  });
  afterAll(() => database.close());
}

export {
  answered,
  bounds,
  database,
  findModel,
  findRow,
  goneOwner,
  model,
  quota,
  services,
  startedAtMs,
  streams,
  sweptAtMs,
};
