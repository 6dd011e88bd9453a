import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller, Scope } from '#core/caller.ts';
import { parseCountLimits } from '#core/count-limits.ts';
import { candidatesFor } from '#inference/routing/route.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { providers } from '#mongo/providers.ts';
import { tenants } from '#mongo/tenants.ts';
import { type ModelsMesh, modelsAdmin as meshAdmin, openModelsMesh } from '#test/support/models-mesh.ts';
import { ask, askForData, testCaller, testServices } from '#test/support/subgraph.ts';
import { createModelsSubgraph } from '../subgraph.ts';

const scopes: readonly Scope[] = ['providers:write', 'models:read', 'tenants:write'];
const acme = testCaller('acme', ...scopes);
const other = testCaller('other', ...scopes);
const operator = testCaller('ops', 'models:write', 'tenants:admin', 'tenants:write');
/** May change the mesh's, and sees no other tenant than its own. */
const meshWriter = testCaller('ops', 'models:write');

let mesh: ModelsMesh;
const run = <T = Record<string, never>>(caller: Caller, query: string) =>
  askForData<T>(mesh.subgraph, caller, query);
const refusal = async (caller: Caller, query: string) => {
  const { errors = [] } = await ask(mesh.subgraph, caller, query);
  return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
};
const provider = (id: string, more = '') =>
  `mutation { createProvider(input: { id: "${id}", kind: OPENAI, apiKey: "sk-secret-${id}" ${more} }) { id name tenantId credentials { id } } }`;
const model = (providerId: string, name: string, more = '') =>
  `mutation { createModel(input: { providerId: "${providerId}", name: "${name}" ${more} }) { id callName tenantId } }`;
const route = (alias: string, target: string, more = '') =>
  `mutation { saveRoute(input: { alias: "${alias}", strategy: PRIORITY, targets: [{ model: "${target}" }] ${more} }) { id alias tenantId targets { model { id } } } }`;
const names = async (caller: Caller) => {
  const {
    models,
    providers: found,
    routes,
  } = await run<{
    models: { edges: { node: { id: string } }[] };
    providers: { id: string }[];
    routes: { id: string }[];
  }>(caller, '{ models(first: 200) { edges { node { id } } } providers { id } routes { id } }');
  return [
    ...models.edges.map(({ node }) => node.id),
    ...found.map(({ id }) => id),
    ...routes.map(({ id }) => id),
  ];
};

