import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditLog } from '#mongo/audit-log.ts';
import { type Catalog, openCatalog } from '#mongo/catalog.ts';
import type { Database } from '#mongo/connect.ts';
import { createSecretBox } from '#mongo/secret-box.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { ask, countCommands, dataOf, testCaller, testServices } from '#test/support/subgraph.ts';
import type { Subgraph } from '../shared/subgraph.ts';
import { createModelsSubgraph } from './subgraph.ts';

const admin = testCaller('acme', 'models:write');
const reader = testCaller('other');
const secretBox = createSecretBox(randomBytes(32));

let database: Database;
let subgraph: Subgraph;
let catalog: Catalog;

beforeAll(async () => {
  database = await openTestDatabase({ monitorCommands: true });
  const services = testServices(database);
  subgraph = createModelsSubgraph({ ...services, connection: database.connection, secretBox });
  catalog = await openCatalog(database.connection, { bus: services.bus, refreshMs: 3_600_000 });
});

afterAll(async () => {
  await catalog?.[Symbol.asyncDispose]();
  await database?.close();
});

const createProvider = `mutation ($input: CreateProviderInput!) {
  createProvider(input: $input) { id kind baseUrl region enabled credentials { id label hint weight enabled } }
}`;
const createModel = `mutation ($input: CreateModelInput!) {
  createModel(input: $input) {
    id name capabilities inputModalities outputModalities contextTokens maxOutputTokens lifecycle
    provider { id } price { input output cachedInput cacheWrite effectiveFrom }
  }
}`;
const saveRoute = `mutation ($input: RouteInput!) {
  saveRoute(input: $input) {
    alias strategy maxAttempts timeouts { connectMs firstTokenMs interTokenMs totalMs }
    targets { weight regions model { id } }
  }
}`;

