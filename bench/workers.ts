/**
 * Calls per second, and CPU per call, of one process and of a first process with workers, whole policy on, embedded store. The load and the
 * mock upstream run on the same cores: what they use is in columns of their own. Prints the table of docs/performance.md, and what follows from it
 * for CORES cores (8). SECONDS, IN_FLIGHT, ROUNDS and WORKERS (`1,2`) change the load; what comes in the first WARM_SECONDS does not count.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './budget.ts';
import { cpuMicros, listDescendants, startScript } from './child.ts';
import { graphqlDialect } from './dialects.ts';
import { createBenchModel, startHeddle } from './heddle.ts';
import { loadCalls } from './load.ts';

const seconds = Number(process.env.SECONDS ?? 6);
const inFlight = Number(process.env.IN_FLIGHT ?? 64);
const rounds = Number(process.env.ROUNDS ?? 3);
const warmSeconds = Number(process.env.WARM_SECONDS ?? 12);
const cores = Number(process.env.CORES ?? 8);
const settings = (process.env.WORKERS ?? '1,2').split(',');

/** Calls per second, and CPU µs per call: of the process that was started, of those that it has started, of the load and the upstream. */
interface Figures {
  readonly rate: number;
  readonly first: number;
  readonly workers: number;
  readonly load: number;
  readonly upstream: number;
}

async function measureWorkers(workers: string, upstream: { readonly origin: string; readonly pid: number }) {
  const dir = await mkdtemp(join(tmpdir(), 'heddle-bench-'));
  try {
    await using heddle = await startHeddle({
      HEDDLE_WORKERS: workers,
      HEDDLE_KEY_LIMITS: 'none',
      HEDDLE_DATA_DIR: dir,
      OPENAI_COMPATIBLE_BASE_URL: `${upstream.origin}/v1`,
      OPENAI_COMPATIBLE_API_KEY: 'bench-key',
    });
    const model = await createBenchModel(heddle);
    const { call } = graphqlDialect(model, 10);
    let serial = 0;
    const drive = (time: number) =>
      loadCalls({ ...call, origin: heddle.origin, body: () => call.body(serial++), inFlight, seconds: time });
    const readCpu = () => {
      const { user, system } = process.cpuUsage();
      return {
        first: cpuMicros(heddle.pid),
        workers: listDescendants(heddle.pid).reduce((sum, pid) => sum + cpuMicros(pid), 0),
        load: user + system,
        upstream: cpuMicros(upstream.pid),
      };
    };
    await drive(warmSeconds);
    const figures: Figures[] = [];
    for (let round = 0; round < rounds; round++) {
      const before = readCpu();
      const { calls, seconds: took } = await drive(seconds);
      const after = readCpu();
      const per = (who: keyof typeof before) => (after[who] - before[who]) / calls;
      figures.push({
        rate: calls / took,
        first: per('first'),
        workers: per('workers'),
        load: per('load'),
        upstream: per('upstream'),
      });
    }
    const middle = (of: keyof Figures) => median(figures.map((one) => one[of]));
    return {
      rate: middle('rate'),
      first: middle('first'),
      workers: middle('workers'),
      load: middle('load'),
      upstream: middle('upstream'),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

await using upstream = await startScript('./mock-upstream.ts', { TOKENS: '10' });
const measured = new Map<string, Figures>();
for (const workers of settings) measured.set(workers, await measureWorkers(workers, upstream));

const whole = (value: number) => value.toFixed(0);
console.log(`${availableParallelism()} cores, ${inFlight} calls in flight\n`);
console.log('| workers | calls/s | CPU µs per call | first process | workers | load | upstream |');
console.log('|---|---|---|---|---|---|---|');
for (const [workers, { rate, first, workers: others, load, upstream: mock }] of measured) {
  console.log(
    `| ${workers} | ${whole(rate)} | ${whole(first + others)} | ${whole(first)} | ${whole(others)} | ${whole(load)} | ${whole(mock)} |`,
  );
}
const [one, ...more] = [...measured.values()];
const many = more.at(-1);
if (one !== undefined && many !== undefined) {
  const perCall = many.first + many.workers;
  console.log(`\nCalls/s beside one process: ${(many.rate / one.rate).toFixed(2)} times.`);
  // Cores are shared by all processes; the first one, of which two threads work on calls, is not divided.
  const bound = Math.min((cores * 1e6) / perCall, 2e6 / many.first);
  console.log(`${cores} cores of this machine, without load and upstream: ${whole(bound)} calls/s.`);
}
