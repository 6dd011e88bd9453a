import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Caller, type RefusedToken, systemCaller } from '#core/caller.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { startTokenIssuer, type TokenIssuer } from '#test/support/token-issuer.ts';
import type { IssuerInput } from '../generated.ts';

const page = readFileSync(new URL('../../../docs/identity.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(
  ([, text = '']) => JSON.parse(text) as IssuerInput,
);

/** Claims as each provider states them, and the role and email address that the example makes of them. */
const tokens: Readonly<
  Record<string, { readonly claims: object; readonly role: string; readonly email?: string }>
> = {
  keycloak: {
    claims: { realm_access: { roles: ['offline_access', 'heddle-admins'] }, email: 'ada@example.com' },
    role: 'ADMIN',
    email: 'ada@example.com',
  },
  entra: {
    claims: { oid: 'o-1', roles: ['Heddle.Admin'], preferred_username: 'ada@example.com', ver: '2.0' },
    role: 'ADMIN',
    email: 'ada@example.com',
  },
  okta: {
    claims: { cid: 'c', groups: ['Everyone', 'Heddle Developers'], scp: ['openid'] },
    role: 'DEVELOPER',
  },
  auth0: {
    claims: {
      'https://example.com/roles': ['developer'],
      'https://example.com/tenant': 'acme-7f3k2p9q',
      scope: 'openid profile',
    },
    role: 'DEVELOPER',
  },
  google: {
    claims: { azp: 'x', hd: 'example.com', email: 'ada@example.com', email_verified: true },
    role: 'DEVELOPER',
    email: 'ada@example.com',
  },
  'github-actions': {
    claims: {
      sub: 'repo:octo-org/octo-repo:environment:production',
      repository: 'octo-org/octo-repo',
      ref: 'refs/heads/main',
    },
    role: 'DEVELOPER',
  },
  cluster: {
    claims: {
      sub: 'system:serviceaccount:ci:deploy',
      'kubernetes.io': { namespace: 'ci', serviceaccount: { name: 'deploy' } },
    },
    role: 'DEVELOPER',
  },
};

let issuer: TokenIssuer;
let mesh: TestTenants;
let acme: TestTenant;
beforeAll(async () => {
  issuer = await startTokenIssuer();
  mesh = await startTenants(() => openTestDatabase(), { outboundFetch: answerForProviders });
  acme = await mesh.addTenant('Acme');
});
afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await issuer?.[Symbol.asyncDispose]();
});

/** The internet: each provider at its own address, all of them with the keys of the issuer here. */
async function answerForProviders(input: Parameters<typeof fetch>[0]): Promise<Response> {
  const url = String(input);
  const discovery = '.well-known/openid-configuration';
  if (!url.endsWith(`/${discovery}`)) return Response.json({ keys: issuer.keys });
  const base = url.slice(0, -discovery.length);
  const named = examples.find(({ issuer: name }) => name.replace(/\/?$/, '/') === base);
  return Response.json({ issuer: named?.issuer, jwks_uri: 'https://keys.example.com/keys' });
}

/** The id of the tenant, wherever the page has one. */
const withTenant = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value).replaceAll('acme-7f3k2p9q', acme.tenantId)) as T;

async function find(token: string): Promise<Caller | RefusedToken> {
  const { _caller } = await askForData<{ _caller: Caller | RefusedToken }>(
    mesh.subgraph,
    systemCaller,
    'query ($hash: String!, $token: String) { _caller(keyHash: $hash, token: $token) }',
    { hash: createHash('sha256').update(token).digest('hex'), token },
  );
  return _caller;
}

it('has an example for each provider that the tests know', () => {
  expect(examples.map(({ id }) => id)).toEqual(Object.keys(tokens));
});

it.each(examples)(
  'the example $id of docs/identity.md is saved as it is, and fits the tokens of its provider',
  async (example) => {
    const save = 'mutation ($input: IssuerInput!) { saveIssuer(input: $input) { id } }';
    await askForData(mesh.subgraph, mesh.admin, save, { input: withTenant(example) });
    const expected = tokens[example.id];
    const {
      issuer: iss,
      audience: [aud],
    } = example;
    const token = await issuer.sign(withTenant({ iss, aud, ...expected?.claims }));
    expect(await find(token)).toMatchObject({
      kind: 'USER',
      tenantId: acme.tenantId,
      role: expected?.role,
      ...(expected?.email === undefined ? {} : { email: expected.email }),
    });
    // What the rule does not name is refused.
    expect(
      await find(await issuer.sign({ iss, aud, oid: 'o-2', 'https://example.com/tenant': acme.tenantId })),
    ).toMatchObject({
      refused: 'ROLE',
    });
    const remove = 'mutation ($id: ID!) { deleteIssuer(id: $id) }';
    await askForData(mesh.subgraph, mesh.admin, remove, { id: example.id });
  },
);
