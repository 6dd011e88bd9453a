import { randomUUID } from 'node:crypto';
import { openStore } from '@heddle/embedded-store';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { anonymousCaller } from '#core/caller.ts';
import { completions } from '#mongo/completions.ts';
import { type Database, openDatabase } from '#mongo/connect.ts';
import { invocations } from '#mongo/invocations.ts';
import { meterRollups } from '#mongo/meter-hours.ts';
import { hourMs, rollUpHours } from '#mongo/meter-rollup.ts';
import { noUsage } from '#providers/provider.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { createMemoryStreamLogs } from '#state/streams/memory.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { testPayloads } from '#test/support/seal.ts';
import type { CompletionData } from '../completion.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { closeOrphaned } from './orphaned.ts';
import { openOwnership } from './owners.ts';
import { openRow, toClosing, toCompletionResult } from './rows.ts';

const log = pino({ level: 'silent' });
const services = {
  log,
  streams: createMemoryStreamLogs(),
  quota: createMemoryQuota(),
  payloads: testPayloads,
};
const ownerId = 'this process';
const stack = new AsyncDisposableStack();
let database: Database;
let ledger: Ledger;

beforeAll(async () => {
  const dir = stack.use(await temporaryDirectory());
  const store = await openStore({ dir: dir.path, failPoints: true });
  stack.defer(() => store.close());
  database = stack.use(await openDatabase(store.uri));
  ledger = createLedger(database.connection, { ...services, delay: async () => undefined });
});
afterAll(() => stack.disposeAsync());

async function configure(failPoint: Record<string, unknown>): Promise<void> {
  await database.connection.getClient().db('admin').command(failPoint);
}
/** The commands run out of time (MaxTimeMSExpired) before they have done anything. */
const fail = (mode: { readonly times: number } | 'alwaysOn', ...failCommands: readonly string[]) =>
  configure({ configureFailPoint: 'failCommand', mode, data: { failCommands, errorCode: 50 } });
const mend = () => configure({ configureFailPoint: 'failCommand', mode: 'off' });
afterEach(mend);

const row = (id: string, owner = ownerId) =>
  openRow({
    labels: { requestId: 'r', clientRequestId: null, endUserId: null, tags: [] },
    id,
    kind: 'completion',
    caller: { ...anonymousCaller, tenantId: 't' },
    model: { id: 'm/x', provider: { id: 'm' } },
    promptId: null,
    promptVersionId: null,
    cache: 'BYPASS',
    startedAtMs: 1_000,
    ownerId: owner,
    opening: null,
  });

const completion = (id: string): CompletionData => ({
  id,
  status: 'SUCCEEDED',
  text: `text of ${id}`,
  json: null,
  reasoning: null,
  toolCalls: [],
  finishReason: 'STOP',
  usage: { ...noUsage, inputTokens: 7 },
  costNanos: '5',
  cache: 'BYPASS',
  modelId: 'm/x',
  promptVersionId: null,
  attempts: [],
  createdAtMs: 1_000,
  error: null,
});

const close = (id: string) =>
  ledger.close(
    id,
    toClosing(completion(id), 'm', 2_000, null),
    toCompletionResult(completion(id), 'acme', Date.now()),
  );
const standing = (id: string) => invocations(database.connection).findById(id).lean();

