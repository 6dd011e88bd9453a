import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuMicros, residentMiB, startScript } from './child.ts';
import { key, startHeddle } from './heddle.ts';
import { type CallFigures, loadCalls, loadEventStreams, loadSubscriptions } from './load.ts';

/** How hard the processes are driven. */
export interface BenchLoad {
  readonly seconds: number;
  readonly inFlight: number;
  readonly streams: number;
  readonly tokens: number;
  readonly rounds: number;
  /** V8 compiles the hot path in this time: it is not counted. */
  readonly warmSeconds: number;
}

/** CPU microseconds per unit, one for each round. */
export interface BenchFigures {
  readonly floorCall: readonly number[];
  readonly call: readonly number[];
  readonly floorToken: readonly number[];
  readonly token: readonly number[];
  readonly calls: CallFigures;
  readonly residentMiB: number;
}

const input = 'Tell me how a loom keeps its threads apart. '.repeat(48).slice(0, 2_000);

/** CPU that `work` cost the process, per unit that it answers. */
async function perUnit(pid: number, work: () => Promise<number>): Promise<number> {
  const before = cpuMicros(pid);
  const units = await work();
  return (cpuMicros(pid) - before) / units;
}

const completeQuery =
  'mutation Complete($input: CompletionInput!) { complete(input: $input) { id text finishReason cost usage { inputTokens outputTokens } model { id } } }';
const streamQuery =
  'subscription Stream($input: CompletionInput!) { completionStream(input: $input) { completionId sequence ... on TextDelta { text } ... on CompletionFinished { completion { usage { outputTokens } } } ... on CompletionFailed { code message } } }';

const messages = (n: number) => [{ role: 'USER', content: `${n} ${input}` }];

/** Drives Heddle and the bare pass-through by turns, each in a process of its own, before the same mock upstream. */
export async function measure(load: BenchLoad): Promise<BenchFigures> {
  const { seconds, inFlight, streams, tokens, rounds, warmSeconds } = load;
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
    if (last === undefined) throw new Error('ROUNDS must be at least 1.');
    return { ...figures, calls: last, residentMiB: residentMiB(heddle.pid) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
