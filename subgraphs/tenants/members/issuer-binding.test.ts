import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, type RefusedToken, systemCaller } from '#core/caller.ts';
import { issuers } from '#mongo/issuers.ts';
import { members } from '#mongo/members.ts';
import { sessions } from '#mongo/sessions.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { startTokenIssuer, type TokenIssuer } from '#test/support/token-issuer.ts';
import { ensureFirstIssuer } from '../identity/first-issuer.ts';
import { findMaker } from './find-maker.ts';
import { findSettledMember } from './find-settled-member.ts';

const opened = new AsyncDisposableStack();
let mesh: TestTenants;
/** Two providers: the second takes over the ID, and has other people under the same subjects. */
let former: TokenIssuer;
let present: TokenIssuer;
let tenant: TestTenant;
let id: string;
let count = 0;

beforeAll(async () => {
  mesh = opened.use(await startTenants(undefined, { outboundFetch: globalThis.fetch }));
  former = opened.use(await startTokenIssuer());
  present = opened.use(await startTokenIssuer());
});
afterAll(() => opened.disposeAsync());
beforeEach(async () => {
  await issuers(mesh.database.connection).deleteMany({});
  id = `partner-${++count}`;
  tenant = await mesh.addTenant(`Bound ${count}`);
});

const run = (query: string, variables: object, caller: Caller = mesh.admin) =>
  ask<Record<string, { id: string }>>(mesh.subgraph, caller, query, { ...variables });
const mustRun = async (query: string, variables: object, caller?: Caller) => {
  const { data, errors } = await run(query, variables, caller);
  expect(errors).toBeUndefined();
  return data;
};
const saveIssuer = ({ url }: TokenIssuer, more: object = {}) =>
  mustRun('mutation ($input: IssuerInput!) { saveIssuer(input: $input) { id } }', {
    input: { id, issuer: url, audience: ['heddle'], ...more },
  });
const deleteIssuer = () => mustRun('mutation ($id: ID!) { deleteIssuer(id: $id) }', { id });
const saveMember = (more: object = {}) =>
  run('mutation ($input: MemberInput!) { saveMember(input: $input) { id issuer } }', {
    input: { tenantId: tenant.tenantId, subject: 'ada', role: 'OWNER', issuerId: id, ...more },
  });

async function find(issuer: TokenIssuer): Promise<Caller | RefusedToken> {
  const token = await issuer.sign({ sub: 'ada' });
  const query = 'query ($keyHash: String!, $token: String) { _caller(keyHash: $keyHash, token: $token) }';
  const keyHash = createHash('sha256').update(token).digest('hex');
  type Found = { _caller: Caller | RefusedToken };
  return (await askForData<Found>(mesh.subgraph, systemCaller, query, { keyHash, token }))._caller;
}

const member = { role: 'OWNER' };
const refused = { refused: 'ROLE' };

describe('an issuer that is deleted', () => {
  async function addSession(issuerId: string): Promise<void> {
    const now = new Date();
    await sessions(mesh.database.connection).create({
      ...{ _id: randomUUID(), sessionHash: randomUUID(), tenantId: tenant.tenantId, keyId: null, issuerId },
      ...{ subject: 'ada', claims: JSON.stringify({ iss: former.url, sub: 'ada' }), createdAt: now },
      ...{ lastUsedAt: now, expiresAt: new Date(now.getTime() + 3_600_000) },
    });
  }
  const countSessions = (issuerId: string) => sessions(mesh.database.connection).countDocuments({ issuerId });

  it('ends the sessions of its people, and of no others', async () => {
    await saveIssuer(former);
    await addSession(id);
    await addSession('another');
    await deleteIssuer();
    expect([await countSessions(id), await countSessions('another')]).toEqual([0, 1]);
  });

  it('ends those that were left or came meanwhile when its ID is used again, or gets another URL', async () => {
    await addSession(id);
    await saveIssuer(former);
    expect(await countSessions(id)).toBe(0);
    await addSession(id);
    await saveIssuer(former, { audience: ['other'] });
    expect(await countSessions(id)).toBe(1);
    await saveIssuer(present);
    expect(await countSessions(id)).toBe(0);
  });

  it('vouches for its members again with the same URL, and for none of them with another', async () => {
    await saveIssuer(former);
    await saveMember();
    expect(await find(former)).toMatchObject(member);
    await deleteIssuer();
    await saveIssuer(former);
    expect(await find(former)).toMatchObject(member);
    await deleteIssuer();
    await saveIssuer(present);
    expect(await find(present)).toMatchObject(refused);
  });
});

