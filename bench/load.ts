import { performance } from 'node:perf_hooks';
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

export interface CallFigures {
  readonly calls: number;
  readonly seconds: number;
  readonly latencyMsP50: number;
  readonly latencyMsP99: number;
}

/** Calls as fast as `inFlight` calls at once allow. */
export async function loadCalls(load: CallLoad): Promise<CallFigures> {
  const pool = new Pool(load.origin, { connections: load.inFlight, pipelining: 1 });
  const latencies: number[] = [];
  const start = performance.now();
  const end = start + load.seconds * 1_000;
  let n = 0;
  const worker = async () => {
    while (performance.now() < end) {
      const at = performance.now();
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: load.path,
        headers: { 'content-type': 'application/json', ...load.headers },
        body: load.body(n++),
      });
      const answer = await body.text();
      if (statusCode !== 200) throw new Error(`${statusCode}: ${answer.slice(0, 300)}`);
      load.check(answer);
      latencies.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: load.inFlight }, worker));
  await pool.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? 0;
  return {
    calls: latencies.length,
    seconds: (performance.now() - start) / 1_000,
    latencyMsP50: at(0.5),
    latencyMsP99: at(0.99),
  };
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
