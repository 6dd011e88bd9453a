import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeOrphaned } from '#inference/ledger/orphaned.ts';
import { completions } from '#mongo/completions.ts';
import type { Database } from '#mongo/connect.ts';
import { idempotencyKeys } from '#mongo/idempotency-keys.ts';
import { createMemoryCache } from '#state/cache/memory.ts';
import { openState } from '#state/open-state.ts';
import { connectRedis } from '#state/redis/connect.ts';
import { createMemoryStreamLogs } from '#state/streams/memory.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { hasRedis, startRedis } from '#test/support/processes/redis.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';
import { testPayloads } from '#test/support/seal.ts';

const fields = 'id status text cost usage { inputTokens outputTokens } attempts { outcome error }';
const COMPLETE = `mutation ($input: CompletionInput!) { complete(input: $input) { ${fields} } }`;
const COMPLETION = `query ($id: ID!) { completion(id: $id) { ${fields} } }`;
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { vectors } }';
const event = `__typename completionId sequence ... on TextDelta { text }
  ... on CompletionFinished { completion { text } } ... on CompletionFailed { code }`;
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${event} } }`;
const RESUME = `subscription ($id: ID!, $after: Int!) { resumeCompletion(id: $id, after: $after) { ${event} } }`;

const asking = (more: Record<string, unknown> = {}, content = 'Say something.') => ({
  input: { model: 'alpha/one', messages: [{ role: 'USER', content }], retention: 'NONE', ...more },
});
interface Answer {
  readonly complete: { readonly id: string; readonly text: string };
}

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

const findKept = (id: string | undefined) => completions(database.connection).findById(id).lean();

async function onlyRow(mesh: TestInference) {
  const [only, ...others] = await mesh.rows();
  if (only === undefined || others.length > 0) throw new Error('One row was expected.');
  return only;
}

describe('retention: NONE', () => {
  it('answers as ever, and keeps the row with its amounts alone', async () => {
    const cache = createMemoryCache();
    await using mesh = await startInference(database, {
      cache,
      streams: createMemoryStreamLogs(),
    });
    const caller = { ...mesh.caller, cacheByDefault: true };
    mesh.alpha.always((call) => call.say('an ', 'answer').finish(buildUsage(3, 2)));
    const labels = { endUserId: 'u', tags: ['t'] };
    const { complete } = await mesh.data<Answer>(COMPLETE, asking(labels), caller);
    expect(complete.text).toBe('an answer');
    const row = await onlyRow(mesh);
    expect(row).toMatchObject({ status: 'SUCCEEDED', retention: 'NONE', cache: 'BYPASS', ...labels });
    expect(row.usage).toMatchObject({ inputTokens: 3, outputTokens: 2 });
    expect(row.costNanos).toBeGreaterThan(0n);
    expect(await findKept(complete.id)).toBeNull();
    const { completion } = await mesh.data<{ completion: object }>(COMPLETION, { id: complete.id }, caller);
    expect(completion).toMatchObject({ status: 'SUCCEEDED', text: '', usage: { outputTokens: 2 } });

    // Neither is the answer told to the next who asks, nor was it looked for.
    await mesh.data<Answer>(COMPLETE, asking({ retention: 'DEFAULT' }), caller);
    expect(mesh.alpha.calls).toHaveLength(2);
    await mesh.data<Answer>(COMPLETE, asking(), caller);
    expect(mesh.alpha.calls).toHaveLength(3);
    for (const use of ['USE', 'REFRESH']) {
      const refusal = await mesh.refusal(COMPLETE, asking({ cache: use }), caller);
      expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringContaining(use) });
    }
  });

  it('is not joined by an identical call in progress', async () => {
    await using mesh = await startInference(database);
    const caller = { ...mesh.caller, cacheByDefault: true };
    const [first, second] = [1, 2].map(() => mesh.data<Answer>(COMPLETE, asking(), caller));
    for (const text of ['one', 'two']) (await mesh.alpha.next()).say(text).finish(buildUsage(1, 1));
    const texts = await Promise.all([first, second].map(async (call) => (await call)?.complete.text));
    expect(texts.toSorted()).toEqual(['one', 'two']);
  });

  it('keeps the codes of failures, and no words of a provider', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say('half').fail(buildFailure('PROVIDER_ERROR', false)));
    const refusal = await mesh.refusal(COMPLETE, asking());
    expect(refusal).toMatchObject({ code: 'PROVIDER_ERROR', message: expect.stringContaining('script') });
    const row = await onlyRow(mesh);
    expect(row).toMatchObject({ status: 'FAILED', errorCode: 'PROVIDER_ERROR', error: null });
    expect(row.attempts.map(({ error }) => error)).toEqual(['PROVIDER_ERROR']);
    expect(await findKept(row._id)).toBeNull();
    await mesh.data(EMBED, { input: { model: 'demo/embed', values: ['x'], retention: 'NONE' } });
    expect((await mesh.rows()).at(-1)).toMatchObject({ kind: 'embedding', retention: 'NONE' });
  });

  it('lets a stream be resumed while it flows and shortly after, and not later', async () => {
    let nowMs = Date.now();
    const streams = createMemoryStreamLogs({ now: () => nowMs });
    await using mesh = await startInference(database, { cache: createMemoryCache(), streams });
    const told = Array.fromAsync(await mesh.stream(STREAM, asking()));
    const call = await mesh.alpha.next();
    call.say('a', 'b');
    call.finish(buildUsage(1, 2));
    const events = await told;
    expect(events.at(-1)).toMatchObject({ completion: { text: 'ab' } });
    const { _id: id } = await onlyRow(mesh);
    expect(await findKept(id)).toBeNull();
    const resume = async () => Array.fromAsync(await mesh.stream(RESUME, { id, after: 0 }));
    nowMs += 9_000;
    expect(await resume()).toEqual(events.slice(1));
    nowMs += 1_000;
    await expect(resume()).rejects.toMatchObject({
      extensions: { code: 'NOT_FOUND', completionId: id },
      message: expect.stringContaining('retention: NONE'),
    });
  });

  it.runIf(hasRedis())(
    'leaves no answer in Redis, and a stream for seconds after its end alone',
    async () => {
      await using redis = await startRedis();
      const log = pino({ level: 'silent' });
      await using state = await openState(redis.url, log, { seal: testPayloads });
      await using mesh = await startInference(database, { cache: state.cache, streams: state.streams });
      const caller = { ...mesh.caller, cacheByDefault: true };
      mesh.alpha.always((call) => call.say('a', 'b').finish(buildUsage(1, 2)));
      await mesh.data(COMPLETE, asking(), caller);
      await Array.fromAsync(await mesh.stream(STREAM, asking(), { caller }));
      await using connections = await connectRedis(redis.url, log);
      const { commands } = connections;
      const keys = await commands.keys('heddle:*');
      const lives = await Promise.all(keys.map(async (key) => [key, await commands.pttl(key)] as const));
      expect(lives.filter(([key]) => key.startsWith('heddle:cache:'))).toEqual([]);
      const streams = lives.filter(([key]) => key.startsWith('heddle:stream'));
      expect(streams.length, keys.join(' ')).toBeGreaterThan(0);
      for (const [key, life] of streams) {
        expect(life, key).toBeGreaterThan(0);
        expect(life, key).toBeLessThanOrEqual(10_000);
      }
    },
  );

  it('prevents a second call by its idempotencyKey, without the answer and without a hash of the input', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say('once').finish(buildUsage(1, 1)));
    const idempotencyKey = randomUUID();
    const { complete } = await mesh.data<Answer>(COMPLETE, asking({ idempotencyKey }));
    const claims = await idempotencyKeys(database.connection).find({ completionId: complete.id }).lean();
    expect(claims.map(({ inputHash }) => inputHash)).toEqual(['unkept']);
    for (const again of [
      asking({ idempotencyKey }),
      asking({ idempotencyKey, retention: 'DEFAULT' }),
      asking({ idempotencyKey }, 'Something else.'),
    ]) {
      const refusal = await mesh.refusal(COMPLETE, again);
      expect(refusal).toMatchObject({ code: 'CONFLICT', completionId: complete.id });
      expect(refusal.message).toContain('retention: NONE');
      await expect(mesh.stream(STREAM, again)).rejects.toMatchObject({ extensions: { code: 'CONFLICT' } });
    }
    expect(mesh.alpha.calls).toHaveLength(1);
  });

  it('answers calls that meet while the first is let in alike, for the same input alone', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say('once').finish(buildUsage(1, 1)));
    const idempotencyKey = randomUUID();
    const asked = [
      mesh.ask<Answer>(COMPLETE, asking({ idempotencyKey })),
      mesh.ask<Answer>(COMPLETE, asking({ idempotencyKey })),
      mesh.ask<Answer>(COMPLETE, asking({ idempotencyKey }, 'Something else.')),
    ];
    const [first, second, other] = await Promise.all(asked);
    expect([first?.data.complete.text, second?.data.complete.text]).toEqual(['once', 'once']);
    expect(other?.errors?.map(({ code }) => code)).toEqual(['CONFLICT']);
    expect(mesh.alpha.calls).toHaveLength(1);
  });

  it('takes the answer that an earlier call with the key has kept', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say('kept').finish(buildUsage(1, 1)));
    const idempotencyKey = randomUUID();
    await mesh.data<Answer>(COMPLETE, asking({ idempotencyKey, retention: 'DEFAULT' }));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking({ idempotencyKey }));
    expect(complete.text).toBe('kept');
    expect(mesh.alpha.calls).toHaveLength(1);
  });

  it('ends the call with its client, also with an idempotencyKey: none could fetch the answer', async () => {
    await using mesh = await startInference(database);
    const leaving = new AbortController();
    const asked = mesh.askWith(COMPLETE, asking({ idempotencyKey: randomUUID() }), leaving.signal);
    const call = await mesh.alpha.next();
    leaving.abort();
    await call.aborted;
    await asked;
    expect(await onlyRow(mesh)).toMatchObject({ status: 'CANCELLED' });
  });

  it('keeps nothing of the answer of a call whose process dies', async () => {
    await using mesh = await startInference(database);
    const idempotencyKey = randomUUID();
    const told = Array.fromAsync(await mesh.stream(STREAM, asking({ idempotencyKey })));
    const call = await mesh.alpha.next();
    call.say('half an answer');
    const { _id, ownerId } = await onlyRow(mesh);
    const services = {
      connection: database.connection,
      log: pino({ level: 'silent' }),
      streams: mesh.streams,
      quota: mesh.quota,
      payloads: testPayloads,
    };
    expect(await closeOrphaned(services, [ownerId], Date.now())).toBe(1);
    expect(await onlyRow(mesh)).toMatchObject({ orphaned: true, error: null, retention: 'NONE' });
    expect(await findKept(_id)).toBeNull();
    // Its key is free, as that of every dead call.
    const again = mesh.data<Answer>(COMPLETE, asking({ idempotencyKey }));
    (await mesh.alpha.next()).say('whole').finish(buildUsage(1, 1));
    expect((await again).complete.text).toBe('whole');
    call.finish(buildUsage(1, 1));
    await told;
    expect(await findKept(_id)).toBeNull();
  });
});
