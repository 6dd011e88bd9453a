import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { events } from '#mongo/events.ts';
import { members } from '#mongo/members.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';

let mesh: TestTenants;
let acme: TestTenant;
let other: TestTenant;
/** A member with the role ADMIN, and one with a role of few scopes. */
let ada: string;
let bob: string;
let count = 0;

beforeAll(async () => {
  mesh = await startTenants();
  other = await mesh.addTenant('Others');
});
afterAll(() => mesh?.[Symbol.asyncDispose]());
beforeEach(async () => {
  acme = await mesh.addTenant(`Owners ${++count}`);
  await run(
    `mutation ($t: ID!) { saveRole(input: { tenantId: $t, name: "builder", scopes: ["inference:invoke", "keys:write", "prompts:read"] }) { name } }`,
    { t: acme.tenantId },
  );
  ada = await addMember('ada', { role: 'ADMIN' });
  bob = await addMember('bob', { role: 'CUSTOM', customRole: 'builder' });
});

const run = <T = Readonly<Record<string, never>>>(query: string, variables = {}, caller = mesh.admin) =>
  askForData<T>(mesh.subgraph, caller, query, variables);
const findCode = async (query: string, variables = {}, caller = mesh.admin) =>
  (await ask(mesh.subgraph, caller, query, variables)).errors?.[0]?.code ?? null;

async function addMember(subject: string, role: object, tenantId = acme.tenantId): Promise<string> {
  const { saveMember } = await run<{ saveMember: { id: string } }>(
    'mutation ($input: MemberInput!) { saveMember(input: $input) { id } }',
    { input: { tenantId, subject, ...role } },
  );
  return saveMember.id;
}

/** The caller that a person is at the gateway. */
const person = (subject: string, ...scopes: string[]): Caller => ({
  ...{ ...acme.caller, kind: 'USER', keyId: null, keyLineId: `user-${subject}`, appId: null },
  ...{ subject, issuerId: 'default', limits: [], scopes },
});

const CREATE =
  'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { id owner { kind service } } } }';
const ROTATE = 'mutation ($id: ID!) { rotateApiKey(id: $id) { key { id } } }';
interface Made {
  readonly secret: string;
  readonly key: { readonly id: string };
}
async function makeKey(input: object, caller = mesh.admin): Promise<Made> {
  const scopes = ['inference:invoke'];
  const made = await run<{ createApiKey: Made }>(
    CREATE,
    { input: { appId: acme.appId, scopes, ...input } },
    caller,
  );
  return made.createApiKey;
}