interface ModelPage {
  readonly models: {
    readonly edges: readonly { readonly node: { readonly id: string } }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

/** The messages of a refused call, after its code. */
async function refusal(query: string, variables: Record<string, unknown> = {}, caller = admin) {
  const { errors = [] } = await ask(subgraph, caller, query, variables);
  return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
}

describe('providers', () => {
  it('keeps a key encrypted, shows its last four characters, and hands it to the catalog', async () => {
    const data = await dataOf(subgraph, admin, createProvider, {
      input: {
        id: 'openai-eu',
        kind: 'OPENAI',
        baseUrl: 'https://eu.example.com/v1/',
        apiKey: ' sk-verysecret-1234\n',
        region: 'eu',
      },
    });
    expect(data.createProvider).toMatchObject({
      id: 'openai-eu',
      baseUrl: 'https://eu.example.com/v1',
      region: 'eu',
      enabled: true,
      credentials: [{ label: 'default', hint: '1234', weight: 1, enabled: true }],
    });
    const provider = catalog.provider('openai-eu');
    expect(provider).toMatchObject({ kind: 'OPENAI', region: 'eu' });
    expect(secretBox.open(provider?.credentials[0]?.sealed ?? '')).toBe('sk-verysecret-1234');
    const everything = JSON.stringify([
      await auditLog(database.connection).find().lean(),
      await database.connection.collection('provider_credentials').find().toArray(),
    ]);
    expect(everything).not.toContain('verysecret');
    expect(everything).toContain('provider.create');
  });

  it('adds, changes and removes credentials, and the catalog follows at once', async () => {
    await dataOf(subgraph, admin, createProvider, { input: { id: 'keys', kind: 'ANTHROPIC' } });
    const { addProviderCredential: added } = await dataOf<{ addProviderCredential: { id: string } }>(
      subgraph,
      admin,
      `mutation { addProviderCredential(providerId: "keys", label: "second", secret: "short", weight: 3) { id hint weight } }`,
    );
    expect(added).toMatchObject({ hint: '', weight: 3 });
    expect(catalog.provider('keys')?.credentials).toMatchObject([{ id: added.id, weight: 3 }]);
    await dataOf(
      subgraph,
      admin,
      `mutation ($id: ID!) { updateProviderCredential(id: $id, input: { enabled: false }) { enabled } }`,
      added,
    );
    expect(catalog.provider('keys')?.credentials).toEqual([]);
    const remove = `mutation ($id: ID!) { removeProviderCredential(id: $id) }`;
    expect(await dataOf(subgraph, admin, remove, added)).toEqual({ removeProviderCredential: true });
    expect(await dataOf(subgraph, admin, remove, added)).toEqual({ removeProviderCredential: false });
  });

  it("registers the vendor's present models when asked to", async () => {
    await dataOf(subgraph, admin, createProvider, {
      input: { id: 'deep', kind: 'DEEPSEEK', apiKey: 'sk-deep-123456', registerModels: true },
    });
    expect(catalog.model('deep/deepseek-chat')).toMatchObject({ contextTokens: 64_000, lifecycle: 'ACTIVE' });
  });

  it('changes what is given and clears what is null', async () => {
    await dataOf(subgraph, admin, createProvider, {
      input: { id: 'changing', kind: 'MISTRAL', baseUrl: 'http://127.0.0.1:1', region: 'eu' },
    });
    const update = `mutation ($input: UpdateProviderInput!) {
      updateProvider(id: "changing", input: $input) { baseUrl region enabled }
    }`;
    expect(await dataOf(subgraph, admin, update, { input: { enabled: false } })).toEqual({
      updateProvider: { baseUrl: 'http://127.0.0.1:1', region: 'eu', enabled: false },
    });
    expect(await dataOf(subgraph, admin, update, { input: { baseUrl: null, region: null } })).toEqual({
      updateProvider: { baseUrl: null, region: null, enabled: false },
    });
    expect(catalog.provider('changing')).toMatchObject({ baseUrl: null, enabled: false });
  });

  it.each([
    [{ id: 'Bad', kind: 'OPENAI' }, 'input.id must be'],
    [{ id: 'a/b', kind: 'OPENAI' }, 'input.id must be'],
    [{ id: 'url', kind: 'OPENAI', baseUrl: 'not a url' }, 'input.baseUrl must be an http'],
    [{ id: 'url', kind: 'OPENAI', baseUrl: 'file:///etc/passwd' }, 'input.baseUrl must be an http'],
    [{ id: 'url', kind: 'OPENAI', baseUrl: 'https://u:p@example.com' }, 'input.baseUrl must not hold a user'],
    [
      { id: 'url', kind: 'OPENAI', baseUrl: 'https://example.com/?a=1' },
      'input.baseUrl must not hold a query',
    ],
    [{ id: 'url', kind: 'VLLM' }, 'input.baseUrl is needed'],
    [{ id: 'url', kind: 'BEDROCK', apiKey: 'x' }, 'input.region is needed'],
    [{ id: 'url', kind: 'OPENAI', apiKey: '  ' }, 'input.apiKey must have'],
  ])('refuses %j and leaves nothing behind', async (input, message) => {
    expect(await refusal(createProvider, { input })).toMatch(`BAD_USER_INPUT: ${message}`);
    expect(await dataOf(subgraph, admin, `query ($id: ID!) { provider(id: $id) { id } }`, input)).toEqual({
      provider: null,
    });
  });

  it('refuses a taken id, and a credential for a provider that does not exist', async () => {
    await dataOf(subgraph, admin, createProvider, { input: { id: 'taken', kind: 'OLLAMA' } });
    expect(await refusal(createProvider, { input: { id: 'taken', kind: 'OPENAI' } })).toMatch(/^CONFLICT/);
    const add = `mutation { addProviderCredential(providerId: "nowhere", label: "x", secret: "y") { id } }`;
    expect(await refusal(add)).toMatch(/^NOT_FOUND: .*nowhere/);
  });

  it('shows providers to everyone and credentials only to those who may change them', async () => {
    const { providers } = await dataOf<{ providers: unknown[] }>(
      subgraph,
      reader,
      '{ providers { id kind enabled } }',
    );
    expect(providers.length).toBeGreaterThan(0);
    expect(await refusal('{ providers { credentials { hint } } }', {}, reader)).toContain('FORBIDDEN');
    expect(await refusal(createProvider, { input: { id: 'x', kind: 'DEMO' } }, reader)).toContain(
      'models:write',
    );
  });
});

describe('models', () => {
  beforeAll(async () => {
    await dataOf(subgraph, admin, createProvider, {
      input: { id: 'm', kind: 'OPENAI', apiKey: 'sk-12345678901' },
    });
  });

  it('fills in price, sizes and abilities from the catalogue', async () => {
    const { createModel: model } = await dataOf<{ createModel: { capabilities: string[] } }>(
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
      price: { input: '2.500000000', output: '10.000000000', cachedInput: '1.250000000', cacheWrite: null },
      lifecycle: 'ACTIVE',
      provider: { id: 'm' },
    });
    expect(model.capabilities).toEqual(expect.arrayContaining(['CHAT', 'TOOLS', 'VISION']));
    expect(catalog.model('m/gpt-4o-2024-08-06')?.price?.inputNanosPerMillion).toBe(2_500_000_000n);
  });

  it('takes names with slashes and what the admin says over the catalogue', async () => {
    const { createModel: model } = await dataOf(subgraph, admin, createModel, {
      input: {
        providerId: 'm',
        name: 'org/own-model',
        capabilities: ['EMBEDDINGS'],
        contextTokens: 10,
        price: { input: '0.000000001', output: 2, cachedInput: '0' },
      },
    });
    expect(model).toMatchObject({
      id: 'm/org/own-model',
      name: 'org/own-model',
      capabilities: ['EMBEDDINGS'],
      contextTokens: 10,
      maxOutputTokens: null,
      price: { input: '0.000000001', output: '2.000000000', cachedInput: '0.000000000', cacheWrite: null },
    });
    expect(await catalog.resolve('m/org/own-model')).toMatchObject({ model: { name: 'org/own-model' } });
  });

  it('keeps the history of prices and serves the one in force', async () => {
    await dataOf(subgraph, admin, createModel, { input: { providerId: 'm', name: 'priced' } });
    const update = `mutation ($input: UpdateModelInput!) {
      updateModel(id: "m/priced", input: $input) { contextTokens price { input } priceHistory { input } }
    }`;
    expect(await dataOf(subgraph, admin, update, { input: { contextTokens: 5 } })).toMatchObject({
      updateModel: { contextTokens: 5, price: null, priceHistory: [] },
    });
    await dataOf(subgraph, admin, update, { input: { price: { input: '1', output: '1' } } });
    const { updateModel } = await dataOf(subgraph, admin, update, {
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
    await dataOf(subgraph, admin, createModel, { input: { providerId: 'm', name: 'old' } });
    await dataOf(subgraph, admin, createModel, { input: { providerId: 'm', name: 'new' } });
    const deprecate = `mutation ($by: ID) { deprecateModel(id: "m/old", replacedBy: $by) { lifecycle replacedBy { id } } }`;
    expect(await dataOf(subgraph, admin, deprecate, { by: 'm/new' })).toEqual({
      deprecateModel: { lifecycle: 'DEPRECATED', replacedBy: { id: 'm/new' } },
    });
    expect(catalog.model('m/old')).toMatchObject({ lifecycle: 'DEPRECATED', replacedById: 'm/new' });
    expect(await refusal(deprecate, { by: 'm/old' })).toMatch(/^BAD_USER_INPUT: replacedBy/);
    expect(await refusal(deprecate, { by: 'm/none' })).toMatch(/^NOT_FOUND/);
    const lifecycle = (field: string) =>
      dataOf(subgraph, admin, `mutation { ${field}(id: "m/old") { lifecycle replacedBy { id } } }`);
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
    await dataOf(subgraph, admin, createModel, { input: { providerId: 'm', name: 'twice' } });
    expect(await refusal(createModel, { input: { providerId: 'm', name: 'twice' } })).toMatch(/^CONFLICT/);
    expect(await refusal('mutation { updateModel(id: "m/none", input: {}) { id } }')).toMatch(/^NOT_FOUND/);
    expect(await refusal('mutation { retireModel(id: "m/none") { id } }')).toMatch(/^NOT_FOUND/);
  });

  it('lists by provider, ability, state and search, page by page', async () => {
    await dataOf(subgraph, admin, createProvider, {
      input: { id: 'listed', kind: 'OPENAI_COMPATIBLE', baseUrl: 'http://127.0.0.1:1' },
    });
    for (const name of ['a.b', 'axb', 'embed-1', 'z']) {
      await dataOf(subgraph, admin, createModel, { input: { providerId: 'listed', name } });
    }
    await dataOf(subgraph, admin, 'mutation { retireModel(id: "listed/z") { id } }');
    const list = `query ($filter: ModelFilter, $first: Int, $after: String) {
      models(filter: $filter, first: $first, after: $after) {
        edges { node { id } } pageInfo { hasNextPage endCursor }
      }
    }`;
    const ids = async (filter: object) => {
      const { models } = await dataOf<ModelPage>(subgraph, reader, list, {
        filter: { providerId: 'listed', ...filter },
      });
      return models.edges.map((edge) => edge.node.id);
    };
    expect(await ids({})).toEqual(['listed/a.b', 'listed/axb', 'listed/embed-1', 'listed/z']);
    expect(await ids({ search: 'A.B' })).toEqual(['listed/a.b']);
    expect(await ids({ capability: 'EMBEDDINGS' })).toEqual(['listed/embed-1']);
    expect(await ids({ lifecycle: 'RETIRED' })).toEqual(['listed/z']);
    const first = await dataOf<ModelPage>(subgraph, reader, list, {
      filter: { providerId: 'listed' },
      first: 3,
    });
    expect(first.models.pageInfo.hasNextPage).toBe(true);
    const second = await dataOf<ModelPage>(subgraph, reader, list, {
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

  it('asks the database equally often for one joined row and for fifty', async () => {
    await dataOf(subgraph, admin, createProvider, { input: { id: 'many', kind: 'OLLAMA' } });
    for (let index = 0; index < 50; index += 1) {
      await dataOf(subgraph, admin, createModel, { input: { providerId: 'many', name: `m${index}` } });
    }
    const join = `query ($first: Int) { models(filter: { providerId: "many" }, first: $first) {
      edges { node { id provider { id credentials { hint } } replacedBy { id } } }
    } }`;
    const one = await countCommands(database, () => dataOf(subgraph, admin, join, { first: 1 }));
    const fifty = await countCommands(database, async () => {
      const { models } = await dataOf<ModelPage>(subgraph, admin, join, { first: 50 });
      expect(models.edges).toHaveLength(50);
    });
    expect(fifty).toEqual(one);
    const entities = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Model { id provider { id } } } }`;
    const refs = Array.from({ length: 50 }, (_, index) => ({ __typename: 'Model', id: `many/m${index}` }));
    const joined = await countCommands(database, async () => {
      const { _entities } = await dataOf<{ _entities: unknown[] }>(subgraph, reader, entities, { refs });
      expect(_entities[49]).toEqual({ id: 'many/m49', provider: { id: 'many' } });
    });
    expect(joined).toEqual(['find', 'find']);
  });
});

describe('routes', () => {
  beforeAll(async () => {
    await dataOf(subgraph, admin, createProvider, { input: { id: 'r', kind: 'OLLAMA' } });
    for (const name of ['a', 'b', 'gone']) {
      await dataOf(subgraph, admin, createModel, { input: { providerId: 'r', name } });
    }
    await dataOf(subgraph, admin, 'mutation { retireModel(id: "r/gone") { id } }');
  });

  it('saves with sensible times unless given, replaces as a whole, and deletes', async () => {
    const saved = await dataOf(subgraph, admin, saveRoute, {
      input: {
        alias: 'smart',
        strategy: 'PRIORITY',
        targets: [{ model: 'r/a' }, { model: 'r/b', regions: ['eu'] }],
      },
    });
    expect(saved.saveRoute).toEqual({
      alias: 'smart',
      strategy: 'PRIORITY',
      maxAttempts: 3,
      timeouts: { connectMs: 10_000, firstTokenMs: 60_000, interTokenMs: 30_000, totalMs: 600_000 },
      targets: [
        { weight: 1, regions: null, model: { id: 'r/a' } },
        { weight: 1, regions: ['eu'], model: { id: 'r/b' } },
      ],
    });
    await dataOf(subgraph, admin, saveRoute, {
      input: {
        alias: 'smart',
        strategy: 'WEIGHTED',
        targets: [
          { model: 'r/b', weight: 0 },
          { model: 'r/a', weight: 2 },
        ],
        timeouts: { firstTokenMs: 50 },
        maxAttempts: 1,
      },
    });
    expect(catalog.route('smart')).toMatchObject({
      strategy: 'WEIGHTED',
      maxAttempts: 1,
      timeouts: { connectMs: 10_000, firstTokenMs: 50 },
      targets: [
        { model: { id: 'r/b' }, weight: 0 },
        { model: { id: 'r/a' }, weight: 2 },
      ],
    });
    expect(await dataOf(subgraph, reader, '{ routes { alias } route(alias: "smart") { strategy } }')).toEqual(
      {
        routes: [{ alias: 'smart' }],
        route: { strategy: 'WEIGHTED' },
      },
    );
    const remove = 'mutation { deleteRoute(alias: "smart") }';
    expect(await dataOf(subgraph, admin, remove)).toEqual({ deleteRoute: true });
    expect(await dataOf(subgraph, admin, remove)).toEqual({ deleteRoute: false });
    expect(catalog.route('smart')).toBeUndefined();
  });

  it.each([
    [{ alias: 'r/a' }, 'input.alias'],
    [{ targets: [] }, 'input.targets must name 1 to 50'],
    [{ targets: [{ model: 'r/none' }] }, 'names models that do not exist: "r/none"'],
    [{ targets: [{ model: 'r/gone' }] }, 'names models that are retired: r/gone'],
    [{ targets: [{ model: 'r/a' }, { model: 'r/a' }] }, 'names "r/a" twice'],
    [{ targets: [{ model: 'r/a', weight: -1 }] }, 'input.targets[0].weight'],
    [{ strategy: 'WEIGHTED', targets: [{ model: 'r/a', weight: 0 }] }, 'needs a weight above 0'],
    [{ timeouts: { totalMs: 0 } }, 'input.timeouts.totalMs'],
    [{ timeouts: { connectMs: 60_001 } }, 'input.timeouts.connectMs'],
    [{ maxAttempts: 11 }, 'input.maxAttempts'],
  ])('refuses %j', async (wrong, message) => {
    const input = { alias: 'wrong', strategy: 'PRIORITY', targets: [{ model: 'r/a' }], ...wrong };
    expect(await refusal(saveRoute, { input })).toMatch(/^BAD_USER_INPUT/);
    expect(await refusal(saveRoute, { input })).toContain(message);
    expect(catalog.route('wrong')).toBeUndefined();
  });
});
