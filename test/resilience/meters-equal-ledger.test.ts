import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Caller, CallerLimit } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { createMeterHistory } from '#mongo/meter-history.ts';
import { models } from '#mongo/models.ts';
import { routes } from '#mongo/routes.ts';
import { openState } from '#state/open-state.ts';
import { listLimits } from '#state/quota/caller-limits.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { type Quota, readScope } from '#state/quota/quota.ts';
import { windowStartMs } from '#state/quota/windows.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { createRandom, printedSeed, type Random } from '#test/support/random.ts';
import { buildFailure, buildUsage, type ScriptedCall } from '#test/support/scripted-provider.ts';
import { testPayloads } from '#test/support/seal.ts';
import { testCaller } from '#test/support/subgraph.ts';
import { hasRedis } from '../support/processes/redis.ts';
import { type RedisProcess, startRedisProcess } from './support/redis-process.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }';
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { id } }';
const STREAM = 'subscription ($input: CompletionInput!) { completionStream(input: $input) { sequence } }';

const seed = printedSeed('meters equal the ledger');
const stack = new AsyncDisposableStack();
let database: Database;
const routeIds: string[] = [];

/** Models without price, with a price of zero, and paid ones; routes of one to three of them. */
beforeAll(async () => {
  database = stack.use(await openTestDatabase());
  await fillCatalog(database);
  const { connection } = database;
  const chat = await models(connection).findById('alpha/one').lean();
  const embed = await models(connection).findById('alpha/embed').lean();
  const price = chat?.prices[0];
  const zero = { ...price, inputNanosPerMillion: 0n, outputNanosPerMillion: 0n };
  const dear = { ...price, inputNanosPerMillion: 3_333_333_333n, outputNanosPerMillion: 77_777_777_777n };
  const kinds = { null: [], zero: [zero], paid: [price], dear: [dear] };
  const [chats, embeds]: string[][] = [[], []];
  for (const [kind, prices] of Object.entries(kinds)) {
    for (const providerId of ['alpha', 'beta']) {
      const at = { providerId, prices };
      await models(connection).create({ ...chat, ...at, _id: `${providerId}/${kind}`, name: kind });
      await models(connection).create({ ...embed, ...at, _id: `${providerId}/e-${kind}`, name: `e-${kind}` });
      chats?.push(`${providerId}/${kind}`);
      embeds?.push(`${providerId}/e-${kind}`);
    }
  }
  const both = await routes(connection).findById('both').lean();
  const random = createRandom(seed);
  for (const [prefix, ids] of [
    ['chat', chats ?? []],
    ['embed', embeds ?? []],
  ] as const) {
    for (let route = 0; route < 10; route++) {
      const targets = Array.from({ length: 1 + random.below(3) }, () => ({
        modelId: random.pick(ids),
        weight: 1,
        regions: null,
      }));
      const _id = `${prefix}-${route}`;
      await routes(connection).create({ ...both, _id, targets, maxAttempts: 1 + random.below(4) });
      routeIds.push(_id);
    }
  }
});
afterAll(() => stack.disposeAsync());

const meters = ['REQUESTS', 'TOKENS', 'COST'] as const;
const windows = ['HOUR', 'DAY', 'MONTH'] as const;

/** Callers of one tenant: two apps of two keys, with limits on plan, apps, keys, and budgets. */
function randomCallers(random: Random): readonly Caller[] {
  const tenantId = `t-${randomUUID()}`;
  const amounts = { REQUESTS: 40, TOKENS: 30_000, COST: 100_000_000 };
  const limitsOn = (subject: string): CallerLimit[] =>
    meters.flatMap((meter) =>
      random.chance(0.4)
        ? [{ subject, meter, window: random.pick(windows), amount: String(1 + random.below(amounts[meter])) }]
        : [],
    );
  const budget = (subject: string, appId?: string): CallerLimit => ({
    subject: `budget:${subject}`,
    meter: 'COST',
    window: random.pick(windows),
    amount: String(1 + random.below(amounts.COST)),
    budget: { hard: random.chance(0.7), ...(appId === undefined ? {} : { appId }) },
  });
  const plan = limitsOn(`tenant:${tenantId}`);
  const budgets = random.chance(0.7) ? [budget(`${tenantId}-all`)] : [];
  return ['a', 'b'].flatMap((app) => {
    const appId = `${tenantId}-${app}`;
    const own = [...limitsOn(`app:${appId}`), ...(random.chance(0.5) ? [budget(appId, appId)] : [])];
    return ['k', 'l'].map((name) => {
      const keyId = `${appId}-${name}`;
      const inFlight: CallerLimit = {
        subject: `key:${keyId}`,
        meter: 'CONCURRENCY',
        window: 'INFLIGHT',
        amount: String(1 + random.below(8)),
      };
      return {
        ...testCaller(tenantId, 'inference:invoke'),
        appId,
        keyId,
        keyLineId: keyId,
        limits: [
          ...plan,
          ...own,
          ...limitsOn(`key:${keyId}`),
          ...budgets,
          ...(random.chance(0.3) ? [inFlight] : []),
        ],
      };
    });
  });
}

