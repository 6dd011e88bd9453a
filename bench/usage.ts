import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { UsageDimension, UsageInterval } from '#core/graph-enums.generated.ts';
import { ensureIndexes, openDatabase } from '#mongo/connect.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { foldUsage } from '#mongo/usage/fold.ts';
import { readRollup } from '#mongo/usage-rollups.ts';
import { createRandom, type Random } from '#test/support/random.ts';

/**
 * Measures what sums of usage cost: the CPU of summing each row, and the time of queries over all of them.
 * `npx node bench/usage.ts [--rows 1000000] [--days 90] [--seed 1]` generates the rows of a mesh straight into an embedded store.
 * With `--dir` the store stays there, and a later run asks its questions of what it finds.
 */
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '90' },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '9' },
    dir: { type: 'string' },
  },
});
const [rowCount, days, runs] = [Number(values.rows), Number(values.days), Number(values.runs)];
const dayMs = 86_400_000;
const batch = 2_000;
const idleRuns = 50;
const nowMs = Date.now();
const beginMs = nowMs - days * dayMs;

/** A mesh of 20 tenants, the first with half of the calls: 8 apps, 40 keys, 12 AI models, 500 end users each. */
function generateRow(random: Random, n: number): InvocationRecord {
  const tenant = random.chance(0.5) ? 0 : 1 + random.below(19);
  const key = random.below(40);
  const model = Math.floor(random.next() ** 2 * 12);
  const latencyMs = Math.round(Math.exp(5 + 3 * random.next()));
  const startedAtMs = beginMs + (n / rowCount) * days * dayMs;
  return {
    _id: `bench-${n}`,
    kind: 'completion',
    status: random.chance(0.03) ? 'FAILED' : 'SUCCEEDED',
    tenantId: `tenant-${tenant}`,
    appId: `app-${tenant}-${key % 8}`,
    keyId: `key-${tenant}-${key}`,
    keyLineId: `key-${tenant}-${key}`,
    subject: null,
    modelId: `provider-${model % 4}/model-${model}`,
    providerId: `provider-${model % 4}`,
    promptId: random.chance(0.3) ? `prompt-${random.below(10)}` : null,
    promptVersionId: null,
    usage: {
      ...{ inputTokens: random.below(4_000), outputTokens: random.below(1_000), cachedInputTokens: 0 },
      ...{ cacheWriteTokens: 0, reasoningTokens: 0 },
    },
    costNanos: BigInt(random.below(20_000_000)),
    cache: random.pick(['BYPASS', 'BYPASS', 'MISS', 'HIT']),
    latencyMs,
    timeToFirstTokenMs: null,
    errorCode: null,
    startedAt: new Date(startedAtMs),
    endedAt: new Date(startedAtMs + latencyMs),
    ownerId: 'bench',
    attempts: [],
    endUserId: `user-${random.below(500)}`,
    ...(random.chance(0.5) && { tags: [`feature-${random.below(10)}`] }),
  };
}

const dir = values.dir ?? (await mkdtemp(join(tmpdir(), 'heddle-bench-')));
const database = await openDatabase(`embedded:${dir}`);
try {
  const { connection } = database;
  await ensureIndexes(connection);
  const random = createRandom(Number(values.seed));
  const rows = invocations(connection).collection;
  const isFilled = (await rows.findOne()) !== null;
  for (let n = 0; n < rowCount && !isFilled; n += batch) {
    const some = Array.from({ length: Math.min(batch, rowCount - n) }, (_, at) =>
      generateRow(random, n + at),
    );
    await rows.insertMany(some as never);
  }
  const before = process.cpuUsage();
  const mainBefore = performance.eventLoopUtilization();
  await foldUsage(connection, { nowMs, clocksDifferMs: 0 });
  const { user, system } = process.cpuUsage(before);
  const { active } = performance.eventLoopUtilization(mainBefore);
  if (!isFilled)
    console.log(
      `${rowCount} rows of ${days} days: ${((user + system) / rowCount).toFixed(1)} µs of CPU to sum a row, ` +
        `${((active * 1_000) / rowCount).toFixed(1)} µs of it in the thread of the calls`,
    );
  const idleBefore = process.cpuUsage();
  for (let run = 0; run < idleRuns; run += 1) await foldUsage(connection, { nowMs, clocksDifferMs: 0 });
  const idle = process.cpuUsage(idleBefore);
  console.log(
    `a run without new rows, once a minute: ${((idle.user + idle.system) / 1_000 / idleRuns).toFixed(2)} ms of CPU`,
  );
  const questions: readonly (readonly [UsageInterval, readonly UsageDimension[], string | null])[] = [
    ['ALL', [], null],
    ['DAY', [], null],
    ['HOUR', [], 'tenant-0'],
    ['DAY', ['TENANT'], null],
    ['DAY', ['MODEL'], 'tenant-0'],
    ['DAY', ['KEY'], 'tenant-0'],
    ['DAY', ['APP', 'MODEL'], 'tenant-0'],
    ['MONTH', ['KEY', 'MODEL', 'CACHE'], 'tenant-0'],
    ['ALL', ['END_USER'], 'tenant-0'],
    ['DAY', ['TAG'], 'tenant-0'],
    ['ALL', ['APP'], null],
  ];
  console.log('| interval | by | of | buckets | p50 ms | worst ms |\n|---|---|---|---|---|---|');
  for (const [interval, by, tenantId] of questions) {
    const times: number[] = [];
    let buckets = 0;
    for (let run = 0; run < runs; run += 1) {
      const startMs = performance.now();
      const range = { from: new Date(beginMs), to: new Date(nowMs) };
      buckets = (await readRollup(connection, { ...range, interval, by, tenantId, latencies: true })).length;
      times.push(performance.now() - startMs);
    }
    times.sort((a, b) => a - b);
    const [p50 = 0, worst = 0] = [times[times.length >> 1], times.at(-1)];
    console.log(
      `| ${interval} | ${by.join(', ')} | ${tenantId ?? 'all'} | ${buckets} | ${p50.toFixed(0)} | ${worst.toFixed(0)} |`,
    );
  }
} finally {
  await database.close();
  if (values.dir === undefined) await rm(dir, { recursive: true, force: true });
}
