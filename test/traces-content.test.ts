import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestClient, type TestClient } from './support/client.ts';
import { type Collector, startCollector } from './support/collector.ts';
import { startOneProcess, type TestMesh } from './support/mesh.ts';
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

const words = 'the words of a client';
const address = 'ada@lovelace-weaving.com';
const content = `${words}, ${address}`;

describe('the content of a call', () => {
  const stack = new AsyncDisposableStack();
  let collector: Collector;
  let mesh: TestMesh;
  let client: TestClient;
  let traces = 100;

  beforeAll(async () => {
    collector = stack.use(await startCollector());
    mesh = stack.use(await startOneProcess(tracing(collector, { LOG_LEVEL: 'trace' })));
    client = createTestClient(mesh.url, mesh.adminKey);
    await client.data(
      `mutation { saveGuardrailPolicy(input: { id: "addresses", rules: [
        { rule: "pii", stages: [INPUT, OUTPUT], action: MASK, options: { kinds: ["EMAIL"] } }
      ] }) { id } }`,
    );
  }, startTimeoutMs);
  afterAll(() => stack.disposeAsync());

  const setRule = (rule: string) =>
    client.data(`mutation { updateTenant(id: "default", input: { payloadLogging: ${rule} }) { id } }`);
  const trace = () => {
    const traceId = newTrace(++traces);
    return { traceId, headers: { traceparent: `00-${traceId}-${spanId}-01` } };
  };

  it.each(['NONE', 'METADATA'])('is in no span where the payload rule of the tenant is %s', async (rule) => {
    await setRule(rule);
    const { traceId, headers } = trace();
    await complete(mesh, content, {}, headers);
    const spans = await collector.traceWith(request, traceId);
    expect(find(spans, 'chat echo').attributes).not.toHaveProperty('gen_ai.input.messages');
    expect(JSON.stringify(spans)).not.toMatch(/words of a client|lovelace/);
  });

  it.each([
    ['whole', {}],
    ['streamed', { stream: true }],
  ])(
    'is in the span of its provider call where the rule is FULL, with placeholders for what is masked: %s',
    async (_, more) => {
      await setRule('FULL');
      const { traceId, headers } = trace();
      const { text } = await complete(mesh, content, more, headers);
      expect(text).toContain('lovelace');
      const spans = await collector.traceWith(request, traceId);
      const { attributes } = find(spans, 'chat echo');
      const sent = JSON.parse(String(attributes['gen_ai.input.messages'])) as unknown;
      expect(sent).toEqual([{ role: 'user', parts: [{ type: 'text', content: `${words}, ⟨EMAIL_1⟩` }] }]);
      expect(String(attributes['gen_ai.output.messages'])).toContain(words);
      expect(JSON.stringify(spans)).not.toContain('lovelace');
      const others = spans.filter(({ name }) => name !== 'chat echo');
      expect(JSON.stringify(others)).not.toContain(words);
    },
  );

  it('is in no span of a call that has none of it kept', async () => {
    await setRule('FULL');
    const { traceId, headers } = trace();
    const query = 'mutation ($input: CompletionInput!) { complete(input: $input) { text } }';
    const input = { model: 'demo/echo', messages: [{ role: 'USER', content }], retention: 'NONE' };
    await post(mesh, '/graphql', { query, variables: { input } }, headers);
    const spans = await collector.traceWith('POST /graphql', traceId);
    expect(JSON.stringify(spans)).not.toMatch(/words of a client|lovelace/);
  });

  it('is not that of a prompt of the mesh, but what its tenant has of the answer', async () => {
    await setRule('FULL');
    await client.data(
      `mutation { createPrompt(input: { name: "shared", version: { model: "demo/echo", system: "hidden-system", template: "hidden-template {{x}}" } }) { id } }`,
    );
    const { traceId, headers } = trace();
    const query = 'mutation { runPrompt(input: { name: "shared", variables: { x: "value" } }) { text } }';
    await post(mesh, '/graphql', { query }, headers);
    const spans = await collector.traceWith('POST /graphql', traceId);
    const { attributes } = find(spans, 'chat echo');
    expect(attributes).not.toHaveProperty('gen_ai.input.messages');
    expect(attributes).not.toHaveProperty('gen_ai.system_instructions');
    expect(JSON.stringify(spans)).not.toContain('hidden-system');
  });

  it.each(['METADATA', 'NONE'])(
    'is in no span, metric or line of the log where the rule is %s, whichever handler it comes through',
    async (rule) => {
      await setRule(rule);
      const marker = `warp-${rule.toLowerCase()}-words`;
      await client.data(
        `mutation { createPrompt(input: { name: "weave${rule}", tenantId: "default", version: { model: "demo/echo", template: "{{text}}" } }) { id } }`,
      );
      const model = 'demo/echo';
      const messages = [{ role: 'user', content: marker }];
      const tools = [
        { type: 'function', function: { name: marker, description: marker, parameters: { type: 'object' } } },
      ];
      const requests: readonly (readonly [string, object, string?])[] = [
        ['/v1/chat/completions', { model, messages, tools, stop: [marker], metadata: { [marker]: marker } }],
        ['/v1/chat/completions', { model, messages, stream: true }],
        ['/v1/chat/completions', { model: 'demo/down', messages }],
        ['/v1/chat/completions', { model: marker, messages }],
        ['/v1/chat/completions', { model, messages, temperature: marker }],
        ['/v1/completions', { model, prompt: marker }],
        ['/v1/embeddings', { model: 'demo/embed', input: marker }],
        ['/v1/responses', { model, input: marker, instructions: marker, store: true }],
        ['/v1/messages', { model, max_tokens: 100, system: marker, messages }],
        ['/v1/messages/count_tokens', { model, messages }],
        [`/prompts/weave${rule}`, { text: marker }, '/prompts/{name}'],
        [`/prompts/weave${rule}`, { [marker]: marker }, '/prompts/{name}'],
      ];
      const statuses: number[] = [];
      for (const [path, body, pattern = path] of requests) {
        const { traceId, headers } = trace();
        statuses.push((await post(mesh, path, body, { ...headers, 'x-client': marker })).status);
        await collector.traceWith(`POST ${pattern}`, traceId);
      }
      expect(statuses).toEqual([200, 200, 502, 404, 400, 200, 200, 200, 200, 200, 200, 400]);
      const metrics = await (await fetch(`${mesh.url}/metrics`)).text();
      expect(metrics).toContain('handler="prompts"');
      const log = mesh.processes.map(({ output }) => output()).join('');
      expect(log).toContain('attempt_failed');
      for (const text of [JSON.stringify(collector.spans), metrics, log]) expect(text).not.toContain(marker);
    },
  );
});
