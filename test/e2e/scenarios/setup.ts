import { randomBytes } from 'node:crypto';
import type { Scope } from '#core/caller.ts';
import { createTestClient, type TestClient } from '#test/support/client.ts';
import type { MeshAddress } from '#test/support/mesh.ts';

/** Asks for the mesh when a test runs, since it starts in beforeAll. */
export type MeshOf = () => MeshAddress;

/** What a mesh needs for the scenarios: they have hundreds of requests refused, from one address. */
export const scenarioVariables = { HEDDLE_REFUSALS_PER_SECOND: '1000' } as const;

/** A client with the admin key. */
export const admin = (mesh: MeshOf): TestClient => createTestClient(mesh().url, mesh().adminKey);

/** A name that no other test of the run uses; a letter first, then letters and digits. */
export const unique = (prefix: string): string => `${prefix}${randomBytes(5).toString('hex')}`;

export interface KeyOptions {
  readonly scopes?: readonly string[];
  readonly limits?: readonly { meter: string; window: string; amount: string }[];
}

const ownTenantScopes = [
  'inference:invoke',
  'models:read',
  'prompts:write',
  'tenants:write',
  'usage:read',
] as const satisfies Scope[];

/** A tenant of its own with one app and one key, so that tests do not see each other's rows. */
export async function newTenant(
  mesh: MeshOf,
  { scopes = ownTenantScopes, limits = [] }: KeyOptions = {},
): Promise<{
  readonly tenantId: string;
  readonly appId: string;
  readonly keyId: string;
  readonly client: TestClient;
}> {
  const root = admin(mesh);
  const { createTenant } = await root.data<{ createTenant: { id: string } }>(
    'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { id } }',
    { input: { name: unique('tenant'), planId: 'unlimited' } },
  );
  const { createApp } = await root.data<{ createApp: { id: string } }>(
    'mutation ($input: CreateAppInput!) { createApp(input: $input) { id } }',
    { input: { tenantId: createTenant.id, name: 'app' } },
  );
  const { createApiKey } = await root.data<{ createApiKey: { secret: string; key: { id: string } } }>(
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { id } } }',
    { input: { appId: createApp.id, label: 'test', scopes, limits } },
  );
  return {
    tenantId: createTenant.id,
    appId: createApp.id,
    keyId: createApiKey.key.id,
    client: createTestClient(mesh().url, createApiKey.secret),
  };
}

/** A provider with one model. */
export async function addProvider(
  mesh: MeshOf,
  provider: { readonly id: string; readonly kind: string; readonly baseUrl: string },
  model: { readonly name: string } & Readonly<Record<string, unknown>>,
): Promise<void> {
  const root = admin(mesh);
  await root.data('mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id } }', {
    input: { ...provider, apiKey: 'upstream-key-0123456789' },
  });
  await root.data('mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }', {
    input: { ...model, providerId: provider.id },
  });
}

/** The variables of one completion of the demo provider. */
export const echo = (text: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  input: { model: 'demo/echo', messages: [{ role: 'USER', content: text }], ...more },
});
