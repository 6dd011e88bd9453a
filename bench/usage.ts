import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { UsageDimension, UsageInterval } from '#core/graph-enums.generated.ts';
import { ensureIndexes, openDatabase } from '#mongo/connect.ts';
import { invocations } from '#mongo/invocations.ts';
import { foldUsage } from '#mongo/usage/fold.ts';
import { usageProgress } from '#mongo/usage/usage-progress.ts';
import { readRollup } from '#mongo/usage-rollups.ts';
import { fillLedger } from './ledger-rows.ts';

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
const idleRuns = 50;
const nowMs = Date.now();
const beginMs = nowMs - days * dayMs;

const dir = values.dir ?? (await mkdtemp(join(tmpdir(), 'heddle-bench-')));
const database = await openDatabase(`embedded:${dir}`);
try {
  const { connection } = database;
  await ensureIndexes(connection);
  const rows = invocations(connection).collection;
  if ((await rows.findOne()) === null) {
    const mesh = values.mesh === 'small' ? 'small' : 'large';
    await fillLedger(connection, { rows: rowCount, beginMs, endMs: nowMs, mesh, seed: Number(values.seed) });
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