describe('an issuer with another URL', () => {
  beforeEach(async () => {
    await saveIssuer(former);
    expect((await saveMember()).data.saveMember).toMatchObject({ issuer: former.url });
    await saveIssuer(present);
  });

  it('vouches for no member that was added before, and none of them is taken for its people', async () => {
    expect(await find(present)).toMatchObject(refused);
    const caller: Caller = {
      ...{ ...mesh.admin, kind: 'USER', tenantId: tenant.tenantId, keyId: null, keyLineId: 'user-x' },
      ...{ subject: 'ada', issuerId: id },
    };
    expect(await findMaker(caller, mesh.deps)).toBeNull();
    const person = { tenantId: tenant.tenantId, subject: 'ada', issuerId: id };
    await expect(findSettledMember({ ...person, issuer: present.url }, mesh.deps)).rejects.toThrow(
      'was added when the issuer',
    );
    expect((await saveMember()).errors?.[0]).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('remove it first'),
    });
  });

  it('vouches for a member that is removed and added again', async () => {
    await mustRun('mutation ($input: MemberInput!) { saveMember(input: $input) { id } }', {
      input: { tenantId: tenant.tenantId, subject: 'eve', role: 'OWNER', issuerId: id },
    });
    const before = await members(mesh.database.connection)
      .findOne({ tenantId: tenant.tenantId, subject: 'ada' })
      .lean();
    await mustRun('mutation ($id: ID!) { removeMember(id: $id) }', { id: before?._id });
    expect((await saveMember()).data.saveMember).toMatchObject({ issuer: present.url });
    expect(await find(present)).toMatchObject(member);
  });

  it('vouches for all of them where an operator states that its people are the same', async () => {
    await saveIssuer(present, { adoptMembers: true });
    expect(await find(present)).toMatchObject(member);
    expect((await saveMember()).errors).toBeUndefined();
  });

  it('vouches again with the former one', async () => {
    await saveIssuer(former);
    expect(await find(former)).toMatchObject(member);
  });
});

it('members of older versions are bound when the URL changes or the issuer is deleted, and count until then', async () => {
  const records = members(mesh.database.connection);
  await saveIssuer(former);
  await saveMember();
  for (const change of [() => saveIssuer(present), deleteIssuer]) {
    await records.updateOne({ tenantId: tenant.tenantId }, { $unset: { issuer: 1 } });
    expect(await find(former)).toMatchObject(member);
    await change();
    await saveIssuer(present);
    expect(await find(present)).toMatchObject(refused);
    await saveIssuer(former);
  }
});

it('members of the first issuer are bound to the URL that it gets first, whichever the environment states later', async () => {
  const { connection } = mesh.database;
  const start = (url: string | undefined) =>
    ensureFirstIssuer(connection, {
      ...{ issuer: url, audience: ['heddle'], audit: mesh.deps.audit, bus: mesh.deps.bus },
    });
  id = 'default';
  expect((await saveMember()).data.saveMember).toMatchObject({ issuer: null });
  await start(former.url);
  expect(await find(former)).toMatchObject(member);
  await start(present.url);
  expect(await find(present)).toMatchObject(refused);
  await start(undefined);
  await start(present.url);
  expect(await find(present)).toMatchObject(refused);
  await start(former.url);
  expect(await find(former)).toMatchObject(member);
});

describe('provisioning', () => {
  const provision = async (externalId: string) =>
    run(
      'mutation ($input: ProvisionMemberInput!) { provisionMember(input: $input) { id } }',
      { input: { externalId, userName: `${externalId}@x.example` } },
      { ...mesh.admin, tenantId: tenant.tenantId },
    );
  const saveProvisioning = (input: object) =>
    mustRun('mutation ($input: ProvisioningInput!) { saveProvisioning(input: $input) { issuerId } }', {
      input: { tenantId: tenant.tenantId, ...input },
    });

  it('adds people of the URL that its owner has chosen, and of another one when that is chosen anew', async () => {
    await saveIssuer(former);
    await saveProvisioning({ issuerId: id, role: 'VIEWER' });
    await saveIssuer(present);
    expect((await provision('ada')).errors).toBeUndefined();
    expect(await find(present)).toMatchObject(refused);
    await saveProvisioning({ revokeKeysMade: false });
    expect((await provision('bob')).errors).toBeUndefined();
    const issuer = (subject: string) =>
      members(mesh.database.connection).findOne({ tenantId: tenant.tenantId, subject }).lean();
    expect((await issuer('bob'))?.issuer).toBe(former.url);
    await saveProvisioning({ issuerId: id });
    expect((await provision('eve')).errors).toBeUndefined();
    expect((await issuer('eve'))?.issuer).toBe(present.url);
    expect((await provision('ada')).errors?.[0]?.code).toBe('CONFLICT');
    await saveIssuer(present, { adoptMembers: true });
    expect(await find(present)).toMatchObject({ role: 'VIEWER' });
  });
});

it('an invitation names the issuer of the person that made it', async () => {
  const caller: Caller = {
    ...{ ...mesh.admin, tenantId: tenant.tenantId, kind: 'USER', keyId: null, keyLineId: 'user-x' },
    ...{ subject: 'ada', issuerId: 'partner' },
  };
  const query = `mutation { inviteMember(input: { email: "eve@example.com", role: VIEWER }) {
    invitation { invitedBy invitedByIssuerId } } }`;
  expect(await askForData(mesh.subgraph, caller, query)).toEqual({
    inviteMember: { invitation: { invitedBy: 'ada', invitedByIssuerId: 'partner' } },
  });
});
