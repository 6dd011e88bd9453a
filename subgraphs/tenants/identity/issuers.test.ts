import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, type RefusedToken, systemCaller } from '#core/caller.ts';
import { parseCountLimits } from '#core/count-limits.ts';
import { builtInRoles } from '#core/roles.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { firstIssuerId, type IssuerRecord, issuers } from '#mongo/issuers.ts';
import { createHttpFetch } from '#providers/http/http-fetch.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { startTokenIssuer, type TokenIssuer } from '#test/support/token-issuer.ts';
import { createTenantsSubgraph } from '../subgraph.ts';
import { ensureFirstIssuer } from './first-issuer.ts';

let opened: AsyncDisposableStack;
let mesh: TestTenants;
let issuer: TokenIssuer;
let acme: TestTenant;
let other: TestTenant;

beforeAll(async () => {
  opened = new AsyncDisposableStack();
  const http = opened.use(createHttpFetch());
  issuer = opened.use(await startTokenIssuer());
  mesh = opened.use(await startTenants(() => openTestDatabase(), { outboundFetch: http.fetch }));
  acme = await mesh.addTenant('acme');
  other = await mesh.addTenant('other');
});
afterAll(() => opened?.disposeAsync());
beforeEach(() => issuers(mesh.database.connection).deleteMany({}));

const saving = 'mutation ($input: IssuerInput!) { saveIssuer(input: $input) { id } }';
const toInput = (input: object) => ({ id: 'main', issuer: issuer.url, audience: ['heddle'], ...input });
const save = (input: object = {}) => askForData(mesh.subgraph, mesh.admin, saving, { input: toInput(input) });

async function refusal(
  input: object,
  caller: Caller = mesh.admin,
  subgraph = mesh.subgraph,
): Promise<string> {
  const { errors = [] } = await ask(subgraph, caller, saving, { input: toInput(input) });
  return `${errors[0]?.code}: ${errors[0]?.message}`;
}

async function find(claims: Record<string, unknown>): Promise<Caller | RefusedToken> {
  const token = await issuer.sign(claims);
  const query = 'query ($hash: String!, $token: String) { _caller(keyHash: $hash, token: $token) }';
  const hash = createHash('sha256').update(token).digest('hex');
  type Found = { _caller: Caller | RefusedToken };
  return (await askForData<Found>(mesh.subgraph, systemCaller, query, { hash, token }))._caller;
}

const stored = () => issuers(mesh.database.connection).find().lean<IssuerRecord[]>();

