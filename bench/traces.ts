/** What traces cost: CPU of the process for the spans of one `complete`, with tracing off, and at some ratios with a collector that takes everything. */
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { activeSpan, inSpan, timeSpan, withSpan } from '#core/tracing/span.ts';
import type { RecordedSpan } from '#telemetry/traces/recording.ts';
import { createSampler } from '#telemetry/traces/sampler.ts';
import { Traces, type TracesOptions } from '#telemetry/traces/traces.ts';
import { cpuMicros, startScript } from './child.ts';

const seconds = Number(process.env.SECONDS ?? 2);
const batchMax = 512;
await using collector = await startScript('traces-collector.ts', {});

/** Counts the spans that wait for the collector. */
class CountedTraces extends Traces {
  waiting = 0;

  constructor(options: Omit<TracesOptions, 'observer'>) {
    const gone = (count: number) => {
      this.waiting -= count;
    };
    super({ ...options, observer: { spansExported: gone, spansDropped: (_reason, count) => gone(count) } });
  }

  override export(span: RecordedSpan): void {
    this.waiting += 1;
    super.export(span);
  }
}

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
      await timeSpan('plan', async () => undefined);
      await inSpan('subgraph inference', () =>
        inSpan('completion', async () => {
          activeSpan()?.childEnded('apply_guardrail secrets', 1, { attributes: () => attributes });
          await timeSpan('limits reserve', async () => undefined);
          activeSpan()?.childEnded('ledger open', 1);
          await inSpan('chat bench', async (span) => span?.set(() => attributes));
          activeSpan()?.childEnded('ledger close', 1);
          await timeSpan('limits settle', async () => undefined);
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
      : new CountedTraces({
          otlp: {
            protocol: 'http/protobuf',
            url: `${collector.origin}/v1/traces`,
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
          batchMax,
          delayMs: 100,
          log: pino({ level: 'silent' }),
        });
  const runFor = async (ms: number): Promise<number> => {
    const untilMs = performance.now() + ms;
    let runs = 0;
    for (; performance.now() < untilMs; runs += 20) {
      for (let run = 0; run < 20; run += 1) await operate(traces);
      // The sender has its turn, and keeps up, as between the calls of a mesh.
      await new Promise((resolve) => setImmediate(resolve));
      while ((traces?.waiting ?? 0) > 2 * batchMax) await wait(1);
    }
    return runs;
  };
  await runFor(seconds * 500);
  const before = cpuMicros(process.pid);
  const runs = await runFor(seconds * 1_000);
  const micros = cpuMicros(process.pid) - before;
  await traces?.close(10_000);
  return micros / runs;
}

// The first of them is measured with the compilation of what sends.
await measureCpu(1);
console.log('| CPU µs of the spans of one `complete` | |\n|---|---|');
for (const [what, ratio] of [
  ['tracing is off', null],
  ['nothing is sampled', 0],
  ['10 % is sampled', 0.1],
  ['everything is sampled', 1],
] as const) {
  console.log(`| ${what} | ${(await measureCpu(ratio)).toPrecision(2)} |`);
}
