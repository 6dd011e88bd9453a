import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, type RefusedToken, systemCaller } from '#core/caller.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { events } from '#mongo/events.ts';
import { issuers } from '#mongo/issuers.ts';
import { members } from '#mongo/members.ts';
import { sessions } from '#mongo/sessions.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { startTokenIssuer, type TokenIssuer } from '#test/support/token-issuer.ts';
import { standardClaims } from '../identity/save-issuer.ts';
import { settleDepartures } from './end-membership.ts';

const opened = new AsyncDisposableStack();
let mesh: TestTenants;
let issuer: TokenIssuer;
let acme: TestTenant;
let ada: string;
let count = 0;
/** A subject of its own for each test: one person in several tenants would need a claim that names one. */
let subject: string;

beforeAll(async () => {
  issuer = opened.use(await startTokenIssuer());
  mesh = opened.use(await startTenants(undefined, { outboundFetch: globalThis.fetch }));
  await issuers(mesh.database.connection).create({
    ...{ _id: 'default', issuer: issuer.url, audience: ['heddle'], jwksUrl: `${issuer.url}/jwks` },
    ...{ claims: { ...standardClaims, tenant: 'heddle_tenant', role: 'heddle_role' }, rules: [] },
    createdAt: new Date(),
  });
});
afterAll(() => opened.disposeAsync());
beforeEach(async () => {
  acme = await mesh.addTenant(`Departures ${++count}`, ['inference:invoke', 'tenants:write']);
  subject = `ada-${count}`;
  ada = await addMember(subject, 'ADMIN');
});

const run = <T = Readonly<Record<string, never>>>(query: string, variables = {}, caller = mesh.admin) =>
  askForData<T>(mesh.subgraph, caller, query, variables);
const findCode = async (query: string, variables = {}, caller = mesh.admin) =>
  (await ask(mesh.subgraph, caller, query, variables)).errors?.[0]?.code ?? null;

async function addMember(name: string, role = 'OWNER'): Promise<string> {
  const { saveMember } = await run<{ saveMember: { id: string } }>(
    'mutation ($input: MemberInput!) { saveMember(input: $input) { id } }',
    { input: { tenantId: acme.tenantId, subject: name, role } },
  );
  return saveMember.id;
}

const DEACTIVATE =
  'mutation ($id: ID!, $made: Boolean) { deactivateMember(id: $id, revokeKeysMade: $made) { deactivatedAt } }';
const REACTIVATE = 'mutation ($id: ID!) { reactivateMember(id: $id) { deactivatedAt } }';
const REMOVE = 'mutation ($id: ID!, $made: Boolean) { removeMember(id: $id, revokeKeysMade: $made) }';
const ways = [
  ['deactivated', DEACTIVATE],
  ['removed', REMOVE],
] as const;

/** The caller that a token of the person stands for. */
async function findPerson(): Promise<Caller | RefusedToken> {
  const token = await issuer.sign({ sub: subject, heddle_tenant: acme.tenantId });
  const keyHash = createHash('sha256').update(token).digest('hex');
  const query = 'query ($keyHash: String!, $token: String) { _caller(keyHash: $keyHash, token: $token) }';
  return (await run<{ _caller: Caller | RefusedToken }>(query, { keyHash, token }, systemCaller))._caller;
}

async function mustFindPerson(): Promise<Caller> {
  const found = await findPerson();
  if ('refused' in found) throw new Error(found.message);
  return found;
}

/** A key that the caller makes; the id of it, and its text. */
async function makeKey(caller: Caller, scopes = ['inference:invoke']) {
  const { createApiKey } = await run<{ createApiKey: { secret: string; key: { id: string } } }>(
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { id } } }',
    { input: { appId: acme.appId, scopes } },
    caller,
  );
  return { id: createApiKey.key.id, secret: createApiKey.secret };
}

async function makeOwnKey(memberId: string, scopes?: string[]) {
  const key = await makeKey(mesh.admin, scopes);
  await apiKeys(mesh.database.connection).updateOne({ _id: key.id }, { $set: { ownerMemberId: memberId } });
  return key;
}

const isAccepted = async ({ secret }: { readonly secret: string }) =>
  (await mesh.findCaller(secret)) !== null;
const listEvents = async () =>
  (await events(mesh.database.connection).find({ tenantId: acme.tenantId }).sort({ sequence: 1 }).lean())
    .filter(({ type }) => type !== 'key.created' && type !== 'key.misused')
    .map(({ type, subject }) => [type, subject]);

