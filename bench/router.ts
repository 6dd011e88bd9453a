/**
 * CPU of the process per operation: Heddle's gateway (callers, scopes, cost and limits on) beside the stack that it
 * stands for, graphql-yoga + graphql-ws + @graphql-hive/router-runtime (none of these on), over the same subgraphs and
 * with the same planner. Prints a table. SECONDS, IN_FLIGHT, STREAMS, TOKENS and ROUNDS change the load.
 */
import { type Child, cpuMicros, startScript } from './child.ts';
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

await using ours = await startScript('./router-heddle.ts', { TOKENS: String(tokens) });
await using theirs = await startScript('./router-stack.ts', { TOKENS: String(tokens) });

console.log('| CPU µs per | yoga + graphql-ws + router-runtime | Heddle | ratio | rounds of Heddle |');
console.log('|---|---|---|---|---|');
for (const [name, run] of Object.entries(work)) {
  const figures = new Map<Server, number[]>([
    [ours, []],
    [theirs, []],
  ]);
  for (const server of figures.keys()) await run(server, 2);
  for (let round = 0; round < rounds; round++) {
    for (const [server, found] of figures) {
      const before = cpuMicros(server.pid);
      const units = await run(server, seconds);
      found.push((cpuMicros(server.pid) - before) / units);
    }
  }
  const [own, other] = [figures.get(ours) ?? [], figures.get(theirs) ?? []];
  const shown = own.map((value) => value.toFixed(0)).join(', ');
  console.log(
    `| ${name} | ${median(other).toFixed(0)} | ${median(own).toFixed(0)} | ${(median(other) / median(own)).toFixed(1)} | ${shown} |`,
  );
}
