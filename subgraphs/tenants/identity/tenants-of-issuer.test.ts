import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, type RefusedToken, systemCaller } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { invitations } from '#mongo/invitations.ts';
import { type IssuerRecord, issuers } from '#mongo/issuers.ts';
import { members } from '#mongo/members.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { INVITE, type Invited, readSecret } from '#test/support/invitations.ts';
import { testSecrets } from '#test/support/seal.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { startTokenIssuer, type TokenIssuer } from '#test/support/token-issuer.ts';
import { hashInvitationSecret } from '../invitations/invitation-link.ts';
import { offerInvitation } from '../invitations/offer-invitation.ts';
import { identifyPerson } from '../members/identify-person.ts';
import { chooseInvitedIssuer } from '../sign-in/sign-in-issuers.ts';

const opened = new AsyncDisposableStack();
let issuer: TokenIssuer;
let mesh: TestTenants;
let acme: TestTenant;
let hostile: TestTenant;
let subject: string;
let count = 0;

beforeAll(async () => {
  issuer = opened.use(await startTokenIssuer());
  mesh = opened.use(
    await startTenants(() => openTestDatabase(), {
      outboundFetch: globalThis.fetch,
      publicUrl: 'https://heddle.example',
      secrets: testSecrets,
    }),
  );
});
afterAll(() => opened.disposeAsync());
beforeEach(async () => {
  await issuers(mesh.database.connection).deleteMany({});
  subject = `ada-${++count}`;
  acme = await mesh.addTenant(`Acme ${count}`);
  hostile = await mesh.addTenant(`Hostile ${count}`);
});

const trySave = (input: object) =>
  ask(
    mesh.subgraph,
    mesh.admin,
    'mutation ($input: IssuerInput!) { saveIssuer(input: $input) { tenantIds } }',
    {
      input: { id: 'acme', issuer: issuer.url, audience: ['heddle'], ...input },
    },
  );
/** Binds the issuer to Acme. */
async function bind(input: object = {}): Promise<void> {
  expect(await trySave({ tenantIds: [acme.tenantId], ...input })).toEqual({
    data: { saveIssuer: { tenantIds: [acme.tenantId] } },
  });
}

async function find(claims: object): Promise<Caller | RefusedToken> {
  const token = await issuer.sign({ ...claims });
  const query = 'query ($hash: String!, $token: String) { _caller(keyHash: $hash, token: $token) }';
  const hash = createHash('sha256').update(token).digest('hex');
  type Found = { _caller: Caller | RefusedToken };
  return (await askForData<Found>(mesh.subgraph, systemCaller, query, { hash, token }))._caller;
}

async function readIssuer(): Promise<IssuerRecord> {
  const found = await issuers(mesh.database.connection).findById('acme').lean<IssuerRecord>();
  if (found === null) throw new Error('The issuer is not saved.');
  return found;
}

const toOwner = ({ caller }: TestTenant): Caller => ({ ...caller, scopes: builtInRoles.OWNER });
const saveMember = (tenant: TestTenant, subject: string, issuerId = 'acme') =>
  ask(
    mesh.subgraph,
    toOwner(tenant),
    'mutation ($input: MemberInput!) { saveMember(input: $input) { id } }',
    {
      input: { subject, role: 'VIEWER', issuerId },
    },
  );

describe('the tenants of an issuer', () => {
  it('are those that it is saved with; every one without', async () => {
    expect(await trySave({})).toEqual({ data: { saveIssuer: { tenantIds: null } } });
    await bind();
    expect(await trySave({ tenantIds: null })).toEqual({ data: { saveIssuer: { tenantIds: null } } });
  });

  it.each<[string, () => object, string]>([
    ['none', () => ({ tenantIds: [] }), 'input.tenantIds must name at least one tenant'],
    [
      'one that is not there',
      () => ({ tenantIds: [acme.tenantId, 'gone'] }),
      'input.tenantIds names a tenant that does not exist: "gone"',
    ],
    [
      'those without the tenant of a rule',
      () => ({
        tenantIds: [acme.tenantId],
        rules: [{ claim: 'sub', value: 'a', role: 'OWNER', tenantId: hostile.tenantId }],
      }),
      'input.rules[0].tenantId names a tenant that is not among input.tenantIds',
    ],
  ])('are never %s', async (_what, toInput, message) => {
    expect(await trySave(toInput())).toMatchObject({
      errors: [{ code: 'BAD_USER_INPUT', message: expect.stringContaining(message) }],
    });
  });
});

