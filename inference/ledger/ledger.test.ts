import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { anonymousCaller } from '#core/caller.ts';
import { completions } from '#mongo/completions.ts';
import type { Database } from '#mongo/connect.ts';
import { invocations } from '#mongo/invocations.ts';
import { meterRollups } from '#mongo/meter-hours.ts';
import { hourMs, rollUpHours } from '#mongo/meter-rollup.ts';
import { owners } from '#mongo/owners.ts';
import { noUsage } from '#providers/provider.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { createMemoryStreamLogs } from '#state/streams/memory.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { testPayloads } from '#test/support/seal.ts';
import { countCommands } from '#test/support/subgraph.ts';
import type { CompletionData } from '../completion.ts';
import { createLedger } from './ledger.ts';
import { openOwnership, processSpace } from './owners.ts';
import { createCompletionResults } from './results.ts';
import { openRow, toClosing, toCompletionResult } from './rows.ts';

const log = pino({ level: 'silent' });
const services = {
  log,
  streams: createMemoryStreamLogs(),
  quota: createMemoryQuota(),
  payloads: testPayloads,
};

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
    opening: null,
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
    const ledger = createLedger(database.connection, services);
    const ids = Array.from({ length: 200 }, () => randomUUID());
    const commands = await countCommands(database, async () => {
      await Promise.all(
        ids.map(async (id) => {
          await ledger.open(row(id));
          const done = completion(id, `text of ${id}`);
          await ledger.close(
            id,
            toClosing(done, 'm', 2_000, null),
            toCompletionResult(done, 'acme', Date.now()),
          );
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
    const results = createCompletionResults(database.connection, services);
    const kept = (await results.find([first])).get(first);
    expect(JSON.parse(kept?.content ?? '')).toEqual(completion(first, `text of ${first}`));
  });

  it('closes a row once: whoever comes second changes nothing', async () => {
    const ledger = createLedger(database.connection, services);
    const id = randomUUID();
    await ledger.open(row(id));
    const closing = toClosing(completion(id, 'x'), 'm', 2_000, null);
    await ledger.close(id, closing, null);
    await ledger.close(id, { ...closing, status: 'FAILED', costNanos: 1n }, null);
    expect(await invocations(database.connection).findById(id).lean()).toMatchObject({
      status: 'SUCCEEDED',
      costNanos: 9_007_199_254_740_993n,
    });
  });

  it('leaves no part of an answer of a call that it closes without one, after its process was taken for dead', async () => {
    const ledger = createLedger(database.connection, services);
    const id = randomUUID();
    await ledger.open(row(id));
    const estimate = { status: 'FAILED', orphaned: true } as const;
    await invocations(database.connection).updateOne({ _id: id }, { $set: estimate });
    const part = toCompletionResult(completion(id, 'a part'), 'acme', Date.now());
    await createCompletionResults(database.connection, services).write([part!]);
    await ledger.close(id, toClosing(completion(id, 'x'), 'm', 2_000, null), null);
    const closed = await invocations(database.connection).findById(id).lean();
    expect(closed).toMatchObject({ status: 'SUCCEEDED' });
    expect(closed).not.toHaveProperty('orphaned');
    expect(await completions(database.connection).findById(id).lean()).toBeNull();
  });

  it('has the sums of an hour made again when it replaces the estimate of a row in it', async () => {
    const ledger = createLedger(database.connection, services);
    const { connection } = database;
    const [id, other] = [randomUUID(), randomUUID()];
    const tenantId = `t ${id}`;
    const hours = (await rollUpHours(connection, tenantId, 10 * hourMs)).untilMs;
    expect(hours).toBeGreaterThan(0);
    const until = async () => (await meterRollups(connection).findById(tenantId).lean())?.until.getTime();
    const closing = toClosing(completion(id, 'x'), 'm', 2_000, null);
    for (const each of [id, other]) {
      await ledger.open({ ...row(each), tenantId, startedAt: new Date(3.5 * hourMs) });
    }
    await ledger.close(other, closing, null);
    expect(await until()).toBe(hours);
    await invocations(connection).updateOne({ _id: id }, { $set: { status: 'FAILED', orphaned: true } });
    await ledger.close(id, closing, null);
    expect(await until()).toBe(3 * hourMs);
  });

  it('refuses a row whose id another owner has taken, and only that one of its group', async () => {
    const ledger = createLedger(database.connection, services);
    const [taken, free] = [randomUUID(), randomUUID()];
    await ledger.open(row(taken, 'somebody else'));
    const opened = await Promise.allSettled([ledger.open(row(taken)), ledger.open(row(free))]);
    expect(opened.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await invocations(database.connection).findById(free).lean()).toMatchObject({ status: 'RUNNING' });
  });
});

describe('ownership', () => {
  /** Of a process of this machine; none has a number this high. */
  const deadHere = () => `${processSpace}/4194305/${randomUUID()}`;
  const status = async (id: string) => (await invocations(database.connection).findById(id).lean())?.status;

  it('closes rows of processes of this machine that are gone, at once, and of no living one', async () => {
    const ledger = createLedger(database.connection, services);
    await using living = await openOwnership(database.connection, services);
    const [gone, before, other] = [randomUUID(), randomUUID(), randomUUID()];
    // No process has a number this high; the second had our number before us, as containers do.
    const lease = { aliveUntil: new Date(Date.now() + 60_000), expiresAt: new Date(Date.now() + 60_000) };
    for (const [id, ownerId] of [
      [gone, deadHere()],
      [before, `${processSpace}/${process.pid}/${randomUUID()}`],
    ] as const) {
      await owners(database.connection).create({ _id: ownerId, ...lease });
      await ledger.open(row(id, ownerId));
    }
    await ledger.open(row(other, living.ownerId));
    await using _next = await openOwnership(database.connection, services);
    expect(await invocations(database.connection).findById(gone).lean()).toMatchObject({
      status: 'FAILED',
      errorCode: 'INTERNAL',
      endedAt: expect.any(Date),
    });
    expect(await status(before)).toBe('FAILED');
    expect(await status(other)).toBe('RUNNING');
  });

  it('closes rows of other machines when their lease has run out, not before', async () => {
    const ledger = createLedger(database.connection, services);
    let nowMs = Date.now();
    await using ownership = await openOwnership(database.connection, { ...services, now: () => nowMs });
    const id = randomUUID();
    const ownerId = `elsewhere/1/${randomUUID()}`;
    await owners(database.connection).create({
      _id: ownerId,
      aliveUntil: new Date(nowMs + 1_000),
      expiresAt: new Date(nowMs + 3_600_000),
    });
    await ledger.open(row(id, ownerId));
    await ownership.sweep();
    expect(await status(id)).toBe('RUNNING');
    nowMs += 1_001;
    await ownership.sweep();
    expect(await status(id)).toBe('FAILED');
  });

  it('closes the rows of a process that dies while it lives, at its next beat', async () => {
    const ledger = createLedger(database.connection, services);
    await using _living = await openOwnership(database.connection, { ...services, leaseMs: 100 });
    const id = randomUUID();
    const lease = { aliveUntil: new Date(Date.now() + 60_000), expiresAt: new Date(Date.now() + 60_000) };
    const ownerId = deadHere();
    await owners(database.connection).create({ _id: ownerId, ...lease });
    await ledger.open(row(id, ownerId));
    await vi.waitFor(async () => expect(await status(id)).toBe('FAILED'));
    await vi.waitFor(async () => expect(await owners(database.connection).findById(ownerId)).toBeNull());
  });

  it('commits again what a process closed last that was killed, not what one closed that ended by itself', async () => {
    const ledger = createLedger(database.connection, services);
    const leaseEnds = { killed: Date.now() + 100, ended: 0 };
    const ids: Record<string, string> = {};
    for (const [what, leaseEnd] of Object.entries(leaseEnds)) {
      const [id, ownerId] = [randomUUID(), deadHere()];
      ids[what] = id;
      const lease = { aliveUntil: new Date(leaseEnd), expiresAt: new Date(Date.now() + 60_000) };
      await owners(database.connection).create({ _id: ownerId, ...lease });
      await ledger.open({ ...row(id, ownerId), startedAt: new Date() });
      await ledger.close(id, toClosing(completion(id, 'x'), 'm', Date.now(), null), null);
    }
    const settle = vi.fn(async () => undefined);
    const quota = { ...services.quota, settle };
    await using _living = await openOwnership(database.connection, { ...services, quota, leaseMs: 100 });
    await vi.waitFor(() => expect(settle).toHaveBeenCalled());
    const amounts = { TOKENS: 0n, COST: 9007199254740993n };
    expect(settle.mock.calls).toEqual([['t', ids.killed, amounts, expect.anything()]]);
  });

  it('looks at each beat at the few records of owners, not at rows', async () => {
    const commands: string[] = [];
    const beats = Promise.withResolvers<void>();
    const note = ({ commandName }: { readonly commandName: string }) => {
      commands.push(commandName);
      if (commands.filter((name) => name === 'update').length === 5) beats.resolve();
    };
    const client = database.connection.getClient();
    client.on('commandStarted', note);
    await using _ownership = await openOwnership(database.connection, { ...services, leaseMs: 100 });
    await beats.promise;
    client.off('commandStarted', note);
    // The one that asks the rows is its start.
    expect(commands.filter((name) => name === 'distinct')).toHaveLength(1);
  });

  it('grants others the time to extend their leases after it was stalled itself', async () => {
    const ledger = createLedger(database.connection, services);
    let nowMs = Date.now();
    const now = () => nowMs;
    await using ownership = await openOwnership(database.connection, { ...services, now, leaseMs: 2_500 });
    const ownerId = `elsewhere/1/${randomUUID()}`;
    const id = randomUUID();
    await ledger.open(row(id, ownerId));
    const extendLease = (aliveUntil: Date) =>
      owners(database.connection).updateOne(
        { _id: ownerId },
        { $set: { aliveUntil, expiresAt: aliveUntil } },
        { upsert: true },
      );
    const beat = () =>
      vi.waitFor(
        async () => {
          const own = await owners(database.connection).findById(ownership.ownerId).lean();
          expect(own?.aliveUntil.getTime()).toBe(nowMs + 2_500);
        },
        { timeout: 3_000, interval: 10 },
      );
    await extendLease(new Date(nowMs + 100));
    // All stall, and this one is the first to come back.
    nowMs += 10_000;
    await beat();
    await extendLease(new Date(nowMs + 100_000));
    nowMs += 1;
    await beat();
    expect(await status(id)).toBe('RUNNING');
    nowMs += 100_000;
    await beat();
    nowMs += 1;
    await vi.waitFor(async () => expect(await status(id)).toBe('FAILED'), 3_000);
  });

  it('leaves the record of an owner that ends, so that what it could not close is found', async () => {
    const ledger = createLedger(database.connection, services);
    const ended = await openOwnership(database.connection, services);
    const id = randomUUID();
    await ledger.open(row(id, ended.ownerId));
    await ended[Symbol.asyncDispose]();
    // Over for processes of other machines too, which know it by its lease alone.
    const left = await owners(database.connection).findById(ended.ownerId).lean();
    expect(left?.aliveUntil).toEqual(new Date(0));
    await using _next = await openOwnership(database.connection, { ...services, leaseMs: 100 });
    await vi.waitFor(async () => expect(await status(id)).toBe('FAILED'));
  });

  it('knows nothing of processes of another container of the same host name, but by their leases', async () => {
    const ledger = createLedger(database.connection, services);
    const id = randomUUID();
    const ownerId = `${hostname()}:4711/${process.pid}/${randomUUID()}`;
    const lease = { aliveUntil: new Date(Date.now() + 60_000), expiresAt: new Date(Date.now() + 60_000) };
    await owners(database.connection).create({ _id: ownerId, ...lease });
    await ledger.open(row(id, ownerId));
    await using other = await openOwnership(database.connection, services);
    expect(await status(id)).toBe('RUNNING');
    await owners(database.connection).updateOne({ _id: ownerId }, { $set: { aliveUntil: new Date(0) } });
    await other.sweep();
    expect(await status(id)).toBe('FAILED');
  });

  it('closes all rows of others at once where no other process uses the database', async () => {
    const ledger = createLedger(database.connection, services);
    await using mine = await openOwnership(database.connection, services);
    const [others, own] = [randomUUID(), randomUUID()];
    const ownerId = `another container:1/1/${randomUUID()}`;
    const lease = { aliveUntil: new Date(Date.now() + 60_000), expiresAt: new Date(Date.now() + 60_000) };
    await owners(database.connection).create({ _id: ownerId, ...lease });
    await ledger.open(row(others, ownerId));
    await ledger.open(row(own, mine.ownerId));
    await using _alone = await openOwnership(database.connection, { ...services, isAlone: true });
    expect(await status(others)).toBe('FAILED');
    expect(await status(own)).toBe('RUNNING');
  });
});
