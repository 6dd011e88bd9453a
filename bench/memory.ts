/**
 * Resident memory of a mesh, whole policy on, embedded store, each line with a mesh of its own: idle, at saturation, with idle streams, and with long
 * prompts at once. Prints the table of docs/performance.md, and fails where a line is beyond its aim.
 * SECONDS and IN_FLIGHT change the saturation, STREAMS the idle streams, PROMPTS the prompts; PARTS=idle,saturation,streams,prompts selects.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { Pool } from 'undici';
import { WebSocket } from 'ws';
import { peakMiB, resetPeak, residentMiB, startScript, treeMiB } from './child.ts';
import { graphqlDialect, streamQuery, writeVariables } from './dialects.ts';
import { type BenchMesh, createBenchModel, key, startHeddle } from './heddle.ts';
import { loadCalls } from './load.ts';

const seconds = Number(process.env.SECONDS ?? 30);
const inFlight = Number(process.env.IN_FLIGHT ?? 64);
const streams = Number(process.env.STREAMS ?? 10_000);
const prompts = Number(process.env.PROMPTS ?? 110);
const parts = (process.env.PARTS ?? 'idle,saturation,streams,prompts').split(',');
/** How long a process has for what it does after its work: it collects garbage when it has been idle for 5 to 10 s. */
const settleMs = 12_000;
/** As one client opens them. */
const streamsPerSocket = 10;
/** The largest body with a key (`HEDDLE_BODY_BYTES_MAX`) is 1,048,576 bytes. */
const promptLength = 1_000_000;
/** Bodies that a process reads at once (`HEDDLE_BODIES_BYTES_MAX`), in MiB. */
const bodiesMiB = 256;

interface Line {
  readonly name: string;
  readonly mebibytes: number;
  readonly aim: number;
}

interface BenchedMesh {
  readonly heddle: BenchMesh;
  readonly call: ReturnType<typeof graphqlDialect>['call'];
  readonly model: string;
}

let serial = 0;

function drive({ heddle, call }: BenchedMesh, time: number) {
  return loadCalls({
    ...call,
    origin: heddle.origin,
    body: () => call.body(serial++),
    inFlight,
    seconds: time,
  });
}

const measures: Readonly<Record<string, (mesh: BenchedMesh) => Promise<Line>>> = {
  async idle({ heddle, call }) {
    await loadCalls({
      ...call,
      origin: heddle.origin,
      body: () => call.body(serial++),
      inFlight: 1,
      seconds: 0.1,
    });
    await wait(settleMs);
    return { name: 'idle, all processes', mebibytes: treeMiB(heddle.pid), aim: 150 };
  },
  async saturation(mesh) {
    resetPeak(mesh.heddle.pid);
    await drive(mesh, seconds);
    const name = `${inFlight} calls in flight for ${seconds} s, at most, the process that serves`;
    return { name, mebibytes: peakMiB(mesh.heddle.pid), aim: 350 };
  },
  async streams(mesh) {
    await drive(mesh, 2);
    await wait(settleMs);
    const before = treeMiB(mesh.heddle.pid);
    await using held = await openStreams(mesh);
    await wait(settleMs);
    held.throwIfEnded();
    const mebibytes = treeMiB(mesh.heddle.pid) - before;
    return { name: `${streams} idle streams, ${streamsPerSocket} to a WebSocket, more`, mebibytes, aim: 400 };
  },
  async prompts(mesh) {
    await drive(mesh, 2);
    await wait(settleMs);
    const { pid } = mesh.heddle;
    resetPeak(pid);
    const before = residentMiB(pid);
    const outcomes = await sendPrompts(mesh);
    const name = `${prompts} prompts of 1 MB at once (${outcomes}), more at most`;
    return { name, mebibytes: peakMiB(pid) - before, aim: bodiesMiB };
  },
};

/** Subscribes, and resolves when each stream has had its first event. */
async function openStreams({
  heddle,
  model,
}: BenchedMesh): Promise<AsyncDisposable & { throwIfEnded(): void }> {
  const clients = Array.from({ length: Math.ceil(streams / streamsPerSocket) }, () =>
    createClient({
      url: `${heddle.origin.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${key}` },
      retryAttempts: 0,
    }),
  );
  let ended: unknown;
  const open = (number: number) =>
    new Promise<void>((opened, failed) => {
      const client = clients[Math.floor(number / streamsPerSocket)];
      client?.subscribe(
        { query: streamQuery, variables: writeVariables(model, serial++) },
        {
          next: (result) =>
            result.errors === undefined ? opened() : failed(new Error(JSON.stringify(result.errors))),
          error: (error) => failed(new Error(`a stream failed: ${JSON.stringify(error)}`, { cause: error })),
          complete: () => {
            ended ??= 'a stream has ended';
          },
        },
      );
    });
  // Not more at once than are opened in about a second.
  for (let number = 0; number < streams; number += 100) {
    await Promise.all(Array.from({ length: Math.min(100, streams - number) }, (_, at) => open(number + at)));
  }
  return {
    throwIfEnded() {
      if (ended !== undefined) throw new Error(String(ended));
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.terminate();
    },
  };
}

/** How many were answered, and how many refused with which code. */
async function sendPrompts({ heddle, call }: BenchedMesh): Promise<string> {
  const long = 'x '.repeat(promptLength / 2);
  const pool = new Pool(heddle.origin, { connections: prompts, pipelining: 1 });
  const outcomes = await Promise.all(
    Array.from({ length: prompts }, async () => {
      const body = call.body(serial++).replace('Tell me', long);
      const headers = { 'content-type': 'application/json', ...call.headers };
      const answer = await pool.request({ method: 'POST', path: call.path, headers, body });
      const text = await answer.body.text();
      const { errors } = JSON.parse(text) as { errors?: readonly { extensions: { code: string } }[] };
      if (errors === undefined) call.check(text);
      return errors === undefined ? 'answered' : `refused with ${errors[0]?.extensions.code}`;
    }),
  );
  await pool.close();
  return [...new Set(outcomes)]
    .map((outcome) => `${outcomes.filter((each) => each === outcome).length} ${outcome}`)
    .join(', ');
}

async function measureLine(name: string, upstream: string): Promise<Line> {
  const measure = measures[name];
  if (measure === undefined) throw new Error(`PARTS: there is no ${name}`);
  const dir = await mkdtemp(join(tmpdir(), 'heddle-bench-'));
  try {
    await using heddle = await startHeddle({
      HEDDLE_DATA_DIR: dir,
      LOG_LEVEL: 'error',
      HEDDLE_KEY_LIMITS: 'none',
      HEDDLE_TENANT_LIMITS: 'none',
      HEDDLE_GUARDRAILS: 'secrets',
      OPENAI_COMPATIBLE_BASE_URL: `${upstream}/v1`,
      OPENAI_COMPATIBLE_API_KEY: 'bench-key',
    });
    const model = await createBenchModel(heddle);
    return await measure({ heddle, model, call: graphqlDialect(model, 1).call });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

// A provider that is silent for 30 s between two tokens is left (docs/routing.md).
await using upstream = await startScript('./mock-upstream.ts', {
  FIRST_AT_ONCE: '1',
  TOKENS: '40',
  INTERVAL_MS: '15000',
});
console.log('| | MiB | aim |');
console.log('|---|---|---|');
for (const part of parts) {
  const { name, mebibytes, aim } = await measureLine(part, upstream.origin);
  console.log(`| ${name} | ${mebibytes.toFixed(0)} | ${aim} |`);
  if (!(mebibytes <= aim)) process.exitCode = 1;
}
