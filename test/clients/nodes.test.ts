import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scopes } from '#core/caller.ts';
import { admin, newTenant, unique } from '#test/e2e/scenarios/setup.ts';
import { createTestClient, type TestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';

/** A field of each type beside its id, as `node` is asked for it. */
const fields: Readonly<Record<string, string>> = {
  AccessGrant: 'resource',
  Alert: 'condition',
  ApiKey: 'label',
  App: 'name',
  AuditRecord: 'action',
  Budget: 'amount',
  Completion: 'text',
  GuardrailPolicy: 'name',
  Invocation: 'kind',
  Member: 'subject',
  Model: 'name',
  Plan: 'name',
  Prompt: 'name',
  PromptVersion: 'template',
  Provider: 'kind',
  ProviderCredential: 'label',
  Route: 'alias',
  Team: 'name',
  Tenant: 'name',
};

/** Types that belong to the mesh: every tenant sees the same. */
const meshTypes = new Set(['Model', 'Plan', 'Provider', 'ProviderCredential', 'Route']);

/** The scopes without which the type's own query refuses the caller. */
const neededScopes: Readonly<Record<string, string>> = {
  AccessGrant: 'tenants:read',
  Alert: 'usage:read',
  ApiKey: 'tenants:read',
  App: 'tenants:read',
  AuditRecord: 'audit:read',
  Budget: 'tenants:read',
  GuardrailPolicy: 'tenants:read',
  Member: 'tenants:read',
  Model: 'models:read',
  Plan: 'tenants:read',
  Prompt: 'prompts:read',
  PromptVersion: 'prompts:read',
  Provider: 'models:read',
  Route: 'models:read',
  Team: 'tenants:read',
  Tenant: 'tenants:read',
};

const tenantScopes = Object.keys(scopes).filter((scope) => scope !== 'tenants:admin');

/** The field of each type stands under the name of the type. */
const selections = Object.entries(fields).map(([type, field]) => `... on ${type} { ${type}: ${field} }`);
const nodeQuery = `query ($id: ID!) { node(id: $id) { __typename id ${selections.join(' ')} } }`;

interface Found {
  readonly node: Readonly<Record<string, string | null>> | null;
}

let mesh: TestMesh;
let a: Awaited<ReturnType<typeof newTenant>>;
let b: Awaited<ReturnType<typeof newTenant>>;
/** Of each type, the id of a record of tenant A, or of the mesh. */
const ids: Record<string, string> = {};
/** One name for all that people choose a name for. */
const name = unique('same');

beforeAll(async () => {
  mesh = await startOneProcess();
  const of = () => mesh;
  a = await newTenant(of, { scopes: tenantScopes });
  b = await newTenant(of, { scopes: tenantScopes });
  const { addProviderCredential: Credential, ...made } = await admin(of).data<Record<string, { id: string }>>(
    `mutation ($name: ID!, $text: String!) {
      Provider: createProvider(input: { id: $name, kind: DEMO }) { id }
      addProviderCredential(providerId: $name, label: $text, secret: "sk-1234567890abcdef") { id }
      Model: createModel(input: { providerId: $name, name: $text }) { id }
      Route: saveRoute(input: { alias: $name, strategy: PRIORITY, targets: [{ model: "demo/echo" }] }) { id }
    }`,
    { name, text: name },
  );
  const plan = await admin(of).data<{ savePlan: { id: string } }>(
    `mutation { savePlan(input: { id: "${unique('plan')}", name: "${name}", limits: [] }) { id } }`,
  );
  const own = await a.client.data<Record<string, { id: string; versions: never; key: { id: string } }>>(
    `mutation ($name: String!, $app: ID!) {
      Prompt: createPrompt(input: { name: "same", version: { model: "demo/echo", template: "x" } }) { id }
      Member: saveMember(input: { subject: $name, role: VIEWER }) { id }
      Budget: saveBudget(input: { amount: "5", window: MONTH }) { id }
      GuardrailPolicy: saveGuardrailPolicy(input: { id: "same", rules: [{ rule: "secrets", stages: [INPUT], action: LOG }] }) { id }
      AccessGrant: requestAccess(resource: $name) { id }
      Alert: saveAlert(input: { id: "same", metric: REQUESTS, condition: ABOVE, threshold: 5, window: HOUR }) { id }
      Completion: complete(input: { model: "demo/echo", messages: [{ role: USER, content: $name }] }) {
        id invocation { id }
      }
      Team: createTeam(input: { name: $name }) { id }
      App: updateApp(id: $app, input: { name: $name }) { id }
    }`,
    { name, app: a.appId },
  );
  const read = await a.client.data<{
    prompt: { version: { id: string } };
    auditLog: { edges: { node: { id: string } }[] };
    invocations: { edges: { node: { id: string } }[] };
  }>(
    '{ prompt(name: "same") { version { id } } auditLog(first: 1) { edges { node { id } } } invocations { edges { node { id } } } }',
  );
  for (const [type, { id }] of Object.entries({ ...made, ...own })) ids[type] = id;
  Object.assign(ids, {
    Plan: plan.savePlan.id,
    Tenant: a.tenantId,
    ApiKey: a.keyId,
    ProviderCredential: Credential?.id,
    PromptVersion: read.prompt.version.id,
    AuditRecord: read.auditLog.edges[0]?.node.id,
    Invocation: read.invocations.edges[0]?.node.id,
  });
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const askForNode = async (client: TestClient, type: string) =>
  client.send<Found>(nodeQuery, { id: ids[type] ?? '' });

describe('node', () => {
  it('is requested for every type that implements Node', async () => {
    const { __type } = await a.client.data<{ __type: { possibleTypes: { name: string }[] } }>(
      '{ __type(name: "Node") { possibleTypes { name } } }',
    );
    expect(__type.possibleTypes.map((type) => type.name).sort()).toEqual(Object.keys(fields));
    expect(Object.keys(ids).sort()).toEqual(Object.keys(fields));
  });

  it('has an id for every record that no record of another type has', () => {
    expect(new Set(Object.values(ids)).size).toBe(Object.keys(fields).length);
  });

  it.each(Object.keys(fields))('returns a %s with its fields, by its id', async (type) => {
    const { data, errors } = await askForNode(a.client, type);
    expect(errors).toBeUndefined();
    expect(data.node).toMatchObject({ __typename: type, id: ids[type], [type]: expect.any(String) });
  });

  it.each(Object.keys(fields))('shows another tenant no %s but the mesh’s own', async (type) => {
    const { data, errors } = await askForNode(b.client, type);
    expect(errors).toBeUndefined();
    if (meshTypes.has(type)) expect(data.node).toMatchObject({ id: ids[type] });
    else expect(data.node).toBeNull();
    const { data: bare } = await b.client.send<Found>('query ($id: ID!) { node(id: $id) { __typename } }', {
      id: ids[type] ?? '',
    });
    expect(bare.node === null).toBe(!meshTypes.has(type));
  });

  it('shows a guardrail policy of the mesh to its operators alone', async () => {
    const root = admin(() => mesh);
    const { saved } = await root.data<{ saved: { id: string } }>(
      'mutation { saved: saveGuardrailPolicy(input: { id: "mesh", rules: [{ rule: "secrets", stages: [INPUT], action: LOG }] }) { id } }',
    );
    const query = 'query ($id: ID!) { node(id: $id) { id } }';
    expect(await root.data(query, saved)).toEqual({ node: saved });
    expect(await a.client.data(query, saved)).toEqual({ node: null });
  });

  it.each(Object.keys(fields))('requires for a %s the scope that its own query requires', async (type) => {
    const without = await newTenant(() => mesh, { scopes: [] });
    const weak = meshTypes.has(type) ? without.client : await createWeakKey(a.appId);
    const { data, errors = [] } = await askForNode(weak, type);
    const scope = neededScopes[type];
    expect(data.node).toBeNull();
    // A call of another key does not exist for a key that reads its own alone, nor a credential of the mesh for its tenants.
    if (scope === undefined) expect(errors).toEqual([]);
    else {
      expect(errors[0]).toMatchObject({ path: ['node'], extensions: { code: 'FORBIDDEN' } });
      expect(errors[0]?.message).toContain(scope);
    }
  });

  it('refuses a caller without credentials', async () => {
    const { data, errors = [] } = await askForNode(createTestClient(mesh.url, ''), 'Provider');
    expect(data.node).toBeNull();
    expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  it('is null for an id that nothing has, whatever its form', async () => {
    const unknown = [
      '',
      'nothing',
      'x/y',
      'route:',
      'route:nothing',
      'invocation:nothing',
      '__proto__',
      '$ne',
    ];
    for (const id of unknown)
      expect(await a.client.data('query ($id: ID!) { node(id: $id) { id } }', { id })).toEqual({
        node: null,
      });
  });

  it('returns many in the order of their ids, null among them, and refuses more than 50', async () => {
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }';
    const wanted = ['Budget', 'Model', 'Route', 'Tenant'];
    const given = wanted.map((type) => ids[type] ?? '');
    expect(await a.client.data(query, { ids: [...given, 'nothing', given[0]] })).toEqual({
      nodes: [
        ...wanted.map((type) => ({ __typename: type, id: ids[type] })),
        null,
        { __typename: 'Budget', id: given[0] },
      ],
    });
    expect(await a.client.code(query, { ids: Array(51).fill('x') })).toBe('BAD_USER_INPUT');
  });
});

describe('ids', () => {
  it('that people choose are refused when something else has them, in either order', async () => {
    const root = admin(() => mesh);
    const [first, second] = [unique('one'), unique('two')];
    const provider = (id: string) => `mutation { createProvider(input: { id: "${id}", kind: DEMO }) { id } }`;
    const plan = (id: string) =>
      `mutation { savePlan(input: { id: "${id}", name: "${unique(id)}", limits: [] }) { id } }`;
    await root.data(provider(first));
    expect(await root.code(plan(first))).toBe('CONFLICT');
    await root.data(plan(second));
    expect(await root.code(provider(second))).toBe('CONFLICT');
    await root.data(plan(second));
    for (const taken of [a.tenantId, a.appId, 'admin', 'default', 'default-app']) {
      expect(await root.code(provider(taken)), taken).toBe('CONFLICT');
      expect(await root.code(plan(taken)), taken).toBe('CONFLICT');
    }
    expect(await root.data(`{ node(id: "${first}") { __typename } plans { id } }`)).toMatchObject({
      node: { __typename: 'Provider' },
      plans: expect.not.arrayContaining([{ id: first }]),
    });
  });

  it('that are chosen for two types at once are never both kept', async () => {
    const root = admin(() => mesh);
    const id = unique('race');
    await Promise.all([
      root.send(`mutation { createProvider(input: { id: "${id}", kind: DEMO }) { id } }`),
      root.send(`mutation { savePlan(input: { id: "${id}", name: "${id}", limits: [] }) { id } }`),
    ]);
    const { provider, plans } = await root.data<{ provider: object | null; plans: { id: string }[] }>(
      `{ provider(id: "${id}") { id } plans { id } }`,
    );
    expect(provider !== null && plans.some((one) => one.id === id)).toBe(false);
  });

  it('of a tenant named as a provider differ from the provider’s', async () => {
    const root = admin(() => mesh);
    const { createTenant } = await root.data<{ createTenant: { id: string } }>(
      `mutation { createTenant(input: { name: "${name}" }) { id } }`,
    );
    expect(createTenant.id).not.toBe(ids.Provider);
    expect(
      await root.data('query ($id: ID!) { node(id: $id) { __typename } }', { id: createTenant.id }),
    ).toEqual({
      node: { __typename: 'Tenant' },
    });
  });

  it('of a completion and of its row stand for each other in arguments', async () => {
    const [completion, invocation] = [ids.Completion ?? '', ids.Invocation ?? ''];
    expect(invocation).toBe(`invocation:${completion}`);
    expect(
      await a.client.data(
        `query ($c: ID!, $i: ID!) {
          a: completion(id: $c) { id } b: completion(id: $i) { id } c: invocation(id: $c) { id } d: invocation(id: $i) { id }
        }`,
        { c: completion, i: invocation },
      ),
    ).toEqual({ a: { id: completion }, b: { id: completion }, c: { id: invocation }, d: { id: invocation } });
  });
});

describe('a mutation that deletes', () => {
  it('returns the id of what it has deleted, and NOT_FOUND the second time', async () => {
    const root = admin(() => mesh);
    const made = await root.data<Record<string, { id: string }>>(
      `mutation {
        deleteRoute: saveRoute(input: { alias: "${unique('r')}", strategy: PRIORITY, targets: [{ model: "demo/echo" }] }) { id }
        removeProviderCredential: addProviderCredential(providerId: "${name}", label: "x", secret: "sk-1234567890abcdef") { id }
        deleteBudget: saveBudget(input: { amount: "5", window: MONTH }) { id }
        removeMember: saveMember(input: { subject: "${unique('m')}", role: VIEWER }) { id }
        deletePlan: savePlan(input: { id: "${unique('p')}", name: "${unique('p')}", limits: [] }) { id }
        withdrawAccess: requestAccess(resource: "${unique('r')}") { id }
      }`,
    );
    for (const [mutation, { id }] of Object.entries(made)) {
      const argument = mutation === 'deleteRoute' ? 'alias' : 'id';
      const query = `mutation ($id: ID!) { ${mutation}(${argument}: $id) }`;
      expect(await root.data(query, { id })).toEqual({ [mutation]: id });
      expect(await root.code(query, { id })).toBe('NOT_FOUND');
      expect(await root.data('query ($id: ID!) { node(id: $id) { id } }', { id })).toEqual({ node: null });
    }
  });
});

/** A key of the app without scopes. */
async function createWeakKey(appId: string): Promise<TestClient> {
  const { createApiKey } = await admin(() => mesh).data<{ createApiKey: { secret: string } }>(
    'mutation ($appId: ID!) { createApiKey(input: { appId: $appId, scopes: [] }) { secret } }',
    { appId },
  );
  return createTestClient(mesh.url, createApiKey.secret);
}
