import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalog } from '#catalog/catalog.ts';
import type { Database } from '#mongo/connect.ts';
import {
  modelsAdmin as admin,
  createModel,
  createProvider,
  type ModelsMesh,
  openModelsMesh,
  modelsReader as reader,
} from '#test/support/models-mesh.ts';
import { askForData, countCommands } from '#test/support/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';

let mesh: ModelsMesh;
let database: Database;
let subgraph: Subgraph;
let catalog: Catalog;

beforeAll(async () => {
  mesh = await openModelsMesh();
  ({ database, subgraph, catalog } = mesh);
});

afterAll(() => mesh?.[Symbol.asyncDispose]());

const refusal: ModelsMesh['refusal'] = (...args) => mesh.refusal(...args);

interface ModelPage {
  readonly models: {
    readonly edges: readonly { readonly node: { readonly id: string } }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

describe('models', () => {
  beforeAll(async () => {
    await askForData(subgraph, admin, createProvider, {
      input: { id: 'm', kind: 'OPENAI', apiKey: 'sk-12345678901' },
    });
  });

  it('fills in price, sizes and abilities from the catalog', async () => {
    const { createModel: model } = await askForData<{ createModel: { capabilities: string[] } }>(
      subgraph,
      admin,
      createModel,
      {
        input: { providerId: 'm', name: 'gpt-4o-2024-08-06' },
      },
    );
    expect(model).toMatchObject({
      id: 'm/gpt-4o-2024-08-06',
      contextTokens: 128_000,
      price: {
        input: '2.500000000',
        output: '10.000000000',
        cachedInput: '1.250000000',
        cacheWrite: null,
        cacheWrite1h: null,
      },
      lifecycle: 'ACTIVE',
      provider: { id: 'm' },
    });
    expect(model.capabilities).toEqual(expect.arrayContaining(['CHAT', 'TOOLS', 'VISION']));
    expect(catalog.model('m/gpt-4o-2024-08-06')?.price?.inputNanosPerMillion).toBe(2_500_000_000n);
  });

  it('takes names with slashes and what the admin sets over the catalog', async () => {
    const { createModel: model } = await askForData(subgraph, admin, createModel, {
      input: {
        providerId: 'm',
        name: 'org/own-model',
        capabilities: ['EMBEDDINGS'],
        contextTokens: 10,
        price: { input: '0.000000001', output: 2, cachedInput: '0', cacheWrite1h: '4' },
      },
    });
    expect(model).toMatchObject({
      id: 'm/org/own-model',
      name: 'org/own-model',
      capabilities: ['EMBEDDINGS'],
      contextTokens: 10,
      maxOutputTokens: null,
      price: {
        input: '0.000000001',
        output: '2.000000000',
        cachedInput: '0.000000000',
        cacheWrite: null,
        cacheWrite1h: '4.000000000',
      },
    });
    expect(await catalog.resolve('m/org/own-model', { tenantId: null })).toMatchObject({
      model: { name: 'org/own-model' },
    });
  });

  it('keeps the history of prices and serves the one in force', async () => {
    await askForData(subgraph, admin, createModel, { input: { providerId: 'm', name: 'priced' } });
    const update = `mutation ($input: UpdateModelInput!) {
      updateModel(id: "m/priced", input: $input) { contextTokens price { input } priceHistory { input } }
    }`;
    expect(await askForData(subgraph, admin, update, { input: { contextTokens: 5 } })).toMatchObject({
      updateModel: { contextTokens: 5, price: null, priceHistory: [] },
    });
    await askForData(subgraph, admin, update, { input: { price: { input: '1', output: '1' } } });
    const { updateModel } = await askForData(subgraph, admin, update, {
      input: { contextTokens: null, price: { input: '2', output: '1' } },
    });
    expect(updateModel).toEqual({
      contextTokens: null,
      price: { input: '2.000000000' },
      priceHistory: [{ input: '2.000000000' }, { input: '1.000000000' }],
    });
    expect(catalog.model('m/priced')?.price?.inputNanosPerMillion).toBe(2_000_000_000n);
  });

  it('deprecates with a replacement, retires and puts back into use', async () => {
    await askForData(subgraph, admin, createModel, { input: { providerId: 'm', name: 'old' } });
    await askForData(subgraph, admin, createModel, { input: { providerId: 'm', name: 'new' } });
    const deprecate = `mutation ($by: ID) { deprecateModel(id: "m/old", replacedBy: $by) { lifecycle replacedBy { id } } }`;
    expect(await askForData(subgraph, admin, deprecate, { by: 'm/new' })).toEqual({
      deprecateModel: { lifecycle: 'DEPRECATED', replacedBy: { id: 'm/new' } },
    });
    expect(catalog.model('m/old')).toMatchObject({ lifecycle: 'DEPRECATED', replacedById: 'm/new' });
    expect(await refusal(deprecate, { by: 'm/old' })).toMatch(/^BAD_USER_INPUT: replacedBy/);
    expect(await refusal(deprecate, { by: 'm/none' })).toMatch(/^NOT_FOUND/);
    const lifecycle = (field: string) =>
      askForData(subgraph, admin, `mutation { ${field}(id: "m/old") { lifecycle replacedBy { id } } }`);
    expect(await lifecycle('retireModel')).toMatchObject({ retireModel: { lifecycle: 'RETIRED' } });
    expect(catalog.model('m/old')?.lifecycle).toBe('RETIRED');
    expect(await lifecycle('activateModel')).toEqual({
      activateModel: { lifecycle: 'ACTIVE', replacedBy: null },
    });
  });

  it.each([
    [{ providerId: 'm', name: 'with space' }, /^BAD_USER_INPUT: input.name/],
    [{ providerId: 'nowhere', name: 'x' }, /^NOT_FOUND: .*provider/],
    [{ providerId: 'm', name: 'x', contextTokens: 0 }, /^BAD_USER_INPUT: input.contextTokens/],
    [
      { providerId: 'm', name: 'x', price: { input: '-1', output: '1' } },
      /^BAD_USER_INPUT: input.price.input/,
    ],
    [
      { providerId: 'm', name: 'x', price: { input: '1', output: '0.0000000001' } },
      /^BAD_USER_INPUT: input.price.output/,
    ],
    [{ providerId: 'm', name: 'x', price: { input: 'a', output: '1' } }, /^BAD_USER_INPUT/],
  ])('refuses to create %j', async (input, message) => {
    expect(await refusal(createModel, { input })).toMatch(message);
    expect(catalog.model('m/x')).toBeUndefined();
  });

  it('refuses a model that exists, and changes of one that does not', async () => {
    await askForData(subgraph, admin, createModel, { input: { providerId: 'm', name: 'twice' } });
    expect(await refusal(createModel, { input: { providerId: 'm', name: 'twice' } })).toMatch(/^CONFLICT/);
    expect(await refusal('mutation { updateModel(id: "m/none", input: {}) { id } }')).toMatch(/^NOT_FOUND/);
    expect(await refusal('mutation { retireModel(id: "m/none") { id } }')).toMatch(/^NOT_FOUND/);
  });

  it('lists by provider, ability, state and search, page by page', async () => {
    await askForData(subgraph, admin, createProvider, {
      input: { id: 'listed', kind: 'OPENAI_COMPATIBLE', baseUrl: 'http://127.0.0.1:1' },
    });
    for (const name of ['a.b', 'axb', 'embed-1', 'z']) {
      await askForData(subgraph, admin, createModel, { input: { providerId: 'listed', name } });
    }
    await askForData(subgraph, admin, 'mutation { retireModel(id: "listed/z") { id } }');
    const list = `query ($filter: ModelFilter, $first: Int, $after: String) {
      models(filter: $filter, first: $first, after: $after) {
        edges { node { id } } pageInfo { hasNextPage endCursor }
      }
    }`;
    const ids = async (filter: object) => {
      const { models } = await askForData<ModelPage>(subgraph, reader, list, {
        filter: { providerId: 'listed', ...filter },
      });
      return models.edges.map((edge) => edge.node.id);
    };
    expect(await ids({})).toEqual(['listed/a.b', 'listed/axb', 'listed/embed-1', 'listed/z']);
    expect(await ids({ search: 'A.B' })).toEqual(['listed/a.b']);
    expect(await ids({ capability: 'EMBEDDINGS' })).toEqual(['listed/embed-1']);
    expect(await ids({ lifecycle: 'RETIRED' })).toEqual(['listed/z']);
    const first = await askForData<ModelPage>(subgraph, reader, list, {
      filter: { providerId: 'listed' },
      first: 3,
    });
    expect(first.models.pageInfo.hasNextPage).toBe(true);
    const second = await askForData<ModelPage>(subgraph, reader, list, {
      filter: { providerId: 'listed' },
      first: 3,
      after: first.models.pageInfo.endCursor,
    });
    expect(second.models).toMatchObject({
      edges: [{ node: { id: 'listed/z' } }],
      pageInfo: { hasNextPage: false },
    });
    expect(await refusal(list, { first: 201 })).toMatch(/^BAD_USER_INPUT: first/);
  });

  it('queries the database equally often for one joined row and for fifty', async () => {
    await askForData(subgraph, admin, createProvider, { input: { id: 'many', kind: 'OLLAMA' } });
    for (let index = 0; index < 50; index += 1) {
      await askForData(subgraph, admin, createModel, { input: { providerId: 'many', name: `m${index}` } });
    }
    const join = `query ($first: Int) { models(filter: { providerId: "many" }, first: $first) {
      edges { node { id provider { id credentials { hint } } replacedBy { id } } }
    } }`;
    const one = await countCommands(database, () => askForData(subgraph, admin, join, { first: 1 }));
    const fifty = await countCommands(database, async () => {
      const { models } = await askForData<ModelPage>(subgraph, admin, join, { first: 50 });
      expect(models.edges).toHaveLength(50);
    });
    expect(fifty).toEqual(one);
    const entities = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Model { id provider { id } } } }`;
    const refs = Array.from({ length: 50 }, (_, index) => ({ __typename: 'Model', id: `many/m${index}` }));
    const joined = await countCommands(database, async () => {
      const { _entities } = await askForData<{ _entities: unknown[] }>(subgraph, reader, entities, { refs });
      expect(_entities[49]).toEqual({ id: 'many/m49', provider: { id: 'many' } });
    });
    expect(joined).toEqual(['find', 'find']);
  });
});
