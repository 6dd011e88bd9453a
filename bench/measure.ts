import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTokenIssuer } from '#test/support/token-issuer.ts';
import { cpuMicros, residentMiB, startScript } from './child.ts';
import {
  type BenchDialect,
  bearer,
  chatDialect,
  graphqlDialect,
  messagesDialect,
  streamQuery,
  writeVariables,
} from './dialects.ts';
import { createBenchModel, key, startHeddle } from './heddle.ts';
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

/** What a bench measures the CPU of: calls, and tokens of streams. */
export const units = [
  /** Calls: the pass-through, GraphQL over HTTP with an API key and with a JWT, OpenAI's chat completions, Anthropic's messages. */
  'floorCall',
  'call',
  'jwtCall',
  'chatCall',
  'messagesCall',
  /** Tokens: the pass-through, GraphQL over WebSocket and over server-sent events, the other dialects. */
  'floorToken',
  'token',
  'eventToken',
  'chatToken',
  'messagesToken',
] as const;

/** CPU microseconds per unit, one for each round. */
export type BenchCosts = Readonly<Record<(typeof units)[number], readonly number[]>>;

export interface BenchFigures {
  readonly costs: BenchCosts;
  /** The last round of calls by GraphQL. */
  readonly calls: CallFigures;
  readonly residentMiB: number;
}

const inHours = (hours: number) => Math.floor(Date.now() / 1_000) + hours * 3_600;

/** CPU that `work` cost the process, per unit that it answers. */
async function perUnit(pid: number, work: () => Promise<number>): Promise<number> {
  const before = cpuMicros(pid);
  const units = await work();
  return (cpuMicros(pid) - before) / units;
}

/** Drives Heddle and the bare pass-through by turns, each in a process of its own, before the same mock upstream. */
export async function measure(load: BenchLoad): Promise<BenchFigures> {
  const { seconds, inFlight, streams, tokens, rounds, warmSeconds } = load;
  const dir = await mkdtemp(join(tmpdir(), 'heddle-bench-'));
  try {
    await using upstream = await startScript('./mock-upstream.ts', { TOKENS: String(tokens) });
    await using floor = await startScript('./pass-through.ts', { UPSTREAM: upstream.origin });
    await using issuer = await startTokenIssuer();
    await using heddle = await startHeddle({
      HEDDLE_OIDC_ISSUER: issuer.url,
      HEDDLE_OIDC_AUDIENCE: 'heddle',
      // As the admin key, which has none.
      HEDDLE_KEY_LIMITS: 'none',
      HEDDLE_DATA_DIR: dir,
      OPENAI_COMPATIBLE_BASE_URL: `${upstream.origin}/v1`,
      OPENAI_COMPATIBLE_API_KEY: 'bench-key',
    });
    const model = await createBenchModel(heddle);
    const bare = chatDialect('bench', tokens, {});
    const graphql = graphqlDialect(model, tokens);
    const token = await issuer.sign({ heddle_tenant: 'default', heddle_role: 'DEVELOPER', exp: inHours(12) });
    const jwt = graphqlDialect(model, tokens, bearer(token));
    const chat = chatDialect(model, tokens);
    const messages = messagesDialect(model, tokens);

    let serial = 0;
    let calls: CallFigures | undefined;
    const call = async ({ origin }: { origin: string }, dialect: BenchDialect, time: number) => {
      const figures = await loadCalls({
        ...dialect.call,
        origin,
        body: () => dialect.call.body(serial++),
        inFlight,
        seconds: time,
      });
      if (dialect === graphql) calls = figures;
      return figures.calls;
    };
    const stream = ({ origin }: { origin: string }, dialect: BenchDialect) =>
      loadEventStreams({
        ...dialect.stream,
        origin,
        body: () => dialect.stream.body(serial++),
        streams,
      });
    const subscribe = () =>
      loadSubscriptions({
        url: `${heddle.origin.replace('http', 'ws')}/graphql`,
        key,
        streams,
        query: streamQuery,
        variables: () => writeVariables(model, serial++),
        check: (events, last) => {
          if (events < tokens || !JSON.stringify(last).includes('outputTokens')) {
            throw new Error(`a stream ended after ${events} events with ${JSON.stringify(last)}`);
          }
        },
      });

    await call(floor, bare, Math.min(2, warmSeconds));
    for (const dialect of [graphql, chat, messages]) await call(heddle, dialect, warmSeconds / 3);
    await call(heddle, jwt, warmSeconds / 6);
    await subscribe();
    for (const dialect of [graphql, chat, messages]) await stream(heddle, dialect);
    await stream(floor, bare);

    const costs = Object.fromEntries(units.map((unit) => [unit, [] as number[]])) as Record<
      (typeof units)[number],
      number[]
    >;
    const work: Readonly<Record<(typeof units)[number], () => Promise<number>>> = {
      floorCall: () => call(floor, bare, seconds / 2),
      floorToken: () => stream(floor, bare),
      call: () => call(heddle, graphql, seconds),
      token: subscribe,
      eventToken: () => stream(heddle, graphql),
      jwtCall: () => call(heddle, jwt, seconds),
      chatCall: () => call(heddle, chat, seconds),
      chatToken: () => stream(heddle, chat),
      messagesCall: () => call(heddle, messages, seconds),
      messagesToken: () => stream(heddle, messages),
    };
    for (let round = 0; round < rounds; round++) {
      // A unit pays for garbage of those before it, and collections come at the same place of each equal round: every round
      // begins with another unit.
      const start = (round * 3) % units.length;
      for (const unit of [...units.slice(start), ...units.slice(0, start)]) {
        const { pid } = unit.startsWith('floor') ? floor : heddle;
        costs[unit].push(await perUnit(pid, work[unit]));
      }
    }
    if (calls === undefined) throw new Error('ROUNDS must be at least 1.');
    return { costs, calls, residentMiB: residentMiB(heddle.pid) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
