import { describe, expect, it, vi } from 'vitest';
import type { Caller, CallerLimit } from '#core/caller.ts';
import { createMeterHistory } from '#mongo/meter-history.ts';
import { models } from '#mongo/models.ts';
import { listLimits } from '#state/quota/caller-limits.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import type { Quota } from '#state/quota/quota.ts';
import { startInference, type TestInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';
import {
  asking,
  budget,
  COMPLETE,
  database,
  limit,
  useMeteredRoutes,
} from '#test/support/setups/metered-routes.ts';

useMeteredRoutes();

const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { id } }';

const readSpent = async ({ quota, caller }: Pick<TestInference, 'quota' | 'caller'>, as: Caller = caller) =>
  (await quota.read(as.tenantId ?? '', listLimits(as))).map(({ spent, reserved }) => {
    expect(reserved).toBe(0n);
    return spent;
  });

describe('what a call costs', () => {
  const others: readonly (readonly [string, readonly CallerLimit[]])[] = [
    ['no other limit', []],
    ['REQUESTS', [limit('REQUESTS', 'MINUTE', '100')]],
    ['CONCURRENCY', [limit('CONCURRENCY', 'INFLIGHT', '100')]],
    ['TOKENS', [limit('TOKENS', 'DAY', '1000000')]],
    ['COST of a plan', [limit('COST', 'DAY', '1000000000'), limit('CONCURRENCY', 'INFLIGHT', '100')]],
  ];
  const kinds = [
    {
      what: 'complete',
      document: COMPLETE,
      variables: asking('free-first'),
      usage: buildUsage(100, 100),
      cost: 1_100_000n,
    },
    {
      what: 'embed',
      document: EMBED,
      variables: { input: { model: 'embeds', values: ['a'] } },
      usage: buildUsage(1_000, 0),
      cost: 1_000_000n,
    },
  ];

  it.each(others.flatMap(([name, limits]) => kinds.map((kind) => ({ name, limits, ...kind }))))(
    'fills a hard budget though a free target is asked first: $what beside $name',
    async ({ limits, document, variables, usage, cost }) => {
      // Room for three calls, and the bound of a fourth only while there are fewer.
      const limited = [budget(String(cost * 3n + cost / 2n)), ...limits];
      await using mesh = await startInference(database, { limits: limited });
      mesh.alpha.always((call) => call.fail(buildFailure('NOT_FOUND', false)));
      mesh.beta.always((call) => call.say('x').finish(usage));
      const codes: unknown[] = [];
      for (let call = 0; call < 5; call++) {
        const { errors } = await mesh.ask(document, variables);
        codes.push(errors?.[0]?.code ?? 'OK');
      }
      const rows = await mesh.rows();
      const ledger = rows.reduce((sum, row) => sum + row.costNanos, 0n);
      expect(codes.filter((code) => code === 'OK')).toHaveLength(3);
      expect(codes.slice(3)).toEqual(['BUDGET_EXCEEDED', 'BUDGET_EXCEEDED']);
      expect(ledger).toBe(cost * 3n);
      expect((await readSpent(mesh))[0]).toBe(ledger);
    },
  );

  it('counts where a paid target fails first and a free one answers', async () => {
    await using mesh = await startInference(database, {
      limits: [budget('1000000000'), limit('TOKENS', 'HOUR', '100000')],
    });
    mesh.alpha.always((call) =>
      call.part({ type: 'usage', usage: buildUsage(10, 5) }).fail(buildFailure('PROVIDER_ERROR', true)),
    );
    await mesh.data(COMPLETE, asking('paid-first'));
    const [row] = await mesh.rows();
    const tokens = BigInt((row?.usage.inputTokens ?? 0) + (row?.usage.outputTokens ?? 0));
    expect(await readSpent(mesh)).toEqual([row?.costNanos, tokens]);
  });

  it('counts when the call failed', async () => {
    await using mesh = await startInference(database, {
      limits: [budget('1000000000'), limit('TOKENS', 'HOUR', '100000'), limit('REQUESTS', 'DAY', '10')],
    });
    mesh.alpha.always((call) => call.say('no JSON').finish(buildUsage(20, 6)));
    const responseSchema = { type: 'object' };
    await mesh.refusal(COMPLETE, asking('alpha/one', { responseSchema }));
    const [row] = await mesh.rows();
    expect(row).toMatchObject({ status: 'FAILED' });
    const tokens = BigInt((row?.usage.inputTokens ?? 0) + (row?.usage.outputTokens ?? 0));
    expect(tokens).toBeGreaterThanOrEqual(26n);
    expect(await readSpent(mesh)).toEqual([row?.costNanos, tokens, 1n]);
  });

  it('is in a budget that is saved while the call runs', async () => {
    await using mesh = await startInference(database);
    const answering = mesh.data(COMPLETE, asking('alpha/one'));
    const call = await mesh.alpha.next();
    const budgeted = { ...mesh.caller, limits: [budget('1000000000')] };
    const [before] = await mesh.quota.read(mesh.caller.tenantId ?? '', listLimits(budgeted));
    expect(before?.spent).toBe(0n);
    expect(before?.reserved).toBeGreaterThan(1_000_000n);
    call.say('x').finish(buildUsage(20, 3));
    await answering;
    expect(await readSpent(mesh, budgeted)).toEqual([50_000n]);
  });
});

