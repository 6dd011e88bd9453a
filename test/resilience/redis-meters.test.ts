import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FakeLedger } from '#state/quota/fake-ledger.ts';
import { createRedisQuota } from '#state/quota/redis.ts';
import { connectRedis, type RedisConnections } from '#state/redis/connect.ts';
import { hasRedis } from '../support/processes/redis.ts';
import { type RedisProcess, startRedisProcess } from './support/redis-process.ts';

if (!hasRedis())
  console.warn('Left out: meters of a Redis that loses data. There is no redis-server on the PATH.');

describe.runIf(hasRedis())('meters of a Redis that loses data', () => {
  const stack = new AsyncDisposableStack();
  let server: RedisProcess;
  let connections: RedisConnections;
  beforeAll(async () => {
    server = stack.use(await startRedisProcess('secret'));
    connections = stack.use(await connectRedis(server.url, pino({ level: 'silent' })));
  });
  afterAll(() => stack.disposeAsync());

  const limits = [
    { subject: 'key:a', meter: 'REQUESTS', window: 'DAY', limit: 10n },
    { subject: 'budget:b', scope: 'tenant:t', meter: 'COST', window: 'MONTH', limit: 100n },
  ] as const;
  const scopes = ['tenant:t', 'key:a'];
  const amounts = { REQUESTS: 1n, COST: 10n };

  const restart = async () => {
    await server.kill();
    await server.start();
    await vi.waitFor(() => connections.commands.ping(), { timeout: 20_000 });
  };
  const losses = {
    'a restart without persistence': restart,
    'a restart from an older snapshot': restart,
    'a restart from a snapshot of just now': async () => {
      await connections.commands.save();
      await restart();
    },
    FLUSHALL: async () => {
      await connections.commands.flushall();
    },
    'the eviction of its counters': async (partition: string) => {
      await connections.commands.del(`heddle:quota:{${partition}}:counters`);
    },
    'the eviction of its reservations': async (partition: string) => {
      await connections.commands.del(`heddle:quota:{${partition}}:reservations`);
    },
    'the eviction of its expiries': async (partition: string) => {
      await connections.commands.del(`heddle:quota:{${partition}}:expiries`);
    },
  };

  it.each(Object.entries(losses))('equal the ledger after %s', { timeout: 30_000 }, async (name, lose) => {
    const ledger = new FakeLedger();
    const quota = createRedisQuota(connections.commands, ledger);
    const partition = randomUUID();
    const begin = async (id: string) => {
      const decision = await quota.reserve({ id, partition, scopes, amounts, limits, ttlMs: 60_000 });
      if (decision.granted) ledger.open(id, decision.atMs, scopes, amounts);
      return decision.granted;
    };
    const end = async (id: string) => {
      ledger.close(id, { REQUESTS: 1n, COST: 7n });
      await quota.settle(partition, id, { COST: 7n }, scopes);
    };
    await begin('before');
    if (name === 'a restart from an older snapshot') await connections.commands.save();
    await end('before');
    for (const id of ['ended', 'running', 'raised']) await begin(id);
    await end('ended');
    await lose(partition);
    await end('running');
    const more = { REQUESTS: 1n, COST: 30n };
    const raised = await quota.reserve({
      id: 'raised',
      partition,
      scopes,
      amounts: more,
      limits,
      ttlMs: 60_000,
      raise: true,
    });
    expect(raised).toMatchObject({ granted: true });
    expect(await quota.read(partition, limits)).toEqual([
      { spent: 3n, reserved: 1n },
      { spent: 21n, reserved: 30n },
    ]);
    await end('raised');
    const begun: boolean[] = [];
    for (let call = 0; call < 10; call++) begun.push(await begin(`more-${call}`));
    expect(begun.filter(Boolean)).toHaveLength(6);
    expect(await quota.read(partition, limits)).toEqual([
      { spent: 4n, reserved: 6n },
      { spent: 28n, reserved: 60n },
    ]);
  });

  it('count a call that ends while one process reads the ledger, whatever another began before the loss', async () => {
    const rows = new FakeLedger().rows;
    const [early, late] = [new FakeLedger(rows), new FakeLedger(rows)];
    const [one, two] = [early, late].map((ledger) => createRedisQuota(connections.commands, ledger));
    const partition = randomUUID();
    const [day, month] = limits;
    const reserve = (quota: typeof one, id: string, limit: (typeof limits)[number]) =>
      quota?.reserve({ id, partition, scopes, amounts, limits: [limit], ttlMs: 60_000 });

    const [earlyRead, earlyGoes] = gate(early);
    const before = reserve(one, 'before', day);
    await earlyRead;
    await connections.commands.flushall();
    const decision = await reserve(two, 'ends', day);
    if (decision?.granted) early.open('ends', decision.atMs, scopes, amounts);
    const [lateRead, lateGoes] = gate(late);
    const after = reserve(two, 'after', month);
    await lateRead;
    earlyGoes();
    await before;
    early.close('ends', { REQUESTS: 1n, COST: 7n });
    await two?.settle(partition, 'ends', { COST: 7n }, scopes);
    lateGoes();
    expect(await after).toMatchObject({ granted: true });
    expect(await two?.read(partition, [month])).toEqual([{ spent: 7n, reserved: 20n }]);
  });
});

/** Holds up the next read of the ledger: when it has begun, and what lets it go. */
function gate(ledger: FakeLedger): readonly [Promise<void>, () => void] {
  const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  ledger.beforeRead = () => {
    ledger.beforeRead = async () => undefined;
    begun.resolve();
    return held.promise;
  };
  return [begun.promise, held.resolve];
}
