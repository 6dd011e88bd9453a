import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Bench, fill, measureGroup, measureInserts, measureReads } from './driver.ts';
import type { Figure } from './shape.ts';
import { startStoreProcess } from './store-process.ts';

/**
 * What the embedded store costs: `npx node mongo/embedded/bench/main.ts [documents]` (default 1,000,000 of 1 KB, about 2 GB of disk
 * under the system's temporary folder, some minutes). Prints a markdown table; ends with 1 when a target is missed.
 */
async function main(documents: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'heddle-bench-store-'));
  try {
    const figures = await measureEngine();
    {
      await using bench = await Bench.open(dir);
      figures.push(...(await measureInserts(bench)));
      const seconds = await fill(bench, documents);
      figures.push({ what: `load, insertMany of 1000, 4 in flight`, perSecond: documents / seconds });
      figures.push(...(await measureReads(bench, documents)));
    }
    {
      await using bench = await Bench.open(dir);
      figures.push(...(await measureGroup(bench, documents)));
    }
    print(figures, documents);
    if (figures.some(({ reached }) => reached === false)) process.exitCode = 1;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measureEngine(): Promise<Figure[]> {
  const child = startStoreProcess('./engine.ts');
  const ended = once(child.process, 'exit');
  const output = child.process.stdout === null ? '' : await text(child.process.stdout);
  await ended;
  return JSON.parse(output);
}

function print(figures: Figure[], documents: number): void {
  const number = (value: number | undefined, digits = 0): string =>
    value === undefined ? '' : value.toLocaleString('en', { maximumFractionDigits: digits });
  // Shared cores: with a load above their number, rates and delays mean less than the CPU column does.
  const machine = `${cpus().length} cores, load average ${loadavg()[0]?.toFixed(1)}`;
  console.log(`Node ${process.version}, ${machine}, ${documents.toLocaleString('en')} documents of 1 KB\n`);
  console.log('| | per second | p50 ms | p99 ms | CPU of the store, µs each | |');
  console.log('|---|---|---|---|---|---|');
  for (const { what, perSecond, p50Ms, p99Ms, storeMicros, note = '', reached } of figures) {
    const verdict = reached === undefined ? note : `${note}: ${reached ? 'reached' : 'MISSED'}`;
    const cells = [
      what,
      number(perSecond, perSecond !== undefined && perSecond < 10 ? 2 : 0),
      number(p50Ms, 2),
      number(p99Ms, 2),
      number(storeMicros),
      verdict,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

const documents = Number(process.argv[2] ?? 1_000_000);
if (!Number.isInteger(documents) || documents < 1000)
  throw new Error('usage: main.ts [documents, at least 1000]');
await main(documents);
