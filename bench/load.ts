import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { Pool } from 'undici';
import { WebSocket } from 'ws';

/** How many calls at once, for how long. */
export interface CallLoad {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body of call number n: each differs, so that nothing is answered from a cache or joined. */
  readonly body: (n: number) => string;
  readonly inFlight: number;
  readonly seconds: number;
  /** Throws when an answer is not what was requested: a wrong answer must not be measured. */
  readonly check: (answer: string) => void;
}

export interface Latencies {
  readonly latencyMsP50: number;
  readonly latencyMsP99: number;
}

export interface CallFigures extends Latencies {
  readonly calls: number;
  readonly seconds: number;
}

/** Calls as fast as `inFlight` calls at once allow. */
export async function loadCalls(load: CallLoad): Promise<CallFigures> {
  const pool = new Pool(load.origin, { connections: load.inFlight, pipelining: 1 });
  const latencies: number[] = [];
  const start = performance.now();
  const end = start + load.seconds * 1_000;
  let n = 0;
  const worker = async () => {
    while (performance.now() < end) latencies.push(await timeCall(pool, load, n++));
  };
  await Promise.all(Array.from({ length: load.inFlight }, worker));
  await pool.close();
  return {
    calls: latencies.length,
    seconds: (performance.now() - start) / 1_000,
    ...readLatencies(latencies),
  };
}

/** Calls at a rate, to each of some servers by turns, whether or not those before have been answered; the latencies of each. */
export async function loadCallsAtRate(
  loads: readonly Omit<CallLoad, 'inFlight' | 'seconds'>[],
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
): Promise<readonly Latencies[]> {
  const targets = loads.map((load) => ({ load, pool: new Pool(load.origin), latencies: [] as number[] }));
  const running: Promise<void>[] = [];
  const start = performance.now();
  for (let n = 0; n < rate * seconds; n++) {
    for (const [place, { load, pool, latencies }] of targets.entries()) {
      const due = start + ((n + place / targets.length) * 1_000) / rate;
      await wait(Math.max(0, due - performance.now()));
      const call = timeCall(pool, load, n).then((ms) => void latencies.push(ms));
      // A failure is that of all of them, below.
      call.catch(() => {});
      running.push(call);
    }
  }
  await Promise.all(running);
  await Promise.all(targets.map(({ pool }) => pool.close()));
  return targets.map(({ latencies }) => readLatencies(latencies));
}

/** Milliseconds from the request to the end of its checked answer. */
async function timeCall(
  pool: Pool,
  { path, headers, body: write, check }: Omit<CallLoad, 'inFlight' | 'seconds'>,
  n: number,
): Promise<number> {
  const at = performance.now();
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json', ...headers },
    body: write(n),
  });
  const answer = await body.text();
  if (statusCode !== 200) throw new Error(`${statusCode}: ${answer.slice(0, 300)}`);
  check(answer);
  return performance.now() - at;
}

function readLatencies(latencies: readonly number[]): Latencies {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return { latencyMsP50: at(0.5), latencyMsP99: at(0.99) };
}

/** Opens `streams` subscriptions over graphql-ws, ten to a socket, and reads each to its end; answers the events seen. */
export async function loadSubscriptions(options: {
  readonly url: string;
  readonly key: string;
  readonly streams: number;
  readonly query: string;
  readonly variables: (n: number) => Record<string, unknown>;
  readonly check: (events: number, last: unknown) => void;
}): Promise<number> {
  const clients = Array.from({ length: Math.ceil(options.streams / 10) }, () =>
    createClient({
      url: options.url,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${options.key}` },
      retryAttempts: 0,
      lazy: false,
      onNonLazyError: () => {},
    }),
  );
  let total = 0;
  await Promise.all(
    Array.from({ length: options.streams }, async (_, n) => {
      const client = clients[n % clients.length] as (typeof clients)[number];
      let events = 0;
      let last: unknown;
      for await (const result of client.iterate({ query: options.query, variables: options.variables(n) })) {
        events++;
        last = result;
      }
      options.check(events, last);
      total += events;
    }),
  );
  await Promise.all(clients.map((client) => client.dispose()));
  return total;
}

/** Streams of server-sent events, all begun at once. */
export interface EventStreamLoad extends Omit<CallLoad, 'inFlight' | 'seconds' | 'check'> {
  readonly streams: number;
  /** Where each of its occurrences in an answer is a token. */
  readonly token: string;
  /** Throws when an answer is not whole: a cut stream must not be measured. */
  readonly check: (tokens: number, answer: string) => void;
}

/** Reads each stream to its end; answers the tokens of all. */
export async function loadEventStreams(load: EventStreamLoad): Promise<number> {
  const pool = new Pool(load.origin, { connections: load.streams, pipelining: 1, bodyTimeout: 0 });
  const counts = await Promise.all(
    Array.from({ length: load.streams }, async (_, n) => {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: load.path,
        headers: { 'content-type': 'application/json', ...load.headers },
        body: load.body(n),
      });
      const answer = await body.text();
      if (statusCode !== 200) throw new Error(`${statusCode}: ${answer.slice(0, 300)}`);
      const tokens = answer.split(load.token).length - 1;
      load.check(tokens, answer);
      return tokens;
    }),
  );
  await pool.close();
  return counts.reduce((sum, count) => sum + count, 0);
}
