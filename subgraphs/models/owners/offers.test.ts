import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { plans } from '#mongo/plans.ts';
import { tenants } from '#mongo/tenants.ts';
import { type ModelsMesh, modelsAdmin as meshAdmin, openModelsMesh } from '#test/support/models-mesh.ts';
import { ask, askForData, testCaller } from '#test/support/subgraph.ts';

const named = testCaller('named', 'models:read', 'providers:write', 'tenants:write');
const gold: Caller = { ...testCaller('rich', 'models:read'), planId: 'gold' };
const other = testCaller('other', 'models:read', 'providers:write', 'tenants:write');

let mesh: ModelsMesh;
const run = <T = Record<string, never>>(caller: Caller, query: string) =>
  askForData<T>(mesh.subgraph, caller, query);
const refusal = async (caller: Caller, query: string) => {
  const { errors = [] } = await ask(mesh.subgraph, caller, query);
  return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
};
const offer = (offeredTo: string) =>
  `mutation { updateProvider(id: "dear", input: { offeredTo: ${offeredTo} }) { offeredTo { plans tenants } } }`;
const route = (alias: string, ...targets: string[]) =>
  `mutation { saveRoute(input: { alias: "${alias}", strategy: PRIORITY, targets: [${targets.map((one) => `{ model: "${one}" }`).join(' ')}] }) { id } }`;
const readIds = async (caller: Caller) => {
  const found = await run<
    Record<string, { id: string }[]> & { models: { edges: { node: { id: string } }[] } }
  >(caller, '{ models { edges { node { id } } } providers { id } routes { id } }');
  return [...found.models.edges.map(({ node }) => node), ...(found.providers ?? []), ...(found.routes ?? [])]
    .map(({ id }) => id)
    .toSorted();
};

beforeAll(async () => {
  mesh = await openModelsMesh();
  const { connection } = mesh.database;
  await plans(connection).create({ _id: 'gold', name: 'Gold', limits: [], models: null });
  for (const _id of ['named', 'other']) {
    await tenants(connection).create({
      ...{ _id, name: _id, planId: 'p', allowedRegions: null, payloadLogging: 'NONE', cacheByDefault: false },
      createdAt: new Date(),
    });
  }
  for (const id of ['dear', 'open']) {
    await run(
      meshAdmin,
      `mutation { createProvider(input: { id: "${id}", kind: OPENAI, apiKey: "sk-x" }) { id } }`,
    );
    await run(meshAdmin, `mutation { createModel(input: { providerId: "${id}", name: "m" }) { id } }`);
  }
  await run(meshAdmin, route('only-dear', 'dear/m'));
  await run(meshAdmin, route('both', 'dear/m', 'open/m'));
  expect(await run(meshAdmin, offer('{ plans: ["gold"], tenants: ["named"] }'))).toEqual({
    updateProvider: { offeredTo: { plans: ['gold'], tenants: ['named'] } },
  });
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

describe('a provider of the mesh that is offered to some', () => {
  it('exists for the named tenants, those with one of the plans, and who administers it', async () => {
    const all = ['dear', 'dear/m', 'open', 'open/m', 'route:both', 'route:only-dear'];
    for (const caller of [named, gold, meshAdmin]) expect(await readIds(caller)).toEqual(all);
    expect(await readIds(other)).toEqual(['open', 'open/m', 'route:both']);
  });

  it('is left out of the pages of others, which lack no item for it', async () => {
    for (const [list, shown] of [
      ['providers', ['dear', 'open']],
      ['routes', ['route:both', 'route:only-dear']],
    ] as const) {
      for (const caller of [named, other]) {
        const ids: string[] = [];
        for (let after = ''; ; after = `, after: "${ids.at(-1)}"`) {
          const page = await run<Record<string, { id: string }[]>>(
            caller,
            `{ ${list}(orderBy: NAME_ASC, first: 1${after}) { id } }`,
          );
          ids.push(...(page[list] ?? []).map(({ id }) => id));
          if (page[list]?.length !== 1) break;
        }
        const expected = caller === named ? shown : shown.filter((id) => !id.includes('dear'));
        expect(ids).toEqual(expected);
      }
      for (const after of ['nothing', 'dear', 'only-dear', 'route:only-dear'])
        expect(await refusal(other, `{ ${list}(after: "${after}") { id } }`)).toBe(
          'BAD_USER_INPUT: after is the ID of no item of this list.',
        );
      expect(await refusal(other, `{ ${list}(first: 501) { id } }`)).toMatch(/^BAD_USER_INPUT: first/);
    }
  });

  it('is called by these alone, a route of it too; a route with another target stays', async () => {
    const { catalog } = mesh;
    for (const caller of [named, gold]) {
      for (const id of ['dear/m', 'only-dear', 'both'])
        expect(await catalog.resolve(id, caller)).toBeDefined();
    }
    for (const caller of [other, meshAdmin]) {
      for (const id of ['dear/m', 'only-dear']) expect(await catalog.resolve(id, caller)).toBeUndefined();
      expect(await catalog.resolve('both', caller)).toBeDefined();
    }
  });

  it('answers like a missing one to others: by its ids, in routes, in aliases', async () => {
    const read = (id: string, alias: string) =>
      run(
        other,
        `{ provider(id: "${id}") { id } model(id: "${id}/m") { id } route(alias: "${alias}") { id } }`,
      );
    expect(await read('dear', 'only-dear')).toEqual(await read('none', 'none'));
    const alias = (target: string) =>
      `mutation { saveModelAlias(input: { name: "a", target: "${target}" }) { name } }`;
    for (const [query, id] of [
      [route('mine', 'dear/m'), 'dear/m'],
      [alias('dear/m'), 'dear/m'],
      [alias('only-dear'), 'only-dear'],
    ] as const) {
      const refused = await refusal(other, query);
      expect(refused).toMatch(/^BAD_USER_INPUT/);
      expect(await refusal(other, query.replaceAll(id, 'none/m'))).toBe(refused.replaceAll(id, 'none/m'));
    }
    await run(named, route('mine', 'dear/m'));
  });

  it('is offered to existing plans and tenants only, and no tenant’s provider is', async () => {
    expect(await refusal(meshAdmin, offer('{ plans: ["none"] }'))).toMatch(/^BAD_USER_INPUT: .*"none"/);
    expect(await refusal(meshAdmin, offer('{ tenants: ["none"] }'))).toMatch(/^BAD_USER_INPUT: .*"none"/);
    const own =
      'mutation { createProvider(input: { id: "own", kind: OPENAI, offeredTo: { tenants: ["other"] } }) { id } }';
    expect(await refusal(named, own)).toMatch(/^BAD_USER_INPUT: .*of the mesh/);
  });

  it('exists for none with empty lists, and for all again with null', async () => {
    await run(meshAdmin, offer('{}'));
    for (const caller of [named, gold]) expect(await mesh.catalog.resolve('dear/m', caller)).toBeUndefined();
    await run(meshAdmin, offer('null'));
    expect(await mesh.catalog.resolve('dear/m', other)).toBeDefined();
    expect(await readIds(other)).toContain('route:only-dear');
  });
});
