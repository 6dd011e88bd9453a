/** What traces cost: CPU of the process for the spans of one `complete`, with tracing off, and at some ratios with a collector that takes everything. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { activeSpan, inSpan, withSpan } from '#core/tracing/span.ts';
import { createSampler } from '#telemetry/traces/sampler.ts';
import { Traces } from '#telemetry/traces/traces.ts';

const seconds = Number(process.env.SECONDS ?? 2);
const collector = createServer((request, response) => {
  request.resume().on('end', () => response.end());
});
collector.listen(0, '127.0.0.1');
await once(collector, 'listening');
const { port } = collector.address() as AddressInfo;

const attributes = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'bench',
  'gen_ai.usage.input_tokens': 500,
  'gen_ai.usage.output_tokens': 350,
  'gen_ai.response.finish_reasons': ['stop'],
};

/** The spans of one `complete` over REST, as test/traces.test.ts finds them. */
async function operate(traces: Traces | undefined): Promise<void> {
  const root = traces?.tracer.begin('POST /v1/chat/completions', {
    kind: 'SERVER',
    parent: undefined,
    attributes,
  });
  await withSpan(root, async () => {
    await inSpan('authenticate', async () => undefined);
    await inSpan('mutation ChatComplete', async () => {
      await inSpan('plan', async () => undefined);
      await inSpan('subgraph inference', () =>
        inSpan('completion', async () => {
          activeSpan()?.childEnded('apply_guardrail secrets', 1, { attributes: () => attributes });
          await inSpan('limits reserve', async () => undefined);
          activeSpan()?.childEnded('ledger open', 1);
          await inSpan('chat bench', async (span) => span?.set(() => attributes));
          activeSpan()?.childEnded('ledger close', 1);
          await inSpan('limits settle', async () => undefined);
        }),
      );
    });
  });
  root?.end();
}

/** CPU microseconds of one operation, after a while of them, with what is sent meanwhile. */
async function measureCpu(ratio: number | null): Promise<number> {
  const traces =
    ratio === null
      ? undefined
      : new Traces({
          otlp: {
            protocol: 'http/protobuf',
            url: `http://127.0.0.1:${port}/v1/traces`,
            headers: {},
            compression: 'none',
            ca: undefined,
            timeoutMs: 10_000,
            resource: { 'service.name': 'bench' },
            version: '0',
            oldNames: false,
          },
          sampler: createSampler('traceidratio', ratio),
          slowMs: 60_000,
          queueMax: 1_000_000,
          batchMax: 512,
          delayMs: 100,
          observer: undefined,
          log: pino({ level: 'silent' }),
        });
  const runFor = async (ms: number): Promise<number> => {
    const untilMs = performance.now() + ms;
    let runs = 0;
    for (; performance.now() < untilMs; runs += 100) {
      for (let run = 0; run < 100; run += 1) await operate(traces);
      // The sender has its turn, as between the calls of a mesh.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return runs;
  };
  await runFor((seconds * 1_000) / 4);
  const before = process.cpuUsage();
  const runs = await runFor(seconds * 1_000);
  await traces?.close(10_000);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / runs;
}

console.log('| CPU µs of the spans of one `complete` | |\n|---|---|');
for (const [what, ratio] of [
  ['tracing is off', null],
  ['1 % is sampled', 0.01],
  ['10 % is sampled', 0.1],
  ['everything is sampled', 1],
] as const) {
  console.log(`| ${what} | ${(await measureCpu(ratio)).toPrecision(2)} |`);
}
collector.close();
