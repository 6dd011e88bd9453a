import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { UsageDimension, UsageInterval } from '#core/graph-enums.generated.ts';
import { ensureIndexes, openDatabase } from '#mongo/connect.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { foldUsage } from '#mongo/usage/fold.ts';
import { usageProgress } from '#mongo/usage/usage-progress.ts';
import { readRollup } from '#mongo/usage-rollups.ts';
import { createRandom, type Random } from '#test/support/random.ts';

/**
 * Measures what sums of usage cost: the CPU of summing each row, and the time of queries over all of them.
 * `npx node bench/usage.ts [--rows 1000000] [--days 90] [--seed 1]` generates the rows of a mesh straight into an embedded store.
 * `--mesh small` has few combinations of values. `--live` sums as a mesh does, a run for each minute that passes; otherwise one run
 * sums all. `--runs 0` asks no questions. With `--dir` the store stays there, and a later run asks its questions of what it finds.
 */
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '90' },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '9' },
    mesh: { type: 'string', default: 'large' },
    live: { type: 'boolean', default: false },
    dir: { type: 'string' },
  },
});
const [rowCount, days, runs] = [Number(values.rows), Number(values.days), Number(values.runs)];
const dayMs = 86_400_000;
const batch = 2_000;
const idleRuns = 50;
const nowMs = Date.now();
const beginMs = nowMs - days * dayMs;

/** How many values each dimension has in a tenant. The first tenant has half of the calls. */
const meshes = {
  large: { tenants: 20, apps: 8, keys: 40, models: 12, prompts: 10, endUsers: 500, tags: 10 },
  small: { tenants: 5, apps: 4, keys: 4, models: 10, prompts: 0, endUsers: 0, tags: 3 },
} as const;
const mesh = meshes[values.mesh === 'small' ? 'small' : 'large'];

function generateRow(random: Random, n: number): InvocationRecord {
  const tenant = random.chance(0.5) ? 0 : 1 + random.below(mesh.tenants - 1);
  const key = random.below(mesh.keys);
  const model = Math.floor(random.next() ** 2 * mesh.models);
  const latencyMs = Math.round(Math.exp(5 + 3 * random.next()));
  const startedAtMs = beginMs + (n / rowCount) * days * dayMs;
  return {
    _id: `bench-${n}`,
    kind: 'completion',
    status: random.chance(0.03) ? 'FAILED' : 'SUCCEEDED',
    tenantId: `tenant-${tenant}`,
    appId: `app-${tenant}-${key % mesh.apps}`,
    keyId: `key-${tenant}-${key}`,
    keyLineId: `key-${tenant}-${key}`,
    subject: null,
    modelId: `provider-${model % 4}/model-${model}`,
    providerId: `provider-${model % 4}`,
    promptId: mesh.prompts > 0 && random.chance(0.3) ? `prompt-${random.below(mesh.prompts)}` : null,
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
    ...(mesh.endUsers > 0 && { endUserId: `user-${random.below(mesh.endUsers)}` }),
    ...(mesh.endUsers > 0 && { conversationId: `chat-${random.below(mesh.endUsers)}` }),
    ...(random.chance(0.5) && { tags: [`feature-${random.below(mesh.tags)}`] }),
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
  const isSummed = (await usageProgress(connection).findOne()) !== null;
  // As in a process that has summed for long, its code is compiled before what is measured.
  const warmMs = beginMs + (nowMs - beginMs) / 3;
  for (const [fromMs, toMs] of [
    [beginMs, warmMs],
    [warmMs, nowMs],
  ] as const) {
    const before = process.cpuUsage();
    const mainBefore = performance.eventLoopUtilization();
    const sinceMs = (await usageProgress(connection).findOne())?.until.getTime() ?? beginMs;
    for (let atMs = values.live ? fromMs : toMs; atMs <= toMs; atMs += 60_000)
      await foldUsage(connection, { nowMs: atMs, clocksDifferMs: 0 });
    const { user, system } = process.cpuUsage(before);
    const { active } = performance.eventLoopUtilization(mainBefore);
    const until = (await usageProgress(connection).findOne())?.until ?? new Date(beginMs);
    const count = await rows.countDocuments({ startedAt: { $gte: new Date(sinceMs), $lt: until } });
    if (toMs === nowMs && !isSummed)
      console.log(
        `${rowCount} rows of ${days} days: ${((user + system) / count).toFixed(1)} µs of CPU to sum a row, ` +
          `${((active * 1_000) / count).toFixed(1)} µs of it in the thread of the calls`,
      );
  }
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
    ['ALL', ['CONVERSATION'], 'tenant-0'],
    ['ALL', ['TAG', 'END_USER'], 'tenant-0'],
    ['ALL', ['APP'], null],
  ];
  if (runs > 0)
    console.log('| interval | by | of | buckets | p50 ms | worst ms |\n|---|---|---|---|---|---|');
  for (const [interval, by, tenantId] of runs > 0 ? questions : []) {
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
