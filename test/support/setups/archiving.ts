import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { type Caller, type Scope, systemCaller } from '#core/caller.ts';
import { parseCountLimits } from '#core/count-limits.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { hashOfKey } from '#subgraphs/tenants/keys/key-text.ts';
import { createTenantsSubgraph } from '#subgraphs/tenants/subgraph.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import type { Subgraph } from '#transport/executor.ts';

export const archiveApp = 'mutation ($id: ID!) { archiveApp(id: $id) }';
export const restoreApp = 'mutation ($id: ID!) { restoreApp(id: $id) { id name archivedAt } }';
export const archiveTenant = 'mutation ($id: ID!) { archiveTenant(id: $id) }';
export const restoreTenant = 'mutation ($id: ID!) { restoreTenant(id: $id) { id name archivedAt } }';
export const createKey = `mutation ($appId: ID!, $scopes: [String!], $limits: [LimitInput!]) {
  createApiKey(input: { appId: $appId, scopes: $scopes, limits: $limits }) { secret key { id } } }`;

export let mesh: TestTenants;
/** The same with room for few. */
export let subgraph: Subgraph;
export let acme: TestTenant;
/** A second app of Acme, with a key. */
export let app: { readonly id: string; readonly keyId: string; readonly secret: string };
export let count = 0;

/** A tenant with an app and a key for each test of the file. */
export function useArchiving(): void {
  beforeAll(async () => {
    mesh = await startTenants();
    const counts = parseCountLimits('appsPerTenant=4,archivedAppsPerTenant=3');
    subgraph = createTenantsSubgraph({ ...mesh.deps, counts });
  });
  afterAll(async () => {
    await subgraph?.[Symbol.asyncDispose]();
    await mesh?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    acme = await mesh.addTenant(`Acme ${++count}`, ['inference:invoke', 'tenants:write']);
    const id = await addApp('shop');
    app = { id, ...(await addKey(id)) };
  });
}

export const run = (query: string, variables: Record<string, unknown> = {}, caller: Caller = acme.caller) =>
  askForData<Record<string, unknown>>(subgraph, caller, query, variables);
export async function refusal(
  query: string,
  variables: Record<string, unknown> = {},
  caller: Caller = acme.caller,
) {
  const { errors = [] } = await ask(subgraph, caller, query, variables);
  return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
}

export async function addApp(name: string, caller: Caller = acme.caller): Promise<string> {
  const query = 'mutation ($name: String!) { createApp(input: { name: $name }) { id } }';
  return ((await run(query, { name }, caller)).createApp as { id: string }).id;
}

export async function addKey(
  appId: string,
  scopes: readonly Scope[] = ['inference:invoke'],
  caller: Caller = mesh.admin,
  limits: object[] = [],
) {
  const { createApiKey } = await run(createKey, { appId, scopes, limits }, caller);
  const { secret, key } = createApiKey as { secret: string; key: { id: string } };
  return { keyId: key.id, secret };
}

export const findHolder = async (secret: string, of: Subgraph = subgraph) =>
  (
    await askForData<{ _caller: { archived?: string; keyId?: string } | null }>(
      of,
      systemCaller,
      'query ($hash: String!) { _caller(keyHash: $hash) }',
      { hash: hashOfKey(secret) },
    )
  )._caller;
export const readRecords = (action: string, targetId: string) =>
  auditLog(mesh.database.connection).find({ action, targetId }).lean();

/** Names, labels, subjects … of each list, as the caller sees them. */
export async function listed(caller: Caller, filter: object) {
  const fields = {
    apps: 'name',
    apiKeys: 'id',
    members: 'subject',
    budgets: 'amount',
    accessGrants: 'resource',
  };
  const types: Record<string, string> = {
    ...{ apps: 'AppFilter', apiKeys: 'ApiKeyFilter', members: 'MemberFilter' },
    ...{ budgets: 'BudgetFilter', accessGrants: 'AccessGrantFilter' },
  };
  const shown: Record<string, unknown[]> = {};
  for (const [list, field] of Object.entries(fields)) {
    const query = `query ($filter: ${types[list]}) { ${list}(filter: $filter) { totalCount edges { node { ${field} } } } }`;
    const page = (await run(query, { filter }, caller))[list] as {
      totalCount: number;
      edges: { node: Record<string, unknown> }[];
    };
    expect(page.totalCount).toBe(page.edges.length);
    shown[list] = page.edges.map(({ node }) => node[field]);
  }
  return shown;
}

/** One of everything below the app and the tenant. */
export async function fill() {
  await run(
    'mutation ($app: ID!) { a: saveBudget(input: { amount: "1", window: DAY }) { id } b: saveBudget(input: { amount: "2", window: DAY, appId: $app }) { id } }',
    { app: app.id },
  );
  await run(
    'mutation ($id: ID!) { saveMember(input: { tenantId: $id, subject: "ada", role: OWNER }) { id } }',
    { id: acme.tenantId },
    mesh.admin,
  );
  const shop = await mesh.findCaller(app.secret);
  await run('mutation { requestAccess(resource: "theirs") { id } }', {}, shop ?? undefined);
  await run('mutation { requestAccess(resource: "ours") { id } }');
}

/** An operator of another app and tenant than those of the first start. */
export async function newOperator(): Promise<Caller> {
  const { secret } = await addKey(app.id, ['tenants:admin', 'tenants:write']);
  return (await mesh.findCaller(secret)) as Caller;
}
