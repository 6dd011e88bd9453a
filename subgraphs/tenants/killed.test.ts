import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCountLimits } from '#core/count-limits.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { settleEvents } from '#mongo/events.ts';
import { members } from '#mongo/members.ts';
import { tenants } from '#mongo/tenants.ts';
import { freeErasures } from '#server/erasure/erasure-run.ts';
import { continueErasures } from '#server/erasure/keep-erasing.ts';
import { openFailingDatabase } from '#test/support/database.ts';
import { killedAtEveryWrite } from '#test/support/processes/killed.ts';
import { testSecrets } from '#test/support/seal.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';
import { startTokenIssuer, type TokenIssuer } from '#test/support/token-issuer.ts';
import { settleAcceptances } from './invitations/accept-invitation.ts';
import { settleRotations } from './keys/rotation/settle-rotations.ts';
import { settleDepartures } from './members/end-membership.ts';
import { completeMarks } from './tenants/below-tenant.ts';

const log = pino({ level: 'silent' });

let issuer: TokenIssuer;
let mesh: TestTenants;
let count = 0;
beforeAll(async () => {
  issuer = await startTokenIssuer();
  mesh = await startTenants(openFailingDatabase, {
    outboundFetch: globalThis.fetch,
    counts: parseCountLimits('issuers=1000'),
    secrets: testSecrets,
  });
});
afterAll(async () => {
  await issuer?.[Symbol.asyncDispose]();
  await mesh?.[Symbol.asyncDispose]();
});

type Variables = Readonly<Record<string, unknown>>;
const run = (query: string, variables: Variables = {}) =>
  askForData<Record<string, { id: string; key?: { id: string }; invitation?: { id: string } }>>(
    mesh.subgraph,
    mesh.admin,
    query,
    variables,
  );
async function repair() {
  const { connection } = mesh.database;
  await completeMarks(connection, log);
  await settleRotations(connection, log);
  await settleAcceptances(mesh.deps);
  await settleDepartures(mesh.deps);
  const parts = { ...mesh.deps, connection, isAlone: true, secrets: testSecrets };
  await freeErasures(connection);
  await continueErasures(parts, { names: ['tenants'] });
  await settleEvents(connection, new Date(Date.now() + 1_000), Date.now());
}

const saveIssuer =
  'mutation ($id: ID!, $issuer: String!, $jwks: String!) { saveIssuer(input: { id: $id, issuer: $issuer, audience: "a", jwksUrl: $jwks }) { id } }';
const issuerInput = (id: string) => ({ id, issuer: `${issuer.url}/${id}`, jwks: `${issuer.url}/jwks` });

