/** What metrics cost: CPU of the process for what it counts of one call, of one part of a stream, and of one read of `/metrics`. */
import type { IncomingMessage } from 'node:http';
import { createMetrics } from '#telemetry/metrics/metrics.ts';

const seconds = Number(process.env.SECONDS ?? 2);
const token = 'a-token-of-a-bench-0123456789';
const { inference, gateway, store, page } = createMetrics({ token, oldNames: false });
const model = { name: 'bench', provider: { id: 'openai-compatible', kind: 'OPENAI_COMPATIBLE' } };
const usage = {
  inputTokens: 500,
  outputTokens: 350,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
};

/** What one `complete` reports on its way. */
function countCall(): void {
  inference.rowWritten('open', 1.2, false);
  inference.attemptEnded({
    operation: 'chat',
    model,
    outcome: 'SUCCEEDED',
    code: null,
    durationMs: 50,
    timeToFirstChunkMs: null,
    usage,
    costNanos: 1_000n,
  });
  inference.rowWritten('close', 1.2, false);
  inference.callEnded({ status: 'SUCCEEDED', code: null, cache: 'BYPASS', latencyMs: 52 });
  store.commandEnded('groupWrite', 1, false);
  store.commandEnded('groupWrite', 1, false);
  gateway.operationEnded({ name: null, type: 'mutation', outcome: 'DATA', durationMs: 53 });
  gateway.requestAnswered({ handler: 'graphql', status: 200, durationMs: 54, traceId: undefined });
}

/** CPU microseconds of one run of the work, after a while of it. */
async function measureCpu(work: () => unknown): Promise<number> {
  const runFor = async (ms: number): Promise<number> => {
    const untilMs = performance.now() + ms;
    let runs = 0;
    for (; performance.now() < untilMs; runs += 100) for (let run = 0; run < 100; run += 1) await work();
    return runs;
  };
  await runFor((seconds * 1_000) / 4);
  const before = process.cpuUsage();
  const runs = await runFor(seconds * 1_000);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / runs;
}

/** A hundred in a row, so that the wait after each run is not measured with it. */
const hundred = (work: () => void) => () => {
  for (let run = 0; run < 100; run += 1) work();
};
const request = { headers: { authorization: `Bearer ${token}` } } as IncomingMessage;
const rows: readonly (readonly [string, number])[] = [
  ['one call', (await measureCpu(hundred(countCall))) / 100],
  ['one part of a stream', (await measureCpu(hundred(() => inference.chunkCame(model, 20)))) / 100],
  ['one read of `/metrics`', await measureCpu(() => page.read(request))],
];
console.log('| CPU µs of metrics | |\n|---|---|');
for (const [what, micros] of rows) console.log(`| ${what} | ${micros.toPrecision(2)} |`);