interface Listed {
  readonly edges: readonly { readonly node: { readonly id: string } }[];
  readonly totalCount: number;
}
const LIST = `query ($id: ID!) { member(id: $id) {
  keys { edges { node { id } } totalCount } keysMade(first: 1) { edges { node { id } } totalCount }
} }`;
const listIds = ({ edges }: Listed) => edges.map(({ node }) => node.id);

describe.each(ways)('a member that is %s', (way, query) => {
  it('is refused at once, loses its sessions and its own keys, and every process forgets it', async () => {
    await addMember('grace');
    const own = await makeOwnKey(ada);
    const other = await makeKey(mesh.admin);
    const pageToken = await run<{ createPageToken: { token: string } }>(
      'mutation { createPageToken(input: { endUserId: "u" }) { token } }',
      {},
      (await mesh.findCaller(own.secret)) ?? mesh.admin,
    );
    const dates = { createdAt: new Date(), lastUsedAt: new Date(), expiresAt: new Date(Date.now() + 60_000) };
    const rows = sessions(mesh.database.connection);
    for (const name of [subject, 'grace']) {
      const _id = `${acme.tenantId} ${name}`;
      const person = { keyId: null, issuerId: 'default', subject: name, claims: '{}' };
      await rows.create({ _id, sessionHash: _id, tenantId: acme.tenantId, ...person, ...dates });
    }
    expect(await findPerson()).toMatchObject({ subject, role: 'ADMIN' });
    const changes: unknown[] = [];
    await using _ = await mesh.deps.bus.subscribe('callers.changed', (change) => void changes.push(change));
    await run(query, { id: ada });
    expect(changes).toContainEqual({ tenantId: acme.tenantId });
    expect(await findPerson()).toMatchObject({ refused: 'ROLE' });
    expect(await isAccepted(own)).toBe(false);
    expect(await mesh.findCaller(pageToken.createPageToken.token)).toBeNull();
    expect(await isAccepted(other)).toBe(true);
    const left = await rows.find({ tenantId: acme.tenantId }).lean();
    expect(left.map((row) => row.subject)).toEqual(['grace']);
    expect(await listEvents()).toEqual([
      ['key.revoked', own.id],
      [`member.${way}`, ada],
    ]);
  });

  it('keeps the keys that it made unless they are to be revoked, and those of other members', async () => {
    const caller = await mustFindPerson();
    const [first, second] = [await makeKey(caller), await makeKey(caller)];
    const ofOther = await makeOwnKey(await addMember('grace'));
    const { member } = await run<{ member: { keys: Listed; keysMade: Listed } }>(LIST, { id: ada });
    expect([member.keys.totalCount, member.keysMade.totalCount]).toEqual([0, 2]);
    expect([first.id, second.id]).toContain(listIds(member.keysMade)[0]);
    // Whatever keys a person makes, together they get no more than the person.
    const bound = (await mesh.findCaller(first.secret))?.limits.map((limit) => limit.subject);
    expect(bound?.filter((holder) => holder === `key:${caller.keyLineId}`)).toHaveLength(4);
    await run(query, { id: ada });
    expect(await Promise.all([first, second, ofOther].map(isAccepted))).toEqual([true, true, true]);
    if (way === 'deactivated') {
      const revoke = 'mutation ($id: ID!) { revokeApiKeys(filter: { madeByMemberId: $id }) }';
      const { revokeApiKeys } = await run<{ revokeApiKeys: string[] }>(revoke, { id: ada });
      expect(revokeApiKeys.toSorted()).toEqual([first.id, second.id].toSorted());
      const FILTERED =
        'query ($id: ID!) { member(id: $id) { keysMade(filter: { active: true, madeByMemberId: "x" }) { totalCount } } }';
      expect(await run(FILTERED, { id: ada })).toEqual({ member: { keysMade: { totalCount: 0 } } });
      return;
    }
    const eve = await addMember('eve', 'ADMIN');
    await apiKeys(mesh.database.connection).updateOne({ _id: first.id }, { $set: { madeByMemberId: eve } });
    await run(query, { id: eve, made: true });
    expect(await Promise.all([first, second, ofOther].map(isAccepted))).toEqual([false, true, true]);
  });

  it('is never the last owner, also where two owners end each other at once', async () => {
    const [grace, eve] = [await addMember('grace'), await addMember('eve')];
    const codes = await Promise.all([findCode(query, { id: grace }), findCode(query, { id: eve })]);
    expect(codes.toSorted()).toEqual(['CONFLICT', null]);
    const left = codes[0] === null ? eve : grace;
    expect(await findCode(query, { id: left })).toBe('CONFLICT');
    const owners = await members(mesh.database.connection)
      .find({ tenantId: acme.tenantId, role: 'OWNER', deactivatedAt: null })
      .lean();
    expect(owners).toMatchObject([{ _id: left }]);
  });

  it('is left alone by a caller that lacks scopes of its role or of its keys', async () => {
    const grace = await addMember('grace');
    await addMember('eve');
    expect(await findCode(query, { id: grace }, acme.caller)).toBe('FORBIDDEN');
    const operator = await makeOwnKey(ada, ['tenants:admin']);
    const admin = { ...acme.caller, scopes: (await mustFindPerson()).scopes };
    expect(await findCode(query, { id: ada }, admin)).toBe('FORBIDDEN');
    expect(await isAccepted(operator)).toBe(true);
    expect(await findCode(query, { id: ada })).toBeNull();
    expect(await isAccepted(operator)).toBe(false);
  });

  it('may own neither the last key with tenants:admin nor take it along', async () => {
    const { connection } = mesh.database;
    const { keyId } = mesh.admin;
    await apiKeys(connection).updateMany(
      { scopes: 'tenants:admin', _id: { $ne: keyId } },
      { $set: { revokedAt: new Date() } },
    );
    await apiKeys(connection).updateOne({ _id: keyId }, { $set: { ownerMemberId: ada } });
    expect(await findCode(query, { id: ada })).toBe('CONFLICT');
    await apiKeys(connection).updateOne(
      { _id: keyId },
      { $unset: { ownerMemberId: 1 }, $set: { madeByMemberId: ada } },
    );
    // The caller keeps its own key in any case; this one is another operator.
    const operator = { ...mesh.admin, keyId: 'another' };
    expect(await findCode(query, { id: ada, made: true }, operator)).toBeNull();
    expect((await apiKeys(connection).findById(keyId).lean())?.revokedAt).toBeNull();
  });

  it('does not take along the key that ends it', async () => {
    const made = await makeKey(await mustFindPerson(), ['inference:invoke', 'tenants:write', 'audit:read']);
    const caller = (await mesh.findCaller(made.secret)) ?? mesh.admin;
    const grace = await addMember('grace', 'VIEWER');
    await apiKeys(mesh.database.connection).updateOne({ _id: made.id }, { $set: { madeByMemberId: grace } });
    const all = { ...caller, scopes: (await mustFindPerson()).scopes };
    await run(query, { id: grace, made: true }, all);
    expect(await isAccepted(made)).toBe(true);
  });

  it('with keys made in other tenants takes those along for operators alone', async () => {
    const elsewhere = await mesh.addTenant(`Departures ${++count}`);
    const grace = await addMember('grace', 'VIEWER');
    const madeBy = { $set: { madeByMemberId: grace } };
    await apiKeys(mesh.database.connection).updateOne({ _id: elsewhere.keyId }, madeBy);
    const admin = { ...acme.caller, scopes: (await mustFindPerson()).scopes };
    await run(query, { id: grace, made: true }, admin);
    expect(await isAccepted(elsewhere)).toBe(true);
    const eve = await addMember('eve', 'VIEWER');
    await apiKeys(mesh.database.connection).updateOne(
      { _id: elsewhere.keyId },
      { $set: { madeByMemberId: eve } },
    );
    await run(query, { id: eve, made: true });
    expect(await isAccepted(elsewhere)).toBe(false);
  });
});

