/**
 * Calls and streams for MINUTES (60), whole policy on, embedded store; then the slope per hour of the heap, resident memory, handles and the store's
 * files, with its 95% confidence. Fails where one grows by more than its confidence. WARM_MINUTES (6) before them are not counted: the events of
 * streams that have ended are kept for five, which the heap has to have all of.
 * Rows of calls stay, so that the store is measured in bytes per call. IN_FLIGHT changes the load.
 */

import { readdirSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { residentMiB, startScript } from './child.ts';
import { chatDialect, graphqlDialect, streamQuery, writeVariables } from './dialects.ts';
import { type BenchMesh, createBenchModel, key, startHeddle } from './heddle.ts';
import { loadCalls, loadEventStreams, loadSubscriptions } from './load.ts';
import { fitSlope, pickLeast, type Sample } from './slope.ts';

const minutes = Number(process.env.MINUTES ?? 60);
const warmMinutes = Number(process.env.WARM_MINUTES ?? 6);
const inFlight = Number(process.env.IN_FLIGHT ?? 8);
const tokens = 20;
/** Samples in all, of which a window of slope.ts has many. */
const sampleCount = 480;
const mebi = 1024 * 1024;

const dir = await mkdtemp(join(tmpdir(), 'heddle-bench-'));
await using stack = new AsyncDisposableStack();
stack.defer(() => rm(dir, { recursive: true, force: true }));
const upstream = stack.use(
  await startScript('./mock-upstream.ts', { TOKENS: String(tokens), INTERVAL_MS: '20' }),
);
const heddle = stack.use(
  await startHeddle({
    HEDDLE_DATA_DIR: dir,
    LOG_LEVEL: 'error',
    HEDDLE_KEY_LIMITS: 'none',
    HEDDLE_TENANT_LIMITS: 'none',
    HEDDLE_GUARDRAILS: 'secrets',
    OPENAI_COMPATIBLE_BASE_URL: `${upstream.origin}/v1`,
    OPENAI_COMPATIBLE_API_KEY: 'bench-key',
  }),
);
const model = await createBenchModel(heddle);
const graphql = graphqlDialect(model, tokens);
const chat = chatDialect(model, tokens);
const endMs = performance.now() + (warmMinutes + minutes) * 60_000;
let serial = 0;
let calls = 0;

/** Calls, server-sent events and subscriptions, of which each opens its connections anew. */
async function drive(): Promise<void> {
  const { origin } = heddle;
  const lanes = [
    async () => {
      const { call } = graphql;
      const done = await loadCalls({
        ...call,
        origin,
        body: () => call.body(serial++),
        inFlight,
        seconds: 2,
      });
      return done.calls;
    },
    async () => {
      const { stream } = chat;
      await loadEventStreams({ ...stream, origin, body: () => stream.body(serial++), streams: 4 });
      return 4;
    },
    async () => {
      await loadSubscriptions({
        url: `${origin.replace('http', 'ws')}/graphql`,
        key,
        streams: 4,
        query: streamQuery,
        variables: () => writeVariables(model, serial++),
        check: (events, last) => {
          if (events < tokens) throw new Error(`a stream ended with ${JSON.stringify(last)}`);
        },
      });
      return 4;
    },
  ];
  await Promise.all(
    lanes.map(async (lane) => {
      while (performance.now() < endMs) calls += await lane();
    }),
  );
}

async function readHeapMiB({ origin }: BenchMesh): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const [, bytes] = /^nodejs_heap_size_used_bytes(?:\{.*\})? (\S+)$/m.exec(text) ?? [];
  if (bytes === undefined) throw new Error('/metrics states no heap');
  return Number(bytes) / mebi;
}

async function countBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

const measures: Readonly<Record<string, () => Promise<number> | number>> = {
  'heap, MiB': () => readHeapMiB(heddle),
  'resident memory, MiB': () => residentMiB(heddle.pid),
  handles: () => readdirSync(`/proc/${heddle.pid}/fd`).length,
  'store, bytes per call': async () => (await countBytes(join(dir, 'store'))) / calls,
};
const samples = new Map(Object.keys(measures).map((name) => [name, [] as Sample[]]));

const driving = drive();
driving.catch(() => {});
const startMs = performance.now() + warmMinutes * 60_000;
for (let number = 0; performance.now() < endMs; number++) {
  const dueMs = startMs + (number * minutes * 60_000) / sampleCount;
  await Promise.race([wait(Math.max(0, dueMs - performance.now())), driving]);
  for (const [name, measure] of Object.entries(measures)) {
    samples.get(name)?.push({ atMs: performance.now(), value: await measure() });
  }
}
await driving;

console.log(`${calls} calls in ${warmMinutes + minutes} minutes\n`);
console.log('| | at last | slope per hour | ± | |');
console.log('|---|---|---|---|---|');
for (const [name, taken] of samples) {
  const least = pickLeast(taken);
  const { perHour, confidencePerHour, grows } = fitSlope(least);
  const last = least.at(-1)?.value ?? Number.NaN;
  console.log(
    `| ${name} | ${last.toFixed(0)} | ${perHour.toFixed(1)} | ${confidencePerHour.toFixed(1)} | ${grows ? 'grows' : 'no slope'} |`,
  );
  if (grows) process.exitCode = 1;
}