/** A tenant with two apps, each with a key, a budget and a request for access; all of them ids. */
async function newTenant() {
  const name = `tenant ${++count}`;
  const { createTenant } = await run(
    'mutation ($name: String!) { createTenant(input: { name: $name }) { id } }',
    {
      name,
    },
  );
  const tenantId = createTenant?.id ?? '';
  const made = await run(
    `mutation ($tenantId: ID!) { plan: savePlan(input: { id: "plan-${count}", name: "${name}", limits: [] }) { id }
      a: createApp(input: { tenantId: $tenantId, name: "a" }) { id } b: createApp(input: { tenantId: $tenantId, name: "b" }) { id }
      role: saveRole(input: { tenantId: $tenantId, name: "unused", scopes: [] }) { id: name }
      policy: saveGuardrailPolicy(input: { tenantId: $tenantId, id: "present", rules: [{ rule: "secrets", stages: [INPUT], action: BLOCK }] }) { id }
      consent: saveConsent(input: { tenantId: $tenantId, endUserId: "grace", purposes: ["a", "b"] }) { id }
      source: saveConsentSource(input: { tenantId: $tenantId, url: "https://consent.example", secret: "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=" }) { id: url }
      hook: saveWebhook(input: { tenantId: $tenantId, id: "present", url: "https://hooks.example", types: ["*"], secret: "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=" }) { id }
      team: createTeam(input: { tenantId: $tenantId, name: "team" }) { id }
      documents: saveTrustedDocuments(input: { tenantId: $tenantId, documents: [{ id: "d", body: "{ d }" }] }) { saved }
      member: saveMember(input: { tenantId: $tenantId, subject: "ada", role: DEVELOPER }) { id }
      invited: inviteMember(input: { tenantId: $tenantId, email: "ada@example.com", role: DEVELOPER }) { invitation { id } }
      inactive: saveMember(input: { tenantId: $tenantId, subject: "grace", role: DEVELOPER }) { id } }`,
    { tenantId },
  );
  await run(saveIssuer, issuerInput(`issuer-${count}`));
  await members(mesh.database.connection).updateOne(
    { _id: made.inactive?.id ?? '' },
    { $set: { deactivatedAt: new Date() } },
  );
  const appId = made.a?.id ?? '';
  const below = await run(
    `mutation ($a: ID!, $b: ID!, $tenantId: ID!) { key: createApiKey(input: { appId: $a, scopes: ["inference:invoke"] }) { key { id } secret }
      createApiKey(input: { appId: $b, scopes: ["inference:invoke"] }) { key { id } }
      budget: saveBudget(input: { tenantId: $tenantId, appId: $a, amount: "1", window: DAY }) { id } }`,
    { a: appId, b: made.b?.id, tenantId },
  );
  const ownKeys = apiKeys(mesh.database.connection);
  await ownKeys.updateMany({ appId: made.b?.id ?? '' }, { $set: { ownerMemberId: made.member?.id } });
  await ownKeys.updateMany({ appId }, { $set: { madeByMemberId: made.member?.id } });
  const secret = (below.key as unknown as { secret: string }).secret;
  const caller = await mesh.findCaller(secret);
  const { trustedDocuments } = await askForData<{
    trustedDocuments: { edges: readonly { node: { id: string } }[] };
  }>(
    mesh.subgraph,
    mesh.admin,
    'query ($id: ID!) { trustedDocuments(filter: { tenantId: $id }) { edges { node { id } } } }',
    { id: tenantId },
  );
  const asked = await askForData<{ requestAccess: { id: string } }>(
    mesh.subgraph,
    caller ?? mesh.admin,
    'mutation { requestAccess(resource: "theirs") { id } }',
  );
  return {
    teamId: made.team?.id ?? '',
    policyId: made.policy?.id ?? '',
    invitationId: made.invited?.invitation?.id ?? '',
    inactiveMemberId: made.inactive?.id ?? '',
    ...{ tenantId, appId, keyId: below.key?.key?.id ?? '', memberId: made.member?.id ?? '', n: `${count}` },
    ...{ planId: made.plan?.id ?? '', budgetId: below.budget?.id ?? '', grantId: asked.requestAccess.id },
    ...{ documentId: trustedDocuments.edges[0]?.node.id ?? '' },
  };
}

/** How many of everything below the tenant lists show, and whether its two apps' keys are accepted. */
async function readShown(tenantId: string) {
  const counts = await askForData<Record<string, { totalCount: number }>>(
    mesh.subgraph,
    mesh.admin,
    `query ($id: ID!) { ${['apps', 'apiKeys', 'members', 'budgets', 'accessGrants', 'invitations'].map((list) => `${list}(filter: { tenantId: $id }) { totalCount }`).join(' ')} }`,
    { id: tenantId },
  );
  return Object.values(counts)
    .map(({ totalCount }) => totalCount)
    .join(' ');
}

const archiveTenant = 'mutation ($id: ID!) { archiveTenant(id: $id) }';
const archiveApp = 'mutation ($id: ID!) { archiveApp(id: $id) }';

