import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { errorCatalog } from '#core/errors.ts';
import type { ObservedAttempt, ObservedModel } from '#core/observers/inference-observer.ts';
import { parseMetrics } from '#test/support/metrics-text.ts';
import { createMetrics, type MetricsOptions } from './metrics.ts';

const token = 'a-token-of-a-test-0123456789';
const usage = {
  inputTokens: 10,
  outputTokens: 20,
  cachedInputTokens: 4,
  cacheWriteTokens: 3,
  reasoningTokens: 5,
};

function open(options: Partial<MetricsOptions> = {}) {
  const metrics = createMetrics({ token, oldNames: false, ...options });
  const request = (accept: string) => ({ headers: { authorization: `Bearer ${token}`, accept } });
  const readText = async (accept = 'text/plain') =>
    (await metrics.page.read(request(accept) as IncomingMessage)).text;
  return { ...metrics, readText, read: async () => parseMetrics(await readText()) };
}

const model = (name: string, id = 'p1', kind = 'OPENAI'): ObservedModel => ({ name, provider: { id, kind } });

const attempt = (of: Partial<ObservedAttempt> = {}): ObservedAttempt => ({
  operation: 'chat',
  model: model('m1'),
  outcome: 'SUCCEEDED',
  code: null,
  durationMs: 100,
  timeToFirstChunkMs: null,
  usage,
  costNanos: 0n,
  ...of,
});

const labels = 'gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="m1"';

describe('metrics of AI models', () => {
  it('count a provider call by the names of the current conventions', async () => {
    const { inference, read } = open();
    const of = model('m1');
    inference.attemptEnded(attempt({ model: of, timeToFirstChunkMs: 30 }));
    inference.chunkCame(of, 15);
    const found = await read();
    const prefix = 'gen_ai_client_inference';
    const counted = {
      [`${prefix}_duration_seconds_sum{${labels}}`]: 0.1,
      [`${prefix}_duration_seconds_bucket{le="0.08",${labels}}`]: 0,
      [`${prefix}_duration_seconds_bucket{le="0.16",${labels}}`]: 1,
      [`${prefix}_time_to_first_chunk_seconds_sum{${labels}}`]: 0.03,
      [`${prefix}_time_per_output_chunk_seconds_sum{${labels}}`]: 0.015,
      [`${prefix}_operation_input_tokens_sum{${labels}}`]: 10,
      [`${prefix}_operation_output_tokens_sum{${labels}}`]: 20,
      [`${prefix}_usage_input_tokens_total{${labels},gen_ai_token_modality="unknown"}`]: 10,
      [`${prefix}_usage_output_tokens_total{${labels},gen_ai_token_modality="unknown"}`]: 20,
      [`${prefix}_usage_cache_read_input_tokens_total{${labels},gen_ai_token_modality="unknown"}`]: 4,
      [`${prefix}_usage_cache_write_input_tokens_total{${labels},gen_ai_token_modality="unknown"}`]: 3,
      [`${prefix}_usage_reasoning_output_tokens_total{${labels},gen_ai_token_modality="unknown"}`]: 5,
    };
    expect(Object.fromEntries(Object.keys(counted).map((name) => [name, found.get(name)]))).toEqual(counted);
  });

  it('have the names until v1.41 only where those are requested', async () => {
    const values = async (oldNames: boolean) => {
      const { inference, read } = open({ oldNames });
      inference.attemptEnded(attempt());
      const found = await read();
      return [
        found.get(`gen_ai_client_operation_duration_seconds_sum{${labels}}`),
        found.get(`gen_ai_client_token_usage_sum{${labels},gen_ai_token_type="input"}`),
        found.get(`gen_ai_client_token_usage_sum{${labels},gen_ai_token_type="output"}`),
      ];
    };
    expect(await values(true)).toEqual([0.1, 10, 20]);
    expect(await values(false)).toEqual([undefined, undefined, undefined]);
  });

  it.each([
    ['PROVIDER_TIMEOUT', 'provider'],
    ['CONTEXT_TOO_LONG', 'caller'],
    ['GUARDRAIL_BLOCKED', 'policy'],
    ['OVERLOADED', 'heddle'],
  ])('name the code %s of a failed call, and who caused it', async (code, cause) => {
    const { inference, read } = open();
    inference.attemptEnded(attempt({ outcome: 'FAILED', code, usage: null }));
    const found = await read();
    expect(found.get(`gen_ai_client_inference_duration_seconds_count{${labels},error_type="${code}"}`)).toBe(
      1,
    );
    const name = `heddle_provider_attempts_total{provider="p1",outcome="failed",code="${code}",cause="${cause}"}`;
    expect(found.get(name)).toBe(1);
  });

  it('name well-known providers as the conventions do, and others by their kind', async () => {
    const { inference, readText } = open();
    for (const kind of ['BEDROCK', 'AZURE_OPENAI', 'XAI', 'OPENROUTER']) {
      inference.attemptEnded(attempt({ model: model('m', 'p', kind) }));
    }
    const names = [
      ...(await readText()).matchAll(/duration_seconds_count\{.*gen_ai_provider_name="([^"]+)"/g),
    ];
    expect(names.map(([, name]) => name)).toEqual(['aws.bedrock', 'azure.ai.openai', 'x_ai', 'openrouter']);
  });

  it('count costs in dollars, by provider and AI model', async () => {
    const { inference, read } = open();
    const of = model('m1');
    for (const costNanos of [1_500_000_000n, 500_000_000n])
      inference.attemptEnded(attempt({ model: of, costNanos }));
    expect((await read()).get('heddle_cost_dollars_total{provider="p1",model="m1"}')).toBe(2);
  });
});

