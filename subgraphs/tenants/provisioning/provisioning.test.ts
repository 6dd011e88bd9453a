import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { builtInRoles } from '#core/roles.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { members } from '#mongo/members.ts';
import { sessions } from '#mongo/sessions.ts';
import {
  DELETE_GROUP,
  PROVISION,
  type ProvisionedTenant,
  provisionTenant,
  REMOVE,
  SAVE,
  SAVE_GROUP,
  SAVE_MEMBER,
  toPerson,
  UPDATE,
} from '#test/support/provisioning.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';

const DEACTIVATE = 'mutation ($id: ID!) { deactivateMember(id: $id) { id } }';

let mesh: TestTenants;
let acme: ProvisionedTenant;
let count = 0;

beforeAll(async () => {
  mesh = await startTenants();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());
beforeEach(async () => {
  acme = await provisionTenant(mesh, await mesh.addTenant(`Provisioned ${++count}`));
});

describe('a provisioned member', () => {
  it('has the role that the tenant states, and is named by an event', async () => {
    const id = await acme.provision('ada');
    expect(await acme.readMember(id)).toEqual({ role: 'VIEWER', customRole: null, isActive: true });
    expect(await acme.listEvents()).toEqual(['member.provisioned']);
  });

  it('is made deactivated where its provider states so, and accepted once it states otherwise', async () => {
    const id = await acme.provision('ada', { active: false });
    expect(await acme.readMember(id)).toMatchObject({ isActive: false });
    await acme.run(UPDATE, { id, input: { active: true } });
    expect(await acme.readMember(id)).toMatchObject({ isActive: true });
  });

  it.each([
    ['the same person', toPerson('ada'), 'externalId'],
    ['a user name in another case', toPerson('other', { userName: 'ADA@example.com' }), 'user name'],
  ])('is not made twice: %s', async (_what, variables, message) => {
    await acme.provision('ada');
    const error = await acme.findError(PROVISION, variables);
    expect(error).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining(message) });
  });

  it.each([
    ['address', { email: 'Ada@Example.com' }],
    ['user name', { email: null, userName: 'ADA@example.com' }],
  ])('is none that the tenant made itself, by the %s alone', async (_what, input) => {
    const local = await acme.saveMember({ subject: 'local', role: 'OWNER', email: 'ada@example.com' });
    expect(await acme.findError(PROVISION, toPerson('ada', input))).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(local),
    });
    expect(await members(mesh.database.connection).countDocuments({ tenantId: acme.tenant.tenantId })).toBe(
      1,
    );
  });

  it('is linked where it is there by issuer and subject, keeps its role, and stays deactivated', async () => {
    const boss = await acme.saveMember({ subject: 'boss', role: 'OWNER' });
    const gone = await acme.saveMember({ subject: 'gone', role: 'ADMIN' });
    const unwanted = await acme.saveMember({ subject: 'unwanted', role: 'ADMIN' });
    expect(await acme.provision('unwanted', { active: false })).toBe(unwanted);
    expect(await acme.readMember(unwanted)).toMatchObject({ role: 'ADMIN', isActive: false });
    await acme.run('mutation ($id: ID!) { deactivateMember(id: $id) { id } }', { id: gone }, acme.owner);
    expect([await acme.provision('boss'), await acme.provision('gone')]).toEqual([boss, gone]);
    expect(await acme.readMember(boss)).toMatchObject({ role: 'OWNER', isActive: true });
    await acme.run(UPDATE, { id: gone, input: { active: true } });
    expect(await acme.readMember(gone)).toMatchObject({ role: 'ADMIN', isActive: false });
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['before it was linked', async () => acme.provision('ada', { active: false })],
    [
      'before its provider did',
      async (id) => {
        await acme.provision('ada');
        await acme.run(DEACTIVATE, { id }, acme.owner);
        await acme.run(UPDATE, { id, input: { active: false } });
      },
    ],
    [
      'after its provider had',
      async (id) => {
        await acme.provision('ada');
        await acme.run(UPDATE, { id, input: { active: false } });
        await acme.run(DEACTIVATE, { id }, acme.owner);
      },
    ],
  ])('that an owner deactivated %s stays so, whatever its provider states', async (when, provision) => {
    const id = await acme.saveMember({ subject: 'ada', role: 'ADMIN' });
    if (when === 'before it was linked') await acme.run(DEACTIVATE, { id }, acme.owner);
    await provision(id);
    for (const active of [true, false, true]) await acme.run(UPDATE, { id, input: { active } });
    expect(await acme.readMember(id)).toMatchObject({ isActive: false });
    await acme.run('mutation ($id: ID!) { reactivateMember(id: $id) { id } }', { id }, acme.owner);
    await acme.run(UPDATE, { id, input: { active: true } });
    expect(await acme.readMember(id)).toMatchObject({ isActive: true });
  });

  it('has another subject never, and other names at any time', async () => {
    const id = await acme.provision('ada');
    const moved = await acme.findError(UPDATE, { id, input: { externalId: 'eve' } });
    expect(moved?.code).toBe('BAD_USER_INPUT');
    const names = {
      userName: 'Countess',
      displayName: 'Ada',
      givenName: 'Ada',
      familyName: null,
      email: null,
    };
    await acme.run(UPDATE, { id, input: { externalId: 'ada', ...names } });
    const { provisionedMember } = await acme.run<{ provisionedMember: object }>(
      'query ($id: ID!) { provisionedMember(id: $id) { externalId userName displayName givenName familyName email active } }',
      { id },
    );
    expect(provisionedMember).toEqual({ externalId: 'ada', active: true, ...names });
  });

  it('loses its sessions, its keys and those that it made when its provider disables it', async () => {
    const id = await acme.provision('ada');
    const keys = apiKeys(mesh.database.connection);
    const make = async (change: object) => {
      const { createApiKey } = await acme.run<{ createApiKey: { key: { id: string } } }>(
        'mutation ($appId: ID!) { createApiKey(input: { appId: $appId }) { key { id } } }',
        { appId: acme.tenant.appId },
        mesh.admin,
      );
      await keys.updateOne({ _id: createApiKey.key.id }, { $set: change });
      return createApiKey.key.id;
    };
    const made = [await make({ ownerMemberId: id }), await make({ madeByMemberId: id })];
    const rows = sessions(mesh.database.connection);
    const dates = { createdAt: new Date(), lastUsedAt: new Date(), expiresAt: new Date(Date.now() + 60_000) };
    const person = {
      subject: 'ada',
      issuerId: 'default',
      tenantId: acme.tenant.tenantId,
      keyId: null,
      claims: '{}',
    };
    await rows.create({ _id: id, sessionHash: id, ...person, ...dates });
    await acme.run(UPDATE, { id, input: { active: false } });
    expect(await rows.countDocuments({ subject: 'ada', tenantId: acme.tenant.tenantId })).toBe(0);
    expect(await keys.countDocuments({ _id: { $in: made }, revokedAt: null })).toBe(0);
  });

  it('keeps the keys that it made where the tenant states so', async () => {
    await acme.run(SAVE, { input: { revokeKeysMade: false } }, acme.owner);
    const id = await acme.provision('ada');
    await apiKeys(mesh.database.connection).updateOne(
      { _id: acme.tenant.keyId },
      { $set: { madeByMemberId: id } },
    );
    await acme.run(UPDATE, { id, input: { active: false } }, { ...acme.provider, keyId: mesh.admin.keyId });
    expect(
      (await apiKeys(mesh.database.connection).findById(acme.tenant.keyId).lean())?.revokedAt,
    ).toBeNull();
  });

  it('that an owner reactivates by hand is ended by the next word of its provider', async () => {
    const id = await acme.provision('ada');
    await acme.run(UPDATE, { id, input: { active: false } });
    await acme.run('mutation ($id: ID!) { reactivateMember(id: $id) { id } }', { id }, acme.owner);
    await acme.run(UPDATE, { id, input: { active: false } });
    expect(await acme.readMember(id)).toMatchObject({ isActive: false });
  });

  it.each([
    ['deactivated', UPDATE, { input: { active: false } }],
    ['removed', REMOVE, {}],
  ])('that is the last owner is not %s', async (_way, query, more) => {
    await acme.saveMember({ subject: 'boss', role: 'OWNER' });
    const id = await acme.provision('boss');
    expect(await acme.findCode(query, { id, ...more })).toBe('CONFLICT');
    expect(await acme.readMember(id)).toMatchObject({ role: 'OWNER', isActive: true });
  });

  it('is shown with its groups to whoever reads the tenant, and to no other tenant', async () => {
    const id = await acme.provision('ada');
    const groupId = await acme.saveGroup({ displayName: 'Staff', memberIds: [id] });
    const query = `query ($id: ID!, $groupId: ID!) { provisionedMember(id: $id) { id groups { id } } memberGroup(id: $groupId) { memberIds }
      provisionedMembers { totalCount nodes { id } } memberGroups { totalCount nodes { id } } }`;
    const shown = {
      provisionedMember: { id, groups: [{ id: groupId }] },
      memberGroup: { memberIds: [id] },
      provisionedMembers: { totalCount: 1, nodes: [{ id }] },
      memberGroups: { totalCount: 1, nodes: [{ id: groupId }] },
    };
    const reader: Caller = { ...acme.tenant.caller, scopes: ['tenants:read'] };
    for (const caller of [acme.provider, reader])
      expect(await acme.run(query, { id, groupId }, caller)).toEqual(shown);
    const { caller } = await mesh.addTenant(`Foreign ${count}`);
    const nothing = {
      provisionedMember: null,
      memberGroup: null,
      provisionedMembers: { totalCount: 0, nodes: [] },
      memberGroups: { totalCount: 0, nodes: [] },
    };
    for (const foreign of [caller, mesh.admin])
      expect(await acme.run(query, { id, groupId }, foreign)).toEqual(nothing);
    for (const [change, variables] of [
      [UPDATE, { id, input: { active: false } }],
      [REMOVE, { id }],
      [SAVE_GROUP, { input: { id: groupId, displayName: 'Mine' } }],
      [DELETE_GROUP, { id: groupId }],
    ] as const) {
      expect(await acme.findCode(change, variables, caller)).toBe('NOT_FOUND');
    }
  });

  it('is found by each of its fields', async () => {
    const [ada, grace] = [await acme.provision('ada'), await acme.provision('grace')];
    await acme.run(UPDATE, { id: grace, input: { active: false } });
    const find = async (...anyOf: readonly object[]) => {
      const { provisionedMembers } = await acme.run<{
        provisionedMembers: { nodes: readonly { id: string }[] };
      }>(
        'query ($anyOf: [ProvisionedMemberCondition!]) { provisionedMembers(anyOf: $anyOf) { nodes { id } } }',
        { anyOf },
      );
      return provisionedMembers.nodes.map(({ id }) => id);
    };
    for (const condition of [
      { id: ada },
      { externalId: 'ada' },
      { userName: 'Ada@EXAMPLE.com' },
      { email: 'Ada@EXAMPLE.com' },
      { active: true },
      { active: true, externalId: 'ada' },
    ]) {
      expect([condition, await find(condition)]).toEqual([condition, [ada]]);
    }
    expect(await find({ externalId: 'ada' }, { active: false })).toEqual([ada, grace]);
    expect(await find({ externalId: 'ada', active: false })).toEqual([]);
    expect(await find({ email: 'ada.example.com' })).toEqual([]);
    expect(await find()).toEqual([]);
  });
});

