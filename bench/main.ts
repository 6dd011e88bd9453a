/**
 * CPU of the server process per `complete` and per streamed token, whole policy on, embedded store, against a mock
 * upstream in another process, beside a bare pass-through in the same run. Prints the table of docs/performance.md.
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
const figures = await measure(load);
const ratios = computeRatios(figures);
const row = (name: string, ours: readonly number[], bare: readonly number[], ratio: number) =>
  `| ${name} | ${median(bare).toFixed(0)} | ${median(ours).toFixed(0)} | ${ratio.toFixed(1)} | ${ours.map((value) => value.toFixed(0)).join(', ')} |`;
console.log('| CPU µs | pass-through | Heddle | ratio | rounds |');
console.log('|---|---|---|---|---|');
console.log(row('per `complete` (2 KB in, 1.4 KB out)', figures.call, figures.floorCall, ratios.complete));
console.log(
  row(
    `per streamed token (${load.streams} streams, 20 ms apart, WebSocket)`,
    figures.token,
    figures.floorToken,
    ratios.token,
  ),
);
const { calls, seconds, latencyMsP50, latencyMsP99 } = figures.calls;
console.log(
  `\n${load.inFlight} calls in flight: ${(calls / seconds).toFixed(0)} calls/s, p50 ${latencyMsP50.toFixed(1)} ms, p99 ${latencyMsP99.toFixed(1)} ms; resident ${figures.residentMiB.toFixed(0)} MiB.`,
);