describe('saveIssuer', () => {
  it('stores an issuer with the paths of OpenID Connect, lists it, replaces it, and records both', async () => {
    await save({
      rules: [{ claim: 'sub', value: 'ada', role: 'OWNER', tenantId: acme.tenantId, appId: acme.appId }],
    });
    const list = `{ issuers { totalCount edges { node { id issuer audience jwksUrl
      claims { subject email tenant role groups scopes endUser }
      rules { claim value role tenant { id } app { id } } } } } }`;
    expect(await askForData(mesh.subgraph, mesh.admin, list)).toEqual({
      issuers: {
        totalCount: 1,
        edges: [
          {
            node: {
              ...{ id: 'main', issuer: issuer.url, audience: ['heddle'], jwksUrl: null },
              claims: {
                ...{ subject: 'sub', email: 'email', tenant: null, role: null },
                ...{ groups: 'groups', scopes: 'scope', endUser: null },
              },
              rules: [
                {
                  ...{ claim: 'sub', value: 'ada', role: 'OWNER' },
                  ...{ tenant: { id: acme.tenantId }, app: { id: acme.appId } },
                },
              ],
            },
          },
        ],
      },
    });
    const [first] = await stored();
    await save({ audience: ['other'], jwksUrl: `${issuer.url}/jwks` });
    expect(await stored()).toEqual([
      { ...first, audience: ['other'], jwksUrl: `${issuer.url}/jwks`, rules: [] },
    ]);
    const records = await auditLog(mesh.database.connection)
      .find({ action: 'issuer.save' })
      .sort({ _id: 1 })
      .lean();
    expect(records.at(-1)).toMatchObject({
      ...{ outcome: 'SUCCEEDED', targetType: 'Issuer', targetId: 'main' },
      before: { audience: ['heddle'] },
      after: { audience: ['other'] },
    });
  });

  it.each<[what: string, input: object, message: RegExp]>([
    ['an id with capitals', { id: 'Main' }, /^BAD_USER_INPUT: input.id must be/],
    ['plain HTTP elsewhere', { issuer: 'http://example.com' }, /input.issuer must be an https URL/],
    ['a text that is no URL', { issuer: 'joe' }, /input.issuer must be/],
    ['a host in capitals', { issuer: 'https://Example.com' }, /input.issuer must be/],
    ['a host of other letters', { issuer: 'https://ехample.com' }, /input.issuer must be/],
    ['a query', { issuer: 'https://example.com/?a' }, /input.issuer must be/],
    ['a password', { issuer: 'https://a:b@example.com' }, /input.issuer must be/],
    ['a loopback that is a name', { issuer: 'http://127.0.0.1.example.com' }, /input.issuer must be/],
    ['another scheme', { issuer: 'file:///etc/passwd' }, /input.issuer must be/],
    ['no audience', { audience: [] }, /input.audience must have at least one/],
    ['any audience', { audience: ['*'] }, /input.audience\[0\] has a `\*`/],
    ['an empty audience', { audience: [''] }, /input.audience\[0\] must be 1 to 500/],
    ['keys over plain HTTP', { jwksUrl: 'http://example.com/keys' }, /input.jwksUrl must be an https URL/],
    ['an empty path', { claims: { subject: '' } }, /input.claims.subject must be the path/],
    [
      'a rule for any value',
      { rules: [{ claim: 'groups', value: '*', role: 'OWNER', tenantId: 'default' }] },
      /input.rules\[0\].value has a `\*`/,
    ],
    [
      'a rule without a tenant',
      { rules: [{ claim: 'sub', value: 'a', role: 'OWNER' }] },
      /input.rules\[0\].tenantId is needed/,
    ],
    [
      'a rule of a tenant that is not there',
      { rules: [{ claim: 'sub', value: 'a', role: 'OWNER', tenantId: 'gone' }] },
      /names a tenant that does not exist/,
    ],
    [
      'a rule of a role that is not there',
      { rules: [{ claim: 'sub', value: 'a', role: 'Owner', tenantId: 'default' }] },
      /names a role that does not exist/,
    ],
    [
      '201 rules',
      {
        rules: Array.from({ length: 201 }, () => ({
          claim: 'sub',
          value: 'a',
          role: 'OWNER',
          tenantId: 'default',
        })),
      },
      /must not have more than 200 rules/,
    ],
  ])('refuses %s, and stores nothing', async (_what, input, message) => {
    expect(await refusal(input)).toMatch(message);
    expect(await stored()).toEqual([]);
  });

  it('refuses an app of another tenant, and an app without a tenant', async () => {
    const rule = { claim: 'sub', value: 'a', role: 'OWNER', appId: acme.appId };
    expect(await refusal({ rules: [{ ...rule, tenantId: other.tenantId }] })).toMatch(
      /not one of the tenant/,
    );
    expect(await refusal({ rules: [rule], claims: { tenant: 'tenant' } })).toMatch(/appId needs a tenantId/);
  });

  it('names what is wrong with the documents of the issuer, and stores it once they are right', async () => {
    const answers: [TokenIssuer['answer'], RegExp][] = [
      [
        () => ({ status: 500, body: '' }),
        /input.issuer cannot be used: 127.0.0.1:\d+ answered with status 500/,
      ],
      [() => ({ status: 200, body: 'x' }), /answered with text that is no JSON/],
      [() => ({ status: 200, body: '{"issuer":"https://else.example"}' }), /names another issuer/],
    ];
    for (const [answer, message] of answers) {
      issuer.answer = answer;
      expect(await refusal({})).toMatch(message);
    }
    issuer.answer = null;
    expect(await refusal({ issuer: 'http://127.0.0.1:1' })).toMatch(/cannot be reached \(ECONNREFUSED\)/);
    expect(await refusal({ jwksUrl: `${issuer.url}/gone` })).toMatch(
      /input.jwksUrl cannot be used: .* status 404/,
    );
    expect(await stored()).toEqual([]);
    await save();
    expect(await refusal({ id: 'second' })).toMatch(/^CONFLICT: There is an issuer with the URL/);
  });

  it('is for operators alone, and deleting it too; an unknown id is NOT_FOUND', async () => {
    expect(await refusal({}, acme.caller)).toMatch(/^FORBIDDEN/);
    const deleting = 'mutation { deleteIssuer(id: "main") }';
    expect((await ask(mesh.subgraph, acme.caller, deleting)).errors?.[0]?.code).toBe('FORBIDDEN');
    expect((await ask(mesh.subgraph, mesh.admin, deleting)).errors?.[0]?.code).toBe('NOT_FOUND');
    await save();
    expect(await askForData(mesh.subgraph, mesh.admin, deleting)).toEqual({ deleteIssuer: 'main' });
    expect(await stored()).toEqual([]);
    expect((await find({})) as RefusedToken).toMatchObject({ refused: 'ISSUER' });
  });

  it('stores no more issuers than there may be', async () => {
    const counts = parseCountLimits('issuers=1');
    await using full = createTenantsSubgraph({ ...mesh.deps, counts });
    await save();
    expect(await refusal({ id: 'second', issuer: `${issuer.url}/second` }, mesh.admin, full)).toMatch(
      /^BAD_USER_INPUT/,
    );
    const second = { id: 'second', issuer: `${issuer.url}/second`, jwksUrl: `${issuer.url}/jwks` };
    expect(await refusal(second, mesh.admin, full)).toMatch(/^CONFLICT: .*raise issuers\./);
  });
});

