import { describe, expect, it } from 'vitest';
import { parseCountLimits } from '#core/count-limits.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { deletedModels, models } from '#mongo/models.ts';
import { findNodeRecords } from '#mongo/node-records.ts';
import { prompts } from '#mongo/prompts.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { deletedProviders, providers } from '#mongo/providers.ts';
import {
  modelsAdmin as admin,
  createModel,
  createProvider,
  openModelsMesh,
  modelsReader as reader,
} from '#test/support/models-mesh.ts';
import {
  author,
  deleteModelMutation as deleteModel,
  deleteProviderMutation as deleteProvider,
  deleteRouteMutation as deleteRoute,
  deprecate,
  deletionsMesh as mesh,
  newPrompt,
  newProvider,
  promptsSubgraph,
  publishNext,
  route,
  deletionsSubgraph as subgraph,
  takeNumber,
  useDeletions,
} from '#test/support/setups/deletions.ts';
import { ask, askForData, testCaller, testServices } from '#test/support/subgraph.ts';
import { registerEnvironmentProviders } from './providers/register-provider.ts';
import { createModelsSubgraph } from './subgraph.ts';

useDeletions();

const remembered = `query ($of: [_Any!]!) { _entities(representations: $of) {
  ... on Model { id name deletedAt provider { id kind deletedAt problem credentials { id } } }
  ... on Provider { id kind deletedAt } } }`;
const stranger = testCaller('other', 'prompts:write');

const readName = async (id: string) => (await prompts(mesh.database.connection).findById(id).lean())?.name;

async function entities(...of: readonly object[]): Promise<readonly unknown[]> {
  return (await askForData<{ _entities: unknown[] }>(subgraph, admin, remembered, { of }))._entities;
}

