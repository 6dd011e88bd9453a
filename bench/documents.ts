/**
 * New documents: CPU of an operation whose document the mesh sees for the first time (its planner's process included),
 * beside one that it knows, for each query that the Explorer opens with; then the p99 of known documents while 1,000
 * different new ones arrive at once. Fails where a new document costs more than 20 times a known one, or the burst
 * raises the p99 of known ones by more than half. ROUNDS and NEW (documents in each round) change the load.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { exampleOperations } from '#gateway/doors/explorer/explorer-examples.ts';
import { cpuMicros, listDescendants } from './child.ts';
import { key, startHeddle } from './heddle.ts';

const rounds = Number(process.env.ROUNDS ?? 5);
const newDocuments = Number(process.env.NEW ?? 40);
const costMax = 20;
const p99Max = 1.5;
const burst = 1_000;
const knownPerSecond = Number(process.env.KNOWN ?? 25);

const dir = await mkdtemp(join(tmpdir(), 'heddle-bench-'));
await using heddle = await startHeddle({ HEDDLE_KEY_LIMITS: 'none', HEDDLE_DATA_DIR: dir });
const openPool = (connections: number) => new Pool(heddle.origin, { connections, pipelining: 1 });
/** Of two clients: neither waits for a connection of the other. */
const [pool, newPool] = [openPool(16), openPool(64)];

const cpu = () => [heddle.pid, ...listDescendants(heddle.pid)].reduce((sum, pid) => sum + cpuMicros(pid), 0);
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

async function send(query: string, variables: object, by = pool): Promise<number> {
  const begunMs = performance.now();
  const { body } = await by.request({
    method: 'POST',
    path: '/graphql',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await body.text();
  if (answer.includes('"errors"')) throw new Error(answer.slice(0, 500));
  return performance.now() - begunMs;
}

let serial = 0;
/** The same operation as another document: its fields at the root under a name that no document had. */
function asNew(query: string): string {
  return query.replace(
    /^(\s*(?:query|mutation)[^{]*\{\s*)(?:\w+:\s*)?(\w+)/m,
    (_, head: string, field: string) => `${head}n${++serial}: ${field}`,
  );
}

const examples = exampleOperations
  .filter(({ query }) => !query.includes('subscription'))
  .map((example) => ({ ...example, text: example.query.replaceAll(/^#.*\n/gm, '') }));
for (const { text, variables } of examples) await send(text, variables);
const queries = examples.filter(({ text }) => text.startsWith('query'));

async function perOperation(count: number, work: () => Promise<unknown>): Promise<number> {
  const before = cpu();
  for (let n = 0; n < count; n++) await work();
  return (cpu() - before) / count;
}

console.log('| example | known, CPU µs | new, CPU µs | ratio |');
console.log('|---|---|---|---|');
let isBeyond = false;
const all: { known: number[]; fresh: number[] } = { known: [], fresh: [] };
for (const { name, text, variables } of queries) {
  const known: number[] = [];
  const fresh: number[] = [];
  await perOperation(newDocuments * 3, () => send(text, variables));
  await perOperation(newDocuments, () => send(asNew(text), variables));
  for (let round = 0; round < rounds; round++) {
    known.push(await perOperation(newDocuments * 2, () => send(text, variables)));
    fresh.push(await perOperation(newDocuments, () => send(asNew(text), variables)));
  }
  all.known.push(median(known));
  all.fresh.push(median(fresh));
  const ratio = median(fresh.map((cost, round) => cost / (known[round] ?? 0)));
  if (ratio > costMax) isBeyond = true;
  console.log(
    `| ${name} | ${median(known).toFixed(0)} | ${median(fresh).toFixed(0)} | ${ratio.toFixed(1)} |`,
  );
}

/** Latencies of a known document at a fixed rate, whether or not the last were answered. */
async function watchKnown(seconds: number, beside?: () => Promise<unknown>): Promise<number[]> {
  const [example] = queries;
  if (example === undefined) throw new Error('The Explorer opens with no query.');
  const sent: Promise<number>[] = [];
  const other = beside?.();
  const begunMs = performance.now();
  for (let n = 0; n < seconds * knownPerSecond; n++) {
    const waitMs = begunMs + (n * 1_000) / knownPerSecond - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    sent.push(send(example.text, example.variables));
  }
  await other;
  return Promise.all(sent);
}
const p99 = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;

const calm: number[] = [];
const busy: number[] = [];
for (let round = 0; round < rounds; round++) {
  calm.push(p99(await watchKnown(3)));
  busy.push(
    p99(
      await watchKnown(3, () =>
        Promise.all(
          Array.from({ length: burst }, (_, n) => {
            const { text, variables } = queries[n % queries.length] as (typeof queries)[number];
            return send(asNew(text), variables, newPool);
          }),
        ),
      ),
    ),
  );
}
const raised = median(busy.map((value, round) => value / (calm[round] ?? 0)));
console.log(
  `\np99 of known documents at ${knownPerSecond} a second: ${median(calm).toFixed(1)} ms, with ${burst} new ones: ${median(busy).toFixed(1)} ms (${raised.toFixed(2)} times)`,
);
await Promise.all([pool.close(), newPool.close()]);
await rm(dir, { recursive: true, force: true });
if (isBeyond || raised > p99Max) process.exitCode = 1;