describe('a group', () => {
  it('leads to its role by its id: the first of the list counts, whatever the group is called', async () => {
    const id = await acme.provision('ada');
    const staff = await acme.saveGroup({ displayName: 'Staff', memberIds: [id] });
    const bosses = await acme.saveGroup({ displayName: 'Bosses', memberIds: [id] });
    await acme.mapGroups({ groupId: bosses, role: 'ADMIN' }, { groupId: staff, role: 'BILLING' });
    expect(await acme.readRole(id)).toBe('ADMIN');
    await acme.run(SAVE_GROUP, { input: { id: bosses, displayName: 'Staff 2' } });
    expect(await acme.readRole(id)).toBe('ADMIN');
    await acme.run(SAVE_GROUP, { input: { id: bosses, removeMemberIds: [id, 'missing'] } });
    expect(await acme.readRole(id)).toBe('BILLING');
    await acme.run(DELETE_GROUP, { id: staff });
    expect(await acme.readRole(id)).toBe('VIEWER');
  });

  it('has no name that another has, whatever its case', async () => {
    await acme.saveGroup({ displayName: 'Staff' });
    const id = await acme.saveGroup({ displayName: 'Others' });
    for (const input of [{ displayName: 'STAFF' }, { id, displayName: 'staff' }])
      expect(await acme.findCode(SAVE_GROUP, { input })).toBe('CONFLICT');
  });

  it.each([
    ['members of none', { displayName: 'x', memberIds: ['missing'] }],
    ['two lists', { displayName: 'x', memberIds: [], addMemberIds: [] }],
    ['no name', {}],
    ['an invisible name', { displayName: 'a\u200bb' }],
  ])('with %s is refused', async (_what, input) => {
    expect(await acme.findCode(SAVE_GROUP, { input })).toBe('BAD_USER_INPUT');
  });

  it('has none as a member that was not provisioned, and none of another tenant', async () => {
    const local = await acme.saveMember({ subject: 'local', role: 'VIEWER' });
    expect(await acme.findCode(SAVE_GROUP, { input: { displayName: 'x', memberIds: [local] } })).toBe(
      'BAD_USER_INPUT',
    );
  });

  it.each<[string, (id: string) => [query: string, variables: Record<string, unknown>]]>([
    ['its deletion', (id) => [DELETE_GROUP, { id }]],
    ['a list of members', (id) => [SAVE_GROUP, { input: { id, memberIds: [] } }]],
  ])('keeps the last owner: %s is refused as a whole, and audited', async (_what, change) => {
    const [ada, grace] = [await acme.provision('ada'), await acme.provision('grace')];
    const id = await acme.saveGroup({ displayName: 'Owners', memberIds: [ada, grace] });
    await acme.mapGroups({ groupId: id, role: 'OWNER' });
    expect(await acme.findCode(...change(id))).toBe('CONFLICT');
    expect([await acme.readRole(ada), await acme.readRole(grace)]).toEqual(['OWNER', 'OWNER']);
    const records = await auditLog(mesh.database.connection).find({ targetId: id, outcome: 'FAILED' }).lean();
    expect(records).toHaveLength(1);
    await acme.saveMember({ subject: 'boss', role: 'OWNER' });
    await acme.run(...change(id));
    expect([await acme.readRole(ada), await acme.readRole(grace)]).toEqual(['VIEWER', 'VIEWER']);
  });
});