describe('the owner of a key', () => {
  it('is its app, a member or a service; it is shown, kept by rotation, and finds the key', async () => {
    const shown = [
      { kind: 'APP', member: null, service: null },
      { kind: 'MEMBER', member: { id: ada }, service: null },
      { kind: 'SERVICE', member: null, service: 'nightly-import' },
    ];
    const made = [
      await makeKey({}),
      await makeKey({ ownerMemberId: ada }),
      await makeKey({ service: 'nightly-import' }),
    ];
    const find = async (id: string) =>
      (
        await run<{ apiKey: { owner: object } }>(
          'query ($id: ID!) { apiKey(id: $id) { owner { kind member { id } service } } }',
          { id },
        )
      ).apiKey.owner;
    expect(await Promise.all(made.map(({ key }) => find(key.id)))).toEqual(shown);
    const list = async (filter: object) => {
      const query = 'query ($filter: ApiKeyFilter) { apiKeys(filter: $filter) { edges { node { id } } } }';
      const { apiKeys: found } = await run<{ apiKeys: { edges: { node: { id: string } }[] } }>(query, {
        filter: { tenantId: acme.tenantId, ...filter },
      });
      return found.edges.map(({ node }) => node.id);
    };
    const [ofApp, ofMember, ofService] = made.map(({ key }) => key.id);
    expect(await list({ ownerKind: 'APP' })).toEqual([acme.keyId, ofApp]);
    for (const filter of [{ ownerKind: 'MEMBER' }, { ownerMemberId: ada }])
      expect(await list(filter), JSON.stringify(filter)).toEqual([ofMember]);
    for (const filter of [{ ownerKind: 'SERVICE' }, { service: 'nightly-import' }])
      expect(await list(filter), JSON.stringify(filter)).toEqual([ofService]);
    expect(await list({ ownerKind: 'APP', service: 'nightly-import' })).toEqual([]);
    expect(await list({ ownerKind: 'MEMBER', ownerMemberId: bob })).toEqual([]);
    for (const [index, { key }] of made.entries()) {
      const { rotateApiKey } = await run<{ rotateApiKey: Made }>(ROTATE, { id: key.id });
      expect(await find(rotateApiKey.key.id)).toEqual(shown[index]);
    }
  });

  it('of a key from before is its app', async () => {
    const records = apiKeys(mesh.database.connection);
    await records.updateOne({ _id: acme.keyId }, { $unset: { ownerMemberId: 1, service: 1 } });
    const query = 'query ($id: ID!) { apiKey(id: $id) { owner { kind } } }';
    expect(await run(query, { id: acme.keyId })).toEqual({ apiKey: { owner: { kind: 'APP' } } });
  });

  it('is one, a name that a service may have, and a member in force of the tenant', async () => {
    const stranger = await addMember('eve', { role: 'ADMIN' }, other.tenantId);
    const gone = await addMember('gone', { role: 'ADMIN' });
    await run('mutation ($id: ID!) { deactivateMember(id: $id) { id } }', { id: gone });
    const cases: [object, string | null][] = [
      [{ ownerMemberId: ada, service: 'a' }, 'BAD_USER_INPUT'],
      [{ service: 'No Name' }, 'BAD_USER_INPUT'],
      [{ service: '' }, 'BAD_USER_INPUT'],
      [{ ownerMemberId: stranger }, 'NOT_FOUND'],
      [{ ownerMemberId: 'none' }, 'NOT_FOUND'],
      [{ ownerMemberId: gone }, 'CONFLICT'],
      [{ ownerMemberId: null, service: null }, null],
    ];
    for (const [input, code] of cases)
      expect(await findCode(CREATE, { input: { appId: acme.appId, ...input } }), JSON.stringify(input)).toBe(
        code,
      );
  });

  it('being a member makes and rotates its keys itself; others do with tenants:write and its scopes', async () => {
    const ofBob = ['inference:invoke', 'keys:write', 'prompts:read'] as const;
    const callers: [string, Caller, (string | null)[]][] = [
      ['bob itself', person('bob', ...ofBob), [null, 'FORBIDDEN']],
      ['ada itself', person('ada', ...builtInRoles.ADMIN), [null, null]],
      ['another person', person('carl', 'inference:invoke', 'keys:write'), ['FORBIDDEN', 'FORBIDDEN']],
      [
        'a manager with fewer scopes than ada',
        person('dora', 'tenants:write', 'inference:invoke', 'prompts:read'),
        [null, 'FORBIDDEN'],
      ],
      [
        'the same subject of another issuer',
        { ...person('bob', ...ofBob), issuerId: 'b' },
        ['FORBIDDEN', 'FORBIDDEN'],
      ],
    ];
    for (const [who, caller, codes] of callers) {
      for (const [index, ownerMemberId] of [bob, ada].entries()) {
        const input = { appId: acme.appId, ownerMemberId, scopes: ['inference:invoke'] };
        expect(await findCode(CREATE, { input }, caller), `${who} creates`).toBe(codes[index]);
        const { key } = await makeKey({ ownerMemberId });
        expect(await findCode(ROTATE, { id: key.id }, caller), `${who} rotates`).toBe(codes[index]);
        expect((await apiKeys(mesh.database.connection).findById(key.id).lean())?.replacedById === null).toBe(
          codes[index] !== null,
        );
      }
    }
  });
});

