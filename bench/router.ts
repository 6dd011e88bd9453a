/**
 * CPU of the process per operation: Heddle's gateway (callers, scopes, cost and limits on) beside the stack that it
 * stands for, graphql-yoga + graphql-ws + @graphql-hive/router-runtime (none of these on), over the same subgraphs and
 * with the same planner. Prints a table. SECONDS, WARM_SECONDS, IN_FLIGHT, STREAMS, TOKENS and ROUNDS change the load. Fails where the join costs more than JOIN_MAX (3) times the mutation.
 */
import { type Child, cpuMicros, listDescendants, startScript } from './child.ts';
import { key } from './heddle.ts';
import { loadCalls, loadSubscriptions } from './load.ts';

const seconds = Number(process.env.SECONDS ?? 5);
const inFlight = Number(process.env.IN_FLIGHT ?? 32);
const streams = Number(process.env.STREAMS ?? 200);
const tokens = Number(process.env.TOKENS ?? 200);
const rounds = Number(process.env.ROUNDS ?? 3);

type Server = Child & { readonly origin: string };

const mutation = 'mutation ($input: CompletionInput!) { complete(input: $input) { text } }';
const joined = `query ($id: ID!) { ${Array.from(
  { length: 10 },
  (_, n) =>
    `c${n}: completion(id: ${n === 0 ? '$id' : `"m${n}"`}) { text model { name replacedBy { id } } tenant { name } }`,
).join(' ')} }`;
const stream =
  'subscription ($input: CompletionInput!) { completionStream(input: $input) { sequence ... on TextDelta { text } } }';

let serial = 0;

async function call(server: Server, query: string, time: number, variables: () => object, check: RegExp) {
  const { calls } = await loadCalls({
    origin: server.origin,
    path: '/graphql',
    headers: { authorization: `Bearer ${key}` },
    body: () => JSON.stringify({ query, variables: variables() }),
    inFlight,
    seconds: time,
    check: (answer) => {
      if (!check.test(answer) || answer.includes('"errors"')) throw new Error(answer.slice(0, 500));
    },
  });
  return calls;
}

const work: Record<string, (server: Server, time: number) => Promise<number>> = {
  'mutation of one field, HTTP': (server, time) =>
    call(
      server,
      mutation,
      time,
      () => ({ input: { model: 'm1', text: `${serial++}` } }),
      /"complete":\{"text":"\d+"/,
    ),
  'join of three subgraphs, 10 objects, HTTP': (server, time) =>
    call(server, joined, time, () => ({ id: `m${serial++}` }), /"tenant":\{"name":"Tenant tm9"/),
  [`event of a subscription, ${streams} streams, WebSocket`]: (server) =>
    loadSubscriptions({
      url: `${server.origin.replace('http', 'ws')}/graphql`,
      key,
      streams,
      query: stream,
      variables: (n) => ({ input: { model: 'm1', text: `${n}` } }),
      check: (events, last) => {
        if (events !== tokens + 1 || !JSON.stringify(last).includes(`thread ${tokens} `)) {
          throw new Error(`a stream ended after ${events} events with ${JSON.stringify(last)}`);
        }
      },
    }),
};

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const show = (values: readonly number[]) => values.map((value) => value.toFixed(0)).join(', ');

/** CPU microseconds of a server and its planner. */
const cpuOf = ({ pid }: Server) =>
  [pid, ...listDescendants(pid)].reduce((sum, one) => sum + cpuMicros(one), 0);

await using ours = await startScript('./router-heddle.ts', { TOKENS: String(tokens) });
await using theirs = await startScript('./router-stack.ts', { TOKENS: String(tokens) });

const costs = new Map<string, Map<Server, number[]>>();
const warmSeconds = Number(process.env.WARM_SECONDS ?? 8);
for (const server of [ours, theirs]) for (const run of Object.values(work)) await run(server, warmSeconds);
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of Object.entries(work)) {
    const figures = costs.get(name) ?? new Map<Server, number[]>();
    costs.set(name, figures);
    for (const server of [ours, theirs]) {
      const before = cpuOf(server);
      const units = await run(server, seconds);
      figures.set(server, [...(figures.get(server) ?? []), (cpuOf(server) - before) / units]);
    }
  }
}

console.log('| CPU µs per | yoga + graphql-ws + router-runtime | Heddle | ratio | rounds of Heddle |');
console.log('|---|---|---|---|---|');
for (const [name, figures] of costs) {
  const [own = [], other = []] = [figures.get(ours), figures.get(theirs)];
  const ratio = median(own.map((value, round) => (other[round] ?? 0) / value));
  console.log(
    `| ${name} | ${median(other).toFixed(0)} | ${median(own).toFixed(0)} | ${ratio.toFixed(1)} | ${show(own)} |`,
  );
}

const joinMax = Number(process.env.JOIN_MAX ?? 3);
const [base, join] = Object.keys(work).map((name) => costs.get(name)?.get(ours) ?? []);
const ratios = (join ?? []).map((value, round) => value / (base?.[round] ?? 0));
console.log(
  `\nThe join costs ${median(ratios).toFixed(1)} times the mutation (${ratios.map((ratio) => ratio.toFixed(1)).join(', ')}; at most ${joinMax}).`,
);
if (median(ratios) > joinMax) process.exitCode = 1;
