import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@heddle/embedded-store';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, type RefusedToken, systemCaller } from '#core/caller.ts';
import { ensureIndexes, openDatabase } from '#mongo/connect.ts';
import { issuers } from '#mongo/issuers.ts';
import { members } from '#mongo/members.ts';
import { upgradeMembers } from '#mongo/upgrade-members.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';
import { startTokenIssuer, type TokenIssuer } from '#test/support/token-issuer.ts';
import { standardClaims } from '../identity/save-issuer.ts';
import { identifyPerson } from './identify-person.ts';

const opened = new AsyncDisposableStack();
let mesh: TestTenants;
/** By the id that each is saved under. */
const tokenIssuers = new Map<string, TokenIssuer>();
let tenantId: string;
let count = 0;
let subject: string;

beforeAll(async () => {
  mesh = opened.use(await startTenants(undefined, { outboundFetch: globalThis.fetch }));
  for (const id of ['default', 'partner']) {
    const issuer = opened.use(await startTokenIssuer());
    tokenIssuers.set(id, issuer);
    await issuers(mesh.database.connection).create({
      ...{ _id: id, issuer: issuer.url, audience: ['heddle'], jwksUrl: `${issuer.url}/jwks` },
      ...{ claims: standardClaims, rules: [], createdAt: new Date() },
    });
  }
});
afterAll(() => opened.disposeAsync());
beforeEach(async () => {
  subject = `person-${++count}`;
  tenantId = (await mesh.addTenant(`Members ${count}`)).tenantId;
});

const SAVE = 'mutation ($input: MemberInput!) { saveMember(input: $input) { id issuerId } }';
const save = (role: string, more: object = {}) =>
  ask<{ saveMember: { id: string; issuerId: string } }>(mesh.subgraph, mesh.admin, SAVE, {
    input: { tenantId, subject, role, ...more },
  });

async function find(issuerId: string, claims: object = {}): Promise<Caller | RefusedToken> {
  const token = (await tokenIssuers.get(issuerId)?.sign({ sub: subject, ...claims })) ?? '';
  const keyHash = createHash('sha256').update(token).digest('hex');
  const query = 'query ($keyHash: String!, $token: String) { _caller(keyHash: $keyHash, token: $token) }';
  const variables = { keyHash, token };
  const { _caller } = await askForData<{ _caller: Caller | RefusedToken }>(
    mesh.subgraph,
    systemCaller,
    query,
    variables,
  );
  return _caller;
}

describe('the members of two issuers with the same subject', () => {
  it('are two people, each with a role of its own', async () => {
    const first = await save('OWNER');
    const second = await save('VIEWER', { issuerId: 'partner' });
    expect([first, second].map(({ data }) => data.saveMember.issuerId)).toEqual(['default', 'partner']);
    expect(await find('default')).toMatchObject({ tenantId, issuerId: 'default', role: 'OWNER' });
    expect(await find('partner')).toMatchObject({ tenantId, issuerId: 'partner', role: 'VIEWER' });
    // Changing the one, named or by default, leaves the other alone.
    const again = await save('BILLING', { issuerId: 'partner', email: 'p@example.com' });
    expect(again.data.saveMember.id).toBe(second.data.saveMember.id);
    expect((await save('OWNER', { issuerId: null })).data.saveMember.id).toBe(first.data.saveMember.id);
    expect(await find('default')).toMatchObject({ role: 'OWNER' });
    const list = 'query ($filter: MemberFilter) { members(filter: $filter) { edges { node { id } } } }';
    for (const [issuerId, { data }] of [
      ['default', first],
      ['partner', second],
    ] as const) {
      const found = await askForData(mesh.subgraph, mesh.admin, list, { filter: { tenantId, issuerId } });
      expect(found).toEqual({ members: { edges: [{ node: { id: data.saveMember.id } }] } });
    }
  });

  it('do not end together', async () => {
    await save('OWNER');
    const { saveMember } = (await save('VIEWER', { issuerId: 'partner' })).data;
    await askForData(mesh.subgraph, mesh.admin, 'mutation ($id: ID!) { removeMember(id: $id) }', {
      id: saveMember.id,
    });
    expect(await find('default')).toMatchObject({ role: 'OWNER' });
    expect(await find('partner')).toMatchObject({ refused: 'ROLE' });
  });
});

it('an issuer that is not saved, and what is no single address, are refused', async () => {
  expect((await save('VIEWER', { issuerId: 'nobody' })).errors?.[0]?.code).toBe('BAD_USER_INPUT');
  for (const email of ['ada', 'a@b@c', 'ada@x.example, eve@x.example', 'Ada <ada@x.example>', 'a\n@b']) {
    expect((await save('VIEWER', { email })).errors?.[0]?.code, email).toBe('BAD_USER_INPUT');
  }
});

