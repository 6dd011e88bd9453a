/**
 * What large work does to the clients of a mesh that serves it: added latency at RATE calls a second without any, beside the pass-through's own,
 * and the longest turn of the thread that serves clients while ROWS rows of the ledger are summed and read, a backup is made, a catalog of MODELS AI models is
 * loaded anew, and 1,000 new documents arrive. Prints the tables of docs/performance.md. Fails where a turn takes more than 20 ms, or latencies are
 * beyond their aims. PARTS=latency,pauses selects; SECONDS is the time of each round of latencies.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ensureIndexes, openDatabase } from '#mongo/connect.ts';
import { type ModelRecord, models } from '#mongo/models.ts';
import { median } from './budget.ts';
import { startNode, startScript } from './child.ts';
import { chatDialect, graphqlDialect } from './dialects.ts';
import { type BenchMesh, createBenchModel, startHeddle } from './heddle.ts';
import { fillLedger } from './ledger-rows.ts';
import { type Latencies, loadCalls, loadCallsAtRate } from './load.ts';
import type { WatchedTurns } from './watched-heddle.ts';

const rate = Number(process.env.RATE ?? 150);
const seconds = Number(process.env.SECONDS ?? 10);
const rounds = Number(process.env.ROUNDS ?? 3);
const ledgerRows = Number(process.env.ROWS ?? 1_000_000);
const catalogModels = Number(process.env.MODELS ?? 5_000);
const parts = (process.env.PARTS ?? 'latency,pauses').split(',');
/** Calls that run beside the work, a second: few, so that a turn is that of one job. */
const beside = 10;
const newDocuments = 1_000;
/** As many as one client may have under way. */
const lanes = 64;
const [p50Max, p99Max, turnMsMax] = [1.5, 2.5, 20];
const dayMs = 86_400_000;
const ledgerDays = 30;
const providerId = 'openai-compatible';
/** The ledger is summed once a minute; ten minutes are too many. */
const summedMsMax = 600_000;

await using stack = new AsyncDisposableStack();
const dir = await mkdtemp(join(tmpdir(), 'heddle-bench-'));
stack.defer(() => rm(dir, { recursive: true, force: true }));
const upstream = stack.use(await startScript('./mock-upstream.ts', { TOKENS: '10' }));
const environment = {
  HEDDLE_KEY_LIMITS: 'none',
  HEDDLE_TENANT_LIMITS: 'none',
  OPENAI_COMPATIBLE_BASE_URL: `${upstream.origin}/v1`,
  OPENAI_COMPATIBLE_API_KEY: 'bench-key',
};

async function measureLatency(): Promise<boolean> {
  await using floor = await startScript('./pass-through.ts', { UPSTREAM: upstream.origin });
  await using heddle = await startHeddle({ ...environment, HEDDLE_DATA_DIR: join(dir, 'latency') });
  const targets = [
    { ...chatDialect('bench', 10, {}).call, origin: floor.origin },
    { ...graphqlDialect(await createBenchModel(heddle), 10).call, origin: heddle.origin },
  ] as const;
  // Directly to the upstream: what neither adds.
  const direct = { ...targets[0], origin: upstream.origin };
  for (const target of targets) await loadCalls({ ...target, inFlight: 16, seconds });
  const added: { readonly p50: readonly number[]; readonly p99: readonly number[] }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // One after the other: beside each other they would take the processors from each other.
    const found = [];
    for (const target of [direct, ...targets])
      found.push((await loadCallsAtRate([target], { rate, seconds }))[0]);
    const [base, ...own] = found.map((one) => ({ p50: one?.latencyMsP50 ?? 0, p99: one?.latencyMsP99 ?? 0 }));
    added.push({
      p50: own.map(({ p50 }) => p50 - (base?.p50 ?? 0)),
      p99: own.map(({ p99 }) => p99 - (base?.p99 ?? 0)),
    });
  }
  console.log(
    `| added latency at ${rate} calls a second, ms | pass-through | Heddle | ratio |\n|---|---|---|---|`,
  );
  let isWithin = true;
  for (const [name, most] of [
    ['p50', p50Max],
    ['p99', p99Max],
  ] as const) {
    const of = (place: number) => median(added.map((round) => round[name][place] ?? 0));
    const ratio = median(added.map((round) => (round[name][1] ?? 0) / (round[name][0] ?? 1)));
    console.log(`| ${name} | ${of(0).toFixed(2)} | ${of(1).toFixed(2)} | ${ratio.toFixed(2)} |`);
    isWithin &&= ratio <= most;
  }
  return isWithin;
}

function describeModel(n: number): ModelRecord {
  const at = new Date();
  return {
    _id: `${providerId}/catalog-${n}`,
    providerId,
    tenantId: null,
    name: `catalog-${n}`,
    capabilities: ['CHAT', 'STREAMING'],
    inputModalities: ['TEXT'],
    outputModalities: ['TEXT'],
    contextTokens: 128_000,
    maxOutputTokens: 4_096,
    prices: [
      {
        effectiveFrom: at,
        inputNanosPerMillion: 250_000_000n,
        outputNanosPerMillion: 2_000_000_000n,
        cachedInputNanosPerMillion: null,
        cacheWriteNanosPerMillion: null,
      },
    ],
    lifecycle: 'ACTIVE',
    replacedById: null,
    createdAt: at,
    updatedAt: at,
  };
}

