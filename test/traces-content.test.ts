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
    mesh = stack.use(await startOneProcess(tracing(collector)));
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
});