describe('claims and rules', () => {
  const whole = (claims: Record<string, unknown>) => find({ sub: 'eve', ...claims });

  it('state tenant, role and scopes by the names of Heddle for the first issuer, without rules', async () => {
    await save({ id: firstIssuerId });
    const tenant = { heddle_tenant: acme.tenantId };
    expect(await whole({ ...tenant, heddle_role: 'VIEWER' })).toMatchObject({
      ...{ kind: 'USER', tenantId: acme.tenantId, role: 'VIEWER', scopes: builtInRoles.VIEWER },
    });
    expect(await whole({ ...tenant, heddle_scopes: 'inference:invoke models:read' })).toMatchObject({
      scopes: ['inference:invoke', 'models:read'],
    });
    expect(
      await whole({ ...tenant, heddle_role: 'VIEWER', heddle_scopes: ['models:read', 'x'] }),
    ).toMatchObject({
      ...{ role: 'VIEWER', scopes: ['models:read'] },
    });
    expect(await whole({ ...tenant, heddle_role: 'VIEWER', heddle_scopes: '' })).toMatchObject({
      scopes: [],
    });
    expect(await whole({ heddle_tenant: acme.tenantId })).toMatchObject({ refused: 'ROLE' });
    expect(await whole({ heddle_role: 'VIEWER' })).toMatchObject({ refused: 'ROLE' });
    expect(await whole({ heddle_tenant: 'gone', heddle_role: 'VIEWER' })).toMatchObject({ refused: 'ROLE' });
    expect(await whole({ ...tenant, heddle_role: 'gone' })).toMatchObject({ refused: 'ROLE' });
  });

  it('of any other issuer state nothing by these names, but by paths that were saved for it', async () => {
    await save();
    const tenant = { heddle_tenant: acme.tenantId };
    const stated = [{ heddle_role: 'OWNER' }, { heddle_scopes: 'tenants:admin' }];
    for (const claims of stated)
      expect(await whole({ ...tenant, ...claims })).toMatchObject({ refused: 'ROLE' });
    await save({ claims: { tenant: 'heddle_tenant', role: 'heddle_role', scopes: 'heddle_scopes' } });
    expect(await whole({ ...tenant, ...stated[0] })).toMatchObject({ role: 'OWNER' });
    expect(await whole({ ...tenant, ...stated[1] })).toMatchObject({ scopes: ['tenants:admin'] });
  });

  it('narrow the scopes of a role where a shared claim has one of Heddle, and grant none without a role', async () => {
    const rule = { claim: 'sub', value: 'eve', role: 'ADMIN', tenantId: acme.tenantId };
    await save({ rules: [rule] });
    expect(await whole({ scope: 'openid profile' })).toMatchObject({ scopes: builtInRoles.ADMIN });
    expect(await whole({ scope: 'openid tenants:read tenants:admin' })).toMatchObject({
      scopes: ['tenants:read'],
    });
    await save({ rules: [{ ...rule, role: 'VIEWER' }] });
    expect(await whole({ scope: 'tenants:write' })).toMatchObject({ scopes: ['tenants:read'] });
    await save({ rules: [] });
    expect(await whole({ scope: 'tenants:admin', heddle_tenant: acme.tenantId })).toMatchObject({
      refused: 'ROLE',
    });
  });

  it('are read by the first rule that fits: of nested claims, names with dots, lists, and truth values', async () => {
    const at = (claim: string, value: string, role: string) => ({
      claim,
      value,
      role,
      tenantId: acme.tenantId,
    });
    const nested = {
      realm_access: { roles: ['a', 'heddle-admins'] },
      'https://example.com/roles': ['auditors'],
      'kubernetes.io': { namespace: 'ci', serviceaccount: { name: 'deploy' } },
    };
    const role = async (rules: object[], claims: Record<string, unknown> = nested) => {
      await save({ rules, claims: { groups: 'realm_access.roles' } });
      const found = await whole(claims);
      return 'role' in found ? found.role : (found as RefusedToken).refused;
    };
    expect(
      await role([
        at('x', 'y', 'OWNER'),
        at('groups', 'heddle-admins', 'ADMIN'),
        at('groups', 'a', 'VIEWER'),
      ]),
    ).toBe('ADMIN');
    expect(await role([at('realm_access.roles', 'a', 'VIEWER')])).toBe('VIEWER');
    expect(await role([at('https://example.com/roles', 'auditors', 'AUDITOR')])).toBe('AUDITOR');
    expect(await role([at('kubernetes.io.serviceaccount.name', 'deploy', 'DEVELOPER')])).toBe('DEVELOPER');
    expect(await role([at('realm_access', '[object Object]', 'OWNER')])).toBe('ROLE');
    expect(await role([at('realm_access.roles', 'a,heddle-admins', 'OWNER')])).toBe('ROLE');
    expect(await role([at('constructor.name', 'Object', 'OWNER')])).toBe('ROLE');
    expect(await role([at('internal', 'true', 'DEVELOPER')], { internal: true })).toBe('DEVELOPER');
    for (const verified of [false, 'false', 'False', '', null, 0, 1, 'yes', {}, ['true']]) {
      const claims = { email: 'a@b.c', email_verified: verified };
      expect(await role([at('email', 'a@b.c', 'OWNER')], claims)).toBe('ROLE');
    }
    for (const claims of [{}, { email_verified: true }, { email_verified: 'true' }])
      expect(await role([at('email', 'a@b.c', 'OWNER')], { email: 'a@b.c', ...claims })).toBe('OWNER');
    const overage = { _claim_names: { groups: 'src1' }, _claim_sources: { src1: {} } };
    expect(await role([at('groups', 'a', 'OWNER')], overage)).toBe('ROLE');
    expect(await whole(overage)).toMatchObject({ message: expect.stringContaining('too many') });
  });

  it('bind the caller to the app of the rule, with its limits and lists, and to the end user of the claim', async () => {
    await askForData(
      mesh.subgraph,
      mesh.admin,
      `mutation ($id: ID!) { updateApp(id: $id, input: { models: ["demo/*"], limits: [{ meter: REQUESTS, window: MINUTE, amount: 7 }] }) { id } }`,
      { id: acme.appId },
    );
    const rule = {
      claim: 'sub',
      value: 'eve',
      role: 'DEVELOPER',
      tenantId: acme.tenantId,
      appId: acme.appId,
    };
    await save({ rules: [rule], claims: { endUser: 'customer' } });
    expect(await whole({ customer: 'c1' })).toMatchObject({
      ...{ appId: acme.appId, endUserId: 'c1' },
      limits: expect.arrayContaining([
        { subject: `app:${acme.appId}`, meter: 'REQUESTS', window: 'MINUTE', amount: '7' },
      ]),
      modelLists: [{ subject: `app:${acme.appId}`, patterns: ['demo/*'] }],
    });
    expect(await whole({})).toMatchObject({ refused: 'CLAIMS' });
  });

  it('take the tenant of the claim where the rule states none', async () => {
    const rules = [{ claim: 'groups', value: 'staff', role: 'VIEWER' }];
    await save({ rules, claims: { tenant: 'org.id' } });
    const at = (id: string) => whole({ groups: ['staff'], org: { id } });
    expect(await at(other.tenantId)).toMatchObject({ tenantId: other.tenantId, role: 'VIEWER' });
    expect(await at('gone')).toMatchObject({ refused: 'ROLE' });
  });

  it('refuse the people of an archived tenant, as its keys', async () => {
    const gone = await mesh.addTenant('gone');
    await save({ rules: [{ claim: 'sub', value: 'eve', role: 'OWNER', tenantId: gone.tenantId }] });
    await askForData(mesh.subgraph, mesh.admin, 'mutation ($id: ID!) { archiveTenant(id: $id) }', {
      id: gone.tenantId,
    });
    expect(await whole({})).toMatchObject({ archived: 'tenant', caller: { subject: 'eve' } });
  });

  it.each([
    [
      'GitHub Actions',
      'repository',
      'octo-org/octo-repo',
      {
        sub: 'repo:octo-org/octo-repo:environment:production',
        repository: 'octo-org/octo-repo',
        repository_owner: 'octo-org',
        ref: 'refs/heads/main',
        environment: 'production',
        run_id: '1',
      },
    ],
    [
      'Kubernetes',
      'sub',
      'system:serviceaccount:ci:deploy',
      {
        sub: 'system:serviceaccount:ci:deploy',
        'kubernetes.io': { namespace: 'ci', serviceaccount: { name: 'deploy', uid: 'u' } },
      },
    ],
  ])('know a workload of %s by a rule', async (_where, claim, value, claims) => {
    await save({
      jwksUrl: `${issuer.url}/jwks`,
      rules: [{ claim, value, role: 'DEVELOPER', tenantId: acme.tenantId }],
    });
    expect(await find(claims)).toMatchObject({ kind: 'USER', subject: claims.sub, role: 'DEVELOPER' });
    expect(await find({ ...claims, [claim]: `${value}-fork` })).toMatchObject({ refused: 'ROLE' });
  });
});

describe('the issuer of the environment', () => {
  it('is kept in step at each start, without a call, and keeps the rules that saveIssuer has given it', async () => {
    const { connection } = mesh.database;
    const start = (url: string | undefined, audience = ['heddle']) =>
      ensureFirstIssuer(connection, {
        ...{ issuer: url, audience, audit: mesh.deps.audit, bus: mesh.deps.bus },
      });
    await start(undefined);
    expect(await stored()).toEqual([]);
    await start('https://down.example');
    expect(await stored()).toMatchObject([{ _id: 'default', issuer: 'https://down.example', rules: [] }]);
    const rules = [{ claim: 'sub', value: 'ada', role: 'OWNER', tenantId: acme.tenantId }];
    await save({ id: 'default', rules });
    await start(issuer.url, ['a', 'b']);
    expect(await stored()).toMatchObject([
      { _id: 'default', issuer: issuer.url, audience: ['a', 'b'], rules },
    ]);
    await start(undefined);
    expect(await stored()).toEqual([]);
    await save({ id: 'default' });
    await start(undefined);
    expect(await stored()).toHaveLength(1);
  });
});
