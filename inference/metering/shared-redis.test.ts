import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { createMeterHistory } from '#mongo/meter-history.ts';
import { openState } from '#state/open-state.ts';
import { listLimits } from '#state/quota/caller-limits.ts';
import { startInference } from '#test/support/inference.ts';
import { hasRedis, startRedis } from '#test/support/processes/redis.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';
import { testPayloads } from '#test/support/seal.ts';
import {
  asking,
  budget,
  COMPLETE,
  database,
  limit,
  useMeteredRoutes,
} from '#test/support/setups/metered-routes.ts';

useMeteredRoutes();

describe.runIf(hasRedis())('two processes that share a Redis', () => {
  it('never admit more than the limits together', { timeout: 120_000 }, async () => {
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