describe('deleteModel', () => {
  it('removes it from every list and by-id read, and from the catalog; history still resolves it', async () => {
    const id = `${await newProvider()}/a`;
    expect(await askForData(subgraph, admin, deleteModel, { id })).toEqual({ deleteModel: id });
    const read = `query ($id: ID!, $search: String) {
      model(id: $id) { id } models(filter: { search: $search }) { totalCount edges { node { id } } } }`;
    expect(await askForData(subgraph, reader, read, { id, search: id })).toEqual({
      model: null,
      models: { totalCount: 0, edges: [] },
    });
    expect(await findNodeRecords(mesh.database.connection, 'Model', [id])).toEqual([]);
    expect(mesh.catalog.model(id)).toBeUndefined();
    expect(await mesh.catalog.resolve(id, { tenantId: null })).toBeUndefined();
    expect(await entities({ __typename: 'Model', id })).toMatchObject([
      { id, name: 'a', deletedAt: expect.any(String), provider: { kind: 'OPENAI', deletedAt: null } },
    ]);
    const record = await auditLog(mesh.database.connection)
      .findOne({ action: 'model.delete', targetId: id, outcome: 'SUCCEEDED' })
      .lean();
    expect(record).toMatchObject({ tenantId: null, targetType: 'Model' });
    expect(JSON.stringify(record)).toContain('"name":"a"');
  });

  it.each([deleteModel, deleteProvider, deleteRoute])(
    'and its siblings refuse with NOT_FOUND what is gone as what never was: %s',
    async (mutation) => {
      const id = await newProvider();
      await route(`gone-${id}`, `${id}/b`);
      const target = { [deleteModel]: `${id}/a`, [deleteProvider]: id, [deleteRoute]: `gone-${id}` }[
        mutation
      ];
      if (mutation !== deleteModel) await askForData(subgraph, admin, deleteRoute, { id: `gone-${id}` });
      if (mutation !== deleteRoute) await askForData(subgraph, admin, mutation, { id: target });
      const again = await mesh.refusal(mutation, { id: target });
      expect(again).toMatch(/^NOT_FOUND: There is no (model|provider|route) "[^"]+"\.$/);
      expect(await mesh.refusal(mutation, { id: 'never' })).toBe(again.replace(/"[^"]+"/, '"never"'));
    },
  );

  it('frees the id: a model of the same id is a new one, for history too', async () => {
    const providerId = await newProvider();
    const id = `${providerId}/a`;
    await askForData(subgraph, admin, deleteModel, { id });
    await askForData(subgraph, admin, createModel, { input: { providerId, name: 'a', contextTokens: 7 } });
    expect(mesh.catalog.model(id)?.contextTokens).toBe(7);
    expect(await entities({ __typename: 'Model', id })).toMatchObject([{ id, deletedAt: null }]);
    expect(await deletedModels(mesh.database.connection).countDocuments({ _id: id })).toBe(0);
  });

  it('requires models:write', async () => {
    const id = await newProvider();
    for (const [mutation, target] of [
      [deleteModel, `${id}/a`],
      [deleteProvider, id],
    ] as const) {
      expect(await mesh.refusal(mutation, { id: target }, reader)).toMatch(/^FORBIDDEN/);
    }
    expect(mesh.catalog.model(`${id}/a`)).toBeDefined();
  });
});

describe('what depends on a model or route', () => {
  type Make = (model: string) => Promise<string | undefined>;
  const dependants: readonly [what: string, make: Make][] = [
    [
      'a route',
      async (model) => {
        const alias = `r${takeNumber()}`;
        await route(alias, model);
        return `the route "${alias}"`;
      },
    ],
    [
      'a model that it replaces',
      async (model) => {
        const other = `${await newProvider()}/a`;
        await askForData(subgraph, admin, deprecate, { id: other, by: model });
        return `the model "${other}" (replacedBy)`;
      },
    ],
    [
      'the newest version of a prompt',
      async (model) => `the prompt "${await readName(await newPrompt(model))}"`,
    ],
    [
      'a version of a prompt that a label points at',
      async (model) => {
        const other = `${await newProvider()}/a`;
        const id = await newPrompt(model, { label: 'staging' });
        await publishNext(id, other);
        return `the prompt "${await readName(id)}"`;
      },
    ],
  ];

  it.each(dependants)('keeps the model: %s', async (_what, make) => {
    const providerId = await newProvider();
    const id = `${providerId}/a`;
    const named = await make(id);
    const refusal = await mesh.refusal(deleteModel, { id });
    expect(refusal).toMatch(/^CONFLICT: The model ".*" is in use by 1 other thing: /);
    expect(refusal).toContain(`: ${named}.`);
    const kept = await mesh.refusal(deleteProvider, { id: providerId });
    expect(kept).toMatch(/^CONFLICT: The provider /);
    expect(kept).toContain(`: ${named}.`);
    const { connection } = mesh.database;
    expect(await models(connection).countDocuments({ providerId })).toBe(2);
    expect(await deletedModels(connection).countDocuments({ providerId })).toBe(0);
    expect(await providerCredentials(connection).countDocuments({ providerId })).toBe(1);
    expect(mesh.catalog.model(id)).toBeDefined();
  });

  it('keeps a route that the newest or a labelled version calls, and no other route', async () => {
    const model = `${await newProvider()}/a`;
    for (const [alias, label] of [
      ['called-a', undefined],
      ['called-b', 'production'],
      ['free', undefined],
    ] as const) {
      await route(alias, model);
      const id = await newPrompt(alias, label === undefined ? {} : { label });
      if (alias !== 'called-a') await publishNext(id, model);
    }
    for (const alias of ['called-a', 'called-b']) {
      expect(await mesh.refusal(deleteRoute, { id: alias })).toMatch(
        /^CONFLICT: The route "called-." is in use by 1 other thing: the prompt "/,
      );
      expect(mesh.catalog.route(alias)).toBeDefined();
    }
    expect(await askForData(subgraph, admin, deleteRoute, { id: 'route:free' })).toEqual({
      deleteRoute: 'route:free',
    });
  });

  it('is not: an archived prompt, a version that is called by number alone, a pattern of a key, a model of the same provider', async () => {
    const providerId = await newProvider();
    const id = `${providerId}/a`;
    const archived = await newPrompt(id);
    await askForData(promptsSubgraph, author, 'mutation ($id: ID!) { archivePrompt(id: $id) }', {
      id: archived,
    });
    const older = await newPrompt(id);
    await publishNext(older, `${await newProvider()}/a`);
    const { connection } = mesh.database;
    expect(await apiKeys(connection).countDocuments({})).toBe(0);
    await askForData(subgraph, admin, deprecate, { id: `${providerId}/b`, by: id });
    expect(await askForData(subgraph, admin, deleteProvider, { id: providerId })).toEqual({
      deleteProvider: providerId,
    });
  });

  it('is named up to ten times; prompts of other tenants are counted alone, but for operators', async () => {
    const id = `${await newProvider()}/a`;
    for (let made = 0; made < 9; made += 1) await route(`many${made}`, id);
    const own = await readName(await newPrompt(id));
    const foreign = await readName(await newPrompt(id, {}, stranger));
    const refusal = await mesh.refusal(deleteModel, { id });
    expect(refusal).toContain('is in use by 11 others: the route "many0", ');
    expect(refusal).toContain(`the prompt "${own}", 1 more. Change them first.`);
    expect(refusal).not.toContain(foreign);
    await askForData(subgraph, admin, deleteRoute, { id: 'many0' });
    const operator = testCaller('acme', 'models:write', 'tenants:admin');
    expect(await mesh.refusal(deleteModel, { id }, operator)).toContain(
      `the prompt "${foreign}" of the tenant "other"`,
    );
  });
});

describe('deleteProvider', () => {
  it('takes its models with it, erases its secrets, and leaves history what it needs', async () => {
    const id = await newProvider();
    const { connection } = mesh.database;
    const sealed = (await providerCredentials(connection).findOne({ providerId: id }).lean())?.sealed;
    expect(await askForData(subgraph, admin, deleteProvider, { id })).toEqual({ deleteProvider: id });
    for (const { name } of await connection.db!.listCollections().toArray()) {
      const records = await connection.db!.collection(name).find({}).toArray();
      expect(JSON.stringify(records), name).not.toContain(sealed);
    }
    const read = 'query ($id: ID!) { provider(id: $id) { id } providers(filter: { search: $id }) { id } }';
    expect(
      await askForData(subgraph, reader, read.replace('search: $id', `search: "${id}"`), { id }),
    ).toEqual({
      provider: null,
      providers: [],
    });
    expect(await findNodeRecords(connection, 'Provider', [id])).toEqual([]);
    expect([mesh.catalog.provider(id), mesh.catalog.model(`${id}/a`)]).toEqual([undefined, undefined]);
    expect(
      await entities({ __typename: 'Model', id: `${id}/a` }, { __typename: 'Provider', id }),
    ).toMatchObject([
      {
        deletedAt: expect.any(String),
        provider: {
          id,
          kind: 'OPENAI',
          deletedAt: expect.any(String),
          problem: 'It was deleted.',
          credentials: [],
        },
      },
      { id, kind: 'OPENAI', deletedAt: expect.any(String) },
    ]);
  });

  it('frees an id that got the wrong kind', async () => {
    const id = await newProvider();
    await askForData(subgraph, admin, deleteProvider, { id });
    const input = { id, kind: 'ANTHROPIC', registerModels: true };
    expect(await askForData(subgraph, admin, createProvider, { input })).toMatchObject({
      createProvider: { id, kind: 'ANTHROPIC', credentials: [] },
    });
    expect(mesh.catalog.provider(id)?.kind).toBe('ANTHROPIC');
    expect(mesh.catalog.model(`${id}/a`)).toBeUndefined();
    expect(await entities({ __typename: 'Provider', id })).toEqual([
      { id, kind: 'ANTHROPIC', deletedAt: null },
    ]);
  });
});

describe('a start', () => {
  it('makes no deleted model again, and keeps the providers of its environment from deletion', async () => {
    await using own = await openModelsMesh();
    const { connection } = own.database;
    const start = async (env: Record<string, string>) => {
      const services = testServices(own.database);
      const { secrets } = own.keyring;
      const environmentProviders = await registerEnvironmentProviders(connection, env, {
        ...services,
        secrets,
      });
      return createModelsSubgraph({ ...services, connection, secrets, environmentProviders });
    };
    const env = { OPENAI_API_KEY: 'sk-openai-0001' };
    const first = await start(env);
    const readRefusal = async (id: string) =>
      askForData(first, admin, deleteProvider, { id }).catch(({ message }: Error) => message);
    expect(await readRefusal('openai')).toContain('remove its variables and restart, or disable it');
    expect(await readRefusal('demo')).toContain('is made by every start: disable it with updateProvider');
    for (const id of ['openai/gpt-5-mini', 'demo/slow']) await askForData(first, admin, deleteModel, { id });
    await start(env);
    const deleted = { _id: { $in: ['openai/gpt-5-mini', 'demo/slow'] } };
    expect(await models(connection).countDocuments(deleted)).toBe(0);

    const without = await start({});
    expect(await askForData(without, admin, deleteProvider, { id: 'openai' })).toEqual({
      deleteProvider: 'openai',
    });
    await start({});
    expect(await providers(connection).countDocuments({ _id: 'openai' })).toBe(0);
    await start(env);
    expect(await models(connection).countDocuments({ _id: 'openai/gpt-5-mini' })).toBe(1);
    expect(await deletedModels(connection).countDocuments({ providerId: 'openai' })).toBe(0);
  });
});

describe('what is remembered of deleted models and providers', () => {
  it('has a bound, beyond which nothing more is deleted; what is deleted again needs no room', async () => {
    const { connection } = mesh.database;
    const [first, second] = [await newProvider(), await newProvider()];
    await deletedModels(connection).deleteMany({});
    await deletedProviders(connection).deleteMany({});
    const counts = parseCountLimits('deletedModels=3,deletedProviders=1');
    const bounded = createModelsSubgraph({
      ...testServices(mesh.database),
      ...{ connection, secrets: mesh.keyring.secrets, counts },
    });
    const remove = async (query: string, id: string) =>
      (await ask(bounded, admin, query, { id })).errors
        ?.map(({ code, message }) => `${code}: ${message}`)
        .join() ?? 'done';
    for (const time of [1, 2]) {
      expect(await remove(deleteProvider, first), `${time}`).toBe('done');
      await askForData(bounded, admin, createProvider, {
        input: { id: first, kind: 'OPENAI', apiKey: 'sk-secret-0001' },
      });
      for (const name of ['a', 'b'])
        await askForData(bounded, admin, createModel, { input: { providerId: first, name } });
    }
    expect(await remove(deleteProvider, first)).toBe('done');
    expect(await remove(deleteProvider, second)).toMatch(
      /^CONFLICT: There are 1 deleted providers .*deletedProviders/,
    );
    expect(await models(connection).countDocuments({ providerId: second })).toBe(2);
    expect(await remove(deleteModel, `${second}/a`)).toBe('done');
    expect(await remove(deleteModel, `${second}/b`)).toMatch(
      /^CONFLICT: There are 3 deleted AI models .*deletedModels/,
    );
    expect(await models(connection).countDocuments({ providerId: second })).toBe(1);
  });
});