async function fill(store: string, nowMs: number): Promise<void> {
  const database = await openDatabase(`embedded:${store}`);
  try {
    await ensureIndexes(database.connection);
    await fillLedger(database.connection, {
      ...{ rows: ledgerRows, beginMs: nowMs - ledgerDays * dayMs, endMs: nowMs },
      ...{ mesh: 'large', seed: 1 },
    });
    const records = Array.from({ length: catalogModels }, (_, n) => describeModel(n));
    await models(database.connection).collection.insertMany(records as never);
  } finally {
    await database.close();
  }
}

async function readTurns({ process: child }: BenchMesh): Promise<WatchedTurns> {
  child.send('turns');
  const [watched] = (await once(child, 'message')) as [WatchedTurns];
  return watched;
}

/** By its name: work that a mesh has beside calls. `wasSummed` resolves whether the ledger is summed. */
function describeJobs(
  { data }: BenchMesh,
  directory: string,
  nowMs: number,
  wasSummed: () => Promise<boolean>,
): Readonly<Record<string, () => Promise<unknown>>> {
  const usage = (days: number, interval: string, by: string) =>
    data(
      `query ($from: DateTime!, $to: DateTime!) {
        usage(from: $from, to: $to, interval: ${interval}, by: [${by}], top: 10) { start requests cost } }`,
      { from: new Date(nowMs - days * dayMs).toISOString(), to: new Date(nowMs).toISOString() },
    );
  return {
    'nothing else': () => wait(10_000),
    [`${ledgerRows} rows are summed for the first time`]: async () => {
      for (const untilMs = performance.now() + summedMsMax; !(await wasSummed()); ) {
        if (performance.now() > untilMs) throw new Error('The ledger was not summed in ten minutes.');
        await wait(1_000);
      }
    },
    'usage by eight dimensions that are summed': async () => {
      for (const by of ['TENANT', 'APP', 'KEY', 'MODEL', 'PROMPT', 'END_USER', 'TAG', 'CACHE'])
        await usage(ledgerDays, 'DAY', by);
    },
    // At most 500,000 rows are read so.
    'usage of a third of the rows, read row by row': () => usage(ledgerDays / 3, 'ALL', 'CONVERSATION'),
    'pages of the ledger, all and filtered': async () => {
      const page =
        'query ($filter: InvocationFilter) { invocations(first: 100, filter: $filter) { edges { node { id } } } }';
      for (const filter of [{}, { status: 'FAILED' }, { model: 'provider-1/model-5' }])
        await data(page, { filter });
    },
    'a backup': async () => {
      const command = [new URL('../cli/main.ts', import.meta.url).pathname, 'backup', join(dir, 'copy')];
      const child = startNode(command, { HEDDLE_DATA_DIR: directory }, false);
      const [code] = await once(child.process, 'exit');
      if (code !== 0) throw new Error(`the backup ended with ${code}`);
    },
    [`a catalog of ${catalogModels} AI models is loaded anew, ten times`]: async () => {
      for (let n = 0; n < 10; n += 1) {
        await data('mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }', {
          input: { providerId, name: `new-${n}`, capabilities: ['CHAT'] },
        });
        await wait(500);
      }
    },
    [`${newDocuments} new documents, ${lanes} at once`]: async () => {
      let n = 0;
      const lane = async () => {
        while (n < newDocuments)
          await data(`{ n${n++}: models(first: 5) { edges { node { id name } } } }`, {});
      };
      await Promise.all(Array.from({ length: lanes }, lane));
    },
  };
}

async function measurePauses(): Promise<boolean> {
  const directory = join(dir, 'pauses');
  const nowMs = Date.now();
  await fill(join(directory, 'store'), nowMs);
  const script = new URL('./watched-heddle.ts', import.meta.url);
  await using heddle = await startHeddle({ ...environment, HEDDLE_DATA_DIR: directory }, script);
  const { call } = graphqlDialect(await createBenchModel(heddle), 10);
  const target = { ...call, origin: heddle.origin };
  let longestMs = 0;
  const look = async () => {
    const { turnMs, summedUntilMs } = await readTurns(heddle);
    longestMs = Math.max(longestMs, turnMs);
    return (summedUntilMs ?? 0) >= nowMs - dayMs / 24;
  };
  // What is compiled and loaded at the first calls is no job's.
  await loadCalls({ ...target, inFlight: 8, seconds: 10 });
  console.log(
    `\n| beside ${beside} calls a second | s | longest turn, ms of CPU | p50 of calls, ms | p99 |\n|---|---|---|---|---|`,
  );
  let isWithin = true;
  for (const [name, job] of Object.entries(describeJobs(heddle, directory, nowMs, look))) {
    await readTurns(heddle);
    longestMs = 0;
    let isOver = false;
    const calling = (async () => {
      const found: Latencies[] = [];
      do found.push(...(await loadCallsAtRate([target], { rate: beside, seconds: 2 })));
      while (!isOver);
      return found;
    })();
    const startedMs = performance.now();
    await job();
    const tookMs = performance.now() - startedMs;
    isOver = true;
    const latencies = await calling;
    await look();
    const p50 = median(latencies.map(({ latencyMsP50 }) => latencyMsP50));
    const p99 = Math.max(...latencies.map(({ latencyMsP99 }) => latencyMsP99));
    console.log(
      `| ${name} | ${(tookMs / 1_000).toFixed(1)} | ${longestMs.toFixed(1)} | ${p50.toFixed(1)} | ${p99.toFixed(1)} |`,
    );
    isWithin &&= longestMs <= turnMsMax;
  }
  return isWithin;
}

const measures = { latency: measureLatency, pauses: measurePauses };
for (const [name, measure] of Object.entries(measures)) {
  if (parts.includes(name) && !(await measure())) process.exitCode = 1;
}