/** Plays a provider: it answers, fails before or after tokens, refuses, or is silent until the call is stopped. */
function play(call: ScriptedCall, random: Random): void {
  // Never more than what is reserved: the text, the allowance, and maxOutputTokens.
  const input = random.below(130);
  const output = call.call.model.startsWith('e-') ? 0 : random.below(91);
  const roll = random.next();
  if (roll < 0.5) call.say('some ', 'words').finish(buildUsage(input, output));
  else if (roll < 0.6) call.fail(buildFailure('PROVIDER_ERROR', true));
  else if (roll < 0.65) call.fail(buildFailure('NOT_FOUND', false));
  else if (roll < 0.72) call.fail(buildFailure('BAD_USER_INPUT', false));
  else if (roll < 0.8) {
    call.part({ type: 'usage', usage: buildUsage(input, output) }).fail(buildFailure('PROVIDER_ERROR', true));
  } else if (roll < 0.9) call.say('half an ').fail(buildFailure('PROVIDER_ERROR', true));
  else if (roll < 0.95) call.say('half an ').cut();
}

async function makeCall(mesh: TestInference, caller: Caller, random: Random): Promise<void> {
  const route = random.pick(routeIds);
  const client = new AbortController();
  if (random.chance(0.15)) setTimeout(() => client.abort(), random.below(40)).unref();
  const content = random.chance(0.2) ? 'the same question' : 'words '.repeat(random.below(30));
  const input = route.startsWith('embed')
    ? { model: route, values: ['some text', 'another'] }
    : {
        model: route,
        messages: [{ role: 'USER', content: content || 'hello' }],
        maxOutputTokens: 90,
        cache: random.chance(0.4) ? 'USE' : 'BYPASS',
      };
  try {
    if (route.startsWith('chat') && random.chance(0.5)) {
      const onDisconnect = random.pick(['CANCEL', 'DRAIN', 'KEEP']);
      const events = await mesh.stream(
        STREAM,
        { input: { ...input, onDisconnect } },
        { caller, signal: client.signal },
      );
      for await (const _event of events) if (random.chance(0.05)) break;
    } else await mesh.ask(route.startsWith('embed') ? EMBED : COMPLETE, { input }, caller);
  } catch {
    // A refusal, or a stream that its client left.
  }
}

/** What a limit's calls drew by the rows: each row by itself, as nothing else sums it. */
function drawn(
  rows: readonly InvocationRecord[],
  limit: ReturnType<typeof listLimits>[number],
  nowMs: number,
) {
  const scope = readScope(limit);
  let sum = 0n;
  for (const row of rows) {
    const whose = [`tenant:${row.tenantId}`, `app:${row.appId}`, `key:${row.keyLineId}`];
    if (!whose.includes(scope) || !['MISS', 'BYPASS'].includes(row.cache)) continue;
    if (row.startedAt.getTime() < windowStartMs(limit.window, nowMs)) continue;
    if (limit.meter === 'REQUESTS') sum += 1n;
    if (limit.meter === 'TOKENS') sum += BigInt(row.usage.inputTokens + row.usage.outputTokens);
    if (limit.meter === 'COST') sum += row.costNanos;
  }
  return sum;
}

const listLongLimits = (callers: readonly Caller[]) =>
  callers.flatMap((caller) => listLimits(caller)).filter(({ window }) => window !== 'INFLIGHT');

const readLimits = (callers: readonly Caller[], quota: Quota) =>
  quota.read(callers[0]?.tenantId ?? '', listLongLimits(callers));