describe('a process that is killed while it', { timeout: 120_000 }, () => {
  it.each([
    ['archives a tenant', archiveTenant, false, 'tenant', '2 2 2 1 1 1', '0 0 0 0 0 0'],
    [
      'restores a tenant',
      'mutation ($id: ID!) { restoreTenant(id: $id) { id } }',
      true,
      'tenant',
      '0 0 0 0 0 0',
      '2 2 2 1 1 1',
    ],
    ['archives an app', archiveApp, false, 'app', '2 2 2 1 1 1', '1 1 2 0 0 1'],
    [
      'restores an app',
      'mutation ($id: ID!) { restoreApp(id: $id) { id } }',
      true,
      'app',
      '1 1 2 0 0 1',
      '2 2 2 1 1 1',
    ],
  ] as const)(
    '%s leaves lists that the next start makes agree with it, and a record that names it',
    async (_what, query, isArchived, kind, before, after) => {
      const { connection } = mesh.database;
      let made = { tenantId: '', appId: '' };
      const id = () => (kind === 'tenant' ? made.tenantId : made.appId);
      const prepare = async () => {
        made = await newTenant();
        if (isArchived) await run(kind === 'tenant' ? archiveTenant : archiveApp, { id: id() });
        return () => ask(mesh.subgraph, mesh.admin, query, { id: id() });
      };
      const seen = new Set<string>();
      for await (const { hasChanged, records } of killedAtEveryWrite(connection, prepare, repair)) {
        const shown = await readShown(made.tenantId);
        expect([before, after]).toContain(shown);
        expect(hasChanged, shown).toBe(shown === after);
        if (hasChanged) expect(records).toMatchObject([{ targetId: id() }]);
        seen.add(shown);
        expect(await tenants(connection).countDocuments({ marksDue: true })).toBe(0);
      }
      expect(seen).toEqual(new Set([before, after]));
    },
  );

  type Made = Awaited<ReturnType<typeof newTenant>>;
  /** Of all the cases below: each leaves what is stored as it was. */
  let present: Made;
  beforeAll(async () => {
    present = await newTenant();
  });

  it.each<[string, string, (made: Made) => Variables]>([
    [
      'createTenant',
      '($n: String!) { createTenant(input: { name: $n }) { id } }',
      ({ n }) => ({ n: `new ${n}` }),
    ],
    [
      'updateTenant',
      '($id: ID!, $n: String!) { updateTenant(id: $id, input: { name: $n }) { id } }',
      (m) => ({ id: m.tenantId, n: `renamed ${m.n}` }),
    ],
    [
      'createTeam',
      '($t: ID!) { createTeam(input: { tenantId: $t, name: "c" }) { id } }',
      (m) => ({ t: m.tenantId }),
    ],
    [
      'updateTeam',
      '($id: ID!) { updateTeam(id: $id, input: { name: "c" }) { id } }',
      (m) => ({ id: m.teamId }),
    ],
    ['archiveTeam', '($id: ID!) { archiveTeam(id: $id) }', (m) => ({ id: m.teamId })],
    [
      'createApp',
      '($t: ID!) { createApp(input: { tenantId: $t, name: "c" }) { id } }',
      (m) => ({ t: m.tenantId }),
    ],
    ['updateApp', '($id: ID!) { updateApp(id: $id, input: { name: "c" }) { id } }', (m) => ({ id: m.appId })],
    [
      'createApiKey',
      '($a: ID!) { createApiKey(input: { appId: $a }) { key { id } } }',
      (m) => ({ a: m.appId }),
    ],
    [
      'updateApiKey',
      '($id: ID!) { updateApiKey(id: $id, input: { label: "c" }) { id } }',
      (m) => ({ id: m.keyId }),
    ],
    ['rotateApiKey', '($id: ID!) { rotateApiKey(id: $id) { key { id } } }', (m) => ({ id: m.keyId })],
    ['revokeApiKey', '($id: ID!) { revokeApiKey(id: $id) { id } }', (m) => ({ id: m.keyId })],
    ['revokeApiKeys', '($a: ID!) { revokeApiKeys(filter: { appId: $a }) }', (m) => ({ a: m.appId })],
    [
      'saveMember',
      '($t: ID!) { saveMember(input: { tenantId: $t, subject: "eve", role: OWNER }) { id } }',
      (m) => ({ t: m.tenantId }),
    ],
    [
      'saveRole',
      '($t: ID!) { saveRole(input: { tenantId: $t, name: "support", scopes: ["usage:read"] }) { name } }',
      (m) => ({ t: m.tenantId }),
    ],
    [
      'saveGuardrailPolicy',
      '($t: ID!) { saveGuardrailPolicy(input: { tenantId: $t, id: "present", mode: SHADOW, rules: [{ rule: "secrets", stages: [INPUT], action: BLOCK }] }) { version } }',
      (m) => ({ t: m.tenantId }),
    ],
    [
      'rollbackGuardrailPolicy',
      '($p: ID!) { rollbackGuardrailPolicy(id: $p, version: 1) { version } }',
      (m) => ({ p: m.policyId }),
    ],
    [
      'saveConsent',
      '($t: ID!) { saveConsent(input: { tenantId: $t, endUserId: "ada", purposes: ["a"] }) { id } }',
      (m) => ({ t: m.tenantId }),
    ],
    [
      'withdrawConsent',
      '($t: ID!) { withdrawConsent(input: { tenantId: $t, endUserId: "grace", purposes: ["a"] }) { id } }',
      (m) => ({ t: m.tenantId }),
    ],
    [
      'saveConsentSource',
      '($t: ID!) { saveConsentSource(input: { tenantId: $t, url: "https://other.example", secret: "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=" }) { url } }',
      (m) => ({ t: m.tenantId }),
    ],
    [
      'saveWebhook',
      '($t: ID!) { saveWebhook(input: { tenantId: $t, id: "new", url: "https://hooks.example", types: ["*"], secret: "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=" }) { id } }',
      (m) => ({ t: m.tenantId }),
    ],
    ['deleteWebhook', '($id: ID!) { deleteWebhook(id: $id) }', (m) => ({ id: `${m.tenantId}:present` })],
    ['deleteConsentSource', '($t: ID!) { deleteConsentSource(tenantId: $t) }', (m) => ({ t: m.tenantId })],
    ['deleteGuardrailPolicy', '($p: ID!) { deleteGuardrailPolicy(id: $p) }', (m) => ({ p: m.policyId })],
    ['deleteRole', '($t: ID!) { deleteRole(name: "unused", tenantId: $t) }', (m) => ({ t: m.tenantId })],
    [
      'inviteMember',
      '($t: ID!) { inviteMember(input: { tenantId: $t, email: "a@b.c", role: OWNER }) { link } }',
      (m) => ({ t: m.tenantId }),
    ],
    [
      'resendInvitation',
      '($id: ID!) { resendInvitation(id: $id) { link } }',
      (m) => ({ id: m.invitationId }),
    ],
    ['revokeInvitation', '($id: ID!) { revokeInvitation(id: $id) { id } }', (m) => ({ id: m.invitationId })],
    ['removeMember', '($id: ID!) { removeMember(id: $id) }', (m) => ({ id: m.memberId })],
    [
      'deactivateMember',
      '($id: ID!) { deactivateMember(id: $id, revokeKeysMade: true) { id } }',
      (m) => ({ id: m.memberId }),
    ],
    [
      'reactivateMember',
      '($id: ID!) { reactivateMember(id: $id) { id } }',
      (m) => ({ id: m.inactiveMemberId }),
    ],
    [
      'savePlan',
      '($n: String!, $id: ID!) { savePlan(input: { id: $id, name: $n, limits: [] }) { id } }',
      (m) => ({ id: `new-${m.n}`, n: `new ${m.n}` }),
    ],
    [
      'eraseTenant',
      '($t: ID!, $n: String!) { eraseTenant(input: { id: $t, name: $n }) { id } }',
      (m) => ({ t: m.tenantId, n: `tenant ${m.n}` }),
    ],
    [
      'eraseEndUser',
      '($t: ID!) { eraseEndUser(input: { tenantId: $t, endUserId: "ada" }) { id } }',
      (m) => ({ t: m.tenantId }),
    ],
    ['saveIssuer', saveIssuer.replace('mutation ', ''), ({ n }) => issuerInput(`new-${n}`)],
    ['deleteIssuer', '($id: ID!) { deleteIssuer(id: $id) }', ({ n }) => ({ id: `issuer-${n}` })],
    ['deletePlan', '($id: ID!) { deletePlan(id: $id) }', (m) => ({ id: m.planId })],
    [
      'assignPlan',
      '($t: ID!, $p: ID!) { assignPlan(tenantId: $t, planId: $p) { id } }',
      (m) => ({ t: m.tenantId, p: m.planId }),
    ],
    [
      'saveBudget',
      '($t: ID!) { saveBudget(input: { tenantId: $t, amount: "2", window: DAY }) { id } }',
      (m) => ({ t: m.tenantId }),
    ],
    ['deleteBudget', '($id: ID!) { deleteBudget(id: $id) }', (m) => ({ id: m.budgetId })],
    [
      'decideAccess',
      '($id: ID!) { decideAccess(id: $id, approve: true) { id } }',
      (m) => ({ id: m.grantId }),
    ],
    [
      'saveTrustedDocuments',
      '($t: ID!) { saveTrustedDocuments(input: { tenantId: $t, documents: [{ id: "a", body: "{ a }" }] }) { saved } }',
      (m) => ({ t: m.tenantId }),
    ],
    [
      'deleteTrustedDocuments',
      '($d: [ID!]!) { deleteTrustedDocuments(ids: $d) }',
      (m) => ({ d: [m.documentId] }),
    ],
    ['withdrawAccess', '($id: ID!) { withdrawAccess(id: $id) }', (m) => ({ id: m.grantId })],
    [
      'requestAccess',
      '($r: String!) { requestAccess(resource: $r) { id } }',
      (m) => ({ r: `resource ${m.n}` }),
    ],
  ])(
    'runs %s leaves all of it or nothing after the next start, and a record that names it',
    async (_name, query, buildVariables) => {
      const prepare = async () => {
        const variables = buildVariables(present);
        return () => ask(mesh.subgraph, mesh.admin, `mutation ${query}`, variables);
      };
      const outcomes = new Set<string>();
      const states = new Set<string>(['']);
      for await (const { hasChanged, changes, records } of killedAtEveryWrite(
        mesh.database.connection,
        prepare,
        repair,
      )) {
        states.add(changes);
        if (hasChanged)
          expect(records).toMatchObject([{ targetType: expect.any(String), targetId: expect.any(String) }]);
        for (const { outcome } of records) outcomes.add(outcome);
      }
      // As before, or as after: nothing half done.
      expect([...states].slice(1)).toHaveLength(1);
      expect(outcomes).toEqual(new Set(['INTERRUPTED', 'SUCCEEDED']));
    },
  );
});
