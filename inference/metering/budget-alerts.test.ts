import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller, CallerLimit } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import { events } from '#mongo/events.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { emptyHistory } from '#state/quota/quota.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { keptLog, type LogLine } from '#test/support/processes/log-lines.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';

const opened = new AsyncDisposableStack();
let database: Database;
beforeAll(async () => {
  database = opened.use(await openTestDatabase());
  await fillCatalog(database);
});
afterAll(() => opened.disposeAsync());

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }';
const TWICE = `mutation ($input: CompletionInput!) {
  a: complete(input: $input) { id } b: complete(input: $input) { id }
}`;
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { id } }';
const completing = {
  input: {
    model: 'alpha/one',
    messages: [{ role: 'USER', content: 'Hello' }],
    cache: 'BYPASS',
    maxOutputTokens: 100,
  },
};
/** One call of 100 and 100 tokens costs 1,100,000 nano-dollars. */
const callNanos = 1_100_000n;

interface BudgetOptions {
  readonly amount?: bigint;
  readonly hard?: boolean;
  readonly alertAt?: readonly number[];
  readonly window?: CallerLimit['window'];
}

function budget({ amount = 10n * callNanos, hard = true, alertAt, window = 'DAY' }: BudgetOptions) {
  const limit = { subject: `budget:${randomUUID()}`, meter: 'COST', window, amount: String(amount) } as const;
  return { ...limit, budget: { hard, ...(alertAt === undefined ? {} : { alertAt }) } };
}

const thresholds = (lines: readonly LogLine[]) =>
  lines.filter(({ event }) => event === 'budget_threshold').map(({ threshold }) => threshold);

function answer({ alpha }: TestInference): void {
  alpha.always((call) => call.say('x').finish(buildUsage(100, 100)));
}

/** Processes that share the database and the meters run the calls; the lines of all, when each check has ended. */
async function collectLines(
  limits: readonly CallerLimit[],
  run: (meshes: readonly TestInference[], as: Caller) => Promise<void>,
  processes = 1,
  nowMs = () => Date.now(),
): Promise<readonly LogLine[]> {
  const { log, lines } = keptLog();
  await using quota = createMemoryQuota({ history: emptyHistory, now: nowMs });
  {
    await using stack = new AsyncDisposableStack();
    const meshes: TestInference[] = [];
    for (let one = 0; one < processes; one++) {
      const mesh = stack.use(await startInference(database, { log, quota, now: nowMs }));
      answer(mesh);
      meshes.push(mesh);
    }
    const [first] = meshes;
    if (first === undefined) throw new Error('At least one process is needed.');
    await run(meshes, { ...first.caller, limits });
  }
  return lines;
}

const callTimes =
  (times: number) =>
  async ([mesh]: readonly TestInference[], as: Caller) => {
    for (let call = 0; call < times; call++) await mesh?.data(COMPLETE, completing, as);
  };