describe('the role of a provisioned member', () => {
  it('is the one given by hand while no group leads to another, which is not changed by hand', async () => {
    const id = await acme.provision('ada');
    await acme.saveMember({ subject: 'ada', role: 'DEVELOPER' });
    const groupId = await acme.saveGroup({ displayName: 'Staff', memberIds: [id] });
    expect(await acme.readRole(id)).toBe('DEVELOPER');
    await acme.mapGroups({ groupId, role: 'BILLING' });
    expect(await acme.readRole(id)).toBe('BILLING');
    expect(await acme.findCode(SAVE_MEMBER, { input: { subject: 'ada', role: 'ADMIN' } }, acme.owner)).toBe(
      'CONFLICT',
    );
    await acme.run(SAVE_GROUP, { input: { id: groupId, memberIds: [] } });
    expect(await acme.readRole(id)).toBe('DEVELOPER');
  });

  it('follows that of the tenant at once, and a role that it states is not deleted', async () => {
    const id = await acme.provision('ada');
    await acme.run(
      'mutation { saveRole(input: { name: "reader", scopes: ["usage:read"] }) { name } }',
      {},
      acme.owner,
    );
    await acme.run(SAVE, { input: { role: 'CUSTOM', customRole: 'reader' } }, acme.owner);
    expect(await acme.readMember(id)).toMatchObject({ role: 'CUSTOM', customRole: 'reader' });
    await acme.run(REMOVE, { id });
    const deleteRole = 'mutation { deleteRole(name: "reader") }';
    expect(await acme.findError(deleteRole, {}, acme.owner)).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('provisioning'),
    });
    await acme.run(SAVE, { input: { role: 'VIEWER' } }, acme.owner);
    await acme.run(deleteRole, {}, acme.owner);
  });

  it('is stated by no caller that lacks its scopes, neither given nor taken away', async () => {
    const admin: Caller = { ...acme.owner, scopes: builtInRoles.ADMIN };
    expect(await acme.findCode(SAVE, { input: { role: 'OWNER' } }, admin)).toBe('FORBIDDEN');
    const groupId = await acme.saveGroup({ displayName: 'Owners' });
    const groupRoles = [{ groupId, role: 'OWNER' }];
    expect(await acme.findCode(SAVE, { input: { groupRoles } }, admin)).toBe('FORBIDDEN');
    await acme.run(SAVE, { input: { groupRoles } }, acme.owner);
    expect(await acme.findCode(SAVE, { input: { groupRoles: [] } }, admin)).toBe('FORBIDDEN');
    expect(await acme.findCode(SAVE, { input: { role: 'VIEWER' } }, acme.provider)).toBe('FORBIDDEN');
  });
});