describe('a reservation', () => {
  it('starts the row at the time of the store that it counts at', async () => {
    let nowMs = Date.UTC(2026, 0, 31, 23, 59, 59);
    const history = createMeterHistory(database.connection);
    const quota = createMemoryQuota({ now: () => nowMs, history });
    await using mesh = await startInference(database, { quota, limits: [budget('10000000')] });
    mesh.alpha.always((call) => call.say('x').finish(buildUsage(20, 3)));
    for (const at of ['2026-01-31T23:59:59.999Z', '2026-02-01T00:00:00.000Z']) {
      nowMs = Date.parse(at);
      await mesh.data(COMPLETE, asking('alpha/one'));
      expect((await mesh.rows()).map(({ startedAt }) => startedAt.toISOString())).toContain(at);
    }
    const fresh = createMemoryQuota({ now: () => nowMs, history });
    for (const store of [quota, fresh]) {
      const [reading] = await store.read(mesh.caller.tenantId ?? '', listLimits(mesh.caller));
      expect(reading).toEqual({ spent: 50_000n, reserved: 0n });
    }
  });

  it('is returned when its answer was lost', async () => {
    const inner = createMemoryQuota();
    const lossy: Quota = {
      ...inner,
      async reserve(reservation) {
        await inner.reserve(reservation);
        throw new Error('The answer was lost.');
      },
    };
    const limits = [limit('CONCURRENCY', 'INFLIGHT', '1'), limit('TOKENS', 'MINUTE', '100000')];
    await using mesh = await startInference(database, { quota: lossy, limits });
    await mesh.refusal(COMPLETE, asking('alpha/one'));
    await mesh.refusal(EMBED, { input: { model: 'alpha/embed', values: ['a'] } });
    expect(await readSpent(mesh)).toEqual([0n, 0n]);
    expect(await mesh.rows()).toEqual([]);
  });

  it('of one call in flight leaves no room for another, of either kind', async () => {
    const concurrency = limit('CONCURRENCY', 'INFLIGHT', '1');
    await using mesh = await startInference(database, { limits: [concurrency] });
    const completing = mesh.data(COMPLETE, asking('alpha/one'));
    const completion = await mesh.alpha.next();
    const embed = { input: { model: 'alpha/embed', values: ['a'] } };
    for (const [document, variables] of [
      [COMPLETE, asking('beta/one')],
      [EMBED, embed],
    ] as const) {
      const refusal = await mesh.refusal(document, variables);
      expect(refusal).toMatchObject({ code: 'QUOTA_EXCEEDED', retryAfterMs: expect.any(Number) });
    }
    completion.say('x').finish(buildUsage(1, 1));
    await completing;
    const embedding = mesh.data(EMBED, embed);
    const call = await mesh.alpha.next();
    expect(await mesh.refusal(COMPLETE, asking('beta/one'))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    call.finish(buildUsage(1, 0));
    await embedding;
  });

  it('outlives the longest call by minutes, and is committed under the scopes of its caller', async () => {
    await using mesh = await startInference(database, { limits: [budget('1000000000')] });
    const ttls: number[] = [];
    const settled: unknown[] = [];
    const { reserve, settle } = mesh.quota;
    Object.assign(mesh.quota, {
      reserve: (reservation: Parameters<Quota['reserve']>[0]) => {
        ttls.push(reservation.ttlMs);
        return reserve(reservation);
      },
      settle: (...args: Parameters<Quota['settle']>) => {
        settled.push(args[3]?.toSorted());
        return settle(...args);
      },
    });
    mesh.alpha.always((call) => call.say('x').finish(buildUsage(20, 3)));
    await mesh.data(COMPLETE, asking('both'));
    await mesh.data(COMPLETE, asking('both'), { ...mesh.caller, limits: [] });
    expect(ttls).toEqual([5_000 + 300_000]);
    const { tenantId, appId, keyLineId, keyId } = mesh.caller;
    const scopes = [`app:${appId}`, `key:${keyLineId ?? keyId}`, `tenant:${tenantId}`].toSorted();
    expect(settled).toEqual([scopes, scopes]);
  });

  it.each([
    ['complete', COMPLETE, asking('least-busy')],
    ['embed', EMBED, { input: { model: 'least-busy-embeds', values: ['a'] } }],
  ])(
    'that is refused counts as no load of the target that was chosen: %s',
    async (_, document, variables) => {
      await using mesh = await startInference(database, {
        limits: [limit('REQUESTS', 'DAY', '0')],
        random: () => 0.5,
      });
      expect(await mesh.refusal(document, variables)).toMatchObject({ code: 'QUOTA_EXCEEDED' });
      const answering = mesh.data(document, variables, { ...mesh.caller, limits: [] });
      const call = await Promise.race([mesh.alpha.next(), mesh.beta.next()]);
      expect(mesh.alpha.calls).toHaveLength(1);
      call.say('x').finish(buildUsage(1, 1));
      await answering;
    },
  );

  it('is committed later when the meters cannot be reached, without holding up the answer', async () => {
    const memory = createMemoryQuota({ history: createMeterHistory(database.connection) });
    let failures = 2;
    const quota: Quota = {
      ...memory,
      settle: (...settled) =>
        failures-- > 0 ? Promise.reject(new Error('away')) : memory.settle(...settled),
    };
    const limit: CallerLimit = { subject: 'key:late', meter: 'TOKENS', window: 'DAY', amount: '9000' };
    await using mesh = await startInference(database, { quota, limits: [limit] });
    mesh.alpha.always((call) => call.say('Yes').finish(buildUsage(7, 3)));
    await mesh.data(COMPLETE, asking('alpha/one'));
    const read = () => memory.read(mesh.caller.tenantId ?? '', listLimits(mesh.caller));
    expect(await read()).toEqual([{ spent: 0n, reserved: expect.toSatisfy((held: bigint) => held > 0n) }]);
    await vi.waitFor(async () => expect(await read()).toEqual([{ spent: 10n, reserved: 0n }]), 5_000);
  });

  it('stands while the row is not closed, and is committed with it', async () => {
    await using mesh = await startInference(database, { limits: [budget('1000000000')] });
    const settled: unknown[] = [];
    const { settle } = mesh.quota;
    Object.assign(mesh.quota, {
      settle: async (...args: Parameters<Quota['settle']>) => {
        settled.push((await mesh.rows())[0]?.status);
        return settle(...args);
      },
    });
    mesh.alpha.always((call) => call.say('x').finish(buildUsage(20, 3)));
    await mesh.data(COMPLETE, asking('alpha/one'));
    expect(settled).toEqual(['SUCCEEDED']);
  });

  it('is raised in the row before the next target is called', async () => {
    await using mesh = await startInference(database, { limits: [budget('1000000000')] });
    const answering = mesh.data(COMPLETE, asking('free-first'));
    const [opened] = await Promise.all([mesh.alpha.next().then(() => mesh.rows())]);
    expect(opened[0]?.reserved).toMatchObject({ costNanos: 0n });
    mesh.alpha.calls[0]?.fail(buildFailure('NOT_FOUND', false));
    const call = await mesh.beta.next();
    const [raised] = await mesh.rows();
    expect(raised?.reserved?.costNanos).toBeGreaterThan(1_000_000n);
    call.say('x').finish(buildUsage(1, 1));
    await answering;
  });

  it('holds more than the text suggests, so that calls at once do not pass a limit', async () => {
    await using mesh = await startInference(database, { limits: [limit('TOKENS', 'DAY', '5000')] });
    mesh.alpha.always((call) => call.say('x').finish(buildUsage(100, 60)));
    const variables = asking('alpha/one', { maxOutputTokens: 60 });
    await Promise.all(Array.from({ length: 64 }, () => mesh.ask(COMPLETE, variables)));
    const [tokens] = await readSpent(mesh);
    expect(tokens).toBeLessThanOrEqual(5_000n);
    expect(tokens).toBeGreaterThan(3_000n);
  });

  it('holds what the AI model was lately seen to add to an input', async () => {
    await using mesh = await startInference(database, { limits: [limit('TOKENS', 'DAY', '6000')] });
    mesh.alpha.always((call) => call.say('x').finish(buildUsage(1_000, 10)));
    const variables = asking('alpha/one', { maxOutputTokens: 10 });
    await mesh.data(COMPLETE, variables);
    await Promise.all(Array.from({ length: 20 }, () => mesh.ask(COMPLETE, variables)));
    expect((await readSpent(mesh))[0]).toBeLessThanOrEqual(6_000n);
    expect((await mesh.rows()).length).toBeGreaterThan(3);
  });

  it('holds the answer to what is reserved where neither client nor catalog limits it', async () => {
    const { connection } = database;
    const one = await models(connection).findById('alpha/one').lean();
    await models(connection).create({ ...one, _id: 'alpha/open', name: 'open', maxOutputTokens: null });
    const ask = async (model: string, limits: readonly CallerLimit[], more: Record<string, unknown> = {}) => {
      await using mesh = await startInference(database, { limits });
      mesh.alpha.always((call) => call.say('x').finish(buildUsage(1, 1)));
      await mesh.data(COMPLETE, asking(model, { maxOutputTokens: null, ...more }));
      return mesh.alpha.calls[0]?.call.maxOutputTokens;
    };
    const tokens = limit('TOKENS', 'DAY', '100000');
    expect(await ask('alpha/open', [tokens])).toBe(4_096);
    expect(await ask('alpha/open', [budget('100000000000')])).toBe(4_096);
    expect(await ask('alpha/open', [tokens], { maxOutputTokens: 9 })).toBe(9);
    expect(await ask('alpha/open', [limit('REQUESTS', 'DAY', '9')])).toBeUndefined();
    expect(await ask('alpha/open', [{ ...budget('1'), budget: { hard: false } }])).toBeUndefined();
    expect(await ask('alpha/one', [tokens])).toBeUndefined();
  });

  it('does not change how long an input may be', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call) => call.say('x').finish(buildUsage(9_000, 10)));
    // Twelve bytes a token at least: exactly as many as the context has.
    const content = 'x'.repeat(12 * 10_000 - 12);
    const messages = [{ role: 'USER', content }];
    for (let call = 0; call < 2; call++) await mesh.data(COMPLETE, asking('alpha/one', { messages }));
  });
});
