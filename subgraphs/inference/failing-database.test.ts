import { openStore } from '@heddle/embedded-store';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CallerLimit } from '#core/caller.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { type Database, openDatabase } from '#mongo/connect.ts';
import { events } from '#mongo/events.ts';
import { payloads } from '#mongo/payloads.ts';
import { createMemoryCache } from '#state/cache/memory.ts';
import { listLimits } from '#state/quota/caller-limits.ts';
import { createMemoryStreamLogs } from '#state/streams/memory.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';
import { testServices } from '#test/support/subgraph.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id text } }';
const asking = (idempotencyKey: string) => ({
  input: { model: 'alpha/one', messages: [{ role: 'USER', content: 'Say something.' }], idempotencyKey },
});

const stack = new AsyncDisposableStack();
let database: Database;

beforeAll(async () => {
  const dir = stack.use(await temporaryDirectory());
  const store = await openStore({ dir: dir.path, failPoints: true });
  stack.defer(() => store.close());
  database = stack.use(await openDatabase(store.uri));
  await fillCatalog(database);
});
afterAll(() => stack.disposeAsync());

const failPoint = (mode: unknown, data: Record<string, unknown> = {}) =>
  database.connection.getClient().db('admin').command({ configureFailPoint: 'failCommand', mode, data });

it('an idempotency key is free again after a call that the database let down, from its claim on', async () => {
  await using mesh = await startInference(database);
  mesh.alpha.always((call) => call.say('at last').finish(buildUsage(1, 1)));
  // The claim is written, the row is not, nor can the claim be given back.
  await failPoint({ skip: 1 }, { failCommands: ['insert', 'delete'], errorCode: 50 });
  expect(await mesh.refusal(COMPLETE, asking('k'))).toMatchObject({ code: 'OVERLOADED' });
  expect(mesh.alpha.calls).toHaveLength(0);
  await failPoint('off');
  expect(await mesh.data(COMPLETE, asking('k'))).toMatchObject({ complete: { text: 'at last' } });
  expect(await mesh.rows()).toMatchObject([{ status: 'SUCCEEDED' }]);
});

it('a reservation is returned when the row cannot be written', async () => {
  const limits = (['CONCURRENCY', 'TOKENS', 'COST'] as const).map(
    (meter): CallerLimit => ({
      subject: 'plan:p',
      meter,
      window: meter === 'CONCURRENCY' ? 'INFLIGHT' : 'MINUTE',
      amount: '1000000000',
      budget: { hard: true },
    }),
  );
  await using mesh = await startInference(database, { limits });
  const operations = [
    ['mutation ($input: CompletionInput!) { complete(input: $input) { id } }', asking('reserved')],
    ['mutation ($input: CompletionInput!) { startCompletion(input: $input) { id } }', asking('started')],
    [
      'mutation ($input: EmbedInput!) { embed(input: $input) { id } }',
      { input: { model: 'alpha/embed', values: ['a'] } },
    ],
  ] as const;
  for (const [document, { input }] of operations) {
    await failPoint({ times: 20 }, { failCommands: ['insert'], errorCode: 50 });
    const { idempotencyKey: _key, ...plain } = { idempotencyKey: null, ...input };
    expect(await mesh.refusal(document, { input: plain })).toHaveProperty('code');
    await failPoint('off');
    const readings = await mesh.quota.read(mesh.caller.tenantId ?? '', listLimits(mesh.caller));
    expect(readings).toEqual(limits.map(() => ({ spent: 0n, reserved: 0n })));
  }
});

it('a stream log is discarded when the call is refused after the log was opened', async () => {
  const streams = createMemoryStreamLogs();
  const ids: string[] = [];
  const open: typeof streams.open = (id, options) => {
    ids.push(id);
    return streams.open(id, options);
  };
  const state = { cache: createMemoryCache(), streams: { ...streams, open } };
  await using mesh = await startInference(database, state);
  await failPoint({ times: 20 }, { failCommands: ['insert'], errorCode: 50 });
  const start = 'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id } }';
  const input = { model: 'alpha/one', messages: [{ role: 'USER', content: 'Say something.' }] };
  expect(await mesh.refusal(start, { input })).toHaveProperty('code');
  await failPoint('off');
  expect(ids).toHaveLength(1);
  const patience = AbortSignal.timeout(5_000);
  const reading = streams.read(ids[0] ?? '', -1, patience).next();
  await expect(reading).rejects.toMatchObject({ reason: 'ABANDONED' });
});

it('calls are answered, and lose nothing, while for an hour no event and no count of a refusal can be recorded', async () => {
  const services = testServices(database);
  const waiting: (() => void)[] = [];
  let isDown = true;
  // Worse than one that fails: it does not answer.
  const outage = () =>
    new Promise<never>((_, reject) => waiting.push(() => reject(new Error('It was away.'))));
  let nowMs = Date.now();
  const mesh = await startInference(database, {
    ...services,
    now: () => nowMs,
    guardrails: 'secrets',
    events: {
      ...services.events,
      record: (...given) => (isDown ? outage() : services.events.record(...given)),
    },
    audit: { ...services.audit, count: (given) => (isDown ? outage() : services.audit.count(given)) },
  });
  mesh.alpha.always((call) => call.say('still here').finish(buildUsage(1, 1)));
  const caller = { ...mesh.caller, payloadLogging: 'FULL' } as const;
  const ask = (content: string) =>
    mesh.ask(COMPLETE, { input: { model: 'alpha/one', messages: [{ role: 'USER', content }] } }, caller);
  const secret = `AKIA${'A'.repeat(16)}`;
  for (let minute = 0; minute < 60; minute += 1) {
    nowMs += 60_000;
    expect((await ask(secret)).errors).toMatchObject([{ code: 'GUARDRAIL_BLOCKED' }]);
    expect((await ask('Say something.')).data).toMatchObject({ complete: { text: 'still here' } });
  }
  const rows = await mesh.rows();
  expect(rows.map(({ status }) => status)).toEqual(Array(60).fill('SUCCEEDED'));
  const kept = await payloads(database.connection).countDocuments({ tenantId: mesh.caller.tenantId });
  expect(kept).toBe(60);
  isDown = false;
  for (const end of waiting) end();
  await ask(secret);
  await mesh[Symbol.asyncDispose]();
  const tenant = { tenantId: mesh.caller.tenantId };
  const blocked = await events(database.connection)
    .find({ ...tenant, type: 'guardrail.blocked' })
    .lean();
  expect(blocked).toHaveLength(1);
  const counted = await auditLog(database.connection)
    .find({ ...tenant, action: 'completion.call' })
    .lean();
  expect(counted.reduce((sum, { count = 0 }) => sum + count, 0)).toBe(61);
});
