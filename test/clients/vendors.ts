import { LLMock } from '@copilotkit/aimock';
import { admin, type MeshOf, unique } from '#test/e2e/scenarios/setup.ts';

/** Vendors' wires that nobody here wrote, on a port of their own; stopped with the stack. */
export async function startVendors(stack: AsyncDisposableStack): Promise<LLMock> {
  const mock = new LLMock({ port: 0 });
  await mock.start();
  stack.defer(() => mock.stop());
  return mock;
}

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