describe('a key of a member', () => {
  const readScopes = async (secret: string) => (await mesh.findCaller(secret))?.scopes.toSorted() ?? null;

  it('has no scope that the role of the member lacks, whenever the role changes', async () => {
    const create = (...scopes: string[]) =>
      findCode(CREATE, { input: { appId: acme.appId, ownerMemberId: bob, scopes } });
    expect(await create('inference:invoke', 'usage:read')).toBe('FORBIDDEN');
    expect(await create('tenants:admin')).toBe('FORBIDDEN');
    expect(await create('prompts:write')).toBe('FORBIDDEN');
    const { key, secret } = await makeKey({
      ownerMemberId: bob,
      scopes: ['inference:invoke', 'keys:write', 'prompts:read'],
    });
    const widen =
      'mutation ($id: ID!, $s: [String!]) { updateApiKey(id: $id, input: { scopes: $s }) { id } }';
    expect(await findCode(widen, { id: key.id, s: ['usage:read'] })).toBe('FORBIDDEN');
    expect(await findCode(widen, { id: key.id, s: ['inference:invoke', 'prompts:read'] })).toBeNull();
    expect(await readScopes(secret)).toEqual(['inference:invoke', 'prompts:read']);
    const changes: unknown[] = [];
    await using _ = await mesh.deps.bus.subscribe('callers.changed', (change) => void changes.push(change));
    const saveRole =
      'mutation ($t: ID!, $s: [String!]!) { saveRole(input: { tenantId: $t, name: "builder", scopes: $s }) { name } }';
    await run(saveRole, { t: acme.tenantId, s: ['prompts:write'] });
    expect(await readScopes(secret)).toEqual(['prompts:read']);
    const policy = 'query ($as: ID) { policy(as: $as) { coordinate allowed reason } }';
    const { policy: fields } = await run<{
      policy: { coordinate: string; allowed: boolean; reason: string }[];
    }>(policy, { as: key.id });
    const allowed = (name: string) => fields.find(({ coordinate }) => coordinate === name)?.allowed;
    expect([allowed('Mutation.complete'), allowed('Query.prompt')]).toEqual([false, true]);
    await addMember('bob', { role: 'BILLING' });
    expect(await readScopes(secret)).toEqual([]);
    await addMember('bob', { role: 'DEVELOPER' });
    expect(await readScopes(secret)).toEqual(['inference:invoke', 'prompts:read']);
    expect(changes).toHaveLength(3);
  });

  it('is refused from the first write of the end of the membership on, with its page tokens', async () => {
    const { key, secret } = await makeKey({ ownerMemberId: bob });
    const caller = (await mesh.findCaller(secret)) ?? mesh.admin;
    expect(caller).toMatchObject({ memberId: bob, keyId: key.id });
    const { createPageToken } = await run<{ createPageToken: { token: string } }>(
      'mutation { createPageToken(input: { endUserId: "u" }) { token } }',
      {},
      caller,
    );
    const records = members(mesh.database.connection);
    for (const change of [{ $set: { deactivatedAt: new Date() } }, { $set: { tenantId: 'elsewhere' } }]) {
      const before = await records.findByIdAndUpdate(bob, change).lean();
      expect([await mesh.findCaller(secret), await mesh.findCaller(createPageToken.token)]).toEqual([
        null,
        null,
      ]);
      const { policy } = await run<{ policy: { allowed: boolean; reason: string }[] }>(
        'query ($as: ID) { policy(as: $as) { allowed reason } }',
        { as: key.id },
      );
      expect(policy.some(({ reason }) => reason?.includes('The member that owns'))).toBe(true);
      await records.replaceOne({ _id: bob }, before ?? {});
    }
    expect(await mesh.findCaller(secret)).not.toBeNull();
  });

  it('is not made by a request that comes after the end of the membership', async () => {
    for (let round = 0; round < 5; round++) {
      const member = await addMember(`temp-${round}`, { role: 'ADMIN' });
      const input = { appId: acme.appId, ownerMemberId: member, scopes: ['inference:invoke'] };
      await Promise.all([
        ask(mesh.subgraph, mesh.admin, CREATE, { input }),
        run('mutation ($id: ID!) { removeMember(id: $id) }', { id: member }),
        ask(mesh.subgraph, mesh.admin, CREATE, { input }),
      ]);
      const left = { ownerMemberId: member, revokedAt: null };
      expect(await apiKeys(mesh.database.connection).countDocuments(left)).toBe(0);
    }
  });

  it('does not count as the last key with tenants:admin, which ends with no membership', async () => {
    const operators = await mesh.addTenant('Operators');
    await run('mutation { saveRole(input: { name: "operator", scopes: ["tenants:admin"] }) { name } }');
    const member = await addMember('root', { role: 'CUSTOM', customRole: 'operator' }, operators.tenantId);
    const input = { appId: operators.appId, scopes: ['tenants:admin'], ownerMemberId: member };
    await run(CREATE, { input });
    const { keyId } = mesh.admin;
    const person_ = { ...mesh.admin, kind: 'USER', keyId: null, keyLineId: null, subject: 'x' } as const;
    expect(await findCode('mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: keyId })).toBe(
      'CONFLICT',
    );
    await run('mutation { revokeApiKeys(filter: { search: "admin", active: true }) }', {}, person_);
    expect((await apiKeys(mesh.database.connection).findById(keyId).lean())?.revokedAt).toBeNull();
  });
});

describe('a service', () => {
  it('has its keys revoked by its name, in its tenant alone, and stands in the audit log and in events', async () => {
    const { key, secret } = await makeKey({ service: 'import', scopes: ['keys:write'] });
    const elsewhere = await makeKey({ appId: other.appId, service: 'import' });
    const caller = (await mesh.findCaller(secret)) ?? mesh.admin;
    const made = await makeKey({ scopes: ['keys:write'] }, caller);
    const ofMember = await makeKey({ ownerMemberId: bob, scopes: ['keys:write'] });
    await makeKey({ scopes: ['keys:write'] }, (await mesh.findCaller(ofMember.secret)) ?? mesh.admin);
    const records = await auditLog(mesh.database.connection)
      .find({ tenantId: acme.tenantId, action: 'apiKey.create', 'actor.kind': 'API_KEY' })
      .sort({ _id: 1 })
      .lean();
    const ofKeys = records.filter(({ actor }) => actor.keyId !== mesh.admin.keyId);
    expect(ofKeys.map(({ actor: { keyId, memberId, service } }) => ({ keyId, memberId, service }))).toEqual([
      { keyId: key.id, memberId: undefined, service: 'import' },
      { keyId: ofMember.key.id, memberId: bob, service: undefined },
    ]);
    const [creation] = records.filter(({ targetId }) => targetId === key.id);
    expect(creation?.after).toMatchObject({ service: 'import' });
    const revoke = 'mutation ($name: ID!) { revokeApiKeys(filter: { service: $name }) }';
    expect(await run(revoke, { name: 'import' }, acme.caller)).toEqual({ revokeApiKeys: [key.id] });
    expect(await mesh.findCaller(made.secret)).not.toBeNull();
    expect(await mesh.findCaller(elsewhere.secret)).not.toBeNull();
    const event = await events(mesh.database.connection)
      .findOne({ type: 'key.revoked', subject: key.id })
      .lean();
    expect(event?.data).toMatchObject({ service: 'import', ownerMemberId: null });
  });
});

it('the keys of an app are filtered and paginated, also of an archived one, and never those of another', async () => {
  const { createApp } = await run<{ createApp: { id: string } }>(
    'mutation ($t: ID!) { createApp(input: { tenantId: $t, name: "second" }) { id } }',
    { t: acme.tenantId },
  );
  const appId = createApp.id;
  const made = [await makeKey({ appId, service: 'a' }), await makeKey({ appId }), await makeKey({})];
  const [first, second] = made.map(({ key }) => key.id);
  const query = `query ($id: ID!, $filter: ApiKeyFilter, $first: Int, $after: String) { app(id: $id) {
    apiKeys(filter: $filter, first: $first, after: $after) { edges { node { id } } pageInfo { endCursor } totalCount }
  } }`;
  interface Listed {
    readonly app: {
      readonly apiKeys: {
        readonly edges: readonly { readonly node: { readonly id: string } }[];
        readonly pageInfo: { readonly endCursor: string | null };
        readonly totalCount: number;
      };
    };
  }
  const list = async (variables: object = {}) => {
    const { edges, pageInfo, totalCount } = (await run<Listed>(query, { id: appId, ...variables })).app
      .apiKeys;
    return { ids: edges.map(({ node }) => node.id), endCursor: pageInfo.endCursor, totalCount };
  };
  expect(await list()).toMatchObject({ ids: [first, second], totalCount: 2 });
  const page = await list({ first: 1 });
  expect(page.ids).toEqual([first]);
  expect((await list({ after: page.endCursor })).ids).toEqual([second]);
  expect((await list({ filter: { ownerKind: 'SERVICE', appId: acme.appId } })).ids).toEqual([first]);
  await run('mutation ($id: ID!) { archiveApp(id: $id) }', { id: appId });
  expect((await list()).ids).toEqual([first, second]);
});
