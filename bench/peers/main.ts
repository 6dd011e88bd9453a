/**
 * Gateways side by side on loopback, by turns before one mock upstream, all called by chat completions: CPU per call and per streamed
 * token, calls per second, added latency and memory, each with its ratio to the pass-through of the same round. PEERS_DIR is where install.sh has
 * installed; without it, Heddle and the pass-through are measured. Prints the table of docs/performance.md. The bench
 * fails when one of them listens on, or talks to, more than loopback.
 * SECONDS, ROUNDS, WARM_SECONDS, IN_FLIGHT, STREAMS, TOKENS and RATE change the load; PIN=0 leaves the cores to the kernel.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { listTree, startScript, treeCpuMicros, treeMiB } from '../child.ts';
import { chatDialect } from '../dialects.ts';
import { loadCalls, loadCallsAtRate, loadEventStreams } from '../load.ts';
import type { Gateway, Running } from './gateway.ts';
import { findPeers, floor, heddles } from './gateways.ts';
import { watchLoopback } from './sockets.ts';
import { type PeerFigures, writeTable } from './table.ts';

const seconds = Number(process.env.SECONDS ?? 4);
const rounds = Number(process.env.ROUNDS ?? 3);
const warmSeconds = Number(process.env.WARM_SECONDS ?? 10);
const inFlight = Number(process.env.IN_FLIGHT ?? 64);
const streams = Number(process.env.STREAMS ?? 100);
const tokens = Number(process.env.TOKENS ?? 100);
const rate = Number(process.env.RATE ?? 50);
const pins = process.env.PIN !== '0' && availableParallelism() > 1;

interface Measured {
  readonly gateway: Gateway;
  readonly running: Running;
  readonly figures: PeerFigures[];
}

/** The gateways share a core, load and mock upstream another: what one takes does not slow the other. */
function pin(pid: number, core: number): void {
  if (!pins) return;
  for (const one of listTree(pid)) execFileSync('taskset', ['-a', '-c', '-p', String(core), String(one)]);
}

let serial = 0;
const callOf = ({ origin, dialect: { call } }: Running) => ({
  ...call,
  origin,
  body: () => call.body(serial++),
});

const driveCalls = (running: Running, time: number) =>
  loadCalls({ ...callOf(running), inFlight, seconds: time });

const driveStreams = ({ origin, dialect: { stream } }: Running) =>
  loadEventStreams({ ...stream, origin, body: () => stream.body(serial++), streams });

async function measureOne(running: Running, direct: ReturnType<typeof callOf>): Promise<PeerFigures> {
  const { pid } = running;
  const [started, calls] = [treeCpuMicros(pid), await driveCalls(running, seconds)];
  const called = treeCpuMicros(pid);
  const streamed = await driveStreams(running);
  const tokenMicros = (treeCpuMicros(pid) - called) / streamed;
  const [through, bare] = await loadCallsAtRate([callOf(running), direct], { rate, seconds });
  return {
    callMicros: (called - started) / calls.calls,
    tokenMicros,
    callsPerSecond: calls.calls / calls.seconds,
    addedMs: (through?.latencyMsP50 ?? Number.NaN) - (bare?.latencyMsP50 ?? Number.NaN),
    mebibytes: treeMiB(pid),
  };
}

await using stack = new AsyncDisposableStack();
const dir = await mkdtemp(join(tmpdir(), 'heddle-bench-'));
stack.defer(() => rm(dir, { recursive: true, force: true }));
// Before the mock upstream is started, which inherits the core. Those of the gateways are set below.
if (pins) execFileSync('taskset', ['-a', '-c', '-p', '1', String(process.pid)]);
const upstream = stack.use(await startScript('./mock-upstream.ts', { TOKENS: String(tokens) }));
const direct = callOf({ ...upstream, dialect: chatDialect('bench', tokens, {}) });

const { PEERS_DIR: installed } = process.env;
const gateways = [floor, ...(installed === undefined ? [] : findPeers(installed)), ...heddles];
const measured: Measured[] = [];
// From before the first one starts: what it does while it starts is seen as well.
const sockets = stack.use(watchLoopback(process.pid));
for (const [number, gateway] of gateways.entries()) {
  const options = { upstream: upstream.origin, dir: join(dir, String(number)), tokens };
  const running = stack.use(await gateway.start(options));
  sockets.throwIfBeyond(gateway.name);
  pin(running.pid, 0);
  await driveCalls(running, warmSeconds);
  await driveStreams(running);
  measured.push({ gateway, running, figures: [] });
}
for (let round = 0; round < rounds; round++) {
  const first = round % measured.length;
  for (const { running, figures } of [...measured.slice(first), ...measured.slice(0, first)]) {
    figures.push(await measureOne(running, direct));
  }
}

sockets.throwIfBeyond('one of the gateways');
console.log(
  writeTable(
    measured.map(({ gateway: { name }, figures }) => ({ name, figures })),
    { inFlight, streams, rate },
  ),
);
console.log(`\n${gateways.map(({ name, does }) => `- ${name}: ${does}.`).join('\n')}`);
