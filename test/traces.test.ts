import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Collector, startCollector } from './support/collector.ts';
import { startManyProcesses, startOneProcess, type TestMesh } from './support/mesh.ts';
import { parseMetrics } from './support/metrics-text.ts';
import type { CollectedSpan } from './support/otlp-messages.ts';
import {
  complete,
  find,
  newTrace,
  paths,
  post,
  request,
  spanId,
  startTimeoutMs,
  tracing,
} from './support/traced-mesh.ts';

const privateWords = 'private words of a client';

describe('the trace of an operation in one process', () => {
  const stack = new AsyncDisposableStack();
  let collector: Collector;
  let mesh: TestMesh;

  beforeAll(async () => {
    collector = stack.use(await startCollector());
    mesh = stack.use(
      await startOneProcess(
        tracing(collector, {
          HEDDLE_GUARDRAILS: 'secrets',
          OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test%20one,service.name=other',
          OTEL_SERVICE_NAME: 'loom',
          OTEL_EXPORTER_OTLP_HEADERS: 'x-team=a%20b',
          OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
        }),
      ),
    );
    await complete(mesh, 'first');
  });
  afterAll(() => stack.disposeAsync());

  it('has a span for each thing that it waits for, below that of its client', async () => {
    const traceId = newTrace(1);
    const headers = { traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'vendor=1' };
    await complete(mesh, privateWords, {}, headers);
    const spans = await collector.traceWith(request, traceId);
    const call = `${request} > mutation ChatComplete > subgraph inference > completion`;
    expect(paths(spans)).toEqual(
      expect.arrayContaining([
        request,
        `${request} > authenticate`,
        `${request} > mutation ChatComplete`,
        `${request} > mutation ChatComplete > plan`,
        `${request} > mutation ChatComplete > subgraph inference`,
        call,
        `${call} > apply_guardrail secrets`,
        `${call} > ledger open`,
        `${call} > chat echo`,
        `${call} > ledger close`,
        `${call} > limits settle`,
      ]),
    );
    const root = find(spans, request);
    expect(root).toMatchObject({ parentSpanId: spanId, state: 'vendor=1', kind: 2, isError: false });
    expect(root.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/v1/chat/completions',
      'http.response.status_code': 200,
    });
    expect(root.resource).toMatchObject({
      'service.name': 'loom',
      'deployment.environment.name': 'test one',
      'service.version': expect.stringMatching(/^\d/),
    });
    expect(Math.abs(root.startMs - Date.now())).toBeLessThan(60_000);
    for (const span of spans) {
      expect(span.startMs).toBeGreaterThanOrEqual(root.startMs - 1);
      expect(span.durationMs).toBeLessThanOrEqual(root.durationMs + 1);
    }
    expect(JSON.stringify(spans)).not.toContain(privateWords);
    expect(collector.exports[0]).toMatchObject({ path: '/v1/traces', headers: { 'x-team': 'a b' } });
  });

  it('has what Langfuse and Phoenix read of the call of an AI model', async () => {
    const traceId = newTrace(2);
    await complete(mesh, 'one two three', {}, { traceparent: `00-${traceId}-${spanId}-01` });
    const spans = await collector.traceWith(request, traceId);
    expect(find(spans, 'chat echo')).toMatchObject({ kind: 3, isError: false });
    expect(find(spans, 'chat echo').attributes).toEqual({
      // OpenTelemetry's, which Langfuse reads.
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'demo',
      'gen_ai.request.model': 'echo',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 4,
      'gen_ai.usage.output_tokens': 4,
      'gen_ai.usage.cache_read.input_tokens': 0,
      'gen_ai.usage.cache_write.input_tokens': 0,
      'gen_ai.usage.reasoning.output_tokens': 0,
      // OpenInference's, which Phoenix reads.
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'echo',
      'llm.provider': 'demo',
      'llm.token_count.prompt': 4,
      'llm.token_count.completion': 4,
      'llm.token_count.total': 8,
      'llm.token_count.prompt_details.cache_read': 0,
      'llm.token_count.prompt_details.cache_write': 0,
      'llm.token_count.completion_details.reasoning': 0,
      'llm.cost.total': 0,
      // Ours.
      'heddle.provider.id': 'demo',
      'heddle.outcome': 'SUCCEEDED',
      'heddle.cost': 0,
    });
    expect(find(spans, 'apply_guardrail secrets').attributes).toMatchObject({
      'gen_ai.guardrail.policy.rule.id': 'secrets',
      'gen_ai.guardrail.result.value': 'PASS',
      'openinference.span.kind': 'GUARDRAIL',
    });
  });

  it('names an operation that is not registered by its type and its fields, never by the words of its client', async () => {
    const traceId = newTrace(3);
    const query = 'query PrivateName { privateAlias: me { kind } }';
    await post(mesh, '/graphql', { query }, { traceparent: `00-${traceId}-${spanId}-01` });
    const spans = await collector.traceWith('POST /graphql', traceId);
    expect(find(spans, 'query').attributes).toMatchObject({ 'heddle.graphql.fields': ['Query.me'] });
    expect(JSON.stringify(spans)).not.toMatch(/private/i);
  });

  it('has one span for a stream, with its first event', async () => {
    const traceId = newTrace(4);
    const { text } = await complete(
      mesh,
      'a b c d e f',
      { stream: true },
      { traceparent: `00-${traceId}-${spanId}-01` },
    );
    expect(text).toContain('[DONE]');
    const spans = await collector.traceWith(request, traceId);
    const [stream, ...others] = spans.filter(({ name }) => name.startsWith('subscription'));
    expect([stream?.name, others]).toEqual(['subscription ChatStream', []]);
    expect(stream?.events.map(({ name }) => name)).toEqual(['first event']);
    expect(find(spans, 'chat echo').events.map(({ name }) => name)).toEqual(['first chunk']);
    expect(spans.filter(({ name }) => name.startsWith('subgraph'))).toEqual([]);
  });

  it('begins anew where the traceparent of the client is none', async () => {
    await complete(
      mesh,
      'x',
      {},
      { traceparent: `00-${newTrace(5)}-${spanId}-01-x`, 'x-request-id': 'mine' },
    );
    const spans = await collector.until((all) => {
      const fresh = all.filter((span) => span.name === request && span.parentSpanId === null);
      return fresh.length > 1 ? fresh : undefined;
    });
    expect(spans.every(({ traceId }) => traceId !== newTrace(5))).toBe(true);
  });

  it.each([
    ['of its extensions', { payload: 6, extensions: 7 }, 7],
    ['of connection_init', { header: 8, payload: 9 }, 9],
    ['of the request', { header: 10 }, 10],
    ['of the request, where that of connection_init is none', { header: 11, payload: -1 }, 11],
  ])('over a WebSocket continues the trace %s', async (_what, given, expected) => {
    const { header, payload, extensions } = given as {
      header?: number;
      payload?: number;
      extensions?: number;
    };
    const toText = (at: number | undefined) =>
      at === undefined ? undefined : at < 0 ? 'none' : `00-${newTrace(at)}-${spanId}-01`;
    class Socket extends WebSocket {
      constructor(url: string, protocols: string | string[]) {
        const headers = header === undefined ? {} : { traceparent: toText(header) ?? '' };
        super(url, protocols, { headers });
      }
    }
    const client = createClient({
      url: `${mesh.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: Socket,
      connectionParams: { authorization: `Bearer ${mesh.adminKey}`, traceparent: toText(payload) },
    });
    const query =
      'subscription { completionStream(input: { model: "demo/echo", messages: [{ role: USER, content: "a b" }] }) { sequence } }';
    const own = extensions === undefined ? {} : { extensions: { traceparent: toText(extensions) } };
    for await (const event of client.iterate({ query, ...own })) expect(event.errors).toBeUndefined();
    await client.dispose();
    const spans = await collector.traceWith('WS /graphql', newTrace(expected));
    expect(paths(spans)).toContain('WS /graphql > subscription > completion > chat echo');
    expect(spans.filter(({ name }) => name === 'subscription')).toHaveLength(1);
  });

  it('is named in the row of the call, to which a resumed stream and a call whose idempotency key was used are linked', async () => {
    const call =
      'mutation ($key: String!) { complete(input: { model: "demo/echo", messages: [{ role: USER, content: "once" }], idempotencyKey: $key }) { invocation { id traceId explanation } } }';
    const ask = (query: string, variables: object, at: number) =>
      post(
        mesh,
        '/graphql',
        { query, variables },
        { accept: 'text/event-stream, application/json', traceparent: `00-${newTrace(at)}-${spanId}-01` },
      );
    const { text } = await ask(call, { key: 'k1' }, 20);
    const [, id] = /"id":"([^"]+)"/.exec(text) ?? [];
    expect(text).toContain(`"traceId":"${newTrace(20)}"`);
    expect(text).toContain(`Trace ${newTrace(20)}:`);
    await ask(call, { key: 'k1' }, 21);
    await ask('subscription ($id: ID!) { resumeCompletion(id: $id, after: -1) { sequence } }', { id }, 22);
    const target = find(await collector.traceWith('POST /graphql', newTrace(20)), 'completion');
    const expected = [{ traceId: target.traceId, spanId: target.spanId }];
    const again = find(await collector.traceWith('POST /graphql', newTrace(21)), 'completion');
    expect(again.links).toEqual(expected);
    expect(find(await collector.traceWith('POST /graphql', newTrace(22)), 'subscription').links).toEqual(
      expected,
    );
  });

  it('links a call that takes the answer of an equal one in progress to that one', async () => {
    const query =
      'mutation { complete(input: { model: "demo/slow", messages: [{ role: USER, content: "a b c d e f g h" }], cache: USE }) { text } }';
    await Promise.all(
      [30, 31].map((at) =>
        post(mesh, '/graphql', { query }, { traceparent: `00-${newTrace(at)}-${spanId}-01` }),
      ),
    );
    const traces = await Promise.all(
      [30, 31].map((at) => collector.traceWith('POST /graphql', newTrace(at))),
    );
    const waiting = traces.flat().filter(({ name }) => name === 'coalesced');
    expect(waiting).toHaveLength(1);
    const owner = traces
      .flat()
      .find(({ name, traceId }) => name === 'completion' && traceId !== waiting[0]?.traceId);
    expect(waiting[0]?.links).toEqual([{ traceId: owner?.traceId, spanId: owner?.spanId }]);
  });

  it('is named in lines of the log, and in the exemplars of metrics', async () => {
    const traceId = newTrace(40);
    await complete(mesh, 'x', { model: 'demo/down' }, { traceparent: `00-${traceId}-${spanId}-01` });
    const spans = await collector.traceWith(request, traceId);
    expect(find(spans, 'chat down')).toMatchObject({
      isError: true,
      attributes: { 'error.type': 'PROVIDER_ERROR' },
    });
    expect(find(spans, request)).toMatchObject({ isError: true });
    const line = await mesh.processes[0]?.line(/^\{.*"event":"attempt_failed".*\}$/);
    expect(JSON.parse(line?.[0] ?? '{}')).toMatchObject({ traceId });
    const text = await (
      await fetch(`${mesh.url}/metrics`, { headers: { accept: 'application/openmetrics-text' } })
    ).text();
    for (const name of ['heddle_http_request_duration_seconds', 'gen_ai_client_inference_duration_seconds']) {
      expect(text).toMatch(new RegExp(`^${name}_bucket\\{.*# \\{trace_id="${traceId}"\\}`, 'm'));
    }
    expect(parseMetrics(text).get('heddle_spans_exported_total')).toBeGreaterThan(10);
  });
});

describe('which operations are exported', () => {
  it('those that fail or are slow, though the sampler leaves them out', {
    timeout: startTimeoutMs,
  }, async () => {
    await using stack = new AsyncDisposableStack();
    const collector = stack.use(await startCollector());
    const mesh = stack.use(
      await startOneProcess(
        tracing(collector, {
          OTEL_TRACES_SAMPLER: 'traceidratio',
          OTEL_TRACES_SAMPLER_ARG: '0',
          HEDDLE_TRACES_SLOW_MS: '3000',
        }),
      ),
    );
    await complete(mesh, 'warm');
    const sampledByClient = { traceparent: `00-${newTrace(50)}-${spanId}-01` };
    await complete(mesh, 'well', {}, sampledByClient);
    await complete(
      mesh,
      'failed',
      { model: 'demo/down' },
      { traceparent: `00-${newTrace(51)}-${spanId}-00` },
    );
    await complete(
      mesh,
      'word '.repeat(70),
      { model: 'demo/slow' },
      { traceparent: `00-${newTrace(52)}-${spanId}-00` },
    );
    // A stream is slow by its first part, which comes at once.
    const stream = { model: 'demo/slow', stream: true };
    await complete(mesh, 'word '.repeat(70), stream, { traceparent: `00-${newTrace(53)}-${spanId}-00` });
    await complete(
      mesh,
      'failed again',
      { model: 'demo/down' },
      { traceparent: `00-${newTrace(54)}-${spanId}-00` },
    );
    const last = await collector.traceWith(request, newTrace(54));
    expect(paths(last)).toContain(
      `${request} > mutation ChatComplete > subgraph inference > completion > chat down`,
    );
    const traces = new Set(collector.spans.map(({ traceId }) => traceId));
    expect([50, 51, 52, 53, 54].map((at) => traces.has(newTrace(at)))).toEqual([
      false,
      true,
      true,
      false,
      true,
    ]);
    const slow = await collector.traceWith(request, newTrace(52));
    expect(paths(slow)).toContain(`${request} > authenticate`);
  });
});

describe('the trace of an operation in many processes', () => {
  it('is one, whichever processes it passes', { timeout: startTimeoutMs }, async () => {
    await using stack = new AsyncDisposableStack();
    const collector = stack.use(await startCollector());
    const mesh = stack.use(await startManyProcesses({ environment: tracing(collector) }));
    await complete(
      mesh,
      'hello',
      {},
      { traceparent: `00-${newTrace(80)}-${spanId}-01`, tracestate: 'vendor=1' },
    );
    await complete(mesh, 'hello you', { stream: true }, { traceparent: `00-${newTrace(81)}-${spanId}-01` });
    const isWhole = (spans: readonly CollectedSpan[], at: number) => {
      const found = spans.filter(({ traceId }) => traceId === newTrace(at));
      return ['completion', request, 'serve inference'].every((name) =>
        found.some((span) => span.name === name),
      )
        ? found
        : undefined;
    };
    const spans = await collector.until((all) => isWhole(all, 80));
    expect(paths(spans)).toEqual(
      expect.arrayContaining([
        `${request} > authenticate > subgraph tenants > serve tenants`,
        `${request} > mutation ChatComplete > subgraph inference > serve inference > completion > chat echo`,
      ]),
    );
    expect(find(spans, 'chat echo').state).toBe('vendor=1');
    const parts = new Set(spans.map(({ resource }) => resource['heddle.parts']));
    expect([...parts]).toEqual(expect.arrayContaining(['gateway', 'tenants', 'inference']));
    const streamed = await collector.until((all) => isWhole(all, 81));
    expect(paths(streamed)).toContain(
      `${request} > subscription ChatStream > serve inference > completion > chat echo`,
    );
  });
});