beforeAll(async () => {
  mesh = await openModelsMesh();
  for (const _id of ['acme', 'other', 'ops', 'gone']) {
    await tenants(mesh.database.connection).create({
      ...{ _id, name: _id, planId: 'p', allowedRegions: null, payloadLogging: 'NONE', cacheByDefault: false },
      ...{ createdAt: new Date(), archivedAt: _id === 'gone' ? new Date() : null },
    });
  }
  await run(meshAdmin, provider('openai'));
  for (const name of ['gpt-5', 'gpt-4']) await run(meshAdmin, model('openai', name));
  await run(meshAdmin, route('smart', 'openai/gpt-5'));
  await run(acme, provider('openai'));
  await run(acme, model('acme:openai', 'gpt-5'));
  await run(acme, route('smart', 'openai/gpt-5'));
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

describe('what a tenant owns', () => {
  it('belongs to it without a tenantId when its caller may not change the mesh', async () => {
    const { provider: own } = await run<{ provider: object }>(
      acme,
      '{ provider(id: "openai") { id name tenantId } }',
    );
    expect(own).toEqual({ id: 'acme:openai', name: 'openai', tenantId: 'acme' });
    const { model: gpt } = await run<{ model: object }>(
      acme,
      '{ model(id: "openai/gpt-5") { id callName tenantId } }',
    );
    expect(gpt).toEqual({ id: 'acme:openai/gpt-5', callName: 'openai/gpt-5', tenantId: 'acme' });
    const { route: smart } = await run<{ route: object }>(
      acme,
      '{ route(alias: "smart") { id alias tenantId targets { model { id } } } }',
    );
    expect(smart).toEqual({
      id: 'route:acme:smart',
      alias: 'smart',
      tenantId: 'acme',
      targets: [{ model: { id: 'acme:openai/gpt-5' } }],
    });
  });

  it('is called by the name by its own callers alone, before the mesh’s of the same name', async () => {
    const { catalog } = mesh;
    for (const [name, id] of [
      ['openai/gpt-5', 'acme:openai/gpt-5'],
      ['acme:openai/gpt-5', 'acme:openai/gpt-5'],
      ['smart', 'acme:smart'],
      ['openai/gpt-4', 'openai/gpt-4'],
    ] as const) {
      expect(await catalog.resolveName(name, acme)).toBe(id);
      expect(catalog.find(id, acme)).toBeDefined();
    }
    for (const name of ['openai/gpt-5', 'smart']) {
      expect(await catalog.resolveName(name, other)).toBe(name);
      expect(catalog.find(name, other)).toBeDefined();
    }
    for (const id of ['acme:openai/gpt-5', 'acme:smart']) {
      expect(await catalog.resolveName(id, other)).toBe(id);
      expect(await catalog.resolve(id, other)).toBeUndefined();
      expect(await catalog.resolve(id, { tenantId: null })).toBeUndefined();
    }
  });

  it('is not named in the refusal of a similar name, nor chosen for a call of another tenant', async () => {
    await run(acme, model('acme:openai', 'secret-project-one'));
    const needs = {
      ...{ needs: ['CHAT'], inputs: [], inputTokensMax: 1, isOneInput: true, maxOutputTokens: 1 },
      speedKind: 'WHOLE',
    } as const;
    const candidates = (name: string, caller: Caller) =>
      candidatesFor(name, needs, caller, {
        catalog: mesh.catalog,
        health: { openMs: () => 0, restMs: () => 0, expect: () => () => undefined } as never,
        pool: { rest: () => null },
        random: () => 0,
        allowsUnpriced: true,
      });
    const missing = (id: string) =>
      candidates(id, other).then(
        () => 'found',
        (error: Error) => error.message,
      );
    const [guessed, exact] = [
      await missing('openai/secret-project-on'),
      await missing('acme:openai/secret-project-one'),
    ];
    expect(guessed).not.toContain('secret-project-one');
    expect(exact).toMatch(/^There is no model and no route "acme:openai\/secret-project-one"/);
    await expect(candidates('openai/secret-project-on', acme)).rejects.toThrow('openai/secret-project-one');
    expect((await candidates('acme:openai/secret-project-one', acme)).models[0].id).toBe(
      'acme:openai/secret-project-one',
    );
  });

  it('stands in no list of another tenant, and its ids answer there like missing ones', async () => {
    expect((await names(other)).filter((id) => id.includes('acme'))).toEqual([]);
    expect((await names(meshWriter)).filter((id) => id.includes('acme'))).toEqual([]);
    expect(await names(acme)).toEqual(
      expect.arrayContaining([
        'openai',
        'acme:openai',
        'openai/gpt-5',
        'acme:openai/gpt-5',
        'route:smart',
        'route:acme:smart',
      ]),
    );
    const read = (id: string) =>
      `{ provider(id: "${id}") { id } model(id: "${id}/gpt-5") { id } route(alias: "${id}") { id } }`;
    for (const caller of [other, meshWriter]) {
      expect(await run(caller, read('acme:openai'))).toEqual({ provider: null, model: null, route: null });
      expect(await run(caller, read('acme:smart'))).toEqual({ provider: null, model: null, route: null });
    }
    const filter = '{ providers(filter: { tenantId: "acme" }) { id } }';
    expect(await refusal(other, filter)).toBe('NOT_FOUND: There is no tenant "acme".');
    expect(await run(operator, filter)).toEqual({ providers: [{ id: 'acme:openai' }] });
  });

  it('is changed by its own callers and operators alone, and by others as if it were missing', async () => {
    const { connection } = mesh.database;
    const [credential] = await providerCredentials(connection).find({ tenantId: 'acme' }).lean();
    const foreign: readonly (readonly [what: string, id: string, mutation: (id: string) => string])[] = [
      ['provider', 'acme:openai', (id) => `updateProvider(id: "${id}", input: { enabled: false }) { id }`],
      ['provider', 'acme:openai', (id) => `deleteProvider(id: "${id}")`],
      [
        'provider',
        'acme:openai',
        (id) => `addProviderCredential(providerId: "${id}", label: "x", secret: "sk-x") { id }`,
      ],
      ['provider', 'acme:openai', (id) => `createModel(input: { providerId: "${id}", name: "x" }) { id }`],
      [
        'provider credential',
        credential?._id ?? '',
        (id) => `updateProviderCredential(id: "${id}", input: { enabled: false }) { id }`,
      ],
      [
        'provider credential',
        credential?._id ?? '',
        (id) => `rotateProviderCredential(id: "${id}", secret: "sk-x") { id }`,
      ],
      ['provider credential', credential?._id ?? '', (id) => `removeProviderCredential(id: "${id}")`],
      ['model', 'acme:openai/gpt-5', (id) => `updateModel(id: "${id}", input: { contextTokens: 5 }) { id }`],
      ['model', 'acme:openai/gpt-5', (id) => `retireModel(id: "${id}") { id }`],
      ['model', 'acme:openai/gpt-5', (id) => `deprecateModel(id: "${id}") { id }`],
      ['model', 'acme:openai/gpt-5', (id) => `activateModel(id: "${id}") { id }`],
      ['model', 'acme:openai/gpt-5', (id) => `deleteModel(id: "${id}")`],
      ['route', 'acme:smart', (id) => `deleteRoute(alias: "${id}")`],
    ];
    for (const [what, id, mutation] of foreign) {
      for (const caller of [other, meshWriter]) {
        expect(await refusal(caller, `mutation { ${mutation(id)} }`)).toBe(
          `NOT_FOUND: There is no ${what} ${JSON.stringify(id)}.`,
        );
        const missing = `${id}-none`;
        expect(await refusal(caller, `mutation { ${mutation(missing)} }`)).toBe(
          `NOT_FOUND: There is no ${what} ${JSON.stringify(missing)}.`,
        );
      }
    }
    await run(
      operator,
      'mutation { updateModel(id: "acme:openai/gpt-5", input: { contextTokens: 7 }) { id } }',
    );
    await run(acme, 'mutation { updateModel(id: "acme:openai/gpt-5", input: { contextTokens: 8 }) { id } }');
    const records = await auditLog(connection)
      .find({ targetId: 'acme:openai/gpt-5', action: 'model.update' })
      .lean();
    expect(new Set(records.map(({ tenantId }) => tenantId))).toContain('acme');
  });

  it('does not let its callers change, or see the credentials of, what is the mesh’s', async () => {
    for (const mutation of [
      'updateProvider(id: "openai", input: { enabled: false }) { id }',
      'addProviderCredential(providerId: "openai", label: "x", secret: "sk-x") { id }',
      'createModel(input: { providerId: "openai", name: "mine" }) { id }',
      'deleteProvider(id: "openai")',
      'retireModel(id: "openai/gpt-5") { id }',
    ]) {
      expect(await refusal(acme, `mutation { ${mutation} }`)).toMatch(/^FORBIDDEN: .* belongs to the mesh/);
    }
    expect(await refusal(acme, model('openai', 'mine', 'tenantId: "other"'))).toMatch(
      /^NOT_FOUND: There is no tenant/,
    );
    const { providers: found } = await run<{ providers: { id: string; credentials: unknown[] }[] }>(
      acme,
      '{ providers { id credentials { id } } }',
    );
    expect(found.map(({ id, credentials }) => [id, credentials.length])).toEqual([
      ['acme:openai', 1],
      ['openai', 0],
    ]);
  });

  it('is created for any live tenant by operators', async () => {
    const { createProvider } = await run<{ createProvider: object }>(
      operator,
      provider('azure', 'tenantId: "other"'),
    );
    expect(createProvider).toMatchObject({ id: 'other:azure', tenantId: 'other' });
    const { createModel } = await run<{ createModel: object }>(
      operator,
      model('azure', 'gpt', 'tenantId: "other"'),
    );
    expect(createModel).toEqual({ id: 'other:azure/gpt', callName: 'azure/gpt', tenantId: 'other' });
    const { saveRoute } = await run<{ saveRoute: object }>(
      operator,
      route('mine', 'azure/gpt', 'tenantId: "other"'),
    );
    expect(saveRoute).toMatchObject({
      id: 'route:other:mine',
      targets: [{ model: { id: 'other:azure/gpt' } }],
    });
    for (const creation of [
      provider('x', 'tenantId: "gone"'),
      route('x', 'openai/gpt-5', 'tenantId: "gone"'),
    ]) {
      expect(await refusal(operator, creation)).toMatch(/^CONFLICT: .*archived/);
    }
    expect(await refusal(operator, provider('x', 'tenantId: "none"'))).toMatch(
      /^NOT_FOUND: There is no tenant/,
    );
  });

  it('is no target of a route of the mesh or of another tenant', async () => {
    expect(await refusal(operator, route('bad', 'acme:openai/gpt-5'))).toMatch(
      /^BAD_USER_INPUT: .*do not exist/,
    );
    expect(await refusal(operator, route('bad', 'acme:openai/gpt-5', 'tenantId: "other"'))).toMatch(
      /^BAD_USER_INPUT: .*do not exist/,
    );
    expect(await refusal(other, route('bad', 'acme:openai/gpt-5'))).toMatch(
      /^BAD_USER_INPUT: .*do not exist/,
    );
  });

  it('may not be inside the operator’s network, neither by its address nor by its vendor’s default', async () => {
    for (const address of [
      'http://127.0.0.1:8080',
      'http://10.0.0.1',
      'http://db.internal',
      'http://[::1]',
    ]) {
      expect(await refusal(acme, provider('inside', `baseUrl: "${address}"`))).toMatch(
        /^BAD_USER_INPUT: .*inside/,
      );
    }
    const local = 'mutation { createProvider(input: { id: "local", kind: OLLAMA }) { id } }';
    expect(await refusal(acme, local)).toMatch(/^BAD_USER_INPUT: .*inside/);
    const move =
      'mutation { updateProvider(id: "acme:openai", input: { baseUrl: "http://localhost:1" }) { id } }';
    expect(await refusal(acme, move)).toMatch(/^BAD_USER_INPUT: .*inside/);
    await run(meshAdmin, local.replace('local', 'mesh-local'));
  });

  it('keeps its secret for its own address alone', async () => {
    const { createProvider } = await run<{ createProvider: { id: string } }>(acme, provider('moved'));
    const { id } = createProvider;
    await run(
      acme,
      `mutation { updateProvider(id: "${id}", input: { baseUrl: "https://elsewhere.example.com" }) { id } }`,
    );
    expect(await run(acme, `{ provider(id: "${id}") { credentials { state } } }`)).toEqual({
      provider: { credentials: [{ state: 'ORIGIN_CHANGED' }] },
    });
  });

  it('is bounded for each tenant and for all of them', async () => {
    const bounded = (limits: string) =>
      createModelsSubgraph({
        ...testServices(mesh.database),
        connection: mesh.database.connection,
        secrets: mesh.keyring.secrets,
        counts: parseCountLimits(limits),
      });
    for (const [limits, creation] of [
      ['providersPerTenant=1', provider('more')],
      ['providersOfTenants=1', provider('more')],
      ['modelsPerTenant=1', model('acme:openai', 'more')],
      ['modelsOfTenants=1', model('acme:openai', 'more')],
      ['routesPerTenant=1', route('more', 'openai/gpt-5')],
      ['routesOfTenants=1', route('more', 'openai/gpt-5')],
    ] as const) {
      const { errors = [] } = await ask(bounded(limits), acme, creation);
      expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual([
        expect.stringMatching(new RegExp(`^CONFLICT .*raise ${limits.split('=')[0]}`)),
      ]);
    }
  });

  it('can be deleted, and its name then means the mesh’s again', async () => {
    const alias = 'mutation { saveModelAlias(input: { name: "best", target: "openai/gpt-4" }) { name } }';
    await run(acme, alias);
    await run(acme, model('acme:openai', 'gpt-4'));
    await run(acme, 'mutation { deleteModel(id: "acme:openai/gpt-4") }');
    expect(await mesh.catalog.resolveName('best', acme)).toBe('openai/gpt-4');
    await run(acme, model('acme:openai', 'only-mine'));
    await run(acme, alias.replace('gpt-4', 'only-mine'));
    expect(await refusal(acme, 'mutation { deleteModel(id: "acme:openai/only-mine") }')).toMatch(
      /^CONFLICT: .*"best"/,
    );
    await run(acme, 'mutation { deleteModelAlias(name: "best") }');
    await run(acme, 'mutation { deleteRoute(alias: "smart") }');
    expect(await mesh.catalog.resolveName('smart', acme)).toBe('smart');
    await run(acme, 'mutation { deleteProvider(id: "acme:openai") }');
    expect(await mesh.catalog.resolveName('openai/gpt-5', acme)).toBe('openai/gpt-5');
    expect(await providers(mesh.database.connection).exists({ _id: 'openai' })).not.toBeNull();
    expect(
      await providerCredentials(mesh.database.connection).countDocuments({ providerId: 'acme:openai' }),
    ).toBe(0);
  });
});
