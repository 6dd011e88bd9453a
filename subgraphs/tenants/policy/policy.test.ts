import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { issuers } from '#mongo/issuers.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { standardClaims } from '../identity/save-issuer.ts';

interface Policy {
  readonly coordinate: string;
  readonly allowed: boolean;
  readonly reason: string | null;
  readonly guarded: readonly string[];
}

let mesh: TestTenants;
let acme: TestTenant;
let other: TestTenant;
let ids: { readonly key: string; readonly member: string };

const data = <T>(query: string, variables: Record<string, unknown> = {}, caller: Caller = acme.caller) =>
  askForData<T>(mesh.subgraph, caller, query, variables);
const query = 'query ($as: ID) { policy(as: $as) { coordinate allowed reason guarded } }';
const read = async (as: string | null, caller: Caller = acme.caller) => {
  const { policy } = await data<{ policy: readonly Policy[] }>(query, { as }, caller);
  return new Map(policy.map((one) => [one.coordinate, one]));
};
const refusal = async (as: string, caller: Caller) =>
  (await ask(mesh.subgraph, caller, query, { as })).errors?.map(
    ({ code, message }) => `${code} ${message}`,
  )[0];
const listAllowed = (policies: ReadonlyMap<string, Policy>) =>
  [...policies.values()].filter(({ allowed }) => allowed).map(({ coordinate }) => coordinate);

beforeAll(async () => {
  mesh = await startTenants();
  acme = await mesh.addTenant('Acme', [...builtInRoles.OWNER]);
  other = await mesh.addTenant('Other', [...builtInRoles.OWNER]);
  await data('mutation { saveRole(input: { name: "support", scopes: ["usage:read"] }) { name } }');
  const made = await data<{ createApiKey: { key: { id: string } }; saveMember: { id: string } }>(
    `mutation ($app: ID!) {
      createApiKey(input: { appId: $app, scopes: ["usage:read"] }) { key { id } }
      saveMember(input: { subject: "ada@idp", role: CUSTOM, customRole: "support" }) { id }
    }`,
    { app: acme.appId },
  );
  ids = { key: made.createApiKey.key.id, member: made.saveMember.id };
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

describe('policy(as:)', () => {
  it('shows at which stages the texts of a field pass through guardrails', async () => {
    const own = await read(null);
    expect(own.get('Mutation.embed')?.guarded).toEqual(['INPUT']);
    expect(own.get('Mutation.complete')?.guarded).toHaveLength(5);
    expect(own.get('Mutation.createApp')?.guarded).toEqual([]);
  });

  it('shows the caller itself without a name, with reasons in the words of the gateway', async () => {
    const own = await read(null);
    expect(own.get('Mutation.createApp')).toMatchObject({ allowed: true, reason: null });
    expect(own.get('Mutation.createTenant')).toMatchObject({
      allowed: false,
      reason: 'Mutation.createTenant requires the scope tenants:admin.',
    });
    expect([...own.keys()].filter((coordinate) => coordinate.includes('._'))).toEqual([]);
  });

  it('shows the same for a key, a member by its id or subject, and a role of the same scopes', async () => {
    const expected = listAllowed(await read('support'));
    expect(expected).toContain('Query.usage');
    expect(expected).not.toContain('Query.tenant');
    for (const as of [ids.key, ids.member, 'ada@idp'])
      expect(listAllowed(await read(as)), as).toEqual(expected);
  });

  it('requires the issuer of a subject that members of several issuers have, and knows each by it', async () => {
    await issuers(mesh.database.connection).create({
      ...{ _id: 'partner', issuer: 'https://partner.example', audience: ['a'], claims: standardClaims },
      ...{ jwksUrl: null, rules: [], createdAt: new Date() },
    });
    await data(`mutation {
      first: saveMember(input: { subject: "bob@idp", role: VIEWER }) { id }
      second: saveMember(input: { subject: "bob@idp", role: BILLING, issuerId: "partner" }) { id }
    }`);
    const ofIssuer =
      'query ($as: ID, $issuerId: ID) { policy(as: $as, issuerId: $issuerId) { coordinate allowed reason } }';
    const list = async (issuerId: string, caller: Caller = acme.caller) => {
      const named = { as: 'bob@idp', issuerId };
      const { policy } = await data<{ policy: readonly Policy[] }>(ofIssuer, named, caller);
      return policy.filter(({ allowed }) => allowed).map(({ coordinate }) => coordinate);
    };
    expect(await refusal('bob@idp', acme.caller)).toMatch(/^BAD_USER_INPUT issuerId is required/);
    for (const [issuerId, role] of [
      ['default', 'VIEWER'],
      ['partner', 'BILLING'],
    ] as const) {
      // A role is shown for a key, which has an app: what only that reaches is left out.
      const ofRole = listAllowed(await read(role));
      const ofMember = await list(issuerId);
      expect(ofMember.length).toBeGreaterThan(10);
      expect(ofMember.filter((coordinate) => !ofRole.includes(coordinate))).toEqual([]);
    }
    expect(await list('default')).not.toEqual(await list('partner'));
    await expect(list('other')).rejects.toThrow();
    await expect(list('partner', other.caller)).rejects.toThrow();
  });

  it('refuses everything to a key that was revoked, with the reason', async () => {
    const { createApiKey } = await data<{ createApiKey: { key: { id: string } } }>(
      'mutation ($app: ID!) { createApiKey(input: { appId: $app, scopes: ["usage:read"] }) { key { id } } }',
      { app: acme.appId },
    );
    const { id } = createApiKey.key;
    expect(listAllowed(await read(id))).toContain('Query.usage');
    await data('mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id });
    const policies = await read(id);
    expect(listAllowed(policies)).toEqual([]);
    expect(policies.get('Query.usage')?.reason).toBe('The API key was revoked.');
  });

  it('returns the same for what another tenant has as for what is missing', async () => {
    for (const as of [ids.key, ids.member, 'ada@idp', 'support', acme.keyId]) {
      expect(await refusal(as, other.caller)).toBe(
        `NOT_FOUND There is no API key, member, subject or role ${JSON.stringify(as)}.`,
      );
    }
    expect(listAllowed(await read(ids.key, mesh.admin))).toContain('Query.usage');
  });

  it('requires tenants:read', async () => {
    const narrow: Caller = { ...acme.caller, scopes: ['usage:read', 'inference:invoke'] };
    expect(await refusal('OWNER', narrow)).toMatch(/^FORBIDDEN/);
  });
});
