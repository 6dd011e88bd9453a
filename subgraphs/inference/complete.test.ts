import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallerLimit } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import { listLimits } from '#state/quota/caller-limits.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';

const COMPLETE = `mutation ($input: CompletionInput!) { complete(input: $input) {
  id status text json finishReason cost cache model { id } attempts { outcome error model { id } cost }
  usage { inputTokens outputTokens totalTokens cachedInputTokens }
} }`;

const asking = (model: string, more: Record<string, unknown> = {}) => ({
  input: { model, messages: [{ role: 'USER', content: 'Say something.' }], ...more },
});

const limit = (meter: CallerLimit['meter'], window: CallerLimit['window'], amount: string): CallerLimit => ({
  subject: 'key:k',
  meter,
  window,
  amount,
});

interface Answer {
  readonly complete: Record<string, unknown> & { readonly id: string };
}

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

describe('complete', () => {
  it('answers with what the provider reported, counted and priced, and closes its row', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => {
      call.say('Hello ', 'there').finish({ ...buildUsage(1_000, 10), cachedInputTokens: 600 });
    });
    const { complete } = await mesh.data<Answer>(COMPLETE, asking('alpha/one'));
    // 400 at 1 $/M, 600 cached at 0.1 $/M, 10 at 10 $/M.
    expect(complete).toMatchObject({
      status: 'SUCCEEDED',
      text: 'Hello there',
      finishReason: 'STOP',
      cost: '0.000560000',
      cache: 'BYPASS',
      model: { id: 'alpha/one' },
      usage: { inputTokens: 1_000, outputTokens: 10, totalTokens: 1_010, cachedInputTokens: 600 },
      attempts: [{ outcome: 'SUCCEEDED', error: null }],
    });
    const rows = await mesh.rows();
    expect(rows).toMatchObject([
      {
        _id: complete.id,
        status: 'SUCCEEDED',
        costNanos: 560_000n,
        keyId: mesh.caller.keyId,
        errorCode: null,
      },
    ]);
    expect(rows[0]?.endedAt).toBeInstanceOf(Date);
  });

  it('states when it ended, as its row does, in its answer and when it is read; while it runs, nothing', async () => {
    const TIMES =
      'mutation ($input: CompletionInput!) { complete(input: $input) { id cache createdAt endedAt } }';
    const READ = 'query ($id: ID!) { completion(id: $id) { createdAt endedAt } }';
    let nowMs = Date.parse('2026-11-28T12:00:00.000Z');
    await using mesh = await startInference(database, { now: () => nowMs });
    for (const isKept of [true, false]) {
      const answering = mesh.data<Answer>(TIMES, asking('alpha/one', isKept ? {} : { retention: 'NONE' }));
      const call = await mesh.alpha.next();
      const createdAt = new Date(nowMs).toISOString();
      const id = (await mesh.rows()).find(({ status }) => status === 'RUNNING')?._id;
      const running = await mesh.data<{ completion: object }>(READ, { id });
      expect(running.completion).toEqual({ createdAt, endedAt: null });
      nowMs += 2_500;
      call.say('x').finish(buildUsage(1, 1));
      const times = { createdAt, endedAt: new Date(nowMs).toISOString() };
      const { complete } = await answering;
      expect(complete).toEqual({ id, cache: 'BYPASS', ...times });
      nowMs += 60_000;
      expect((await mesh.data<{ completion: object }>(READ, { id })).completion).toEqual(times);
    }
    mesh.alpha.always((call) => void call.say('x').finish(buildUsage(1, 1)));
    for (const cache of ['MISS', 'HIT']) {
      nowMs += 1_000;
      const { complete } = await mesh.data<Answer>(TIMES, asking('alpha/one', { cache: 'USE' }));
      expect(complete).toMatchObject({ cache, endedAt: new Date(nowMs).toISOString() });
    }
  });

  it('has its row durable before the provider is called', async () => {
    await using mesh = await startInference(database);
    const answering = mesh.data<Answer>(COMPLETE, asking('alpha/one'));
    const call = await mesh.alpha.next();
    expect(await mesh.rows()).toMatchObject([{ status: 'RUNNING', endedAt: null, modelId: 'alpha/one' }]);
    call.say('x').finish(buildUsage(1, 1));
    await answering;
  });

  it('tries a model that is called by its id once more, and bills both attempts', async () => {
    await using mesh = await startInference(database, { delay: async () => undefined });
    mesh.alpha.always((call, number) => {
      if (number === 1)
        call.part({ type: 'usage', usage: buildUsage(7, 0) }).fail(buildFailure('PROVIDER_ERROR', true));
      else call.say('Well').finish(buildUsage(7, 1));
    });
    const { complete } = await mesh.data<Answer>(COMPLETE, asking('demo/flaky'));
    expect(complete).toMatchObject({
      text: 'Say something.',
      attempts: [{ outcome: 'FAILED' }, { outcome: 'SUCCEEDED' }],
    });
    const second = await mesh.data<Answer>(COMPLETE, asking('alpha/one'));
    expect(second.complete).toMatchObject({
      text: 'Well',
      attempts: [{ outcome: 'FAILED' }, { outcome: 'SUCCEEDED' }],
    });
  });

  it('falls back along a route, and states who answered', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.fail(buildFailure('PROVIDER_RATE_LIMITED', true, 60_000)));
    mesh.beta.always((call) => call.say('From beta').finish(buildUsage(5, 2)));
    const { complete } = await mesh.data<Answer>(COMPLETE, asking('both'));
    expect(complete).toMatchObject({
      text: 'From beta',
      model: { id: 'beta/one' },
      attempts: [
        { outcome: 'FAILED', model: { id: 'alpha/one' }, cost: '0.000000000' },
        { outcome: 'SUCCEEDED', model: { id: 'beta/one' } },
      ],
    });
    expect(await mesh.rows()).toMatchObject([
      { modelId: 'beta/one', providerId: 'beta', status: 'SUCCEEDED' },
    ]);
  });

  it('fails an answer that is too large to be kept, settles it, and no call beside it', async () => {
    await using mesh = await startInference(database);
    const large = mesh.refusal(COMPLETE, asking('alpha/one'));
    const small = mesh.data<Answer>(COMPLETE, asking('beta/one'));
    const calls = await Promise.all([mesh.alpha.next(), mesh.beta.next()]);
    calls[0].say('x'.repeat(20_000_000)).finish(buildUsage(1_000, 500));
    calls[1].say('y').finish(buildUsage(1_000, 1));
    expect((await small).complete).toMatchObject({ status: 'SUCCEEDED', text: 'y' });
    const refusal = await large;
    expect(refusal).toMatchObject({ code: 'PROVIDER_ERROR', message: expect.stringMatching(/larger/) });
    const rows = await mesh.rows();
    expect(rows.find(({ modelId }) => modelId === 'alpha/one')).toMatchObject({
      _id: refusal.completionId,
      status: 'FAILED',
      errorCode: 'PROVIDER_ERROR',
      usage: { outputTokens: 500 },
      costNanos: 6_000_000n,
      attempts: [{ outcome: 'SUCCEEDED' }],
    });
    expect(rows.find(({ modelId }) => modelId === 'beta/one')).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('fails an answer that is nested too deeply to be returned, and closes its row', async () => {
    await using mesh = await startInference(database);
    const deep = 200_000;
    mesh.alpha.always((call) => call.say('['.repeat(deep), ']'.repeat(deep)).finish(buildUsage(1, 1)));
    const refusal = await mesh.refusal(COMPLETE, asking('alpha/one', { responseSchema: { type: 'array' } }));
    expect(refusal).toMatchObject({ code: 'PROVIDER_ERROR', message: expect.stringMatching(/deeper/) });
    expect(await mesh.rows()).toMatchObject([{ status: 'FAILED', errorCode: 'PROVIDER_ERROR' }]);
  });

  it('does not try again what cannot succeed', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.fail(buildFailure('CONTENT_FILTERED', false)));
    const refusal = await mesh.refusal(COMPLETE, asking('both'));
    expect(refusal).toMatchObject({ code: 'CONTENT_FILTERED' });
    expect(mesh.alpha.calls).toHaveLength(1);
    expect(mesh.beta.calls).toHaveLength(0);
  });

  it('stops after maxAttempts, with the last failure, and names the row that it left', async () => {
    await using mesh = await startInference(database, { delay: async () => undefined });
    for (const provider of [mesh.alpha, mesh.beta]) {
      provider.always((call) => call.fail(buildFailure('PROVIDER_ERROR', true)));
    }
    const refusal = await mesh.refusal(COMPLETE, asking('both'));
    const [row] = await mesh.rows();
    expect(refusal).toMatchObject({ code: 'PROVIDER_ERROR', completionId: row?._id });
    expect(mesh.alpha.calls.length + mesh.beta.calls.length).toBe(3);
    expect(row).toMatchObject({ status: 'FAILED', errorCode: 'PROVIDER_ERROR' });
    expect(row?.attempts).toHaveLength(3);
  });

  it('does not call a model by its id again after silence, while a route calls its next target', async () => {
    await using mesh = await startInference(database, { delay: async () => undefined });
    for (const provider of [mesh.alpha, mesh.beta]) {
      provider.always((call) => call.fail(buildFailure('PROVIDER_TIMEOUT', true)));
    }
    await mesh.refusal(COMPLETE, asking('alpha/one'));
    expect(mesh.alpha.calls).toHaveLength(1);
    await mesh.refusal(COMPLETE, asking('both'));
    expect(mesh.alpha.calls.length).toBeLessThanOrEqual(3);
    expect(mesh.beta.calls).toHaveLength(1);
  });

  it('leaves a long wait for a rate limit to the client', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.fail(buildFailure('PROVIDER_RATE_LIMITED', true, 30_000)));
    const refusal = await mesh.refusal(COMPLETE, asking('alpha/one'));
    expect(refusal).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', retryAfterMs: 30_000 });
    expect(mesh.alpha.calls).toHaveLength(1);
  });

  it('refuses over a limit before anything is sent, and leaves no row and no reservation', async () => {
    const limits = [limit('REQUESTS', 'MINUTE', '1'), limit('CONCURRENCY', 'INFLIGHT', '5')];
    await using mesh = await startInference(database, { limits });
    await mesh.data(COMPLETE, asking('demo/echo'));
    const refusal = await mesh.refusal(COMPLETE, asking('alpha/one'));
    expect(refusal).toMatchObject({ code: 'QUOTA_EXCEEDED', retryAfterMs: expect.any(Number) });
    expect(refusal.completionId).toBeUndefined();
    expect(mesh.alpha.calls).toHaveLength(0);
    expect(await mesh.rows()).toHaveLength(1);
    const [reading] = await mesh.quota.read(mesh.caller.tenantId ?? '', [
      { subject: 'key:k', meter: 'CONCURRENCY', window: 'INFLIGHT' },
    ]);
    expect(reading).toEqual({ spent: 0n, reserved: 0n });
  });

  it('reserves an upper bound while it runs, and settles on what the provider counted', async () => {
    const budget: CallerLimit = {
      subject: 'budget:b',
      meter: 'COST',
      window: 'MONTH',
      amount: '1000000000',
      budget: { hard: true },
    };
    await using mesh = await startInference(database, { limits: [budget, limit('TOKENS', 'DAY', '100000')] });
    const read = () => mesh.quota.read(mesh.caller.tenantId ?? '', listLimits(mesh.caller));
    const answering = mesh.data(COMPLETE, asking('alpha/one', { maxOutputTokens: 100 }));
    const call = await mesh.alpha.next();
    const [cost, tokens] = await read();
    expect(tokens?.reserved).toBeGreaterThan(100n);
    // 100 output tokens at 10 $/M, and the input.
    expect(cost?.reserved).toBeGreaterThanOrEqual(1_000_000n);
    call.say('x').finish(buildUsage(20, 3));
    await answering;
    expect(await read()).toEqual([
      { spent: 50_000n, reserved: 0n },
      { spent: 23n, reserved: 0n },
    ]);
  });

  it('refuses with BUDGET_EXCEEDED what a hard budget cannot hold, and only counts for a soft one', async () => {
    const budget = { subject: 'budget:b', meter: 'COST', window: 'MONTH', amount: '10' } as const;
    await using hard = await startInference(database, { limits: [{ ...budget, budget: { hard: true } }] });
    expect(await hard.refusal(COMPLETE, asking('alpha/one'))).toMatchObject({ code: 'BUDGET_EXCEEDED' });
    await using soft = await startInference(database, { limits: [{ ...budget, budget: { hard: false } }] });
    soft.alpha.always((call) => call.say('x').finish(buildUsage(20, 3)));
    await soft.data(COMPLETE, asking('alpha/one'));
    expect(await soft.quota.read(soft.caller.tenantId ?? '', listLimits(soft.caller))).toEqual([
      { spent: 50_000n, reserved: 0n },
    ]);
  });

  it('lets a free model be called on a budget that is used up', async () => {
    const budget = { subject: 'budget:b', meter: 'COST', window: 'MONTH', amount: '0' } as const;
    await using mesh = await startInference(database, { limits: [{ ...budget, budget: { hard: true } }] });
    await mesh.data(COMPLETE, asking('demo/echo'));
    expect(await mesh.refusal(COMPLETE, asking('alpha/one'))).toMatchObject({ code: 'BUDGET_EXCEEDED' });
  });

  it('checks the budget again before a retry that would go beyond it', async () => {
    // Room for one attempt's bound (27 + 128 + 100 tokens), not for what the first one took and another bound.
    const limits = [limit('TOKENS', 'DAY', '300')];
    await using mesh = await startInference(database, { limits, delay: async () => undefined });
    mesh.alpha.always((call) => call.say('no JSON').finish(buildUsage(20, 60)));
    const responseSchema = { type: 'object' };
    const refusal = await mesh.refusal(
      COMPLETE,
      asking('alpha/one', { maxOutputTokens: 100, responseSchema }),
    );
    expect(refusal).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(mesh.alpha.calls).toHaveLength(1);
    expect(await mesh.rows()).toMatchObject([
      { status: 'FAILED', usage: { inputTokens: 20, outputTokens: 60 } },
    ]);
  });

  it('validates structured answers, and calls again for one of another shape', async () => {
    await using mesh = await startInference(database, { delay: async () => undefined });
    mesh.alpha.always((call, number) => {
      call.say(number === 1 ? '{"age":"old"}' : '{"age":7}').finish(buildUsage(5, 5));
    });
    const responseSchema = { type: 'object', properties: { age: { type: 'integer' } }, required: ['age'] };
    const { complete } = await mesh.data<Answer>(COMPLETE, asking('alpha/one', { responseSchema }));
    expect(complete).toMatchObject({ json: { age: 7 }, usage: { totalTokens: 20 } });
    mesh.alpha.always((call) => call.say('{}').finish(buildUsage(5, 5)));
    const refusal = await mesh.refusal(COMPLETE, asking('alpha/one', { responseSchema }));
    expect(refusal).toMatchObject({ code: 'PROVIDER_ERROR', message: expect.stringContaining('age') });
  });

  it('times out a provider that never answers, also one that ignores the signal', async () => {
    await using mesh = await startInference(database, {
      createProvider: async () => ({
        generate: () => new Promise(() => undefined),
        stream: () => ({
          [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
        }),
        embed: () => new Promise(() => undefined),
      }),
    });
    const refusal = await mesh.refusal(COMPLETE, asking('hasty'));
    expect(refusal).toMatchObject({ code: 'PROVIDER_TIMEOUT', message: expect.stringContaining('40 ms') });
    expect(await mesh.rows()).toMatchObject([{ status: 'FAILED', errorCode: 'PROVIDER_TIMEOUT' }]);
  });

  it('aborts the provider call when its client leaves, settles the meters and closes the row once', async () => {
    await using mesh = await startInference(database, { limits: [limit('TOKENS', 'DAY', '100000')] });
    const client = new AbortController();
    const answering = mesh.askWith(COMPLETE, asking('alpha/one', { maxOutputTokens: 50 }), client.signal);
    const call = await mesh.alpha.next();
    client.abort();
    await call.aborted;
    await answering;
    const [row] = await mesh.rows();
    expect(row).toMatchObject({
      status: 'CANCELLED',
      attempts: [{ outcome: 'CANCELLED', usageEstimated: true }],
    });
    const [tokens] = await mesh.quota.read(mesh.caller.tenantId ?? '', [limit('TOKENS', 'DAY', '')]);
    const { inputTokens = 0, outputTokens = 0 } = row?.usage ?? {};
    expect(tokens).toEqual({ spent: BigInt(inputTokens + outputTokens), reserved: 0n });
    expect(inputTokens).toBeGreaterThan(0);
  });

  it('learns nothing of a credential in cooldown from a call whose client has left', async () => {
    const nowMs = Date.now();
    await using mesh = await startInference(database, { now: () => nowMs });
    const whole = asking('both', { maxOutputTokens: 50 });
    mesh.beta.always((call) => call.say('from beta').finish(buildUsage(1, 1)));
    const answering = mesh.data<Answer>(COMPLETE, whole);
    (await mesh.alpha.next()).fail(buildFailure('PROVIDER_RATE_LIMITED', true));
    await answering;
    const client = new AbortController();
    const left = mesh.askWith(COMPLETE, asking('alpha/one', { maxOutputTokens: 50 }), client.signal);
    const call = await mesh.alpha.next();
    client.abort();
    await Promise.all([call.aborted, left]);
    await mesh.data<Answer>(COMPLETE, whole);
    expect(mesh.alpha.calls).toHaveLength(2);
  });

  it('refuses unknown models, models that cannot chat, and callers of no tenant', async () => {
    await using mesh = await startInference(database);
    expect(await mesh.refusal(COMPLETE, asking('alpha/none'))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await mesh.refusal(COMPLETE, asking('demo/embed'))).toMatchObject({ code: 'BAD_USER_INPUT' });
    const nobody = { ...mesh.caller, tenantId: null };
    expect(await mesh.refusal(COMPLETE, asking('demo/echo'), nobody)).toMatchObject({ code: 'FORBIDDEN' });
    expect(await mesh.rows()).toEqual([]);
  });

  it('keeps to the regions that a tenant allows', async () => {
    await using mesh = await startInference(database);
    const european = { ...mesh.caller, allowedRegions: ['eu'] };
    mesh.alpha.always((call) => call.fail(buildFailure('PROVIDER_AUTH', false)));
    expect(await mesh.refusal(COMPLETE, asking('both'), european)).toMatchObject({ code: 'PROVIDER_AUTH' });
    expect(mesh.beta.calls).toHaveLength(0);
    expect(await mesh.refusal(COMPLETE, asking('beta/one'), european)).toMatchObject({ code: 'NO_ROUTE' });
  });

  it('blocks a secret on its way in and out, when the guardrail is on', async () => {
    await using mesh = await startInference(database, { guardrails: 'secrets' });
    const key = `AKIA${'A'.repeat(16)}`;
    const input = { model: 'demo/echo', messages: [{ role: 'USER', content: `mine is ${key}` }] };
    const refusal = await mesh.refusal(COMPLETE, { input });
    expect(refusal).toMatchObject({ code: 'GUARDRAIL_BLOCKED', guardrail: 'secrets', stage: 'input' });
    expect(refusal.message).not.toContain(key);
    expect(await mesh.rows()).toEqual([]);
    mesh.alpha.always((call) => call.say(`It is ${key}.`).finish(buildUsage(5, 5)));
    const out = await mesh.refusal(COMPLETE, asking('alpha/one'));
    expect(out).toMatchObject({ code: 'GUARDRAIL_BLOCKED', stage: 'output' });
    expect(await mesh.rows()).toMatchObject([{ status: 'FAILED', errorCode: 'GUARDRAIL_BLOCKED' }]);
    expect(JSON.stringify(out)).not.toContain(key);
  });

  it('refuses new calls and ends running ones when it is disposed', async () => {
    const mesh = await startInference(database);
    const answering = mesh.ask<Answer>(COMPLETE, asking('alpha/one'));
    const call = await mesh.alpha.next();
    await mesh[Symbol.asyncDispose]();
    await call.aborted;
    expect((await answering).errors).toMatchObject([{ code: 'OVERLOADED' }]);
    expect(await mesh.refusal(COMPLETE, asking('demo/echo'))).toMatchObject({ code: 'OVERLOADED' });
    expect(await mesh.rows()).toMatchObject([{ status: 'FAILED', errorCode: 'OVERLOADED' }]);
  });
});
