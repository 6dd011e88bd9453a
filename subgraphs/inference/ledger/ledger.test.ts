import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completions } from '#mongo/completions.ts';
import type { Database } from '#mongo/connect.ts';
import { invocations } from '#mongo/invocations.ts';
import { owners } from '#mongo/owners.ts';
import { anonymousCaller } from '#schema/caller.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { countCommands } from '#test/support/subgraph.ts';
import type { CompletionData } from '../completion.ts';
import { noUsage } from '../completion.ts';
import { createLedger } from './ledger.ts';
import { openOwnership } from './owners.ts';
import { closingOf, openRow, resultOf } from './rows.ts';

const log = pino({ level: 'silent' });

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase({ monitorCommands: true });
});
afterAll(() => database.close());

function row(id: string, ownerId = 'someone') {
  return openRow({
    labels: { requestId: 'r', clientRequestId: null, endUserId: null, tags: [] },
    id,
    kind: 'completion',
    caller: { ...anonymousCaller, tenantId: 't' },
    model: { id: 'm/x', provider: { id: 'm' } },
    promptId: null,
    promptVersionId: null,
    cache: 'BYPASS',
    startedAtMs: 1_000,
    ownerId,
  });
}

function completion(id: string, text: string): CompletionData {
  return {
    id,
    status: 'SUCCEEDED',
    text,
    json: { 'a.b': 1, $c: 2 },
    reasoning: null,
    toolCalls: [],
    finishReason: 'STOP',
    usage: noUsage,
    costNanos: '9007199254740993',
    cache: 'BYPASS',
    modelId: 'm/x',
    promptVersionId: null,
    attempts: [],
    createdAtMs: 1_000,
    error: null,
  };
}

describe('the ledger', () => {
  it('writes the rows of calls at the same time with a few commands, and closes each', async () => {
    const ledger = createLedger(database.connection, { log });
    const ids = Array.from({ length: 200 }, () => randomUUID());
    const commands = await countCommands(database, async () => {
      await Promise.all(
        ids.map(async (id) => {
          await ledger.open(row(id));
          const done = completion(id, `text of ${id}`);
          await ledger.close(id, closingOf(done, 'm', 2_000, null), resultOf(done, Date.now()));
        }),
      );
    });
    expect(commands.length).toBeLessThan(10);
    const rows = await invocations(database.connection)
      .find({ _id: { $in: ids } })
      .lean();
    expect(rows).toHaveLength(200);
    for (const closed of rows) {
      expect(closed).toMatchObject({
        status: 'SUCCEEDED',
        latencyMs: 1_000,
        costNanos: 9_007_199_254_740_993n,
      });
    }
    const [first = ''] = ids;
    const kept = await completions(database.connection).findById(first).lean();
    expect(JSON.parse(kept?.content ?? '')).toEqual(completion(first, `text of ${first}`));
  });

  it('closes a row once: whoever comes second changes nothing', async () => {
    const ledger = createLedger(database.connection, { log });
    const id = randomUUID();
    await ledger.open(row(id));
    const closing = closingOf(completion(id, 'x'), 'm', 2_000, null);
    await ledger.close(id, closing, null);
    await ledger.close(id, { ...closing, status: 'FAILED', costNanos: 1n }, null);
    expect(await invocations(database.connection).findById(id).lean()).toMatchObject({
      status: 'SUCCEEDED',
      costNanos: 9_007_199_254_740_993n,
    });
  });

  it('refuses a row whose id another owner has taken, and only that one of its group', async () => {
    const ledger = createLedger(database.connection, { log });
    const [taken, free] = [randomUUID(), randomUUID()];
    await ledger.open(row(taken, 'somebody else'));
    const opened = await Promise.allSettled([ledger.open(row(taken)), ledger.open(row(free))]);
    expect(opened.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await invocations(database.connection).findById(free).lean()).toMatchObject({ status: 'RUNNING' });
  });
});

describe('ownership', () => {
  const status = async (id: string) => (await invocations(database.connection).findById(id).lean())?.status;

  it('closes rows of processes of this machine that are gone, at once, and of no living one', async () => {
    const ledger = createLedger(database.connection, { log });
    await using living = await openOwnership(database.connection, { log });
    const [gone, before, other] = [randomUUID(), randomUUID(), randomUUID()];
    // No process has a number this high; the second had our number before us, as containers do.
    await ledger.open(row(gone, `${hostname()}/4194305/x`));
    await ledger.open(row(before, `${hostname()}/${process.pid}/earlier`));
    await ledger.open(row(other, living.ownerId));
    await using _next = await openOwnership(database.connection, { log });
    expect(await invocations(database.connection).findById(gone).lean()).toMatchObject({
      status: 'FAILED',
      errorCode: 'INTERNAL',
      endedAt: expect.any(Date),
    });
    expect(await status(before)).toBe('FAILED');
    expect(await status(other)).toBe('RUNNING');
  });

  it('closes rows of other machines when their lease has run out, not before', async () => {
    const ledger = createLedger(database.connection, { log });
    let nowMs = Date.now();
    await using ownership = await openOwnership(database.connection, { log, now: () => nowMs });
    const id = randomUUID();
    const ownerId = `elsewhere/1/${randomUUID()}`;
    await owners(database.connection).create({ _id: ownerId, expiresAt: new Date(nowMs + 1_000) });
    await ledger.open(row(id, ownerId));
    await ownership.sweep();
    expect(await status(id)).toBe('RUNNING');
    nowMs += 1_001;
    await ownership.sweep();
    expect(await status(id)).toBe('FAILED');
  });
});
