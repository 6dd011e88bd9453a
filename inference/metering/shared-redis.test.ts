import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller, CallerLimit } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import { createMeterHistory } from '#mongo/meter-history.ts';
import { models } from '#mongo/models.ts';
import { routes } from '#mongo/routes.ts';
import { openState } from '#state/open-state.ts';
import { listLimits } from '#state/quota/caller-limits.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, freePrice, startInference } from '#test/support/inference.ts';
import { hasRedis, startRedis } from '#test/support/processes/redis.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';
import { testPayloads } from '#test/support/seal.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }';
const asking = (model: string, more: Record<string, unknown> = {}) => ({
  input: {
    model,
    messages: [{ role: 'USER', content: 'Hello' }],
    cache: 'BYPASS',
    maxOutputTokens: 100,
    ...more,
  },
});

const opened = new AsyncDisposableStack();
let database: Database;
beforeAll(async () => {
  database = opened.use(await openTestDatabase());
  await fillCatalog(database);
  const { connection } = database;
  const [one, embed] = [
    await models(connection).findById('beta/one').lean(),
    await models(connection).findById('alpha/embed').lean(),
  ];
  await models(connection).create({
    ...one,
    _id: 'alpha/free',
    providerId: 'alpha',
    name: 'free',
    prices: [freePrice],
  });
  await models(connection).create({
    ...embed,
    _id: 'alpha/free-embed',
    name: 'free-embed',
    prices: [freePrice],
  });
  await models(connection).create({ ...embed, _id: 'beta/embed', providerId: 'beta' });
  const both = await routes(connection).findById('both').lean();
  const route = async (_id: string, ...ids: readonly string[]) => {
    const targets = ids.map((modelId) => ({ modelId, weight: 1, regions: null }));
    await routes(connection).create({ ...both, _id, targets });
  };
  await route('free-first', 'alpha/free', 'beta/one');
  await route('paid-first', 'alpha/one', 'demo/echo');
  await route('embeds', 'alpha/free-embed', 'beta/embed');
  await route('least-busy', 'alpha/one', 'beta/one');
  await route('least-busy-embeds', 'alpha/embed', 'beta/embed');
  const strategy = 'LEAST_BUSY' as const;
  await routes(connection).updateMany({ _id: /^least-busy/ }, { $set: { strategy } });
});
afterAll(() => opened.disposeAsync());

const budget = (amount: string): CallerLimit => ({
  subject: 'budget:b',
  meter: 'COST',
  window: 'MONTH',
  amount,
  budget: { hard: true },
});
const limit = (meter: CallerLimit['meter'], window: CallerLimit['window'], amount: string): CallerLimit => ({
  subject: 'plan:p',
  meter,
  window,
  amount,
  budget: { hard: true },
});

describe.runIf(hasRedis())('two processes that share a Redis', () => {
  it('never admit more than the limits together', { timeout: 60_000 }, async () => {
    await using stack = new AsyncDisposableStack();
    const { url } = stack.use(await startRedis());
    const log = pino({ level: 'silent' });
    const history = createMeterHistory(database.connection);
    const tenantId = `t-${randomUUID()}`;
    const limits = [
      budget('12000000'),
      limit('REQUESTS', 'HOUR', '9'),
      limit('CONCURRENCY', 'INFLIGHT', '20'),
      limit('TOKENS', 'MONTH', '1000000'),
    ];
    const start = async () => {
      const state = stack.use(await openState(url, log, { seal: testPayloads }));
      const quota = state.openQuota(history);
      const mesh = stack.use(await startInference(database, { ...state, quota, limits }));
      mesh.alpha.always((call) => call.fail(buildFailure('NOT_FOUND', false)));
      mesh.beta.always((call) => call.say('x').finish(buildUsage(100, 100)));
      return mesh;
    };
    const meshes = [await start(), await start()];
    const caller = { ...(meshes[0]?.caller as Caller), tenantId };
    const calls = Array.from({ length: 60 }, (_, n) =>
      meshes[n % 2]?.ask(COMPLETE, asking('free-first'), caller),
    );
    const answers = await Promise.all(calls);
    const admitted = answers.filter((answer) => answer?.errors === undefined).length;
    expect(admitted).toBeGreaterThan(0);
    const readings = await Promise.all(meshes.map(({ quota }) => quota.read(tenantId, listLimits(caller))));
    const spent = [BigInt(admitted) * 1_100_000n, BigInt(admitted), 0n, BigInt(admitted) * 200n];
    for (const reading of readings) expect(reading.map((one) => one.spent)).toEqual(spent);
    expect(admitted).toBeLessThanOrEqual(9);
  });
});
