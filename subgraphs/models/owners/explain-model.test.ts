import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { type ModelsMesh, modelsAdmin as meshAdmin, openModelsMesh } from '#test/support/models-mesh.ts';
import { askForData, testCaller } from '#test/support/subgraph.ts';

const acme = testCaller('acme', 'providers:write', 'models:read', 'tenants:write');
const other = testCaller('other', 'providers:write', 'models:read', 'tenants:write');

let mesh: ModelsMesh;
const run = <T = Record<string, never>>(caller: Caller, query: string) =>
  askForData<T>(mesh.subgraph, caller, query);

beforeAll(async () => {
  mesh = await openModelsMesh();
  for (const [caller, providerId] of [
    [meshAdmin, 'openai'],
    [acme, 'acme:openai'],
  ] as const) {
    await run(
      caller,
      'mutation { createProvider(input: { id: "openai", kind: OPENAI, apiKey: "sk-x" }) { id } }',
    );
    await run(
      caller,
      `mutation { createModel(input: { providerId: "${providerId}", name: "gpt-5" }) { id } }`,
    );
  }
  await run(
    meshAdmin,
    'mutation { saveRoute(input: { alias: "smart", strategy: PRIORITY, targets: [{ model: "openai/gpt-5" }] }) { id } }',
  );
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

describe('what a name means', () => {
  it('is the alias, the tenant’s own or the mesh’s, in this order, as far as the caller may see it', async () => {
    const explain = async (caller: Caller, name: string) => {
      const { explainModel } = await run<{ explainModel: object }>(
        caller,
        `{ explainModel(name: "${name}") { aliasOf resolvedId candidates { id tenantId chosen reason } } }`,
      );
      return explainModel;
    };
    const own = { id: 'acme:openai/gpt-5', tenantId: 'acme', chosen: true, reason: 'Your tenant owns it.' };
    const shadowed = {
      id: 'openai/gpt-5',
      tenantId: null,
      chosen: false,
      reason: 'What your tenant owns comes before it.',
    };
    const ofMesh = { ...shadowed, chosen: true, reason: 'The mesh offers it to your tenant.' };
    expect(await explain(acme, 'openai/gpt-5')).toEqual({
      aliasOf: null,
      resolvedId: own.id,
      candidates: [own, shadowed],
    });
    expect(await explain(other, 'openai/gpt-5')).toEqual({
      aliasOf: null,
      resolvedId: ofMesh.id,
      candidates: [ofMesh],
    });
    expect(await explain(other, 'acme:openai/gpt-5')).toEqual({
      aliasOf: null,
      resolvedId: null,
      candidates: [],
    });
    await run(
      other,
      'mutation { saveModelAlias(input: { name: "smart", target: "openai/gpt-5" }) { name } }',
    );
    expect(await explain(other, 'smart')).toMatchObject({
      aliasOf: 'openai/gpt-5',
      resolvedId: 'openai/gpt-5',
      candidates: [
        { id: 'openai/gpt-5', chosen: true },
        { id: 'route:smart', chosen: false, reason: /alias/ },
      ].map(({ reason, ...rest }) =>
        reason === undefined ? rest : { ...rest, reason: expect.stringMatching(reason) },
      ),
    });
    await run(other, 'mutation { deleteModelAlias(name: "smart") }');
    const limited = {
      ...testCaller('acme', 'inference:invoke'),
      modelLists: [{ subject: 'key:k', patterns: ['x/*'] }],
    };
    expect(await explain(limited, 'openai/gpt-5')).toEqual({
      aliasOf: null,
      resolvedId: null,
      candidates: [],
    });
  });
});
