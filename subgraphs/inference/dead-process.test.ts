import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { progressOfRow } from '#inference/ledger/attempt-progress.ts';
import { closeOrphaned } from '#inference/ledger/orphaned.ts';
import type { Database } from '#mongo/connect.ts';
import { invocations } from '#mongo/invocations.ts';
import { meterRollups } from '#mongo/meter-hours.ts';
import { hourMs, hourStartMs } from '#mongo/meter-rollup.ts';
import { listLimits } from '#state/quota/caller-limits.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';
import { testPayloads } from '#test/support/seal.ts';
import { buildPlan, emails, growingRule, wordRule } from '#test/support/word-rules.ts';

const fields =
  'id status text cost usage { inputTokens outputTokens } attempts { outcome usageEstimated error }';
const COMPLETE = `mutation ($input: CompletionInput!) { complete(input: $input) { ${fields} } }`;
const COMPLETION = `query ($id: ID!) { completion(id: $id) { ${fields} } }`;
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { vectors } }';
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  __typename completionId ... on TextDelta { text } ... on CompletionFinished { completion { ${fields} } }
  ... on CompletionFailed { code message completion { ${fields} } } } }`;

const asking = (model: string, more: Record<string, unknown> = {}) => ({
  input: { model, messages: [{ role: 'USER', content: 'Say something.' }], ...more },
});

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

async function row(mesh: TestInference) {
  const [only, ...others] = await mesh.rows();
  if (only === undefined || others.length > 0) throw new Error('One row was expected.');
  return only;
}

/** As another process does that takes the owner of the row for dead. */
async function closeAsOrphan(mesh: TestInference): Promise<void> {
  const { _id, ownerId } = await row(mesh);
  // Rows of other tests have owners of their own.
  const services = {
    connection: database.connection,
    log: pino({ level: 'silent' }),
    streams: mesh.streams,
    quota: mesh.quota,
    payloads: testPayloads,
  };
  expect(await closeOrphaned(services, [ownerId], Date.now())).toBe(1);
  expect(await invocations(database.connection).findById(_id).lean()).toMatchObject({ orphaned: true });
}

/** Whose tenant keeps metadata. */
const keeping = (mesh: TestInference) => ({ ...mesh.caller, payloadLogging: 'METADATA' }) as const;

describe('the row of a running call', () => {
  it('states from the start what being cut costs, for a stream, a whole answer and an embedding', async () => {
    const calls: ((mesh: TestInference) => Promise<unknown>)[] = [
      (mesh) => mesh.data(COMPLETE, asking('alpha/one')),
      async (mesh) => Array.fromAsync(await mesh.stream(STREAM, asking('alpha/one'))),
      (mesh) => mesh.data(EMBED, { input: { model: 'alpha/embed', values: ['Twelve bytes'] } }),
    ];
    for (const begin of calls) {
      await using mesh = await startInference(database);
      const ended = begin(mesh);
      const call = await mesh.alpha.next();
      const attempt = progressOfRow(await row(mesh))?.attempt;
      expect(attempt).toMatchObject({ receivedChars: 0, counted: null, price: {} });
      await closeAsOrphan(mesh);
      const { costNanos, usage, attempts } = await row(mesh);
      expect(costNanos).toBeGreaterThan(0n);
      expect(usage.inputTokens).toBeGreaterThan(0);
      expect(attempts).toMatchObject([{ outcome: 'FAILED', usageEstimated: true }]);
      call.say('late').finish(buildUsage(1, 1));
      await ended;
    }
  });

  it('has the sizes of what was sent, and of the answer where a stream log has what had come of it', async () => {
    const input = [{ role: 'USER', characters: 14, parts: 1 }];
    const unknown = { textCharacters: null, reasoningCharacters: null, toolCalls: null };
    const known = { textCharacters: 5, reasoningCharacters: 0, toolCalls: 0 };
    const embedded = { input: [{ role: 'USER', characters: 12, parts: 1 }], ...known, textCharacters: 0 };
    const whole = async (mesh: TestInference) => mesh.data(COMPLETE, asking('alpha/one'), keeping(mesh));
    const streamed = async (mesh: TestInference) =>
      Array.fromAsync(await mesh.stream(STREAM, asking('alpha/one'), { caller: keeping(mesh) }));
    const embed = (mesh: TestInference) =>
      mesh.data(EMBED, { input: { model: 'alpha/embed', values: ['Twelve bytes'] } }, keeping(mesh));
    for (const [begin, running, closed] of [
      [whole, { input, ...unknown }, { input, ...unknown }],
      [streamed, { input, ...unknown }, { input, ...known }],
      [embed, embedded, embedded],
    ] as const) {
      await using mesh = await startInference(database);
      const ended = begin(mesh);
      const call = await mesh.alpha.next();
      expect((await row(mesh)).sizes).toEqual({ tools: 0, ...running });
      call.say('Hello');
      if (begin === streamed)
        await vi.waitFor(async () => expect((await row(mesh)).progress?.attempt?.receivedChars).toBe(5));
      await closeAsOrphan(mesh);
      expect((await row(mesh)).sizes).toEqual({ tools: 0, ...closed });
      call.finish(buildUsage(1, 1));
      await ended;
    }
  });

  it('is marked as an estimate where its provider sent no count at all', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call, number) => {
      call.say('x').finish({ ...buildUsage(5, 1), ...(number === 1 ? { estimated: true as const } : {}) });
    });
    for (const usageEstimated of [true, false]) {
      const { complete } = await mesh.data<{ complete: object }>(COMPLETE, asking('alpha/one'));
      expect(complete).toMatchObject({ attempts: [{ outcome: 'SUCCEEDED', usageEstimated }] });
    }
  });

  it('states what has come of a stream, and what its provider counted', async () => {
    await using mesh = await startInference(database);
    const events = await mesh.stream(STREAM, asking('alpha/one'));
    const all = Array.fromAsync(events);
    const call = await mesh.alpha.next();
    call.part({ type: 'usage', usage: buildUsage(77, 1) }).say('Hello', ' there');
    await vi.waitFor(async () =>
      expect((await row(mesh)).progress?.attempt).toMatchObject({
        modelId: 'alpha/one',
        receivedChars: 11,
        counted: { inputTokens: 77 },
      }),
    );
    call.finish(buildUsage(77, 2));
    await all;
    expect(await row(mesh)).not.toHaveProperty('opening');
    expect(await row(mesh)).not.toHaveProperty('progress');
  });

  it('states what the attempts before have cost, before the next provider is called', async () => {
    await using mesh = await startInference(database);
    const all = Array.fromAsync(await mesh.stream(STREAM, asking('both')));
    const first = await mesh.alpha.next();
    first.say('x'.repeat(40)).cut();
    const second = await mesh.beta.next();
    const { progress } = await row(mesh);
    expect(progress).toMatchObject({
      attempts: [{ modelId: 'alpha/one', usage: { outputTokens: 10 }, usageEstimated: true }],
      attempt: { modelId: 'beta/one', providerId: 'beta', receivedChars: 0 },
    });
    await closeAsOrphan(mesh);
    const [cut, cutToo] = progress?.attempts ?? [];
    expect(cutToo).toBeUndefined();
    const closed = await row(mesh);
    expect(closed.attempts.map(({ modelId }) => modelId)).toEqual(['alpha/one', 'beta/one']);
    expect(closed.costNanos).toBeGreaterThan(cut?.costNanos ?? 0n);
    second.finish(buildUsage(1, 1));
    await all;
  });

  it('names, after a failure, the model that is called now, whose price counts', async () => {
    await using mesh = await startInference(database);
    const answer = mesh.data(COMPLETE, asking('both'));
    (await mesh.alpha.next()).fail(buildFailure('PROVIDER_RATE_LIMITED', true));
    const second = await mesh.beta.next();
    expect((await row(mesh)).progress).toMatchObject({
      attempts: [{ modelId: 'alpha/one', costNanos: 0n }],
      attempt: { modelId: 'beta/one' },
    });
    second.say('x').finish(buildUsage(1, 1));
    await answer;
  });

  it('counts no attempt while a retry is waited for', async () => {
    let waiting = Promise.withResolvers<void>();
    let resumed = Promise.withResolvers<void>();
    await using mesh = await startInference(database, {
      delay: async () => {
        waiting.resolve();
        await resumed.promise;
      },
    });
    for (const call of [
      () => mesh.data(COMPLETE, asking('alpha/one')),
      () => mesh.data(EMBED, { input: { model: 'alpha/embed', values: ['x'] } }),
    ]) {
      waiting = Promise.withResolvers<void>();
      resumed = Promise.withResolvers<void>();
      const answer = call();
      (await mesh.alpha.next()).fail(buildFailure('PROVIDER_ERROR', true));
      await waiting.promise;
      await vi.waitFor(async () => {
        const running = (await mesh.rows()).find(({ status }) => status === 'RUNNING');
        expect(running?.progress).toMatchObject({ attempt: null, attempts: [{ outcome: 'FAILED' }] });
      });
      resumed.resolve();
      (await mesh.alpha.next()).say('x').finish(buildUsage(1, 1));
      await answer;
    }
  });
});

describe('the row of a call that waits for a retry', () => {
  it('counts what its last attempt had reported once, not also as an attempt under way', async () => {
    const waiting = Promise.withResolvers<void>();
    const resumed = Promise.withResolvers<void>();
    await using mesh = await startInference(database, {
      // Nothing is shown before the guardrail has seen it all, so that an attempt that was cut is tried again.
      guardrailPlans: { planFor: () => buildPlan(wordRule(/never written/, 'BLOCK')) },
      delay: async () => {
        waiting.resolve();
        await resumed.promise;
      },
    });
    const all = Array.fromAsync(await mesh.stream(STREAM, asking('alpha/one')));
    const recorded = async () =>
      (await mesh.rows()).map(({ progress }) => [
        progress?.attempts.map(({ usage }) => usage?.outputTokens),
        progress?.attempt?.receivedChars,
      ]);
    const first = await mesh.alpha.next();
    first.say('x'.repeat(40));
    await vi.waitFor(async () => expect(await recorded()).toEqual([[[], 40]]));
    first.say('x'.repeat(40)).cut();
    await waiting.promise;
    // A later call that is recorded shows that a round has passed.
    const other = Array.fromAsync(await mesh.stream(STREAM, asking('beta/one')));
    const later = await mesh.beta.next();
    later.say('y'.repeat(4));
    await vi.waitFor(async () => expect(await recorded()).toContainEqual([[], 4]));
    expect(await recorded()).toContainEqual([[20], undefined]);
    resumed.resolve();
    (await mesh.alpha.next()).say('z').finish(buildUsage(1, 1));
    later.finish(buildUsage(1, 1));
    await Promise.all([all, other]);
  });
});

describe('the answer of a process that died', () => {
  it('has the values that were masked in its call, and nothing of what was held', async () => {
    const plan = buildPlan(growingRule(emails, 'MASK', { kind: 'EMAIL', stages: ['INPUT'] }));
    await using mesh = await startInference(database, { guardrailPlans: { planFor: () => plan } });
    const messages = [{ role: 'USER', content: 'Write to ann@x.test or bob@x.test.' }];
    const all = Array.fromAsync(await mesh.stream(STREAM, { input: { model: 'alpha/one', messages } }));
    const call = await mesh.alpha.next();
    call.say('To ⟨EMAIL_1⟩ or ⟨EMA');
    await vi.waitFor(async () => expect((await row(mesh)).progress?.attempt?.receivedChars).toBe(20));
    await closeAsOrphan(mesh);
    // Another process has what was kept, and no call in progress.
    await using other = await startInference(database);
    const { _id: id } = await row(mesh);
    const read = await other.data(COMPLETION, { id }, mesh.caller);
    expect(read).toMatchObject({ completion: { text: 'To ann@x.test or ' } });
    call.say('IL_2⟩').finish(buildUsage(1, 1));
    await all;
  });
});

describe('a process that was taken for dead', () => {
  const key = { subject: 'budget:all', window: 'DAY', budget: { hard: true } } as const;
  const limits = (['TOKENS', 'COST', 'REQUESTS'] as const).map((meter) => ({
    ...key,
    meter,
    amount: '900000000',
  }));

  it('replaces the estimate by what it knows, in the row, the content and the meters', async () => {
    await using mesh = await startInference(database, { limits });
    const all = Array.fromAsync(await mesh.stream(STREAM, asking('alpha/one')));
    const call = await mesh.alpha.next();
    call.say('Half of');
    await vi.waitFor(async () => expect((await row(mesh)).progress?.attempt?.receivedChars).toBe(7));
    await closeAsOrphan(mesh);
    const { _id: id } = await row(mesh);
    expect(await mesh.rows()).toMatchObject([{ status: 'FAILED', orphaned: true }]);
    const { tenantId, startedAt } = await row(mesh);
    const summed = { from: new Date(0), until: new Date(Date.now() + hourMs), version: 0 };
    await meterRollups(database.connection).updateOne({ _id: tenantId }, { $set: summed }, { upsert: true });

    call.say(' the answer').finish(buildUsage(500, 50));
    const events = await all;
    expect(events.at(-1)).toMatchObject({
      __typename: 'CompletionFinished',
      completion: { status: 'SUCCEEDED' },
    });
    const closed = await row(mesh);
    expect(closed).toMatchObject({
      status: 'SUCCEEDED',
      usage: { inputTokens: 500, outputTokens: 50 },
      error: null,
    });
    expect(closed).not.toHaveProperty('orphaned');
    expect(closed.attempts).toMatchObject([{ outcome: 'SUCCEEDED', usageEstimated: false }]);
    expect(await mesh.data(COMPLETION, { id })).toMatchObject({ completion: { text: 'Half of the answer' } });

    // The sums of the row's hour are withdrawn.
    expect(await meterRollups(database.connection).findById(tenantId).lean()).toMatchObject({
      until: new Date(hourStartMs(startedAt.getTime())),
    });
    const readings = await mesh.quota.read(tenantId, listLimits(mesh.caller));
    expect(readings.map(({ spent }) => spent)).toEqual([550n, closed.costNanos, 1n]);
    expect(readings.map(({ reserved }) => reserved)).toEqual([0n, 0n, 0n]);
  });
});

describe('the completion of a dead process', () => {
  it('shows what had come, that it is an estimate, and that it may be called again', async () => {
    await using mesh = await startInference(database);
    const all = Array.fromAsync(await mesh.stream(STREAM, asking('alpha/one')));
    const call = await mesh.alpha.next();
    call.say('This much had come');
    await vi.waitFor(async () => expect((await row(mesh)).progress?.attempt?.receivedChars).toBe(18));
    await closeAsOrphan(mesh);
    const { _id: id } = await row(mesh);
    await using other = await startInference(database);
    const { completion } = await other.data<{ completion: object }>(COMPLETION, { id }, mesh.caller);
    expect(completion).toMatchObject({
      status: 'FAILED',
      text: 'This much had come',
      attempts: [{ outcome: 'FAILED', usageEstimated: true }],
    });
    const resume = `subscription ($id: ID!) { resumeCompletion(id: $id) {
      __typename ... on TextDelta { text } ... on CompletionFailed { code message completion { text } } } }`;
    const events = await Array.fromAsync(await other.stream(resume, { id }, { caller: mesh.caller }));
    expect(events).toMatchObject([
      { __typename: 'CompletionStarted' },
      { text: 'This much had come' },
      {
        code: 'INTERNAL',
        message: expect.stringContaining('idempotencyKey'),
        completion: { text: 'This much had come' },
      },
    ]);
    call.finish(buildUsage(1, 1));
    await all;
  });
});