describe('metrics of a process', () => {
  it('stay bounded whatever names, codes and fields there are', async () => {
    const { inference, gateway, store, readText } = open({ oldNames: true });
    for (let index = 0; index < 20_000; index += 1) {
      const name = `n${index}`;
      const of = model(name, name);
      inference.attemptEnded(
        attempt({ model: of, outcome: 'FAILED', code: name, costNanos: 1n, timeToFirstChunkMs: 1 }),
      );
      inference.chunkCame(of, 1);
      inference.callEnded({ status: 'FAILED', code: name, cache: 'BYPASS', latencyMs: 1 });
      const verdict = {
        rule: name,
        stage: name,
        action: name,
        isShadow: false,
        fired: true,
        failed: false,
        durationMs: 1,
      };
      inference.verdicts([verdict]);
      inference.circuitChanged(`${name}/m`, name, 'OPEN');
      gateway.operationEnded({ name, type: 'query', outcome: 'DATA', durationMs: 1 });
      gateway.errorAnswered({ code: name, meter: name, window: name });
      gateway.requestAnswered({ handler: name, status: index, durationMs: 1, traceId: undefined });
      gateway.streamBegun(name)();
      store.commandEnded(name, 1, false);
      store.commandEnded(name, 1, true);
      store.eventPublished(name);
    }
    const text = await readText();
    expect(text.split('\n').length).toBeLessThan(80_000);
    expect(text.length).toBeLessThan(16_000_000);
    expect(text).toContain('heddle_graph_operation_duration_seconds_count{operation="other"');
    expect(text).toContain('gen_ai_request_model="other"');
  });

  it('begin with every code of the catalog at 0, so that its first error is seen as an increase', async () => {
    const found = await open().read();
    const codes = [...found].flatMap(([series, value]) => {
      const [, code] = /^heddle_errors_total\{code="(\w+)"/.exec(series) ?? [];
      return code === undefined ? [] : [[code, value]];
    });
    expect(codes).toEqual(Object.keys(errorCatalog).map((code) => [code, 0]));
  });

  it('name the trace of a request in OpenMetrics, where it has one', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const { gateway, readText } = open();
    for (const [index, traceId] of [trace, undefined].entries()) {
      gateway.requestAnswered({ handler: `h${index}`, status: 200, durationMs: 1, traceId });
    }
    const exemplars = (await readText('application/openmetrics-text'))
      .split('\n')
      .filter((line) => line.includes(' # {'));
    expect(exemplars).toHaveLength(1);
    expect(exemplars[0]).toMatch(new RegExp(`handler="h0".* # \\{trace_id="${trace}"\\} 0\\.001 [\\d.]+$`));
    expect(await readText()).not.toContain(trace);
  });

  it('read gauges of everything that is watched, until that ends', async () => {
    const { inference, gateway, read } = open();
    const gauges = async () => {
      const found = await read();
      return [
        'heddle_calls_running',
        'heddle_ledger_oldest_running_seconds',
        'heddle_ledger_rows_waiting',
        'heddle_requests_in_progress',
        'heddle_documents_waiting',
      ].map((name) => found.get(name));
    };
    const first = inference.watch(() => ({ running: 1, oldestRunningMs: 2_000, ledgerWaiting: 3 }));
    inference.watch(() => ({ running: 10, oldestRunningMs: 1_000, ledgerWaiting: 4 }));
    gateway.watch(() => ({ inProgress: 5, documentsWaiting: 6 }));
    expect(await gauges()).toEqual([11, 2, 7, 5, 6]);
    first[Symbol.dispose]();
    expect(await gauges()).toEqual([10, 1, 4, 5, 6]);
  });

  it('are collected once for reads at the same time', async () => {
    const { gateway, readText } = open();
    let collected = 0;
    gateway.watch(() => {
      collected += 1;
      return { inProgress: 0, documentsWaiting: 0 };
    });
    await readText();
    const once = collected;
    await Promise.all(Array.from({ length: 20 }, () => readText()));
    expect(collected).toBe(2 * once);
  });

  it('count streams until they are over', async () => {
    const { gateway, read } = open();
    const end = gateway.streamBegun('Subscription.a');
    gateway.streamBegun('Subscription.a');
    const open2 = (await read()).get('heddle_streams_open{field="Subscription.a"}');
    end();
    const found = await read();
    expect(open2).toBe(2);
    expect(found.get('heddle_streams_open{field="Subscription.a"}')).toBe(1);
    expect(found.get('heddle_streams_total{field="Subscription.a"}')).toBe(2);
  });

  it('have memory, CPU and the delays of the event loop', async () => {
    const found = await open().read();
    for (const name of [
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_heap_size_used_bytes',
    ])
      expect(found.get(name)).toBeTypeOf('number');
  });
});
