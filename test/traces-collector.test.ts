import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startCollector, startGrpcCollector } from './support/collector.ts';
import { startOneProcess } from './support/mesh.ts';
import { parseMetrics } from './support/metrics-text.ts';
import {
  complete,
  find,
  newTrace,
  post,
  request,
  spanId,
  startTimeoutMs,
  tracing,
} from './support/traced-mesh.ts';

describe('the collector', { timeout: startTimeoutMs }, () => {
  it.each(['http/protobuf', 'http/json', 'grpc'])('gets the same spans by %s', async (protocol) => {
    await using stack = new AsyncDisposableStack();
    const collector = stack.use(protocol === 'grpc' ? await startGrpcCollector() : await startCollector());
    const variables = {
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20t',
    };
    const mesh = stack.use(await startOneProcess(tracing(collector, variables)));
    await complete(mesh, 'hello', {}, { traceparent: `00-${newTrace(60)}-${spanId}-01` });
    const spans = await collector.traceWith(request, newTrace(60));
    expect(find(spans, 'chat echo').attributes).toMatchObject({
      'gen_ai.request.model': 'echo',
      'gen_ai.usage.input_tokens': 2,
      'gen_ai.response.finish_reasons': ['stop'],
    });
    expect(find(spans, request)).toMatchObject({ parentSpanId: spanId, kind: 2 });
    expect(collector.exports[0]?.headers.authorization).toBe('Bearer t');
  });

  it.each([
    ['is down', null],
    ['refuses', 401],
    ['never answers', 0],
  ])(
    'that %s holds no call up; what is dropped is counted, and its token is not logged',
    async (_what, status) => {
      await using stack = new AsyncDisposableStack();
      const server = createServer((_request, response) => {
        if (status !== null && status > 0)
          response.writeHead(status, { 'x-secret': 'y' }).end('token-of-collector');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      stack.defer(() => server.closeAllConnections());
      stack.defer(() => void server.close());
      if (status === null) await new Promise((resolve) => server.close(resolve));
      const mesh = stack.use(
        await startOneProcess({
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://user:password-of-collector@127.0.0.1:${port}`,
          OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20token-of-collector',
          OTEL_EXPORTER_OTLP_TIMEOUT: '300',
          OTEL_BSP_SCHEDULE_DELAY: '20',
          OTEL_BSP_MAX_QUEUE_SIZE: '20',
          OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10',
          LOG_LEVEL: 'trace',
        }),
      );
      for (let call = 0; call < 10; call += 1) expect((await complete(mesh, 'hello')).status).toBe(200);
      await mesh.processes[0]?.line(/"event":"traces_failed"/);
      const metrics = parseMetrics(await (await fetch(`${mesh.url}/metrics`)).text());
      expect(metrics.get('heddle_spans_dropped_total{reason="export_failed"}')).toBeGreaterThan(0);
      expect(metrics.get('heddle_spans_exported_total')).toBe(0);
      expect(await mesh.processes[0]?.end()).toBe(0);
      expect(mesh.processes[0]?.output()).not.toMatch(/(token|password)-of-collector/);
    },
  );

  it('gets what waits when the process ends', async () => {
    await using stack = new AsyncDisposableStack();
    const collector = stack.use(await startCollector());
    const mesh = stack.use(await startOneProcess(tracing(collector, { OTEL_BSP_SCHEDULE_DELAY: '600000' })));
    await complete(mesh, 'hello', {}, { traceparent: `00-${newTrace(70)}-${spanId}-01` });
    expect(collector.exports).toEqual([]);
    expect(await mesh.processes[0]?.end()).toBe(0);
    expect((await collector.traceWith(request, newTrace(70))).length).toBeGreaterThan(8);
  });
});

describe('a provider', { timeout: startTimeoutMs }, () => {
  it.each(['on', 'off'])('gets the traceparent of its call where that is %s', async (choice) => {
    await using stack = new AsyncDisposableStack();
    const collector = stack.use(await startCollector());
    const seen: (string | undefined)[] = [];
    const server = createServer((incoming, response) => {
      seen.push(incoming.headers.traceparent as string | undefined);
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stack.defer(() => void server.close());
    const { port } = server.address() as { port: number };
    const mesh = stack.use(
      await startOneProcess(
        tracing(collector, {
          HEDDLE_TRACES_TO_PROVIDERS: choice,
          OPENAI_COMPATIBLE_BASE_URL: `http://127.0.0.1:${port}/v1`,
          OPENAI_COMPATIBLE_API_KEY: 'sk-unknown',
        }),
      ),
    );
    const query = 'mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }';
    await post(mesh, '/graphql', {
      query,
      variables: { input: { providerId: 'openai-compatible', name: 'one', capabilities: ['CHAT'] } },
    });
    const headers = { traceparent: `00-${newTrace(90)}-${spanId}-01` };
    await complete(mesh, 'hello', { model: 'openai-compatible/one' }, headers);
    const attempt = find(await collector.traceWith(request, newTrace(90)), 'chat one');
    const own = `00-${attempt.traceId}-${attempt.spanId}-01`;
    expect(seen.at(-1)).toBe(choice === 'on' ? own : undefined);
  });
});
