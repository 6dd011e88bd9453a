/**
 * CPU of the server process per `complete` and per streamed token, whole policy on, embedded store, against a mock
 * upstream in another process, beside a bare pass-through in the same run. Prints the table of docs/performance.md.
 * SECONDS, IN_FLIGHT, STREAMS, TOKENS and ROUNDS change the load; what comes in the first WARM_SECONDS is not counted:
 * V8 compiles the hot path then.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuMicros, residentMiB, startScript } from './child.ts';
import { key, startHeddle } from './heddle.ts';
import { type CallFigures, loadCalls, loadEventStreams, loadSubscriptions } from './load.ts';

const seconds = Number(process.env.SECONDS ?? 8);
const inFlight = Number(process.env.IN_FLIGHT ?? 64);
const streams = Number(process.env.STREAMS ?? 200);
const tokens = Number(process.env.TOKENS ?? 200);
const rounds = Number(process.env.ROUNDS ?? 3);
const warmSeconds = Number(process.env.WARM_SECONDS ?? 15);
const input = 'Tell me how a loom keeps its threads apart. '.repeat(48).slice(0, 2_000);

/** CPU that `work` cost the process, per unit that it answers. */
async function perUnit(pid: number, work: () => Promise<number>): Promise<number> {
  const before = cpuMicros(pid);
  const units = await work();
  return (cpuMicros(pid) - before) / units;
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

const completeQuery =
  'mutation Complete($input: CompletionInput!) { complete(input: $input) { id text finishReason cost usage { inputTokens outputTokens } model { id } } }';
const streamQuery =
  'subscription Stream($input: CompletionInput!) { completionStream(input: $input) { completionId sequence ... on TextDelta { text } ... on CompletionFinished { completion { usage { outputTokens } } } ... on CompletionFailed { code message } } }';

const messages = (n: number) => [{ role: 'USER', content: `${n} ${input}` }];

const dir = await mkdtemp(join(tmpdir(), 'heddle-bench-'));
try {
  await using upstream = await startScript('./mock-upstream.ts', { TOKENS: String(tokens) });
  await using floor = await startScript('./pass-through.ts', { UPSTREAM: upstream.origin });
  await using heddle = await startHeddle({
    HEDDLE_DATA_DIR: dir,
    OPENAI_COMPATIBLE_BASE_URL: `${upstream.origin}/v1`,
    OPENAI_COMPATIBLE_API_KEY: 'bench-key',
  });
  await heddle.data('mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }', {
    input: {
      providerId: 'openai-compatible',
      name: 'bench',
      capabilities: ['CHAT', 'STREAMING'],
      contextTokens: 128000,
      maxOutputTokens: 4096,
      price: { input: '0.25', output: '2' },
    },
  });

  const floorBody = (n: number) =>
    JSON.stringify({ model: 'bench', messages: [{ role: 'user', content: `${n} ${input}` }] });
  const callFloor = (time: number) =>
    loadCalls({
      origin: floor.origin,
      path: '/v1/chat/completions',
      headers: {},
      body: floorBody,
      inFlight,
      seconds: time,
      check: (answer) => JSON.parse(answer),
    });
  let serial = 0;
  const callHeddle = (time: number) =>
    loadCalls({
      origin: heddle.origin,
      path: '/graphql',
      headers: { authorization: `Bearer ${key}` },
      body: () =>
        JSON.stringify({
          query: completeQuery,
          variables: { input: { model: 'openai-compatible/bench', messages: messages(serial++) } },
        }),
      inFlight,
      seconds: time,
      check: (answer) => {
        const { data, errors } = JSON.parse(answer);
        if (errors !== undefined || data.complete.text.length !== 1_400)
          throw new Error(answer.slice(0, 300));
      },
    });
  const streamFloor = () =>
    loadEventStreams(
      floor.origin,
      streams,
      JSON.stringify({ model: 'bench', stream: true, messages: [{ role: 'user', content: input }] }),
    );
  const streamHeddle = () =>
    loadSubscriptions({
      url: `${heddle.origin.replace('http', 'ws')}/graphql`,
      key,
      streams,
      query: streamQuery,
      variables: () => ({ input: { model: 'openai-compatible/bench', messages: messages(serial++) } }),
      check: (events, last) => {
        if (events < tokens || !JSON.stringify(last).includes('outputTokens')) {
          throw new Error(`a stream ended after ${events} events with ${JSON.stringify(last)}`);
        }
      },
    });

  await callFloor(2);
  await callHeddle(warmSeconds);
  await streamHeddle();
  await streamFloor();

  const figures = {
    floorCall: [] as number[],
    call: [] as number[],
    floorToken: [] as number[],
    token: [] as number[],
  };
  let last: CallFigures | undefined;
  for (let round = 0; round < rounds; round++) {
    figures.floorCall.push(await perUnit(floor.pid, async () => (await callFloor(seconds / 2)).calls));
    figures.call.push(
      await perUnit(heddle.pid, async () => {
        last = await callHeddle(seconds);
        return last.calls;
      }),
    );
    figures.floorToken.push(await perUnit(floor.pid, streamFloor));
    figures.token.push(await perUnit(heddle.pid, streamHeddle));
  }
  const row = (name: string, ours: readonly number[], bare: readonly number[]) =>
    `| ${name} | ${median(bare).toFixed(0)} | ${median(ours).toFixed(0)} | ${(median(ours) / median(bare)).toFixed(1)} | ${ours.map((value) => value.toFixed(0)).join(', ')} |`;
  console.log('| CPU µs | pass-through | Heddle | ratio | rounds |');
  console.log('|---|---|---|---|---|');
  console.log(row('per `complete` (2 KB in, 1.4 KB out)', figures.call, figures.floorCall));
  console.log(
    row(`per streamed token (${streams} streams, 20 ms apart, WebSocket)`, figures.token, figures.floorToken),
  );
  console.log(
    `\n${inFlight} calls in flight: ${((last?.calls ?? 0) / (last?.seconds ?? 1)).toFixed(0)} calls/s, p50 ${last?.latencyMsP50.toFixed(1)} ms, p99 ${last?.latencyMsP99.toFixed(1)} ms; resident ${residentMiB(heddle.pid).toFixed(0)} MiB.`,
  );
} finally {
  await rm(dir, { recursive: true, force: true });
}
