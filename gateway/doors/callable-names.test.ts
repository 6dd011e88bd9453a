import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRestMesh } from '#test/support/gateways/rest-mesh.ts';
import { type SampleGateway, sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';

const aliases = Array.from({ length: 450 }, (_, n) => `route-${String(n).padStart(3, '0')}`);

let sample: SampleGateway;
beforeAll(async () => {
  const mesh = createRestMesh();
  // As the graph pages: 200 after the ID.
  const models: SubgraphExecutor = {
    async execute(request) {
      const after = request.variables?.after;
      const start = after == null ? 0 : aliases.indexOf(String(after).slice('id-'.length)) + 1;
      const routes = aliases
        .slice(start, start + 200)
        .map((alias) => ({ id: `id-${alias}`, alias, access: 'OPEN' }));
      const result = await mesh.executors.models.execute(request);
      return Symbol.asyncIterator in result ? result : { data: { ...result.data, routes } };
    },
  };
  sample = await startSampleGateway({ mesh: { ...mesh, executors: { ...mesh.executors, models } } });
});
afterAll(() => sample?.[Symbol.asyncDispose]());

it('lists the routes of all pages', async () => {
  const response = await fetch(`${sample.url}/v1/models`, {
    headers: { authorization: `Bearer ${sampleKey}` },
  });
  const { data } = (await response.json()) as { readonly data: readonly { readonly id: string }[] };
  expect(data.map(({ id }) => id).filter((id) => id.startsWith('route-'))).toEqual(aliases);
});
