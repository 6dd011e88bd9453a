import { LLMock } from '@copilotkit/aimock';
import { admin, type MeshOf, unique } from '#test/e2e/scenarios/setup.ts';

/** Vendors' wires that nobody here wrote, on a port of their own; stopped with the stack. */
export async function startVendors(stack: AsyncDisposableStack): Promise<LLMock> {
  const mock = new LLMock({ port: 0 });
  await mock.start();
  stack.defer(() => mock.stop());
  return mock;
}

/** A model behind each wire of a vendor, and the demo. */
export const upstreams = [
  { kind: 'DEMO', name: '', path: '' },
  { kind: 'OPENAI', name: 'gpt-4o', path: '/v1' },
  { kind: 'OPENAI_COMPATIBLE', name: 'some-model', path: '/v1' },
  { kind: 'ANTHROPIC', name: 'claude-sonnet-4-5', path: '/v1' },
  { kind: 'GOOGLE', name: 'gemini-2.5-flash', path: '/v1beta' },
];

/** What a mock counts, by the names of each wire. */
export const usage = {
  prompt_tokens: 9,
  completion_tokens: 3,
  input_tokens: 9,
  output_tokens: 3,
  promptTokenCount: 9,
  candidatesTokenCount: 3,
};

/** In dollars a million tokens. */
const price = { input: '1', output: '10', cachedInput: '0.1', cacheWrite: '1.25' };

/** A provider of that kind at that address with one model; answers the model's id. */
export async function addModel(
  mesh: MeshOf,
  kind: string,
  baseUrl: string,
  name: string,
  more: Record<string, unknown> = {},
): Promise<string> {
  const root = admin(mesh);
  const id = unique('vendor');
  await root.data('mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id } }', {
    input: { id, kind, baseUrl, apiKey: 'sk-customers-secret-1234' },
  });
  const { createModel } = await root.data<{ createModel: { id: string } }>(
    'mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }',
    { input: { providerId: id, name, price, ...more } },
  );
  return createModel.id;
}
