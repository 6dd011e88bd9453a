/**
 * CPU of the server process per `complete` and per streamed token, whole policy on, embedded store, against a mock
 * upstream in another process, beside a bare pass-through in the same run; and of the same by the handlers of other dialects,
 * beside GraphQL. Prints the tables of docs/performance.md.
 * SECONDS, IN_FLIGHT, STREAMS, TOKENS and ROUNDS change the load; what comes in the first WARM_SECONDS is not counted.
 */
import { computeRatios, median } from './budget.ts';
import { measure } from './measure.ts';

const load = {
  seconds: Number(process.env.SECONDS ?? 8),
  inFlight: Number(process.env.IN_FLIGHT ?? 64),
  streams: Number(process.env.STREAMS ?? 200),
  tokens: Number(process.env.TOKENS ?? 200),
  rounds: Number(process.env.ROUNDS ?? 3),
  warmSeconds: Number(process.env.WARM_SECONDS ?? 15),
};
const { costs, calls: last, residentMiB } = await measure(load);
const ratios = computeRatios(costs);
const row = (name: string, ours: readonly number[], theirs: readonly number[], ratio: number) =>
  `| ${name} | ${median(theirs).toFixed(0)} | ${median(ours).toFixed(0)} | ${ratio.toFixed(2)} | ${ours.map((value) => value.toFixed(0)).join(', ')} |`;
const rule = '|---|---|---|---|---|';
const streams = `${load.streams} streams, 20 ms apart`;
console.log('| CPU µs | pass-through | Heddle | ratio | rounds |');
console.log(rule);
console.log(row('per `complete` (2 KB in, 1.4 KB out)', costs.call, costs.floorCall, ratios.complete));
console.log(row(`per streamed token (${streams}, WebSocket)`, costs.token, costs.floorToken, ratios.token));
console.log('\n| CPU µs | GraphQL | handler | ratio | rounds |');
console.log(rule);
console.log(row('`complete` with a JWT', costs.jwtCall, costs.call, ratios.jwtComplete));
console.log(row('`complete` by chat completions', costs.chatCall, costs.call, ratios.chatComplete));
console.log(row('`complete` by messages', costs.messagesCall, costs.call, ratios.messagesComplete));
console.log(
  row('token by chat completions, server-sent events', costs.chatToken, costs.eventToken, ratios.chatToken),
);
console.log(
  row('token by messages, server-sent events', costs.messagesToken, costs.eventToken, ratios.messagesToken),
);
const { calls, seconds, latencyMsP50, latencyMsP99 } = last;
console.log(
  `\n${load.inFlight} calls in flight: ${(calls / seconds).toFixed(0)} calls/s, p50 ${latencyMsP50.toFixed(1)} ms, p99 ${latencyMsP99.toFixed(1)} ms; resident ${residentMiB.toFixed(0)} MiB.`,
);