describe('a deactivated member', () => {
  it('keeps its time and its role, makes no keys, and is accepted again without its former keys', async () => {
    const own = await makeOwnKey(ada);
    const caller = await mustFindPerson();
    const ownCaller = (await mesh.findCaller(own.secret)) ?? caller;
    await run(DEACTIVATE, { id: ada });
    const first = (await members(mesh.database.connection).findById(ada).lean())?.deactivatedAt;
    await run(DEACTIVATE, { id: ada });
    await run(DEACTIVATE, { id: ada, made: true });
    expect((await members(mesh.database.connection).findById(ada).lean())?.deactivatedAt).toEqual(first);
    // Requests that were admitted before.
    const create = 'mutation ($app: ID!) { createApiKey(input: { appId: $app }) { secret } }';
    for (const former of [caller, { ...ownCaller, scopes: caller.scopes }]) {
      expect(await findCode(create, { app: acme.appId }, former)).toBe('FORBIDDEN');
    }
    expect(await run(REACTIVATE, { id: ada })).toEqual({ reactivateMember: { deactivatedAt: null } });
    await run(REACTIVATE, { id: ada });
    expect(await findPerson()).toMatchObject({ subject, role: 'ADMIN' });
    expect(await isAccepted(own)).toBe(false);
    expect((await listEvents()).map(([type]) => type)).toEqual([
      ...['key.revoked', 'member.deactivated', 'member.reactivated'],
    ]);
  });

  it('is not reactivated by a caller that lacks scopes of its role', async () => {
    await run(DEACTIVATE, { id: ada });
    expect(await findCode(REACTIVATE, { id: ada }, acme.caller)).toBe('FORBIDDEN');
  });

  it('is refused whatever role its token states', async () => {
    await run(DEACTIVATE, { id: ada });
    const token = await issuer.sign({ sub: subject, heddle_tenant: acme.tenantId, heddle_role: 'OWNER' });
    const query = 'query ($token: String) { _caller(keyHash: "x", token: $token) }';
    expect(await run(query, { token }, systemCaller)).toMatchObject({ _caller: { refused: 'ROLE' } });
  });

  it('is found by its filter, with its problem in the policy', async () => {
    await addMember('grace', 'VIEWER');
    await run(DEACTIVATE, { id: ada });
    const query = `query ($id: ID!, $active: Boolean) {
      members(filter: { tenantId: $id, active: $active }) { edges { node { subject } } } }`;
    const list = async (active: boolean | null) =>
      (
        await run<{ members: { edges: { node: { subject: string } }[] } }>(query, {
          id: acme.tenantId,
          active,
        })
      ).members.edges.map(({ node }) => node.subject);
    expect(await Promise.all([list(true), list(false), list(null)])).toEqual([
      ['grace'],
      [subject],
      [subject, 'grace'],
    ]);
    const { policy } = await run<{ policy: { allowed: boolean; reason: string }[] }>(
      'query ($id: ID) { policy(as: $id) { allowed reason } }',
      { id: ada },
    );
    expect(policy.some(({ reason }) => reason?.includes('deactivated'))).toBe(true);
  });
});

