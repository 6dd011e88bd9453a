import { pino } from 'pino';
import { expect, it } from 'vitest';
import { anonymousCaller } from '#core/caller.ts';
import { completions } from '#mongo/completions.ts';
import { invocations } from '#mongo/invocations.ts';
import { noUsage } from '#providers/provider.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { createMemoryStreamLogs } from '#state/streams/memory.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { testPayloads } from '#test/support/seal.ts';
import type { CompletionData } from '../completion.ts';
import { createLedger } from '../ledger/ledger.ts';
import { openRow, toClosing, toCompletionResult } from '../ledger/rows.ts';

it('keeps no content of a call that was taken for dead and erased before its process ended it', async () => {
  await using database = await openTestDatabase();
  const { connection } = database;
  const shared = {
    log: pino({ level: 'silent' }),
    streams: createMemoryStreamLogs(),
    quota: createMemoryQuota(),
  };
  const ledger = createLedger(connection, { ...shared, payloads: testPayloads });
  const ids = ['erased', 'orphaned'];
  for (const id of ids) {
    await ledger.open(
      openRow({
        labels: { requestId: 'r', clientRequestId: null, endUserId: 'ada', tags: [] },
        ...{ id, kind: 'completion', caller: { ...anonymousCaller, tenantId: 't' }, cache: 'BYPASS' },
        model: { id: 'm/x', provider: { id: 'm' } },
        ...{ promptId: null, promptVersionId: null, startedAtMs: 1_000, ownerId: 'owner', opening: null },
      }),
    );
  }
  const closed = { status: 'FAILED', endedAt: new Date() } as const;
  await invocations(connection).updateOne({ _id: 'erased' }, { $set: { ...closed, erased: 'END_USER' } });
  await invocations(connection).updateOne({ _id: 'orphaned' }, { $set: { ...closed, orphaned: true } });
  await Promise.all(
    ids.map((id) => {
      const done: CompletionData = {
        ...{ id, status: 'SUCCEEDED', text: 'late', json: null, reasoning: null, toolCalls: [] },
        ...{ finishReason: 'STOP', usage: noUsage, costNanos: '0', cache: 'BYPASS', modelId: 'm/x' },
        ...{ promptVersionId: null, attempts: [], createdAtMs: 1_000, error: null },
      };
      return ledger.close(id, toClosing(done, 'm', 2_000, null), toCompletionResult(done, 't', Date.now()));
    }),
  );
  expect((await completions(connection).find().lean()).map(({ _id }) => _id)).toEqual(['orphaned']);
});