describe('a ledger whose database fails', () => {
  it('ends no row without its result', async () => {
    const id = randomUUID();
    await ledger.open(row(id));
    await fail({ times: 1 }, 'insert');
    await close(id);
    expect(await standing(id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await completions(database.connection).findById(id).lean()).not.toBeNull();
  });

  it('closes later, with what it took, a row that could not be closed in time', async () => {
    const id = randomUUID();
    await ledger.open(row(id));
    await fail('alwaysOn', 'insert', 'update');
    await expect(close(id)).rejects.toThrow();
    await mend();
    expect(await standing(id)).toMatchObject({ status: 'RUNNING' });
    expect(await ledger.closeLost(ownerId, 9_000)).toBe(1);
    expect(await standing(id)).toMatchObject({
      status: 'FAILED',
      errorCode: 'INTERNAL',
      costNanos: 5n,
      usage: { inputTokens: 7 },
      endedAt: new Date(2_000),
    });
  });

  // Deleted, since nothing was sent and the caller was refused: the number of rows is what counts requests.
  it('deletes later a row that is there though its opening failed, and none that runs', async () => {
    const [lost, running] = [randomUUID(), randomUUID()];
    const requests = { subject: 'key:lost', meter: 'REQUESTS', window: 'DAY' } as const;
    await ledger.open(row(running));
    await configure({
      configureFailPoint: 'failCommand',
      mode: { times: 1 },
      data: { failCommands: ['insert'], writeConcernError: { code: 64, errmsg: 'not in time' } },
    });
    const asked = { scopes: [], amounts: { REQUESTS: 1n }, limits: [{ ...requests, limit: null }] };
    await services.quota.reserve({ id: lost, partition: 't', ttlMs: 60_000, ...asked });
    await expect(ledger.open(row(lost))).rejects.toThrow('not in time');
    expect(await standing(lost)).toMatchObject({ status: 'RUNNING' });
    expect(await ledger.closeLost(ownerId, 9_000)).toBe(1);
    expect(await standing(lost)).toBeNull();
    expect(await services.quota.read('t', [requests])).toEqual([{ spent: 0n, reserved: 0n }]);
    expect(await standing(running)).toMatchObject({ status: 'RUNNING' });
  });

  it('commits later what it took to the meters', async () => {
    const id = randomUUID();
    const key = { subject: 'key:late', meter: 'COST', window: 'DAY' } as const;
    const asked = { scopes: [], amounts: { COST: 1_000n }, limits: [{ ...key, limit: null }] };
    await services.quota.reserve({ id, partition: 't', ttlMs: 60_000, ...asked });
    await ledger.open(row(id));
    await fail('alwaysOn', 'insert', 'update');
    await expect(close(id)).rejects.toThrow();
    await mend();
    await ledger.closeLost(ownerId, 9_000);
    expect(await services.quota.read('t', [key])).toEqual([{ spent: 5n, reserved: 0n }]);
  });

  it('knows that rows are lost until it could see to them', async () => {
    const id = randomUUID();
    await ledger.open(row(id));
    expect(ledger.hasLost).toBe(false);
    await fail('alwaysOn', 'insert', 'update', 'find');
    await expect(close(id)).rejects.toThrow();
    expect(ledger.hasLost).toBe(true);
    await expect(ledger.closeLost(ownerId, 9_000)).rejects.toThrow();
    expect(ledger.hasLost).toBe(true);
    await mend();
    expect(await ledger.closeLost(ownerId, 9_000)).toBe(1);
    expect(ledger.hasLost).toBe(false);
  });

  it('replaces later the estimate that another process closed a lost row with', async () => {
    const id = randomUUID();
    const key = { subject: 'key:estimated', meter: 'COST', window: 'DAY' } as const;
    const asked = { scopes: [], amounts: { COST: 1_000n }, limits: [{ ...key, limit: null }] };
    await services.quota.reserve({ id, partition: 't', ttlMs: 60_000, ...asked });
    await ledger.open(row(id));
    await fail('alwaysOn', 'insert', 'update');
    await expect(close(id)).rejects.toThrow();
    await mend();
    const connection = database.connection;
    await closeOrphaned({ ...services, connection }, [ownerId], 5_000);
    expect(await standing(id)).toMatchObject({ orphaned: true, costNanos: 0n });
    const rolled = await rollUpHours(connection, 't', 10 * hourMs);
    expect(rolled.untilMs).toBeGreaterThan(0);
    const settle = vi.spyOn(services.quota, 'settle');
    await ledger.closeLost(ownerId, 9_000);
    expect(settle.mock.calls).toEqual([['t', id, { TOKENS: 7n, COST: 5n }, ['tenant:t']]]);
    settle.mockRestore();
    // The sums of the row's hour are withdrawn.
    expect(await meterRollups(connection).findById('t').lean()).toMatchObject({ until: new Date(0) });
    expect(await standing(id)).toMatchObject({ status: 'FAILED', costNanos: 5n, endedAt: new Date(2_000) });
    expect(await standing(id)).not.toHaveProperty('orphaned');
  });

  it('tries no row again that the database will never take', async () => {
    let retries = 0;
    const delay = async () => void retries++;
    const impatient = createLedger(database.connection, { ...services, delay });
    const ids = [randomUUID(), randomUUID()];
    for (const id of ids) await impatient.open(row(id));
    const closing = toClosing(completion('any'), 'm', 2_000, null);
    // No BSON: the name of a field holds a null character.
    const unwritable = { ...closing, 'x\0y': 1 };
    const endings = ids.map((id, at) => impatient.close(id, at === 0 ? unwritable : closing, null));
    expect((await Promise.allSettled(endings)).map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
    ]);
    expect(retries).toBe(0);
    const later = randomUUID();
    await impatient.open(row(later));
    await fail({ times: 1 }, 'update');
    await impatient.close(later, closing, null);
    expect(retries).toBe(1);
  });

  it('remembers twenty thousand rows that it could not close; the oldest beyond that are closed with an estimate', {
    timeout: 120_000,
  }, async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    const others = Array.from({ length: 19_999 }, (_, at) => `not-there-${at}`);
    const owner = 'an owner of many';
    const closing = toClosing(completion('any'), 'm', 2_000, null);
    for (const id of [first, second]) await ledger.open(row(id, owner));
    await fail('alwaysOn', 'update');
    const refused = async (ids: readonly string[]) => {
      const endings = await Promise.allSettled(ids.map((id) => ledger.close(id, closing, null)));
      expect(endings.every(({ status }) => status === 'rejected')).toBe(true);
    };
    await refused([first]);
    await refused([second]);
    await refused(others);
    await mend();
    await ledger.closeLost(owner, 9_000);
    expect(await standing(first)).toMatchObject({ status: 'FAILED', costNanos: 0n });
    expect(await standing(second)).toMatchObject({ status: 'FAILED', costNanos: 5n });
  });

  it('does so soon after the database can write again, without a sweep', async () => {
    await using ownership = await openOwnership(database.connection, { ...services, ledger });
    const id = randomUUID();
    await ledger.open(row(id, ownership.ownerId));
    await fail('alwaysOn', 'insert', 'update');
    await expect(close(id)).rejects.toThrow();
    await mend();
    await vi.waitFor(async () => expect(await standing(id)).toMatchObject({ costNanos: 5n }), 3_000);
  });

  it('does so with each sweep of its owner', async () => {
    await using ownership = await openOwnership(database.connection, { ...services, ledger });
    const id = randomUUID();
    await ledger.open(row(id, ownership.ownerId));
    await fail('alwaysOn', 'update');
    await expect(close(id)).rejects.toThrow();
    await mend();
    expect(await ownership.sweep()).toBe(1);
    expect(await standing(id)).toMatchObject({ status: 'SUCCEEDED', costNanos: 5n });
  });
});