it.each([
  ['in Cyrillic letters', 'ada@\u0435\u0445\u0430\u043c\u0440\u04cf\u0435.com'],
  ['with a digit', 'ada@examp1e.com'],
  ['in full width', 'ａｄａ@example.com'],
  ['with another m', 'ada@exarnple.com'],
])('an address that looks like that of another member or invitation is refused: %s', async (_what, alike) => {
  expect((await save('VIEWER', { subject: 'first', email: 'Ada@example.com' })).errors).toBeUndefined();
  expect((await save('VIEWER', { subject: 'second', email: alike })).errors?.[0]).toMatchObject({
    code: 'CONFLICT',
    message: `The address ${JSON.stringify(alike)} looks like "Ada@example.com", which is another one in this tenant.`,
  });
  expect((await save('VIEWER', { subject: 'second', email: 'ada@EXAMPLE.com' })).errors).toBeUndefined();
});

it.each(['ada@exаmple.com', 'a\u200bda@example.com', 'ada@example.com\u202e', 'ada@exam\u00adple.com'])(
  'an address with letters of several scripts, or that cannot be seen, is refused: %j',
  async (email) => {
    expect((await save('VIEWER', { email })).errors?.[0]?.code).toBe('BAD_USER_INPUT');
  },
);

it('a member that is made and demoted at once stays an owner, as the last one', async () => {
  const answers = await Promise.all([save('OWNER'), save('VIEWER')]);
  const [found] = await members(mesh.database.connection).find({ tenantId }).lean();
  expect(found?.role).toBe('OWNER');
  expect(answers[0]?.errors).toBeUndefined();
});

describe('a member of several tenants', () => {
  let first: string;
  beforeEach(async () => {
    await save('VIEWER');
    first = tenantId;
    tenantId = (await mesh.addTenant(`Members ${++count}`)).tenantId;
    await save('OWNER');
  });

  it('is in the first of them, whoever adds it to others, or in the one that its token names', async () => {
    expect(await find('default')).toMatchObject({ tenantId: first, role: 'VIEWER' });
    expect(await find('default', { heddle_tenant: tenantId })).toMatchObject({ tenantId, role: 'OWNER' });
    expect(await find('default', { heddle_tenant: 'default' })).toMatchObject({ refused: 'ROLE' });
  });

  it('is in the tenant that it signs in to, and in no other', async () => {
    const issuer = await issuers(mesh.database.connection).findById('default').lean();
    if (issuer === null) throw new Error('The issuer is not saved.');
    const identify = (wanted: string, claims: object = {}) =>
      identifyPerson(issuer, { sub: subject, ...claims }, mesh.deps, wanted);
    expect(await identify(tenantId)).toMatchObject({ tenantId, role: 'OWNER' });
    expect(await identify(first)).toMatchObject({ tenantId: first, role: 'VIEWER' });
    const stated = { heddle_tenant: 'default', heddle_role: 'ADMIN' };
    expect(await identify(tenantId, stated)).toMatchObject({ tenantId, role: 'OWNER', scopes: null });
    expect(await identify('default', stated)).toMatchObject({ tenantId: 'default', role: 'ADMIN' });
    await expect(identify('default')).rejects.toThrow('role');
    const elsewhere = (await mesh.addTenant(`Members ${++count}`)).tenantId;
    await expect(identify(elsewhere, stated)).rejects.toThrow('no role in the tenant');
  });

  it('is in the next one when it is deactivated in the first', async () => {
    await members(mesh.database.connection).updateOne(
      { tenantId: first },
      { $set: { deactivatedAt: new Date() } },
    );
    expect(await find('default')).toMatchObject({ tenantId, role: 'OWNER' });
  });
});

it('the scopes of a token narrow the role of a member too', async () => {
  await save('OWNER');
  expect(await find('default', { scope: 'openid models:read' })).toMatchObject({ scopes: ['models:read'] });
  expect(await find('default', { heddle_scopes: 'usage:read' })).toMatchObject({ scopes: ['usage:read'] });
});

it('members of older versions belong to the first issuer, and no longer keep those of others out', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'heddle-test-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const store = await openStore({ dir });
  stack.defer(() => store.close());
  const { connection } = stack.use(await openDatabase(store.uri));
  await ensureIndexes(connection);
  // As an older version: the contract of the store has the commands of this one alone.
  const older = stack.use(await new MongoClient(store.uri).connect());
  const former = older.db(connection.name).collection('members');
  await former.createIndex({ tenantId: 1, subject: 1 }, { unique: true });
  const records = members(connection);
  const member = (_id: string, issuerId?: string) => ({
    ...{ _id, tenantId: 't', subject: 'ada', email: null, role: 'OWNER' as const, createdAt: new Date() },
    ...(issuerId === undefined ? {} : { issuerId }),
  });
  await records.create(member('old'));
  await expect(records.create(member('new', 'partner'))).rejects.toThrow('duplicate key');
  await Promise.all([upgradeMembers(connection), upgradeMembers(connection)]);
  await records.create(member('new', 'partner'));
  await upgradeMembers(connection);
  expect((await records.findById('old').lean())?.issuerId).toBe('default');
  await expect(records.create(member('again', 'default'))).rejects.toThrow('duplicate key');
  // A process of an older version that still runs.
  await records.create(member('late'));
  await upgradeMembers(connection);
  expect(await records.countDocuments()).toBe(3);
});
