import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anonymousCaller, type Caller } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { testSecrets } from '#test/support/seal.ts';
import { ask, askForData, testCaller } from '#test/support/subgraph.ts';
import { startTenants, type TenantsData, type TestTenant, type TestTenants } from '#test/support/tenants.ts';

const everything = [
  'inference:invoke',
  'models:write',
  'prompts:write',
  'tenants:write',
  'guardrails:write',
  'audit:read',
] as const;

let mesh: TestTenants;
let acme: TestTenant;
let other: TestTenant;
/** One of everything that belongs to Acme. */
let references: readonly { readonly __typename: string; readonly id: string }[];

const data = (query: string, variables = {}, caller: Caller = acme.caller) =>
  askForData<TenantsData>(mesh.subgraph, caller, query, variables);
const codes = async (query: string, variables = {}, caller: Caller = other.caller) =>
  (await ask(mesh.subgraph, caller, query, variables)).errors?.map(({ code }) => code);

beforeAll(async () => {
  mesh = await startTenants(undefined, { secrets: testSecrets });
  acme = await mesh.addTenant('Acme', everything);
  other = await mesh.addTenant('Other', everything);
  const budget = await data('mutation { saveBudget(input: { amount: 1, window: DAY }) { id } }');
  const owner: Caller = { ...acme.caller, scopes: builtInRoles.OWNER };
  const save = 'mutation { saveMember(input: { subject: "ada", role: OWNER }) { id } }';
  const member = await data(save, {}, owner);
  const grant = await data('mutation { requestAccess(resource: "openai/gpt") { id } }');
  const policy = await data(
    'mutation { saveGuardrailPolicy(input: { id: "keys", rules: [{ rule: "secrets", stages: [INPUT], action: LOG }] }) { id } }',
    {},
    owner,
  );
  await data(
    'mutation { saveWebhook(input: { id: "hook", url: "https://hooks.example", types: ["*"], secret: "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=" }) { id } }',
    {},
    owner,
  );
  references = [
    { __typename: 'Tenant', id: acme.tenantId },
    { __typename: 'App', id: acme.appId },
    { __typename: 'ApiKey', id: acme.keyId },
    { __typename: 'Budget', id: budget.saveBudget.id },
    { __typename: 'Member', id: member.saveMember.id },
    { __typename: 'AccessGrant', id: grant.requestAccess.id },
    { __typename: 'GuardrailPolicy', id: policy.saveGuardrailPolicy.id },
  ];
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const findId = (type: string) => references.find(({ __typename }) => __typename === type)?.id ?? '';

const entities = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on Tenant { id name } ... on App { id name } ... on ApiKey { id label }
    ... on Budget { id amount } ... on Member { id subject } ... on AccessGrant { id resource } ... on GuardrailPolicy { id }
    ... on Plan { id limits { amount } }
  }
}`;

describe('a reference to an entity', () => {
  it('resolves for its own tenant and for an admin of the mesh', async () => {
    for (const caller of [acme.caller, mesh.admin]) {
      const { _entities } = await data(entities, { representations: references }, caller);
      expect(_entities.map((entity) => entity?.id)).toEqual(references.map(({ id }) => id));
    }
  });

  it('is null for every other tenant, without a caller, and for a user without a tenant', async () => {
    for (const caller of [other.caller, anonymousCaller, testCaller(null, ...everything)]) {
      const { _entities } = await data(entities, { representations: references }, caller);
      expect(_entities).toEqual(references.map(() => null));
    }
  });

  it('returns a plan to whoever has credentials', async () => {
    const representations = [{ __typename: 'Plan', id: 'unlimited' }];
    expect((await data(entities, { representations }, other.caller))._entities[0]?.id).toBe('unlimited');
    expect((await data(entities, { representations }, anonymousCaller))._entities).toEqual([null]);
  });
});

describe('a query', () => {
  const tenant = `query ($id: ID) {
    tenant(id: $id) { id apps { id keys { id } } members { id } budgets { id } }
  }`;

  it('returns a tenant to itself and to an admin of the mesh, and is null for every other', async () => {
    const expected = {
      tenant: {
        id: acme.tenantId,
        apps: [{ id: acme.appId, keys: [{ id: acme.keyId }] }],
        members: [{ id: findId('Member') }],
        budgets: [{ id: findId('Budget') }],
      },
    };
    expect(await data(tenant)).toEqual(expected);
    expect(await data(tenant, { id: acme.tenantId })).toEqual(expected);
    expect(await data(tenant, { id: acme.tenantId }, mesh.admin)).toEqual(expected);
    expect(await data(tenant, { id: acme.tenantId }, other.caller)).toEqual({ tenant: null });
    expect(await data(tenant, {}, testCaller(null, ...everything))).toEqual({ tenant: null });
  });

  it('lists access requests of the own tenant only', async () => {
    const list = '{ accessGrants { edges { node { id } } } }';
    const edges = [{ node: { id: findId('AccessGrant') } }];
    expect((await data(list)).accessGrants).toEqual({ edges });
    expect((await data(list, {}, other.caller)).accessGrants).toEqual({ edges: [] });
    expect((await data(list, {}, mesh.admin)).accessGrants).toEqual({ edges });
    expect((await data(list, {}, testCaller(null, ...everything))).accessGrants).toEqual({ edges: [] });
  });

  it('returns the caller', async () => {
    expect(await data('{ me { kind tenant { id } app { id } keyId subject scopes } }')).toEqual({
      me: {
        kind: 'API_KEY',
        tenant: { id: acme.tenantId },
        app: { id: acme.appId },
        keyId: acme.keyId,
        subject: null,
        scopes: everything,
      },
    });
  });

  it('of all tenants is for admins of the mesh', async () => {
    expect(await codes('{ tenants { edges { node { id } } } }')).toEqual(['FORBIDDEN']);
  });

  it('without credentials is refused, whatever it requests', async () => {
    for (const field of ['me { kind }', 'tenant { id }', 'plans { id }']) {
      expect(await codes(`{ ${field} }`, {}, anonymousCaller)).toEqual(['UNAUTHENTICATED']);
    }
    for (const list of ['tenants', 'apps', 'apiKeys', 'members', 'budgets', 'accessGrants']) {
      expect(await codes(`{ ${list} { totalCount } }`, {}, anonymousCaller)).toEqual(['UNAUTHENTICATED']);
    }
  });
});

describe('a mutation on what belongs to another tenant', () => {
  it.each([
    ['createApp', () => `createApp(input: { tenantId: "${acme.tenantId}", name: "mine" }) { id }`],
    ['updateApp', () => `updateApp(id: "${acme.appId}", input: { name: "mine" }) { id }`],
    ['createApiKey', () => `createApiKey(input: { appId: "${acme.appId}" }) { secret }`],
    ['updateApiKey', () => `updateApiKey(id: "${acme.keyId}", input: { label: "mine" }) { id }`],
    ['rotateApiKey', () => `rotateApiKey(id: "${acme.keyId}") { secret }`],
    ['revokeApiKey', () => `revokeApiKey(id: "${acme.keyId}") { id }`],
    [
      'saveMember',
      () => `saveMember(input: { tenantId: "${acme.tenantId}", subject: "eve", role: OWNER }) { id }`,
    ],
    [
      'saveBudget',
      () => `saveBudget(input: { tenantId: "${acme.tenantId}", amount: 1, window: DAY }) { id }`,
    ],
    ['saveBudget', () => `saveBudget(input: { id: "${findId('Budget')}", amount: 1, window: DAY }) { id }`],
    ['saveBudget', () => `saveBudget(input: { appId: "${acme.appId}", amount: 1, window: DAY }) { id }`],
    ['saveRole', () => `saveRole(input: { tenantId: "${acme.tenantId}", name: "x", scopes: [] }) { name }`],
    [
      'saveGuardrailPolicy',
      () =>
        `saveGuardrailPolicy(input: { tenantId: "${acme.tenantId}", id: "x", rules: [{ rule: "secrets", stages: [INPUT], action: BLOCK }] }) { id }`,
    ],
    [
      'saveGuardrailPolicy',
      () =>
        `saveGuardrailPolicy(input: { id: "${findId('GuardrailPolicy')}", rules: [{ rule: "secrets", stages: [INPUT], action: BLOCK }] }) { id }`,
    ],
    [
      'saveGuardrailPolicy',
      () =>
        `saveGuardrailPolicy(input: { appId: "${acme.appId}", id: "x", rules: [{ rule: "secrets", stages: [INPUT], action: BLOCK }] }) { id }`,
    ],
    [
      'rollbackGuardrailPolicy',
      () => `rollbackGuardrailPolicy(id: "${findId('GuardrailPolicy')}", version: 1) { id }`,
    ],
    ['deleteGuardrailPolicy', () => `deleteGuardrailPolicy(id: "${findId('GuardrailPolicy')}")`],
    [
      'saveConsent',
      () => `saveConsent(input: { tenantId: "${acme.tenantId}", endUserId: "ada", purposes: ["a"] }) { id }`,
    ],
    [
      'withdrawConsent',
      () => `withdrawConsent(input: { tenantId: "${acme.tenantId}", endUserId: "ada" }) { id }`,
    ],
    [
      'saveWebhook',
      () =>
        `saveWebhook(input: { tenantId: "${acme.tenantId}", id: "x", url: "https://hooks.example", types: ["*"], secret: "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=" }) { id }`,
    ],
    ['deleteWebhook', () => `deleteWebhook(id: "${acme.tenantId}:hook")`],
    ['testWebhook', () => `testWebhook(id: "${acme.tenantId}:hook") { id }`],
    ['replayWebhook', () => `replayWebhook(input: { id: "${acme.tenantId}:hook" }) { replayed }`],
    [
      'saveConsentSource',
      () =>
        `saveConsentSource(input: { tenantId: "${acme.tenantId}", url: "https://consent.example", secret: "x" }) { url }`,
    ],
    ['deleteConsentSource', () => `deleteConsentSource(tenantId: "${acme.tenantId}")`],
    ['deleteRole', () => `deleteRole(name: "x", tenantId: "${acme.tenantId}")`],
    ['deactivateMember', () => `deactivateMember(id: "${findId('Member')}") { id }`],
    ['reactivateMember', () => `reactivateMember(id: "${findId('Member')}") { id }`],
    [
      'inviteMember',
      () => `inviteMember(input: { tenantId: "${acme.tenantId}", email: "a@b.c", role: VIEWER }) { link }`,
    ],
    ['eraseEndUser', () => `eraseEndUser(input: { tenantId: "${acme.tenantId}", endUserId: "ada" }) { id }`],
    ['decideAccess', () => `decideAccess(id: "${findId('AccessGrant')}", approve: true) { id }`],
  ])('%s gets the answer that there is no such thing', async (_name, mutation) => {
    expect(await codes(`mutation { ${mutation()} }`)).toEqual(['NOT_FOUND']);
  });

  it('removes nothing', async () => {
    for (const removal of [
      `removeMember(id: "${findId('Member')}")`,
      `deleteBudget(id: "${findId('Budget')}")`,
      `withdrawAccess(id: "${findId('AccessGrant')}")`,
    ]) {
      expect(await codes(`mutation { ${removal} }`)).toEqual(['NOT_FOUND']);
    }
    const { _entities } = await data(entities, { representations: references });
    expect(_entities).not.toContain(null);
  });

  it('is refused before it is tried where it is for admins of the mesh', async () => {
    for (const mutation of [
      'createTenant(input: { name: "x" }) { id }',
      'updateTenant(id: "other", input: { payloadLogging: NONE }) { id }',
      'savePlan(input: { id: "x", name: "x", limits: [] }) { id }',
      'assignPlan(tenantId: "other", planId: "unlimited") { id }',
      'deletePlan(id: "default")',
      'eraseTenant(input: { id: "other", name: "Other" }) { id }',
      'saveIssuer(input: { id: "x", issuer: "https://x.example", audience: "x" }) { id }',
      'deleteIssuer(id: "default")',
      'setLogLevel(input: { level: DEBUG }) { level }',
    ]) {
      expect(await codes(`mutation { ${mutation} }`)).toEqual(['FORBIDDEN']);
    }
  });

  it('needs tenants:write, for every one of them, and credentials at least', async () => {
    const weak = { ...acme.caller, scopes: ['inference:invoke'] };
    const mutationFields = Object.values(mesh.subgraph.schema.getMutationType()?.getFields() ?? {});
    expect(mutationFields.length).toBeGreaterThan(15);
    // What begins with an underscore is for the mesh itself.
    for (const field of mutationFields.filter(({ name }) => !name.startsWith('_'))) {
      const names = field.astNode?.directives?.map((directive) => directive.name.value);
      expect(names).toContain('authenticated');
      // Page tokens are made for every visitor: their calls are in the ledger.
      if (field.name !== 'createPageToken') expect(names).toContain('audited');
      if (field.name !== 'requestAccess') expect(names).toContain('requiresScopes');
    }
    expect(await codes('mutation { createApp(input: { name: "x" }) { id } }', {}, weak)).toEqual([
      'FORBIDDEN',
    ]);
    expect(await codes('mutation { requestAccess(resource: "x") { id } }', {}, anonymousCaller)).toEqual([
      'UNAUTHENTICATED',
    ]);
  });
});
