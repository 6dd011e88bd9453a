/**
 * From the start of the process to the first answered completion, on an empty data directory and on one that exists.
 * Wall-clock milliseconds; ROUNDS starts of each kind.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { startHeddle } from './heddle.ts';

const rounds = Number(process.env.ROUNDS ?? 5);
const query =
  'mutation { complete(input: { model: "demo/echo", messages: [{ role: USER, content: "first" }] }) { text } }';

async function firstCompletionMs(dir: string): Promise<number> {
  const begin = performance.now();
  await using heddle = await startHeddle({ HEDDLE_DATA_DIR: dir });
  await heddle.data(query, {});
  return performance.now() - begin;
}

const first: number[] = [];
const later: number[] = [];
for (let round = 0; round < rounds; round++) {
  const dir = await mkdtemp(join(tmpdir(), 'heddle-startup-'));
  try {
    first.push(await firstCompletionMs(dir));
    later.push(await firstCompletionMs(dir));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
const show = (times: readonly number[]) => times.map((time) => time.toFixed(0)).join(', ');
console.log('| start to first completion, ms | rounds |\n|---|---|');
console.log(`| first start, empty data directory | ${show(first)} |`);
console.log(`| later start | ${show(later)} |`);
