import { type ArchivedCaller, type Caller, type Scope, systemCaller } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import type { TenantsDeps } from '#subgraphs/tenants/deps.ts';
import { ensureFirstTenant } from '#subgraphs/tenants/keys/first-start.ts';
import { hashOfKey } from '#subgraphs/tenants/keys/key-text.ts';
import {
  keyLimitsDefault,
  parseLimits,
  tenantLimitsDefault,
} from '#subgraphs/tenants/limits/default-limits.ts';
import { createTenantsSubgraph } from '#subgraphs/tenants/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';
import { openTestDatabase } from './database.ts';
import { askForData, testServices } from './subgraph.ts';

interface TestKey {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** What the operations of the tests answer, as far as they ask for it. */
export interface TenantsData {
  readonly _caller: Caller | ArchivedCaller | null;
  readonly createTenant: { readonly id: string };
  readonly createApp: { readonly id: string };
  readonly createApiKey: { readonly secret: string; readonly key: TestKey };
  readonly rotateApiKey: { readonly secret: string; readonly key: TestKey };
  readonly revokeApiKey: TestKey;
  readonly updateApiKey: TestKey;
  readonly saveBudget: TestKey;
  readonly saveGuardrailPolicy: TestKey;
  readonly saveMember: TestKey;
  readonly requestAccess: TestKey;
  readonly decideAccess: TestKey;
  readonly me: { readonly app: { readonly keys: readonly TestKey[] } };
  readonly accessGrants: { readonly edges: readonly { readonly node: TestKey }[] };
  readonly tenants: {
    readonly edges: readonly { readonly cursor: string; readonly node: TestKey }[];
    readonly pageInfo: Readonly<Record<string, unknown>>;
  };
  readonly _entities: readonly (TestKey | null)[];
}

export interface TestTenant {
  readonly tenantId: string;
  readonly appId: string;
  readonly keyId: string;
  readonly secret: string;
  readonly caller: Caller;
}

export interface TestTenants extends AsyncDisposable {
  readonly database: Database;
  readonly deps: TenantsDeps;
  readonly subgraph: Subgraph;
  /** Holds every scope, in the tenant `default`. */
  readonly admin: Caller;
  /** The subgraph's clock; null: the real one. */
  clock: { ms: number | null };
  /** The caller that this key stands for at the gateway; null: it is refused, as one of an archived app or tenant is. */
  findCaller(secret: string): Promise<Caller | null>;
  /** A tenant with one app and one key of it, without limits. */
  addTenant(name: string, scopes?: readonly Scope[]): Promise<TestTenant>;
}

/** The tenants subgraph on a database of its own, after its first start. */
export async function startTenants(
  open = () => openTestDatabase({ monitorCommands: true }),
  more: Partial<TenantsDeps> = {},
): Promise<TestTenants> {
  const database = await open();
  const clock: TestTenants['clock'] = { ms: null };
  const deps: TenantsDeps = {
    ...testServices(database),
    connection: database.connection,
    defaultLimits: {
      key: parseLimits(keyLimitsDefault, 'key'),
      tenant: parseLimits(tenantLimitsDefault, 'tenant'),
    },
    now: () => clock.ms ?? Date.now(),
    ...more,
  };
  const subgraph = createTenantsSubgraph(deps);
  const findCaller = async (secret: string): Promise<Caller | null> => {
    const query = 'query ($hash: String!) { _caller(keyHash: $hash) }';
    const { _caller } = await askForData<TenantsData>(subgraph, systemCaller, query, {
      hash: hashOfKey(secret),
    });
    return _caller && 'archived' in _caller ? null : _caller;
  };
  const mustBe = async (secret: string): Promise<Caller> => {
    const caller = await findCaller(secret);
    if (caller === null) throw new Error('The key is not known.');
    return caller;
  };
  const { newAdminKey } = await ensureFirstTenant(database.connection);
  const admin = await mustBe(newAdminKey ?? '');
  return {
    database,
    deps,
    subgraph,
    admin,
    clock,
    findCaller,
    async addTenant(name, scopes = ['inference:invoke', 'tenants:write']) {
      const run = (query: string, variables: Record<string, unknown>) =>
        askForData<TenantsData>(subgraph, admin, query, variables);
      const tenantId = (
        await run(
          'mutation ($name: String!) { createTenant(input: { name: $name, planId: "unlimited" }) { id } }',
          { name },
        )
      ).createTenant.id;
      const appId = (
        await run('mutation ($id: ID!) { createApp(input: { tenantId: $id, name: "app" }) { id } }', {
          id: tenantId,
        })
      ).createApp.id;
      const { secret, key } = (
        await run(
          `mutation ($appId: ID!, $scopes: [String!]) {
            createApiKey(input: { appId: $appId, scopes: $scopes, limits: [] }) { secret key { id } }
          }`,
          { appId, scopes },
        )
      ).createApiKey;
      return { tenantId, appId, keyId: key.id, secret, caller: await mustBe(secret) };
    },
    async [Symbol.asyncDispose]() {
      await subgraph[Symbol.asyncDispose]();
      await database.close();
    },
  };
}