it('a rotated key is counted to the member that rotated it, who knows its text', async () => {
  const records = apiKeys(mesh.database.connection);
  await records.updateOne({ _id: mesh.admin.keyId }, { $set: { madeByMemberId: null } });
  const key = await makeKey(await mustFindPerson());
  const query = 'mutation ($id: ID!) { rotateApiKey(id: $id) { key { id } } }';
  const { rotateApiKey } = await run<{ rotateApiKey: { key: { id: string } } }>(query, { id: key.id });
  expect((await records.findById(rotateApiKey.key.id).lean())?.madeByMemberId).toBeNull();
  expect((await records.findById(key.id).lean())?.madeByMemberId).toBe(ada);
});

it('what a killed process has left of a departure is completed by the next change of the member, or by the sweep', async () => {
  const records = members(mesh.database.connection);
  const own = await makeOwnKey(ada);
  const departure = { removes: true, keysMade: 'KEPT', keptKeyId: null };
  const cut = { $set: { deactivatedAt: new Date(), departure } };
  await records.updateOne({ _id: ada }, cut);
  expect(await findCode(REACTIVATE, { id: ada })).toBe('NOT_FOUND');
  expect(await isAccepted(own)).toBe(false);
  const again = await addMember(subject, 'VIEWER');
  await records.updateOne({ _id: again }, cut);
  const third = await addMember(subject, 'VIEWER');
  expect(new Set([ada, again, third]).size).toBe(3);
  await records.updateOne({ _id: third }, cut);
  expect(await findCode(DEACTIVATE, { id: third })).toBe('NOT_FOUND');
  expect(await settleDepartures(mesh.deps)).toBe(1);
  expect(await records.countDocuments({ tenantId: acme.tenantId })).toBe(0);
  expect((await listEvents()).filter(([type]) => type === 'member.removed')).toHaveLength(3);
});