describe('the thresholds of a budget', () => {
  it.each([
    ['hard', true],
    ['soft', false],
  ])('of a %s one are logged when they are reached, each once', async (_kind, hard) => {
    const limit = budget({ hard, alertAt: [0.2, 0.5, 0.9] });
    const lines = await collectLines([limit], callTimes(7));
    expect(thresholds(lines)).toEqual([0.2, 0.5]);
    const [line] = lines.filter(({ event }) => event === 'budget_threshold');
    expect(line).toMatchObject({
      level: 40,
      tenantId: expect.stringMatching(/^t-/),
      appId: null,
      budgetId: limit.subject.slice('budget:'.length),
      window: 'DAY',
      windowStart: expect.stringMatching(/T00:00:00.000Z$/),
      threshold: 0.2,
      amount: '0.011000000',
      spent: '0.002200000',
    });
  });

  it('are published as an event each, with what the budget is of', async () => {
    const limit = budget({ alertAt: [0.2, 0.5, 0.9] });
    const ofKey = { ...limit, budget: { ...limit.budget, appId: 'app', keyLineId: 'line' } };
    await collectLines([ofKey], callTimes(7));
    const budgetId = limit.subject.slice('budget:'.length);
    const found = await events(database.connection).find({ subject: budgetId }).sort({ sequence: 1 }).lean();
    const [first] = found;
    expect(found.map(({ type, data }) => [type, data.threshold])).toEqual([
      ['budget.threshold', 0.2],
      ['budget.threshold', 0.5],
    ]);
    expect(first?.tenantId).toMatch(/^t-/);
    expect(first?.data).toEqual({
      ...{ appId: 'app', teamId: null, keyId: 'line', window: 'DAY', threshold: 0.2 },
      windowStart: expect.stringMatching(/T00:00:00.000Z$/),
      ...{ amount: '0.011000000', spent: '0.002200000' },
    });
  });

  it('are all logged when one call passes them together, and beyond the amount', async () => {
    const limit = budget({ hard: false, amount: callNanos / 2n, alertAt: [0.5, 1, 2, 2.000001] });
    expect(thresholds(await collectLines([limit], callTimes(1)))).toEqual([0.5, 1, 2]);
  });

  it('are logged by one of many processes that reach them at the same time', async () => {
    const limit = budget({ hard: false, alertAt: [0.1, 0.5, 1] });
    const lines = await collectLines(
      [limit],
      async (meshes, as) => {
        const calls = Array.from({ length: 30 }, (_, call) =>
          meshes[call % meshes.length]?.data(COMPLETE, completing, as),
        );
        await Promise.all(calls);
      },
      3,
    );
    expect(thresholds(lines)).toEqual([0.1, 0.5, 1]);
  });

  it('are not logged again by a process that starts later', async () => {
    const limit = budget({ alertAt: [0.1] });
    expect(thresholds(await collectLines([limit], callTimes(1)))).toEqual([0.1]);
    expect(thresholds(await collectLines([limit], callTimes(2)))).toEqual([]);
  });

  it.each([
    ['MINUTE', 60_000],
    ['HOUR', 3_600_000],
    ['DAY', 86_400_000],
    ['MONTH', 31 * 86_400_000],
  ] as const)('are logged again in the next window: %s', async (window, lengthMs) => {
    let nowMs = Date.UTC(2030, 0, 1);
    const lines = await collectLines(
      [budget({ alertAt: [0.1], window })],
      async (meshes, as) => {
        await callTimes(2)(meshes, as);
        nowMs += lengthMs;
        await callTimes(1)(meshes, as);
      },
      1,
      () => nowMs,
    );
    expect(thresholds(lines)).toEqual([0.1, 0.1]);
  });

  it('are logged again for another amount', async () => {
    const limit = budget({ alertAt: [0.1] });
    const lines = await collectLines([limit], async (meshes, as) => {
      await callTimes(1)(meshes, as);
      await callTimes(2)(meshes, { ...as, limits: [{ ...limit, amount: String(20n * callNanos) }] });
    });
    expect(thresholds(lines)).toEqual([0.1, 0.1]);
  });

  it('are compared after an embedding, a failed call and calls that were admitted together', async () => {
    const reached: Record<string, readonly unknown[]> = {};
    const limits = () => [budget({ alertAt: [0.00001] })];
    reached.embed = thresholds(
      await collectLines(limits(), async ([mesh], as) => {
        await mesh?.data(EMBED, { input: { model: 'alpha/embed', values: ['a'] } }, as);
      }),
    );
    reached.failed = thresholds(
      await collectLines(limits(), async ([mesh], as) => {
        const input = { ...completing.input, responseSchema: { type: 'object' } };
        await mesh?.refusal(COMPLETE, { input }, as);
      }),
    );
    reached.together = thresholds(
      await collectLines(limits(), async ([mesh], as) => {
        await mesh?.data(TWICE, completing, as);
      }),
    );
    expect(reached).toEqual({ embed: [0.00001], failed: [0.00001], together: [0.00001] });
  });

  it('cost no read where a budget has none', async () => {
    let reads = 0;
    const { log, lines } = keptLog();
    await using quota = createMemoryQuota({ history: emptyHistory, now: Date.now });
    {
      const counted = Object.assign(Object.create(quota), {
        read: (...args: Parameters<typeof quota.read>) => {
          reads += 1;
          return quota.read(...args);
        },
      });
      await using mesh = await startInference(database, { log, quota: counted });
      answer(mesh);
      await mesh.data(COMPLETE, completing, { ...mesh.caller, limits: [budget({})] });
    }
    expect([reads, thresholds(lines)]).toEqual([0, []]);
  });
});