describe('a tenant that an issuer does not vouch for', () => {
  it('saves and provisions no members of it, in the words for an issuer that is not saved', async () => {
    await bind();
    const provision = (issuerId: string) =>
      ask(
        mesh.subgraph,
        toOwner(hostile),
        'mutation ($id: ID) { saveProvisioning(input: { issuerId: $id, role: VIEWER }) { issuerId } }',
        { id: issuerId },
      );
    for (const run of [(id: string) => saveMember(hostile, subject, id), provision]) {
      const [foreign, missing] = [await run('acme'), await run('none')];
      expect(foreign.errors?.[0]?.code).toBe('BAD_USER_INPUT');
      expect(foreign.errors?.[0]?.message.replace('acme', 'none')).toBe(missing.errors?.[0]?.message);
    }
    expect((await saveMember(acme, subject)).errors).toBeUndefined();
  });

  it('is no tenant of its people, though it was the first to add them', async () => {
    await trySave({});
    await saveMember(hostile, subject);
    expect(await find({ sub: subject })).toMatchObject({ tenantId: hostile.tenantId });
    await bind();
    expect(await find({ sub: subject })).toMatchObject({ refused: 'ROLE' });
    await saveMember(acme, subject);
    expect(await find({ sub: subject })).toMatchObject({ tenantId: acme.tenantId, role: 'VIEWER' });
    await expect(
      identifyPerson(await readIssuer(), { sub: subject }, mesh.deps, hostile.tenantId),
    ).rejects.toThrow('no role in the tenant');
    await members(mesh.database.connection).updateOne(
      { tenantId: acme.tenantId },
      { $set: { deactivatedAt: new Date() } },
    );
    expect(await find({ sub: subject })).toMatchObject({ refused: 'ROLE' });
  });

  it('is not one that claims of its tokens state', async () => {
    await bind({ claims: { tenant: 'tenant', role: 'role' } });
    expect(await find({ tenant: acme.tenantId, role: 'VIEWER' })).toMatchObject({ tenantId: acme.tenantId });
    expect(await find({ tenant: hostile.tenantId, role: 'OWNER' })).toMatchObject({ refused: 'ROLE' });
  });

  it('invites its people at another issuer, and they accept nothing by this one', async () => {
    const signIn = { clientId: 'heddle', clientSecret: 'the-secret-of-the-client' };
    await bind({ signIn });
    const invite = async (tenant: TestTenant) => {
      const input = { email: 'ada@example.com', role: 'VIEWER', anyEmail: true };
      const { inviteMember } = await askForData<{ inviteMember: Invited }>(
        mesh.subgraph,
        toOwner(tenant),
        INVITE,
        { input },
      );
      const invitation = hashInvitationSecret(readSecret(inviteMember));
      const record = await invitations(mesh.database.connection).findById(inviteMember.invitation.id).lean();
      if (record === null) throw new Error('The invitation is not stored.');
      const state = {
        ...{ issuerId: 'acme', state: 's', nonce: 'n', codeVerifier: 'v', redirectUri: 'r', returnPath: '/' },
        ...{ tenantId: null, invitation, expiresAtMs: 0 },
      };
      return { record, finished: { issuer: await readIssuer(), claims: { sub: subject }, state } };
    };
    const own = await invite(acme);
    expect((await chooseInvitedIssuer(own.record, mesh.deps))?.issuer._id).toBe('acme');
    expect(await offerInvitation(own.finished, mesh.deps)).toMatchObject({ role: 'VIEWER', person: subject });
    const foreign = await invite(hostile);
    expect(await chooseInvitedIssuer(foreign.record, mesh.deps)).toBeNull();
    await expect(offerInvitation(foreign.finished, mesh.deps)).rejects.toThrow(
      'does not vouch for people of this tenant',
    );
  });
});