describe('the provisioning of a tenant', () => {
  it.each([
    ['an issuer that is not there', { issuerId: 'missing' }],
    ['a group that is not there', { groupRoles: [{ groupId: 'missing', role: 'VIEWER' }] }],
    ['a custom role that is not there', { role: 'CUSTOM', customRole: 'missing' }],
    ['a custom role without the role', { customRole: 'x' }],
    ['a negative limit', { departuresMax: -1 }],
    ['a limit without end', { departuresMax: 9, departuresMaxUntil: '2999-01-01T00:00:00Z' }],
    ['a limit of the past', { departuresMax: 9, departuresMaxUntil: '2020-01-01T00:00:00Z' }],
    ['an end without a limit', { departuresMaxUntil: '2999-01-01T00:00:00Z' }],
  ])('is not saved with %s', async (_what, input) => {
    expect(await acme.findCode(SAVE, { input }, acme.owner)).toBe('BAD_USER_INPUT');
  });

  it('is required by everything that a provider changes', async () => {
    const id = await acme.provision('ada');
    const groupId = await acme.saveGroup({ displayName: 'Staff', memberIds: [id] });
    await acme.run('mutation { deleteProvisioning }', {}, acme.owner);
    expect(await acme.findCode(PROVISION, toPerson('grace'))).toBe('CONFLICT');
    expect(await acme.findCode(SAVE_GROUP, { input: { displayName: 'x' } })).toBe('CONFLICT');
    expect(await acme.findCode(UPDATE, { id, input: {} })).toBe('NOT_FOUND');
    expect(await acme.findCode(DELETE_GROUP, { id: groupId })).toBe('NOT_FOUND');
    expect(await acme.readMember(id)).toEqual({ role: 'VIEWER', customRole: null, isActive: true });
    expect(await acme.findCode('mutation { deleteProvisioning }', {}, acme.owner)).toBe('NOT_FOUND');
  });
});