async function compare(callers: readonly Caller[], quotas: readonly Quota[]): Promise<number> {
  const tenantId = callers[0]?.tenantId ?? '';
  const collection = invocations(database.connection);
  await vi.waitFor(
    async () => expect(await collection.countDocuments({ tenantId, status: 'RUNNING' })).toBe(0),
    { timeout: 20_000 },
  );
  const limits = listLongLimits(callers);
  await vi.waitFor(
    async () => {
      const rows = await collection.find({ tenantId }).lean<InvocationRecord[]>();
      for (const quota of quotas) {
        const readings = await quota.read(tenantId, limits);
        const spent = limits.map((limit) => drawn(rows, limit, Date.now()));
        expect(readings.map((reading) => reading.spent)).toEqual(spent);
        expect(readings.map(({ reserved }) => reserved)).toEqual(limits.map(() => 0n));
        limits.forEach(({ limit }, at) => {
          if (limit !== null) expect(spent[at]).toBeLessThanOrEqual(limit);
        });
      }
    },
    { timeout: 10_000 },
  );
  return collection.countDocuments({ tenantId });
}

const history = () => createMeterHistory(database.connection);
const rounds = 6;
const callsPerRound = 40;

describe('every meter of an hour and longer equals the sum of the rows, and no limit is passed', () => {
  it('in one process that starts again and again', { timeout: 120_000 }, async () => {
    const random = createRandom(seed);
    let rows = 0;
    for (let round = 0; round < rounds; round++) {
      const callers = randomCallers(random);
      for (let life = 0; life < 3; life++) {
        const quota = createMemoryQuota({ history: history() });
        await using mesh = await startInference(database, { quota, delay: async () => undefined });
        mesh.alpha.always((call) => play(call, random));
        mesh.beta.always((call) => play(call, random));
        const calls = Array.from({ length: callsPerRound }, () =>
          makeCall(mesh, random.pick(callers), random),
        );
        // Another process that reads the meters from the rows while calls are in progress.
        if (life === 1) await readLimits(callers, createMemoryQuota({ history: history() }));
        await Promise.race([Promise.all(calls), new Promise((resolve) => setTimeout(resolve, 300))]);
        // Ends what runs.
        await mesh[Symbol.asyncDispose]();
        await Promise.all(calls);
        rows += await compare(callers, [quota, createMemoryQuota({ history: history() })]);
      }
    }
    expect(rows).toBeGreaterThan(rounds * callsPerRound);
  });

  it.runIf(hasRedis())('in two processes whose Redis loses what it holds', { timeout: 180_000 }, async () => {
    await using own = new AsyncDisposableStack();
    const server: RedisProcess = own.use(await startRedisProcess('secret'));
    const log = pino({ level: 'silent' });
    const state = own.use(await openState(server.url, log, { seal: testPayloads }));
    const other = own.use(await openState(server.url, log, { seal: testPayloads }));
    const commands = own.use(await connectCommands(server.url));
    const random = createRandom(seed + 1);
    const losses = [
      async () => undefined,
      () => commands.flushall(),
      () => commands.save(),
      async () => {
        await server.kill();
        await server.start();
      },
    ];
    let rows = 0;
    for (let round = 0; round < rounds; round++) {
      const callers = randomCallers(random);
      const quotas = [state.openQuota(history()), other.openQuota(history())];
      const [first, second] = quotas as [Quota, Quota];
      await using one = await startInference(database, { quota: first, delay: async () => undefined });
      await using two = await startInference(database, { quota: second, delay: async () => undefined });
      for (const mesh of [one, two]) {
        mesh.alpha.always((call) => play(call, random));
        mesh.beta.always((call) => play(call, random));
      }
      for (let part = 0; part < 4; part++) {
        const calls = Array.from({ length: callsPerRound / 2 }, () =>
          makeCall(random.pick([one, two]), random.pick(callers), random),
        );
        await losses[(part + round) % losses.length]?.();
        await Promise.race([Promise.all(calls), new Promise((resolve) => setTimeout(resolve, 300))]);
      }
      for (const mesh of [one, two]) await mesh[Symbol.asyncDispose]();
      rows += await compare(callers, quotas);
    }
    expect(rows).toBeGreaterThan(rounds * 10);
  });
});

async function connectCommands(url: string) {
  const { connectRedis } = await import('#state/redis/connect.ts');
  const connections = await connectRedis(url, pino({ level: 'silent' }));
  return {
    flushall: () => connections.commands.flushall(),
    save: () => connections.commands.save(),
    [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose](),
  };
}
