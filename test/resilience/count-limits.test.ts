import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Counted, countLimitsTable } from '#core/count-limits.ts';
import { demoModels } from '#providers/demo/models.ts';
import { createTestClient, type TestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';

/** Room for so many beside what is there when the mesh has started. */
const room = 5;
const atOnce = 20;

/** Limits with a test of their own; those of what is archived or deleted are with it. */
type TestedApart =
  | 'issuers'
  | 'erasuresPerTenant'
  | 'deletedModels'
  | 'modelAliases'
  | 'providersOfTenants'
  | 'modelsOfTenants'
  | 'routesOfTenants'
  | 'deletedProviders'
  | 'promptBytesPerTenant'
  | 'archivedPromptsPerTenant'
  | 'archivedAppsPerTenant'
  | 'archivedTenants'
  | 'archivedTeamsPerTenant';

/** What creates one more of a kind in the tenant `default`; `$n` tells them apart. */
const creations: Readonly<Record<Exclude<Counted, TestedApart>, (n: number, ids: Ids) => string>> = {
  tenants: (n) => `createTenant(input: { name: "tenant ${n}", planId: "unlimited" }) { id }`,
  plans: (n) => `savePlan(input: { id: "plan${n}", name: "Plan ${n}", limits: [] }) { id }`,
  providers: (n) => `createProvider(input: { id: "provider${n}", kind: OPENAI, apiKey: "sk-x" }) { id }`,
  credentialsPerProvider: (n) =>
    `addProviderCredential(providerId: "demo", label: "c${n}", secret: "sk-${n}") { id }`,
  models: (n) => `createModel(input: { providerId: "demo", name: "m${n}" }) { id }`,
  routes: (n) =>
    `saveRoute(input: { alias: "route${n}", strategy: PRIORITY, targets: [{ model: "demo/echo" }] }) { id }`,
  providersPerTenant: (n) =>
    `createProvider(input: { id: "own${n}", tenantId: "default", kind: OPENAI, apiKey: "sk-x" }) { id }`,
  modelsPerTenant: (n) =>
    `createModel(input: { providerId: "own", tenantId: "default", name: "m${n}" }) { id }`,
  routesPerTenant: (n) =>
    `saveRoute(input: { alias: "own${n}", tenantId: "default", strategy: PRIORITY, targets: [{ model: "demo/echo" }] }) { id }`,
  modelAliasesPerTenant: (n) => `saveModelAlias(input: { name: "alias${n}", target: "demo/echo" }) { name }`,
  teamsPerTenant: (n) => `createTeam(input: { name: "team ${n}" }) { id }`,
  appsPerTenant: (n) => `createApp(input: { name: "app ${n}" }) { id }`,
  keysPerApp: (n, { app }) => `createApiKey(input: { appId: "${app}", label: "k${n}" }) { key { id } }`,
  budgetsPerTenant: (n, { apps }) =>
    `saveBudget(input: { appId: "${apps[n % apps.length]}", amount: 1, window: ${['SECOND', 'MINUTE', 'HOUR', 'DAY', 'MONTH'][Math.floor(n / apps.length)]} }) { id }`,
  alerts: (n) =>
    `saveAlert(input: { id: "alert${n}", metric: COST, condition: ABOVE, threshold: 1, window: HOUR }) { id }`,
  alertsPerTenant: (n) =>
    `saveAlert(input: { tenantId: "default", id: "alert${n}", metric: COST, condition: ABOVE, threshold: 1, window: HOUR }) { id }`,
  guardrailPolicies: (n) =>
    `saveGuardrailPolicy(input: { id: "policy${n}", rules: [{ rule: "secrets", stages: [INPUT], action: LOG }] }) { id }`,
  webhooks: (n) =>
    `saveWebhook(input: { id: "hook${n}", url: "https://hooks.example", types: ["*"], secret: "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=" }) { id }`,
  webhooksPerTenant: (n) =>
    `saveWebhook(input: { tenantId: "default", id: "hook${n}", url: "https://hooks.example", types: ["*"], secret: "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=" }) { id }`,
  guardrailPoliciesPerTenant: (n) =>
    `saveGuardrailPolicy(input: { tenantId: "default", id: "policy${n}", rules: [{ rule: "secrets", stages: [INPUT], action: LOG }] }) { id }`,
  consentsPerTenant: (n) => `saveConsent(input: { endUserId: "u${n}", purposes: ["analysis"] }) { id }`,
  usageExports: () =>
    'startUsageExport(input: { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" }) { id }',
  usageExportsPerTenant: () =>
    'startUsageExport(input: { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z", filter: { tenantId: "default" } }) { id }',
  legalHoldsPerTenant: (n) => `saveLegalHold(input: { reason: "r${n}" }) { id }`,
  invitationsPerTenant: (n) =>
    `inviteMember(input: { email: "e${n}@example.com", role: VIEWER }) { invitation { id } }`,
  groupsPerTenant: (n) => `saveMemberGroup(input: { displayName: "group ${n}" }) { id }`,
  membersPerTenant: (n) => `saveMember(input: { subject: "s${n}", role: VIEWER }) { id }`,
  roles: (n) => `saveRole(input: { name: "role${n}", scopes: [] }) { name }`,
  rolesPerTenant: (n) => `saveRole(input: { tenantId: "default", name: "role${n}", scopes: [] }) { name }`,
  accessRequestsPerApp: (n) => `requestAccess(resource: "r${n}") { id }`,
  trustedDocumentsPerTenant: (n) =>
    `saveTrustedDocuments(input: { documents: [{ id: "d${n}", body: "{ me { kind } }" }] }) { saved }`,
  promptsPerTenant: (n) => `createPrompt(input: { name: "p${n}" }) { id }`,
  versionsPerPrompt: (n, { prompt }) =>
    `publishPromptVersion(promptId: "${prompt}", input: { model: "demo/echo", template: "t${n}" }) { id }`,
  labelsPerPrompt: (n, { prompt }) =>
    `labelPromptVersion(promptId: "${prompt}", label: "l${n}", number: 1) { id }`,
};

interface Ids {
  readonly app: string;
  readonly apps: readonly string[];
  readonly prompt: string;
}

let mesh: TestMesh;
let admin: TestClient;
let ids: Ids;

/** What the mesh has of itself, or what the set-up makes. */
const there: Readonly<Partial<Record<Counted, number>>> = {
  tenants: 1,
  plans: 1,
  providers: 1,
  models: demoModels.length,
  providersPerTenant: 1,
  providersOfTenants: 1,
  appsPerTenant: 5,
  promptsPerTenant: 1,
  versionsPerPrompt: 1,
};

beforeAll(async () => {
  const counts = Object.keys(countLimitsTable)
    .filter((name) => Object.hasOwn(creations, name))
    .map((name) => `${name}=${room + (there[name as Counted] ?? 0)}`);
  mesh = await startOneProcess({ HEDDLE_COUNT_LIMITS: [...counts, 'promptBytesPerTenant=1000'].join(',') });
  admin = createTestClient(mesh.url, mesh.adminKey);
  await admin.data(
    'mutation { createProvider(input: { id: "own", tenantId: "default", kind: DEMO }) { id } }',
  );
  await admin.data('mutation { saveProvisioning(input: { role: VIEWER }) { tenantId } }');
  const apps: string[] = [];
  for (let n = 0; n < 4; n++) {
    const { createApp } = await admin.data<{ createApp: { id: string } }>(
      `mutation { createApp(input: { name: "first ${n}" }) { id } }`,
    );
    apps.push(createApp.id);
  }
  const { createPrompt } = await admin.data<{ createPrompt: { id: string } }>(
    'mutation { createPrompt(input: { name: "first", version: { model: "demo/echo", template: "x" } }) { id } }',
  );
  ids = { app: apps[0] ?? '', apps, prompt: createPrompt.id };
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

describe('of each kind that can be created', () => {
  it.each(Object.entries(creations))(
    'there are never more than the limit, when 20 are created at once: %s',
    async (name, creation) => {
      const answers = await Promise.all(
        Array.from({ length: atOnce }, (_, n) => admin.send(`mutation { made: ${creation(n, ids)} }`)),
      );
      const refused = answers.flatMap(({ errors = [] }) => errors);
      expect(new Set(refused.map(({ extensions }) => extensions.code))).toEqual(new Set(['CONFLICT']));
      for (const { message } of refused) expect(message).toContain(`raise ${name}.`);
      const made = answers.filter(({ errors }) => errors === undefined).length;
      expect(made).toBe(room);
    },
  );

  it('the bytes of prompt texts are bounded as well, whichever of the tenant’s prompts they belong to', async () => {
    const { prompts } = await admin.data<{ prompts: { edges: { node: { id: string; name: string } }[] } }>(
      '{ prompts(first: 20) { edges { node { id name } } } }',
    );
    const others = prompts.edges.map(({ node }) => node).filter(({ name }) => name !== 'first');
    const publish = `mutation ($id: ID!, $t: String!) {
      publishPromptVersion(promptId: $id, input: { model: "demo/echo", template: $t }) { id }
    }`;
    const answers = await Promise.all(
      others.map(({ id }) => admin.send(publish, { id, t: 'é'.repeat(150) })),
    );
    const refused = answers.flatMap(({ errors = [] }) => errors.map(({ message }) => message));
    expect(others).toHaveLength(5);
    expect(refused).toHaveLength(2);
    expect(refused[0]).toContain('raise promptBytesPerTenant.');
  });
});
